"""What is suppressed at this moment: people's decisions in force, and alarms that suppress others. Few queries."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from command_center.core.actor import clock
from command_center.core.acts import perform

from ..domain.suppression import IN_FORCE, Active, Causes, Cover, Design, Entry, Tag, entries
from ..domain.topology import beneath
from ..models import Alarm, DesignRule, Node, Station, Suppression

ENGINE = clock("alarms")


class SetAside:
    """Asked for each alarm; read once for a batch."""

    def __init__(self, covers: Iterable[Cover], causes: Causes, tags: Mapping[UUID, Tag]) -> None:
        self._covers = list(covers)
        self._causes = causes
        self._tags = tags

    @classmethod
    def now(cls, alarms: Collection[Alarm], batch: Collection[Alarm] = ()) -> "SetAside":
        """For ``alarms``: two queries, and two more where a rule of theirs can be suppressed by another alarm.

        ``batch``: alarms that are not yet written as they are now.
        """
        designs = [
            Design(*row)
            for row in DesignRule.objects.filter(active=True).values_list("cause", "effect", "reach")
        ]
        rules = {alarm.rule for alarm in alarms}
        causes = {design.cause for design in designs if design.effect in rules}
        effects = {design.effect for design in designs}
        stations = _stations(
            {alarm.station_id for alarm in alarms if alarm.rule in effects}
            | {alarm.station_id for alarm in batch if alarm.rule in causes}
        )
        tags = {
            alarm.pk: Tag(
                alarm.station_id,
                alarm.sensor_id,
                alarm.rule,
                alarm.area_path,
                *stations.get(alarm.station_id, ("", "", "")),
                of_node=alarm.node_id is not None,
            )
            for alarm in alarms
        }
        return cls(in_force(), Causes(designs, _active(causes, batch, stations)), tags)

    def of(self, alarm: Alarm) -> list[Entry]:
        tag = self._tags[alarm.pk]
        by_design = alarm.condition == Alarm.Condition.ACTIVE and self._causes.suppress(tag)
        return entries(tag, self._covers, by_design=by_design)

    def overtake(self, alarms: Iterable[Alarm], worst: Mapping[UUID, int], *, at: datetime) -> None:
        """End the shelves whose alarm has become worse than what was shelved. ``worst``: level by alarm."""
        for alarm in alarms:
            level = worst.get(alarm.pk)
            for cover in [] if level is None else list(self._covers):
                if level is not None and cover.overtaken(self._tags[alarm.pk], level):
                    perform(Suppression(pk=cover.id), "overtake", by=ENGINE, at=at)
                    self._covers.remove(cover)


def in_force() -> list[Cover]:
    return [cover(row) for row in Suppression.objects.filter(state=IN_FORCE)]


def cover(row: Suppression) -> Cover:
    return Cover(
        row.pk, row.cause, row.made_by, row.ends_at, row.area_path, row.station_id, row.sensor_id, row.rule, row.level
    )  # fmt: skip


def _stations(asked: Collection[UUID]) -> dict[UUID, tuple[str, str, str]]:
    """Code, node and the code of the station above."""
    if not asked:
        return {}
    rows = Station.objects.filter(pk__in=asked).values_list("pk", "code", "node", "facts")
    return {
        pk: (code, str(node or ""), str((facts or {}).get("parent") or "")) for pk, code, node, facts in rows
    }


def _active(
    causes: Collection[str], batch: Collection[Alarm], stations: Mapping[UUID, tuple[str, str, str]]
) -> list[Active]:
    """The active alarms of the rules ``causes``, with ``batch`` as it is now."""
    if not causes:
        return []
    active = Alarm.Condition.ACTIVE
    told = [
        (one.rule, one.station_id, stations[one.station_id][0], one.node_id)
        for one in batch
        if one.rule in causes and one.condition == active
    ]
    rows = Alarm.objects.filter(condition=active, rule__in=causes).exclude(pk__in=[one.pk for one in batch])
    told += rows.values_list("rule", "station", "station__code", "node")
    lost = any(node is not None for *_, node in told)
    parents = dict(Node.objects.values_list("pk", "parent")) if lost else {}
    return [
        Active(rule, station, code, str(one or ""))
        for rule, station, code, node in told
        for one in (beneath({node}, parents) if node is not None else [None])
    ]
