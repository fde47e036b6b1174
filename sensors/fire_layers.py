"""Buildings and premises of the fire cloud on the map: what their hosts, calls and guard rounds say of them now."""

from django.contrib.postgres.aggregates import BitOr
from django.db.models import Case, F, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce, Concat, Greatest, JSONObject, Left, Length, Repeat

from command_center.core.layers import Lat, Layer, Lon, show

from .domain.fire_calls import OPEN as CALLS_OPEN
from .domain.fire_parts import ANY_TROUBLE
from .domain.lifecycle import UNACKNOWLEDGED
from .layers import STATION_WATCHES
from .models import Alarm, FireCall, FirePart, Premises, ResponsiblePerson, Station
from .models.alarms import ACTIVE, CALLING, OPEN

ALARMS_CHANGE = [kind for kind in STATION_WATCHES if kind.startswith("alarm.")]


def _alarms(which, **where):
    return Alarm.objects.filter(which, CALLING, node=None, **where)


def _premises(which=ACTIVE, **alarms):
    """Those with such an alarm at one of their hosts."""
    return _alarms(which, station__premises__isnull=False, **alarms).values("station__premises")


# One row each: watched premises are few, and after a change only those that changed are asked.
CALLS = FireCall.objects.filter(premises=OuterRef("pk"), state__in=CALLS_OPEN).order_by("-began_at", "pk")
PARTS = (  # every trouble that one of their parts tells; of these an event says that they changed
    FirePart.objects.filter(station__premises=OuterRef("pk"))
    .order_by()
    .values("station__premises")
    .annotate(said=BitOr(F("state").bitand(ANY_TROUBLE)))
)


def _hosts(**where):
    return Station.objects.filter(
        kind=Station.Kind.FIRE_HOST, in_service=True, premises__isnull=False, **where
    ).values("premises")


def _is(which):
    return Case(When(pk__in=which, then=Value(True)), default=Value(False))


def _premises_of_alarms(alarm_ids):
    rows = Alarm.objects.filter(pk__in=list(alarm_ids), station__premises__isnull=False)
    return rows.values_list("station__premises", flat=True)


def _premises_of_stations(station_ids):
    rows = Station.objects.filter(pk__in=list(station_ids), premises__isnull=False)
    return rows.values_list("premises", flat=True)


def _premises_of_calls(call_ids):
    rows = FireCall.objects.filter(pk__in=list(call_ids), premises__isnull=False)
    return rows.values_list("premises", flat=True)


# Who is called first; masked here, since a layer's columns are the same for all who see the feature.
FIRST_CALLED = ResponsiblePerson.objects.filter(premises=OuterRef("pk")).order_by("rank", "pk")
MASKED = Concat(Left("name", 1), Repeat(Value("*"), Greatest(Length("name") - 1, 0)))

PREMISES = show(
    Layer(
        name="premises",
        action="station.view",
        # Where no host watches there is nothing to say, and an untroubled mark would be a lie: those stand in their list.
        source=lambda scope: Premises.objects.filter(scope.filter("station.view"), pk__in=_hosts()),
        fields={
            "name": "name",
            "name_en": "name_en",
            "address": "address",
            "lon": Lon("position"),
            "lat": Lat("position"),
            "area": "area_path",
            "level": Subquery(
                _alarms(ACTIVE, station__premises=OuterRef("pk")).order_by("level").values("level")[:1]
            ),
            "unacked": _is(_premises(OPEN, state=UNACKNOWLEDGED)),
            "fire": _is(_premises(rule="fire.alarm")),
            "call": Subquery(CALLS.values("state")[:1]),
            "guard_absent": _is(_premises(rule="fire.guard_absent")),
            # Parts in good order say as little as none.
            "parts": Coalesce(Subquery(PARTS.values("said")), 0),
            "silent": _is(_hosts(contact__silent_since__isnull=False)),
            "first": Subquery(FIRST_CALLED.values(told=JSONObject(name=MASKED, role="role"))[:1]),
        },
        watches={
            **dict.fromkeys(ALARMS_CHANGE, _premises_of_alarms),
            "fire_call.changed": _premises_of_calls,
            "fire_parts.changed": _premises_of_stations,
            "premises.changed": "",
            "station.changed": _premises_of_stations,
            "station.silent": _premises_of_stations,
            "station.heard": _premises_of_stations,
        },
    )
)
