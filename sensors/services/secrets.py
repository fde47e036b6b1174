"""Passwords and keys of devices: encrypted at rest, written through forms, given to adapters, never shown again.

The keys come from ``DEVICE_SECRET_KEY``, comma-separated: the first one encrypts, all of them decrypt, so that a new one
is put in front and ``manage.py rotate_secrets`` then makes the old one needless.
"""

import base64
import json
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from command_center.core.actor import Actor
from command_center.core.acts import record_act

from ..models import DeviceList, ResponsiblePerson, Station, StationSecret


class Unreadable(ValueError):
    """A secret that none of the keys opens: the key in force when it was written is gone."""


class Hidden(dict[str, str]):
    """Secrets on their way to an adapter: what logs and traces print of them is nothing."""

    def __repr__(self) -> str:
        return "Hidden()"

    __str__ = __repr__


def _fernet() -> MultiFernet:
    keys = tuple(key.strip() for key in settings.OURS["device_secret_keys"] if key.strip())
    if not keys:
        raise ImproperlyConfigured("DEVICE_SECRET_KEY must be set before secrets of devices can be kept.")
    return _made(keys)


@lru_cache(maxsize=4)
def _made(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    """A Fernet key from a long random text (not from a password: there is nothing slow in it)."""
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"one map: secrets of devices")
    return base64.urlsafe_b64encode(derive.derive(key.encode()))


def seal(text: str) -> str:
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text again; Unreadable where no key opens it."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable("a secret cannot be opened with the present keys") from None


def seal_json(value: Any) -> str:
    return seal(json.dumps(value, ensure_ascii=False))


def unseal_json(sealed: str) -> Any:
    return json.loads(unseal(sealed))


def put(station: Station, secrets: Mapping[str, str], *, by: Actor, at: datetime) -> None:
    """Set secrets of a station; an empty text removes one, a name that is not given stays as it is."""
    by.require("device.edit", station)
    if not secrets:
        return
    with transaction.atomic():
        for name, text in secrets.items():
            if text:
                StationSecret.objects.update_or_create(
                    station=station,
                    name=name,
                    defaults={"sealed": seal(text), "set_at": at, "set_by": by.name},
                )
            else:
                StationSecret.objects.filter(station=station, name=name).delete()
        record_act("station.secrets_set", station, by=by, at=at, names=sorted(secrets))


def of(stations: Collection[UUID]) -> dict[UUID, Hidden]:
    """The secrets of those stations that have any, by name; what cannot be opened is left out. One query."""
    found: dict[UUID, Hidden] = {}
    for station, name, sealed in StationSecret.objects.filter(station__in=stations).values_list(
        "station_id", "name", "sealed"
    ):
        try:
            found.setdefault(station, Hidden())[name] = unseal(sealed)
        except Unreadable:
            continue  # the device then says that it wants a password: the one sentence that helps
    return found


@lru_cache(maxsize=20_000)
def _opened(sealed: str) -> str:
    return unseal(sealed)


def passwords(protocols: Collection[str]) -> dict[tuple[str, str], str]:
    """The password of each station of ``protocols`` that has one: (protocol, address) → text. One query.

    One that cannot be opened is a password that nothing equals: a lost key lets nobody in.
    """
    found = {}
    rows = StationSecret.objects.filter(name="password", station__protocol__in=protocols)
    for protocol, address, sealed in rows.values_list("station__protocol", "station__address", "sealed"):
        try:
            found[protocol, address] = _opened(sealed)
        except Unreadable:
            found[protocol, address] = "?"
    return found


def rotate() -> int:
    """Encrypt everything with the newest key; returns how many secrets that concerned."""
    fernet, rotated = _fernet(), 0
    persons = ResponsiblePerson.objects.exclude(sealed="")
    for rows in (StationSecret.objects.all(), DeviceList.objects.all(), persons):
        for row in rows.iterator():
            try:
                row.sealed = fernet.rotate(row.sealed.encode()).decode()
            except InvalidToken:
                raise Unreadable(
                    f"{row._meta.label_lower} {row.pk} cannot be opened with the present keys"
                ) from None
            row.save(update_fields=["sealed"])
            rotated += 1
    return rotated
