"""The catalogues of time limits and needs: seeded, then the district's own."""

from typing import Any

from incidents.models import IncidentType
from incidents.services.catalogue import seed as seed_types

from ..domain.defaults import MATTERS, NEEDS
from ..models import Matter, NeedRule


def seed() -> None:
    """Add the rows that are missing; those that are there stay as the district edited them."""
    Matter.objects.bulk_create(
        [
            Matter(
                slug=row.slug,
                name=row.name,
                name_en=row.name_en,
                urgency=row.urgency,
                pictures=row.pictures,
                basis=row.basis,
                **{
                    f"{kind}_{part}": getattr(limit, part)
                    for kind, limit in {
                        "sign": row.sign,
                        "answer": row.answer,
                        "arrive": row.arrive,
                        "finish": row.finish,
                        "return": row.returned,
                        "extension": row.extension,
                    }.items()
                    if limit is not None
                    for part in ("amount", "unit")
                },
            )
            for row in MATTERS
        ],
        ignore_conflicts=True,
    )
    if NeedRule.objects.exists():  # a row that a district deleted does not come back
        return
    seed_types()  # both apps are seeded after migrating, in whatever order
    types = dict(IncidentType.objects.values_list("slug", "pk"))
    NeedRule.objects.bulk_create(
        [
            NeedRule(
                type_id=types[row.type] if row.type else None,
                level=level,
                kind=row.kind,
                skill=row.skill,
                quantity=quantity,
            )
            for row in NEEDS
            if not row.type or row.type in types
            for level, quantity in enumerate(row.quantities, 1)
            if quantity
        ],
        ignore_conflicts=True,
    )


def seed_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """After each migration, and after a test emptied the tables. Not where the table is gone (migrated back)."""
    from django.db import connections

    there = connections[using].introspection.table_names()
    if {Matter._meta.db_table, NeedRule._meta.db_table, IncidentType._meta.db_table} <= set(there):
        seed()
