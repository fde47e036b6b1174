"""Premises and who answers for them: entered and changed, one by one or from a list."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.db import transaction

from command_center.core.actor import Actor
from command_center.core.acts import record_act
from command_center.core.events import announce_many, standing
from command_center.core.models import Department

from ..domain.guard_rounds import NotTimes, times
from ..domain.onboarding import Problem
from ..domain.words import gettext_noop
from ..models import Premises, ResponsiblePerson, Station
from . import secrets
from .areas import area_at
from .fire_calls import phone_of

ROLES = tuple(ResponsiblePerson.Role.values)  # in the order in which they are called
TEXTS = {"code": 40, "name": 80, "name_en": 120, "address": 200, "guard_times": 80}
PLAIN = (*TEXTS, "kind", "longitude", "latitude", "department", "people", "hosts")
PERSONS = tuple(f"{role}_{what}" for role in ROLES for what in ("name", "phone"))
FIELDS = (*PLAIN, *PERSONS)

MISSING = gettext_noop("is missing")
TOO_LONG = gettext_noop("is longer than %(most)s characters")
UNKNOWN = gettext_noop("%(given)s is not known")
NO_NUMBER = gettext_noop("%(given)s is no number")
NO_TIMES = gettext_noop("%(given)s is no time of the day")
OUTSIDE = gettext_noop("The place lies outside the district.")
NOT_YOURS = gettext_noop("This place is not yours to change.")
NO_PHONE = gettext_noop("%(given)s is no telephone number")
NOBODY = gettext_noop("a number needs a name")


@dataclass(slots=True)
class Draft:
    """What was entered, read: the row (unsaved where it is new), its persons by role as (name, phone) and its hosts.

    A phone of None stays as it is; a role that is not in ``persons`` stays; one with an empty name goes.
    """

    row: Premises
    persons: dict[str, tuple[str, str | None]]
    hosts: list[Station] | None
    was: list[Any] | None
    changes: list[str]


def read(
    given: Mapping[str, str], *, by: Actor, row: Premises | None = None
) -> tuple[Draft | None, list[Problem]]:
    """Check one row of fields (``FIELDS`` → text). With ``row`` fields that are not given stay as they are."""
    problems: list[Problem] = []
    one = row or Premises()
    was = standing(one) if row else None
    before = {name: _value(one, name) for name in (*TEXTS, "kind", "people", "department_id")} if row else {}
    place_before = (one.position.x, one.position.y) if row else None
    _texts(one, given, problems, new=row is None)
    _kind_and_people(one, given, problems)
    _place(one, given, problems, new=row is None)
    persons = _persons(given, problems)
    hosts = _hosts(one, given, problems)
    if one.area_path and not by.may("premises.edit", one):
        problems.append(Problem("longitude", NOT_YOURS))
    if problems:
        return None, problems
    changes = [name for name, value in before.items() if _value(one, name) != value]
    if row and (one.position.x, one.position.y) != place_before:
        changes.append("position")
    changes += _changed_persons(one, persons) if row else []
    if row and hosts is not None and {h.pk for h in hosts} != set(one.hosts.values_list("pk", flat=True)):
        changes.append("hosts")
    return Draft(one, persons, hosts, was, changes), []


def save(draft: Draft, *, by: Actor, at: datetime) -> Premises:
    """Keep what was read, log it, and tell the screens of hosts that moved. Raises PermissionDenied."""
    row, fresh = draft.row, draft.was is None
    by.require("premises.edit", row)
    with transaction.atomic():
        row.save(force_insert=fresh)
        for role, (name, phone) in draft.persons.items():
            _keep_person(row, role, name, phone)
        moved, others = _link(row, draft.hosts)
        told = {} if fresh else {"changes": draft.changes}
        record_act(
            "premises.added" if fresh else "premises.changed", row, by=by, at=at, code=row.code, **told
        )
        announce_many(
            [("premises.changed", one, at, {}) for one in (row, *others)]
            + [("station.changed", station, at, {}) for station in moved]
        )
    return row


def _value(row: Premises, name: str) -> Any:
    return getattr(row, name)


def _texts(row: Premises, given: Mapping[str, str], problems: list[Problem], *, new: bool) -> None:
    for name, most in TEXTS.items():
        if name not in given:
            continue
        text = given[name].strip()
        if len(text) > most:
            problems.append(Problem(name, TOO_LONG, {"most": most}))
        setattr(row, name, text)
    problems += [Problem(name, MISSING) for name in ("code", "name") if not getattr(row, name)]
    if row.guard_times not in ("", "-"):
        try:
            times(row.guard_times)
        except NotTimes as wrong:
            problems.append(Problem("guard_times", NO_TIMES, {"given": str(wrong)}))


def _kind_and_people(row: Premises, given: Mapping[str, str], problems: list[Problem]) -> None:
    if kind := given.get("kind", "").strip():
        if kind in Premises.Kind.values:
            row.kind = kind
        else:
            problems.append(Problem("kind", UNKNOWN, {"given": kind}))
    elif not row.kind:
        problems.append(Problem("kind", MISSING))
    if "people" in given:
        text = given["people"].strip()
        if text and not (text.isdecimal() and len(text) < 8):
            problems.append(Problem("people", NO_NUMBER, {"given": text}))
        else:
            row.people = int(text) if text else None
    if code := given.get("department", "").strip():
        found = Department.objects.filter(code=code).first()
        if found is None:
            problems.append(Problem("department", UNKNOWN, {"given": code}))
        row.department = found


def _place(row: Premises, given: Mapping[str, str], problems: list[Problem], *, new: bool) -> None:
    texts = [given.get(name, "").strip() for name in ("longitude", "latitude")]
    if not new and not any(texts):
        return
    numbers = []
    for name, text in zip(("longitude", "latitude"), texts, strict=True):
        try:
            numbers.append(float(text))
        except ValueError:
            problems.append(Problem(name, NO_NUMBER if text else MISSING, {"given": text}))
    if len(numbers) < 2 or not (abs(numbers[0]) <= 180 and abs(numbers[1]) <= 90):
        if len(numbers) == 2:
            problems.append(Problem("longitude", OUTSIDE))
        return
    if not new and numbers == [round(row.position.x, 6), round(row.position.y, 6)]:
        return
    row.position = Point(*numbers, srid=4326)
    area = area_at(*numbers)
    if area is None:
        problems.append(Problem("longitude", OUTSIDE))
        return
    row.area, row.area_path = area, area.path


def _persons(given: Mapping[str, str], problems: list[Problem]) -> dict[str, tuple[str, str | None]]:
    found: dict[str, tuple[str, str | None]] = {}
    for role in ROLES:
        if f"{role}_name" not in given and f"{role}_phone" not in given:
            continue
        name = given.get(f"{role}_name", "").strip()[:40]
        phone = given.get(f"{role}_phone", "").strip().replace(" ", "").replace("-", "")
        if phone and not (phone.lstrip("+").isdecimal() and 3 <= len(phone) <= 20):
            problems.append(Problem(f"{role}_phone", NO_PHONE, {"given": phone}))
        elif phone and not name:
            problems.append(Problem(f"{role}_name", NOBODY))
        found[role] = (name, phone or None)
    return found


def _hosts(row: Premises, given: Mapping[str, str], problems: list[Problem]) -> list[Station] | None:
    if "hosts" not in given:
        return None
    text = given["hosts"].replace("、", " ").replace("，", " ").replace(",", " ").replace(";", " ")
    codes = list(dict.fromkeys(text.split()))
    found = {one.code: one for one in Station.objects.filter(code__in=codes, kind=Station.Kind.FIRE_HOST)}
    problems += [Problem("hosts", UNKNOWN, {"given": code}) for code in codes if code not in found]
    return list(found.values())


def _changed_persons(row: Premises, persons: Mapping[str, tuple[str, str | None]]) -> list[str]:
    there = {one.role: one for one in row.persons.all()}
    changed = []
    for role, (name, phone) in persons.items():
        known = there.get(role)
        if (known.name if known else "") != name or (phone and known and phone_of(known) != phone):
            changed.append(role)
    return changed


def _keep_person(row: Premises, role: str, name: str, phone: str | None) -> None:
    if not name:
        row.persons.filter(role=role).delete()
        return
    kept = {"name": name, "rank": ROLES.index(role) + 1}
    if phone:
        kept["sealed"] = secrets.seal(phone)
    ResponsiblePerson.objects.update_or_create(premises=row, role=role, defaults=kept)


def _link(row: Premises, hosts: Collection[Station] | None) -> tuple[list[Station], list[Premises]]:
    """Make ``hosts`` the fire hosts of ``row``; returns those whose premises are others than before, and whom they left."""
    if hosts is None:
        return [], []
    wanted = {one.pk for one in hosts}
    gone = list(row.hosts.exclude(pk__in=wanted))
    come = [one for one in hosts if one.premises_id != row.pk]
    left = list(Premises.objects.filter(hosts__in=come).distinct())
    Station.objects.filter(pk__in=[one.pk for one in gone]).update(premises=None)
    Station.objects.filter(pk__in=[one.pk for one in come]).update(premises=row)
    return [*gone, *come], left
