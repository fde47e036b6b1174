"""The tree over which stations reach us: what of it makes itself, and what hangs beneath a node."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Min, Q

from command_center.core.scope import Scope

from ..domain.topology import beneath
from ..models import Alarm, Node, Station
from .devicetypes import dials_in, is_subscribed, label

_PROCESSES = {"gateway": ("接入网关", "Gateway"), "poller": ("轮询", "Polling"),
              "subscriber": ("订阅", "Subscriptions")}  # fmt: skip
# What a station itself said last: an alarm about its value, not about its silence.
_STANDS = Q(alarms__condition=Alarm.Condition.ACTIVE, alarms__node=None) & ~Q(alarms__rule="station.silent")
_HOST = "s.protocol || ' ' || (s.config ->> 'host')"


def hang(cursor: Any, *, smallest: int) -> Mapping[int, Node]:
    """Make the nodes that are missing, hang stations on them, and return all nodes by primary key.

    A host has its own node where at least ``smallest`` stations answer at it. Stations on a node made by hand stay there.
    """
    nodes = {node.pk: node for node in Node.objects.select_related("area")}
    keys = {node.key: node for node in nodes.values() if node.key}
    cursor.execute(
        "SELECT protocol, '' FROM sensors_station WHERE in_service GROUP BY 1"
        " UNION ALL SELECT protocol, config ->> 'host' FROM sensors_station"
        " WHERE in_service AND config ->> 'host' <> '' GROUP BY 1, 2 HAVING count(*) >= %s",
        [smallest],
    )
    for protocol, host in cursor.fetchall():
        if f"{protocol} {host}".strip() not in keys:
            for made in _make(protocol, host, keys):
                nodes[made.pk] = keys[made.key] = made
    cursor.execute(
        "WITH found AS (SELECT s.id, coalesce(h.id, p.id) AS node_id FROM sensors_station s"
        f" LEFT JOIN sensors_node h ON h.key = {_HOST}"
        " LEFT JOIN sensors_node p ON p.key = s.protocol LEFT JOIN sensors_node n ON n.id = s.node_id"
        " WHERE s.in_service AND (n.id IS NULL OR n.key IS NOT NULL))"
        " UPDATE sensors_station t SET node_id = f.node_id FROM found f"
        " WHERE t.id = f.id AND t.node_id IS DISTINCT FROM f.node_id"
    )
    return nodes


def _make(protocol: str, host: str, keys: Mapping[str, Node]) -> list[Node]:
    """The node of a protocol or of one of its hosts, after those above it that are missing too."""
    made: dict[str, Node] = {}

    def node(key: str, kind: str, names: tuple[str, str], parent: Node | None = None) -> Node:
        if key in keys:
            return keys[key]
        named = {"name": names[0][:80], "name_en": names[1][:120]}
        made[key] = Node.objects.create(key=key, kind=kind, parent=parent, **named)
        return made[key]

    top = "gateway" if dials_in(protocol) else "subscriber" if is_subscribed(protocol) else "poller"
    said = label(protocol)
    process = node(top, Node.Kind.PROCESS, _PROCESSES[top])
    listener = node(protocol, Node.Kind.LISTENER, (said, said), process)
    if host:
        node(f"{protocol} {host}"[:120], Node.Kind.CONCENTRATOR, (f"{said} {host}",) * 2, listener)
    return list(made.values())


def children(alarm: Alarm, scope: Scope) -> list[dict[str, Any]]:
    """The silent stations beneath the node of ``alarm`` that ``scope`` may see, the worst last known level first.

    Each with ``level``: that of its own worst active alarm from before it fell silent, or None. Two queries.
    """
    parents = dict(Node.objects.values_list("pk", "parent"))
    rows = (
        Station.objects.filter(scope.filter("station.view"))
        .filter(
            node__in=beneath({alarm.node_id}, parents), in_service=True, contact__silent_since__isnull=False
        )
        .annotate(known=Min("alarms__level", filter=_STANDS))
        .select_related("contact")
    )
    told = [
        {
            "id": str(one.pk),
            "code": one.code,
            "kind": one.kind,
            "name": one.name,
            "name_en": one.name_en,
            "level": one.known,
            "heard_at": one.contact.heard_at,
            "silent_since": one.contact.silent_since,
        }
        for one in rows
    ]
    return sorted(told, key=lambda one: (one["level"] or 9, one["code"]))
