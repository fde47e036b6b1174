"""Lists of premises from CSV and Excel: read, tried row by row without changing anything, then taken.

What was read travels sealed in the page between the try and the taking: telephone numbers stand in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from command_center.core.actor import Actor

from .. import fire_words as words
from ..domain import onboarding as rules
from ..domain.onboarding import Problem
from ..domain.words import gettext_noop
from ..models import Premises
from . import premises, secrets
from .importing import ADDED, CHANGED, QUICKER, REJECTED, SAME
from .tables import in_both_languages, plain, rows_under

MOST_ROWS = 2000
LABELS: dict[str, str] = {
    "code": gettext_noop("Code"),
    "name": gettext_noop("Name"),
    "name_en": gettext_noop("English name"),
    "kind": gettext_noop("Kind of premises"),
    "address": gettext_noop("Address"),
    "longitude": gettext_noop("Longitude"),
    "latitude": gettext_noop("Latitude"),
    "department": gettext_noop("Department"),
    "people": gettext_noop("People usually inside"),
    "hosts": gettext_noop("Fire hosts (codes)"),
    "guard_times": gettext_noop("Times of guard checks"),
    "safety_manager_name": gettext_noop("Safety manager"),
    "safety_manager_phone": gettext_noop("Safety manager's telephone"),
    "duty_room_name": gettext_noop("Fire control room"),
    "duty_room_phone": gettext_noop("Fire control room's telephone"),
    "building_chief_name": gettext_noop("Building chief"),
    "building_chief_phone": gettext_noop("Building chief's telephone"),
    "owner_name": gettext_noop("Owner or legal representative"),
    "owner_phone": gettext_noop("Owner's telephone"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row after the try: ``number`` as in the file; ``problems`` where it was rejected."""

    number: int
    given: Mapping[str, str]
    verdict: str
    problems: tuple[Problem, ...] = ()


def read(octets: bytes) -> list[tuple[int, dict[str, str]]]:
    """(line, field → text) of each row that is not empty; raises Unreadable."""
    kinds = in_both_languages(words.KINDS)
    rows = rows_under(octets, LABELS, needed=("code",), most=MOST_ROWS)
    for _, row in rows:
        if kind := row.get("kind"):
            row["kind"] = kinds.get(plain(kind), kind)
    return rows


def template() -> list[list[str]]:
    """The columns in the reader's language, and one row that shows how they are filled in."""
    shown = {"code": "P-001", "name": "文汇小饭店", "name_en": "Wenhui Eatery", "kind": gettext(words.KINDS["small_restaurant"]),
             "address": "文汇路 1 号", "longitude": "118.58", "latitude": "37.45", "people": "40", "guard_times": "10:00 22:00",
             "safety_manager_name": "示例人", "safety_manager_phone": "19900000000"}  # fmt: skip
    return [[gettext(label) for label in LABELS.values()], [shown.get(name, "") for name in LABELS]]


def seal(rows: Sequence[tuple[int, Mapping[str, str]]]) -> str:
    return secrets.seal_json(list(rows))


def unseal(sealed: str) -> list[tuple[int, dict[str, str]]]:
    """Raises secrets.Unreadable for what this house did not seal."""
    return [(number, row) for number, row in secrets.unseal_json(sealed)]


def dry_run(rows: Sequence[tuple[int, Mapping[str, str]]], *, by: Actor) -> list[Line]:
    """What would become of each row, against the premises as they are."""
    return [line for line, _ in _tried(rows, by)]


def take(rows: Sequence[tuple[int, Mapping[str, str]]], *, by: Actor, at: datetime) -> list[Line]:
    """Keep the good rows, each logged for itself; the others stay as they are. Taken twice, the second time nothing changes."""
    by.require("premises.edit")
    lines = []
    for line, draft in _tried(rows, by):
        if draft is not None and line.verdict in (ADDED, CHANGED):
            try:
                with transaction.atomic():
                    premises.save(draft, by=by, at=at)
            except IntegrityError:
                line = Line(line.number, line.given, REJECTED, (Problem("code", QUICKER),))
            except PermissionDenied:
                line = Line(line.number, line.given, REJECTED, (Problem("longitude", premises.NOT_YOURS),))
        lines.append(line)
    return lines


def _tried(
    rows: Sequence[tuple[int, Mapping[str, str]]], by: Actor
) -> list[tuple[Line, premises.Draft | None]]:
    there = {
        one.code: one for one in Premises.objects.filter(code__in=[row.get("code", "") for _, row in rows])
    }
    seen: dict[str, int] = {}
    found: list[tuple[Line, premises.Draft | None]] = []
    for number, row in rows:
        code = row.get("code", "")
        old = there.get(code)
        draft, problems = premises.read(row, by=by, row=old)
        if code and code in seen:
            problems = [*problems, Problem("code", rules.TWICE, {"line": seen[code]})]
        seen.setdefault(code, number)
        if problems or draft is None:
            found.append((Line(number, row, REJECTED, tuple(problems)), None))
        else:
            verdict = ADDED if old is None else CHANGED if draft.changes else SAME
            found.append((Line(number, row, verdict), draft))
    return found


def sentence(problem: Problem) -> str:
    label = LABELS.get(problem.field, problem.field)
    return f"{gettext(label)}{gettext(': ')}{gettext(problem.text) % problem.params}"
