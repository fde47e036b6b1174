"""Pairing of walls: a code on the screen, a person at the desk, a token of its own.

The browser that waits holds a secret (cookie); once the desk has approved its code, its next question
exchanges the secret for a 256-bit token, exactly once. Only hashes are kept.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, record_act
from command_center.core.models import Area
from command_center.core.now import now
from command_center.core.scope import Grant, Scope

from .models import Wall

TOKEN_COOKIE = "wall"
SECRET_COOKIE = "wall_pairing"
WAITS = timedelta(minutes=10)
WAITING_AT_ONCE = 30  # anybody may ask for a code, so what they can leave behind is bounded
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another from the back row


class TooMany(Exception):
    """More walls are waiting than can be real."""


def hashed(token: str) -> str:
    """Tokens are random 256-bit values, so a plain hash is enough: there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a waiting wall is told: its code and secret, or, once, its token."""

    code: str = ""
    secret: str = ""
    token: str = ""
    layout: str = ""
    expires_s: int = 0


def _clear(present: datetime) -> None:
    Wall.objects.filter(approved_at=None, created_at__lt=present - WAITS).delete()
    # Approved, but the screen never came for its token.
    Wall.objects.filter(token_hash=None, approved_at__lt=present - WAITS).delete()


def ask(secret: str | None, address: str | None) -> Answer:
    """A wall without token asks how it stands; without a (living) secret it gets a new code."""
    present = datetime.now(UTC)
    with transaction.atomic():
        wall = secret and Wall.objects.select_for_update().filter(secret_hash=hashed(secret)).first()
        if wall and wall.token_hash is None and wall.approved_at:
            token = secrets.token_urlsafe(32)
            wall.token_hash = hashed(token)
            wall.last_seen_at, wall.last_address = present, address
            wall.save(update_fields=["token_hash", "last_seen_at", "last_address"])
            return Answer(token=token, layout=wall.layout)
        if wall and wall.approved_at is None and present < wall.created_at + WAITS:
            left = wall.created_at + WAITS - present
            return Answer(code=wall.code, secret=secret, expires_s=int(left.total_seconds()))
    return _new(present, address)


def _new(present: datetime, address: str | None) -> Answer:
    _clear(present)
    if Wall.objects.filter(approved_at=None).count() >= WAITING_AT_ONCE:
        raise TooMany
    root = Area.objects.order_by("path").values_list("path", flat=True).first() or "/"
    secret = secrets.token_urlsafe(32)
    for _attempt in range(5):
        code = "".join(secrets.choice(_LETTERS) for _letter in range(6))
        try:
            with transaction.atomic():
                Wall.objects.create(
                    code=code,
                    secret_hash=hashed(secret),
                    area_path=root,
                    created_at=present,
                    last_address=address,
                )
        except IntegrityError:
            continue  # the code is shown on another screen just now
        return Answer(code=code, secret=secret, expires_s=int(WAITS.total_seconds()))
    raise TooMany


def approve(code: str, *, name: str, layout: str, by: Actor) -> Wall:
    """Let the wall that shows ``code`` in, for what it is to show. Raises NotPossible for an unknown code."""
    present = datetime.now(UTC)
    by.require("wall.approve")
    with transaction.atomic():
        wall = (
            Wall.objects.select_for_update()
            .filter(code=code.strip().upper(), approved_at=None, created_at__gte=present - WAITS)
            .first()
        )
        if wall is None:
            raise NotPossible(_("No screen shows this code now."))
        by.require("wall.approve", wall)
        wall.name, wall.layout = name.strip()[:80] or wall.code, layout[:40]
        wall.approved_at, wall.approved_by = present, by.name
        wall.save(update_fields=["name", "layout", "approved_at", "approved_by"])
        record_act("wall.approve", wall, by=by, at=now(), after="approved", name=wall.name, layout=layout)
    return wall


def revoke(wall_id: str, *, by: Actor, reason: str = "") -> Wall:
    """Take a wall's token away. Its socket is closed within five seconds, in whatever process it lives."""
    by.require("wall.revoke")
    with transaction.atomic():
        wall = Wall.objects.select_for_update().filter(pk=wall_id).exclude(approved_at=None).first()
        if wall is None:
            raise NotPossible(_("There is no such wall."))
        by.require("wall.revoke", wall)
        if wall.revoked_at:
            raise NotPossible(_("This wall was revoked before."), "revoked")
        wall.revoked_at, wall.revoked_by = datetime.now(UTC), by.name
        wall.save(update_fields=["revoked_at", "revoked_by"])
        record_act("wall.revoke", wall, by=by, at=now(), before="approved", after="revoked", reason=reason)
    return wall


def live_walls():
    """Walls whose token counts."""
    return Wall.objects.filter(approved_at__isnull=False, revoked_at=None, token_hash__isnull=False)


def scope_of_wall(wall: Wall) -> Scope:
    return Scope.of([Grant("wall", wall.area_path)])


def actor_of(token: str) -> Actor | None:
    """The wall as an actor, or None for a token that does not count. It may look and nothing else."""
    wall = live_walls().filter(token_hash=hashed(token)).first()
    return wall and Actor(f"wall:{wall.name}", scope_of_wall(wall), via="wall")
