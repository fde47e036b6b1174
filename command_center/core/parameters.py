"""Operational numbers that a district may change: name, default, unit, reason; every change is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from .actor import Actor


@dataclass(frozen=True, slots=True)
class Parameter:
    """``default`` fixes the type: a number, a text, or a tuple of numbers."""

    name: str
    default: Any
    unit: str
    reason: str  # why this default: the source of the rule
    label: str  # msgid shown to administrators


PARAMETERS: dict[str, Parameter] = {}


def parameter(name: str, default: Any, unit: str, reason: str, label: str) -> Parameter:
    """Declare a parameter; apps do so in their ``parameters``."""
    if name in PARAMETERS and PARAMETERS[name].default != default:
        raise ValueError(f"parameter {name} is declared twice")
    PARAMETERS[name] = Parameter(name, default, unit, reason, label)
    return PARAMETERS[name]


def _checked(declared: Parameter, value: Any) -> Any:
    """``value`` in the declared type, or ValueError in the administrator's words."""
    if isinstance(declared.default, tuple):
        if not isinstance(value, list | tuple) or len(value) != len(declared.default):
            raise ValueError(f"{declared.name} takes {len(declared.default)} numbers")
        return tuple(float(item) for item in value)
    if isinstance(declared.default, bool):
        return bool(value)
    if isinstance(declared.default, int | float):
        return type(declared.default)(value)
    return str(value)


def value(name: str) -> Any:
    """The value in force now."""
    return values([name])[name]


def values(names: list[str] | None = None) -> dict[str, Any]:
    """All values in force (or those named), in one query."""
    wanted = list(PARAMETERS) if names is None else names
    # Asked with every batch of readings, where composing this through the ORM cost more than the answer.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (name) name, value FROM core_parameterchange WHERE name = ANY(%s)"
            " ORDER BY name, id DESC",
            [wanted],
        )
        changed = {name: orjson.loads(new) for name, new in cursor.fetchall()}
    return {
        name: _checked(PARAMETERS[name], changed[name]) if name in changed else PARAMETERS[name].default
        for name in wanted
    }


def check(name: str, new: Any) -> Any:
    """``new`` in the type of the parameter; ValueError in the administrator's words where it does not fit."""
    return _checked(PARAMETERS[name], new)


def change(name: str, new: Any, *, by: Actor, at: datetime, reason: str) -> Any:
    """Put a new value in force; the old one stays on record. Returns the row of the history.

    Raises ValueError for a value that does not fit or a missing reason, PermissionDenied.
    """
    from django.db import transaction

    from .acts import record_act
    from .models import ParameterChange

    by.require("parameter.change")
    if not reason.strip():
        raise ValueError(f"changing {name} needs a reason")
    checked = check(name, new)
    with transaction.atomic():
        row = ParameterChange.objects.create(name=name, value=checked, at=at, who=by.name, reason=reason)
        record_act(
            "parameter.changed",
            row,
            by=by,
            at=at,
            after=str(checked),
            reason=reason,
            name=name,
        )
    return row
