"""The handover sheet: what the next shift must know, told by the apps above; signed by who leaves and by who comes.

An app says ``section(...)`` once; this module knows none of them.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, perform
from command_center.core.scope import Scope

from .lifecycle import GIVEN
from .models import Handover

RIGHT = "handover.sign"
Rows = list[list[str]]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the sheet. ``label`` and ``columns`` are msgids; ``rows`` tells, for what a scope sees at a moment, the
    cells in words of the active language."""

    name: str
    label: str
    columns: tuple[str, ...]
    rows: Callable[[Scope, datetime], Rows]


SECTIONS: dict[str, Section] = {}


def section(
    name: str, label: str, columns: tuple[str, ...], rows: Callable[[Scope, datetime], Rows]
) -> Section:
    """Put a section on the sheet, in the order of registration."""
    SECTIONS[name] = Section(name, label, columns, rows)
    return SECTIONS[name]


def sheet(scope: Scope, at: datetime, notes: str = "") -> dict[str, Any]:
    """The sheet as it stands now: plain values, to be shown or kept."""
    return {
        "at": at.isoformat(),
        "notes": notes.strip(),
        "sections": [
            {
                "name": one.name,
                "label": _(one.label),
                "columns": [_(column) for column in one.columns],
                "rows": one.rows(scope, at),
            }
            for one in SECTIONS.values()
        ],
    }


def digest(content: dict[str, Any]) -> str:
    """SHA-256 of the content, written in one way only."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def area_of(scope: Scope) -> str:
    """The widest area over which somebody may sign; "" for nobody's."""
    return min((grant.area for grant in scope.holding(RIGHT)), key=len, default="")


def waiting(scope: Scope) -> Handover | None:
    """The sheet that was signed by who leaves and is not taken over yet."""
    return Handover.objects.filter(scope.filter(RIGHT), state=GIVEN).order_by("-given_at").first()


def give(*, by: Actor, at: datetime, notes: str = "") -> Handover:
    """Sign the sheet as it is now and leave it to the next shift.

    Raises NotPossible where one waits already, PermissionDenied.
    """
    by.require(RIGHT)
    content = sheet(by.scope, at, notes)
    row = Handover(area_path=area_of(by.scope), content=content, sha256=digest(content), given_by=by.name)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            return perform(row, "give", by=by, at=at, reason=f"sha256 {row.sha256}")
    except IntegrityError:
        raise NotPossible(_("A handover waits already to be taken over."), GIVEN) from None


def take(row: Handover, *, by: Actor, at: datetime) -> Handover:
    """Take the shift over. Raises NotPossible (also for who gave it, and where the sheet was altered), PermissionDenied."""
    if by.name == row.given_by:
        raise NotPossible(_("Another person takes the shift over."), row.state)
    if digest(row.content) != row.sha256:
        raise NotPossible(_("The sheet is not what was signed."), row.state)
    with transaction.atomic():
        taken = perform(row, "take", by=by, at=at, reason=f"sha256 {row.sha256}")
        taken.taken_by = by.name
        taken.save(update_fields=["taken_by"])
    return taken


def withdraw(row: Handover, *, by: Actor, at: datetime) -> Handover:
    """Who gave it takes it back. Raises NotPossible, PermissionDenied."""
    if by.name != row.given_by:
        raise NotPossible(_("Only who signed it takes it back."), row.state)
    return perform(row, "withdraw", by=by, at=at)
