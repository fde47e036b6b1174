"""Lists of devices from CSV and Excel: read, tried row by row without changing anything, then taken."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, record_act

from ..domain import onboarding as rules
from ..domain.onboarding import FACTS, LABELS, SECRETS, Problem
from ..domain.words import gettext_noop
from ..models import DeviceList, DeviceType
from . import onboarding, secrets
from .onboarding import Prepared
from .tables import rows_under

ADDED, CHANGED, SAME, REJECTED = "added", "changed", "same", "rejected"
KEPT_LISTS = 50

QUICKER = gettext_noop("somebody else was quicker with this code or address")


@dataclass(frozen=True, slots=True)
class Line:
    """One row after the try: ``number`` as in the file. ``prepared`` is None where it was rejected."""

    number: int
    given: Mapping[str, str]
    verdict: str
    problems: tuple[Problem, ...] = ()
    prepared: Prepared | None = None

    @property
    def code(self) -> str:
        return str(self.given.get("code", ""))


# --- reading -------------------------------------------------------------------------------------------------
def read(octets: bytes) -> list[tuple[int, dict[str, str]]]:
    """(line, field → text) of each row that is not empty; raises Unreadable."""
    return rows_under(octets, {**FACTS, **LABELS}, needed=("code", "type"))


# --- writing -------------------------------------------------------------------------------------------------
def template(types: Iterable[DeviceType]) -> list[list[str]]:
    """A list to begin with: the columns in the reader's language and one row for each of ``types``, to be filled in."""
    rows = list(types)
    facts = [name for name in FACTS if any(name in row.facts for row in rows)]
    names = [*LABELS, *facts]
    made = [[gettext({**LABELS, **FACTS}[name]) for name in names]]
    for row in rows:
        given = {"type": row.slug, "name": row.label, "crs": "wgs84", "interval_s": row.interval_s}
        given |= {name: row.config.get(name, "") for name in rules.CONNECTION}
        given |= {name: _shown(value) for name, value in row.facts.items()}
        made.append([str(given.get(name, "")) for name in names])
    return made


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def rejected_rows(lines: Iterable[Line]) -> list[list[str]]:
    """The rejected rows as they were given, without secrets, each with its reasons."""
    bad = [line for line in lines if line.verdict == REJECTED]
    names = [
        name for name in (*LABELS, *FACTS) if name not in SECRETS and any(name in one.given for one in bad)
    ]
    head = [gettext({**LABELS, **FACTS}[name]) for name in names]
    rows = [[gettext("Line"), *head, gettext("Why it was rejected")]]
    return rows + [
        [
            str(one.number),
            *(one.given.get(name, "") for name in names),
            "；".join(map(sentence, one.problems)),
        ]
        for one in bad
    ]


def sentence(problem: Problem) -> str:
    """ "Port: 99999 is not within 1 to 65535", in the reader's language."""
    label = LABELS.get(problem.field) or FACTS.get(problem.field) or problem.field
    return f"{gettext(label)}{gettext(': ')}{gettext(problem.text) % problem.params}"


# --- trying and taking ---------------------------------------------------------------------------------------
def upload(
    file_name: str, rows: Sequence[tuple[int, Mapping[str, str]]], *, by: Actor, at: datetime
) -> DeviceList:
    """Keep what was read until it is taken; older lists make room."""
    by.require("device.edit")
    kept = DeviceList.objects.order_by("-uploaded_at").values_list("pk", flat=True)[: KEPT_LISTS - 1]
    DeviceList.objects.exclude(pk__in=list(kept)).delete()
    return DeviceList.objects.create(
        file_name=file_name[-120:], sealed=secrets.seal_json(list(rows)), uploaded_at=at, uploaded_by=by.name
    )


def rows_of(listed: DeviceList) -> list[tuple[int, dict[str, str]]]:
    return [(number, row) for number, row in secrets.unseal_json(listed.sealed)]


def dry_run(rows: Sequence[tuple[int, Mapping[str, str]]], *, by: Actor) -> list[Line]:
    """What would become of each row, against the district as it is and against the rows before it."""
    there = onboarding.known(row for _, row in rows)
    onboarding.locate(there, (row for _, row in rows))
    codes: dict[str, int] = {}
    addresses: dict[tuple[str, str], int] = {}
    lines = []
    for number, row in rows:
        prepared, problems = onboarding.prepare(row, by=by, there=there, again=True)
        code = str(row.get("code", ""))
        if code in codes:
            problems.append(Problem("code", rules.TWICE, {"line": codes[code]}))
        codes.setdefault(code, number)
        if prepared is not None:
            key = (prepared.station.protocol, prepared.station.address)
            if key in addresses:
                problems.append(Problem("address", rules.TWICE, {"line": addresses[key]}))
            addresses.setdefault(key, number)
        if problems or prepared is None:
            lines.append(Line(number, row, REJECTED, tuple(problems)))
            continue
        old = there.codes.get(prepared.draft.code)
        verdict = ADDED if old is None else CHANGED if onboarding.differences(prepared, old) else SAME
        lines.append(Line(number, row, verdict, (), prepared))
    return lines


def take(listed: DeviceList, *, by: Actor, at: datetime) -> list[Line]:
    """Connect the good rows of a list; the others stay as they are. Once: a list that was taken is not taken again."""
    by.require("device.edit")
    with transaction.atomic():
        row = DeviceList.objects.select_for_update().get(pk=listed.pk)
        if row.taken_at is not None:
            raise NotPossible("this list was taken already", "taken")
        rows = rows_of(row)
        lines = _take_all(dry_run(rows, by=by), by=by, at=at)
        row.taken_at = at
        row.outcome = [
            {"line": one.number, "code": one.code[:40], "verdict": one.verdict,
             "problems": [[p.field, p.text, dict(p.params)] for p in one.problems]}
            for one in lines
        ]  # fmt: skip
        # Taken or not, nobody needs the passwords here any more.
        bare = [(n, {name: text for name, text in given.items() if name not in SECRETS}) for n, given in rows]
        row.sealed = secrets.seal_json(bare)
        row.save()
        counts = {
            verdict: sum(line.verdict == verdict for line in lines)
            for verdict in (ADDED, CHANGED, SAME, REJECTED)
        }
        record_act("devices.imported", row, by=by, at=at, file=row.file_name, **counts)
    return lines


def _take_all(lines: list[Line], *, by: Actor, at: datetime) -> list[Line]:
    """The new ones all at once; one by one only where somebody was quicker with one of them."""
    fresh = [line.prepared for line in lines if line.verdict == ADDED and line.prepared]
    try:
        with transaction.atomic():
            onboarding.connect_many(fresh, by=by, at=at)
    except IntegrityError:
        return [_take(line, by=by, at=at) for line in lines]
    return [line if line.verdict == ADDED else _take(line, by=by, at=at) for line in lines]


def _take(line: Line, *, by: Actor, at: datetime) -> Line:
    if line.prepared is None or line.verdict == SAME:
        return line
    station = line.prepared.station
    try:
        with transaction.atomic():
            if line.verdict == ADDED:
                onboarding.connect(line.prepared, by=by, at=at)
            else:
                old = type(station).objects.select_for_update().get(pk=station.pk)
                onboarding.change(line.prepared, old, by=by, at=at)
    except IntegrityError:
        return Line(line.number, line.given, REJECTED, (Problem("code", QUICKER),))
    except PermissionDenied:
        return Line(line.number, line.given, REJECTED, (Problem("longitude", rules.NOT_HERE),))
    return line


def taken_lines(listed: DeviceList) -> list[Line]:
    """The lines of a list that was taken, as they were found then."""
    given = dict(rows_of(listed))
    return [
        Line(
            one["line"],
            given.get(one["line"], {}),
            one["verdict"],
            tuple(Problem(*problem) for problem in one["problems"]),
        )
        for one in listed.outcome
    ]
