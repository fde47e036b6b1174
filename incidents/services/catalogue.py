"""The catalogue of kinds: seeded from the standard, then the district's own."""

from datetime import timedelta
from typing import Any

from command_center.core.models import Department

from ..domain.classes import KINDS
from ..domain.joining import Limits
from ..models import IncidentType


def seed() -> None:
    """Add the rows that are missing; those that are there stay as the district edited them."""
    IncidentType.objects.bulk_create(
        [
            IncidentType(
                slug=kind.slug,
                category=kind.category,
                symbol=kind.symbol,
                national_code=kind.national_code,
                name=kind.name,
                name_en=kind.name_en,
                lead_department=kind.lead,
                join_radius_m=kind.join_radius_m,
                join_minutes=kind.join_minutes,
                rules=list(kind.rules),
            )
            for kind in KINDS
        ],
        ignore_conflicts=True,
    )


def seed_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """After each migration, and after a test emptied the tables. Not where the table is gone (migrated back)."""
    from django.db import connections

    if IncidentType._meta.db_table in connections[using].introspection.table_names():
        seed()


def kind_of_rule(rule: str) -> IncidentType | None:
    """The kind of incident that alarms of ``rule`` belong to; None where they never do."""
    return IncidentType.objects.filter(rules__contains=[rule]).first()


def owner_of(kind: IncidentType) -> Department | None:
    """The department that usually leads; None where the catalogue names none that exists."""
    return Department.objects.filter(code=kind.lead_department).first() if kind.lead_department else None


def joining_limits(kind: IncidentType, parameters: dict[str, Any]) -> Limits:
    return Limits(
        radius_m=kind.join_radius_m,
        within=timedelta(minutes=kind.join_minutes),
        cap_m=kind.join_radius_m * parameters["incident.join.cap"],
        longest=timedelta(hours=parameters["incident.join.longest"]),
    )
