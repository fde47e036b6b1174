"""Pages of administrators: the devices, one device to be connected or changed, and who dialled in unasked."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db import IntegrityError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from command_center.core.models import Department
from command_center.core.now import now

from .adapters import ADAPTERS
from .domain import lobby as tables
from .domain import onboarding as rules
from .domain.onboarding import FACTS, LABELS, SECRETS, Problem
from .domain.quantities import QUANTITIES
from .domain.reading_file_life import FILES
from .models import DeviceType, RawFrame, Station, Stranger
from .pages_office import ROWS, mine, page, query_of, screen, stranger_of, strangers_of
from .services import devicetypes, identity, lobby, onboarding, probing
from .services import secrets as hidden
from .services.devicetypes import KINDS
from .services.importing import sentence
from .trouble_words import trouble

WAIT_S = 60


# --- the list ------------------------------------------------------------------------------------------------
STATES: dict[str, Q] = {
    "silent": Q(in_service=True, contact__silent_since__isnull=False),
    "failing": Q(in_service=True, contact__failures__gt=0),
    "never": Q(in_service=True) & (Q(contact=None) | Q(contact__heard_at=None)),
    "heard": Q(in_service=True, contact__heard_at__isnull=False, contact__silent_since=None),
    "out": Q(in_service=False),
}


def state_names() -> dict[str, str]:
    return {
        "heard": _("Heard"),
        "silent": _("Silent"),
        "failing": _("Not answering"),
        "never": _("Never heard"),
        "out": _("Out of service"),
    }


def state_of(station: Station) -> str:
    contact = getattr(station, "contact", None)
    if not station.in_service:
        return "out"
    if contact is None or contact.heard_at is None:
        return "failing" if contact is not None and contact.failures else "never"
    if contact.silent_since is not None:
        return "silent"
    return "failing" if contact.failures else "heard"


@screen("device.edit")
def devices(request: HttpRequest) -> HttpResponse:
    rows = mine(request)
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "kind", "protocol", "state")}
    if asked["q"]:
        words = (Q(**{f"{name}__icontains": asked["q"]}) for name in ("code", "name", "name_en", "address"))
        found = Q()
        for one in words:
            found |= one
        rows = rows.filter(found)
    for name in ("kind", "protocol"):
        if asked[name]:
            rows = rows.filter(**{name: asked[name]})
    if asked["state"] in STATES:
        rows = rows.filter(STATES[asked["state"]])
    paged = Paginator(rows.select_related("contact", "area", "device_type").order_by("code"), ROWS).get_page(
        request.GET.get("page")
    )
    names = state_names()
    for row in paged:
        row.state, row.state_name = state_of(row), names[state_of(row)]
        row.kind_name, row.protocol_name = _(KINDS[row.kind]), _(devicetypes.label(row.protocol))
        row.trouble = trouble(row.contact.error) if hasattr(row, "contact") else ""
    return page(
        request,
        "list",
        _("Devices"),
        rows=paged,
        asked=asked,
        query=query_of(request),
        states=names,
        kinds={kind: _(name) for kind, name in KINDS.items()},
        protocols={name: _(devicetypes.label(name)) for name in (*ADAPTERS, *devicetypes.OTHERS)},
        waiting=strangers_of(request).filter(state=tables.WAITING).count(),
    )


# --- one device ----------------------------------------------------------------------------------------------
_INPUTS = {"longitude": "text", "latitude": "text", "port": "number", "unit": "number", "interval_s": "number",
           "password": "password", "api_key": "password"}  # fmt: skip


def fields(
    row: DeviceType, given: Mapping[str, str], problems: list[Problem], fixed: bool, kept: set[str]
) -> list[dict[str, Any]]:
    """The form's fields as the template draws them, each with what is wrong with it."""
    kind = devicetypes.kind_of(row)
    wrong: dict[str, list[str]] = {}
    for problem in problems:
        wrong.setdefault(problem.field, []).append(_(problem.text) % problem.params)
    defaults = {"interval_s": row.interval_s, "crs": "wgs84", **row.config, **row.facts}
    found = []
    known = list(FACTS)  # a table of the database keeps no order of its own
    facts = sorted(row.facts, key=lambda name: known.index(name) if name in known else len(known))
    for name in (*kind.fields(), *facts):
        if name == "type":
            continue
        default = defaults.get(name)
        value = given.get(name, "" if default is None else _text(default))
        options: list[tuple[str, str]] = []
        if name == "crs":
            options = [(crs, _(label)) for crs, label in rules.CRS.items()]
        elif name == "department":
            options = [("", "—"), *((one.code, one.label) for one in Department.objects.all())]
        elif name == "security":
            options = [(security, _(label)) for security, label in rules.SECURITY.items()]
        elif isinstance(row.facts.get(name), bool) and name in row.facts:
            options = [("no", _("No")), ("yes", _("Yes"))]
        elif kind.needs.get(name) is bool:
            options = [("no", _("No")), ("yes", _("Yes"))]
            value = value or "no"
        label = LABELS.get(name) or FACTS.get(name)
        found.append(
            {
                "name": name,
                "label": _(label) if label else name,
                "value": "" if name in SECRETS else value,
                "input": _INPUTS.get(name, "text"),
                "options": options,
                "problems": wrong.pop(name, []),
                "required": name in ("code", "name", "longitude", "latitude")
                or (name in kind.needs and name not in row.config and name not in rules.OPTIONAL),
                "fixed": fixed and name == "code",
                "kept": name in kept,
                "group": "place"
                if name in ("longitude", "latitude", "crs")
                else "secret"
                if name in SECRETS
                else "",
            }
        )
    for name, texts in wrong.items():  # nothing that is wrong goes unsaid
        found.append({"name": name, "label": LABELS.get(name, name), "problems": texts, "hidden": True})
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def given_of(station: Station) -> dict[str, str]:
    """A station as its form would have been filled in."""
    given = {
        "code": station.code, "name": station.name, "name_en": station.name_en, "longitude": f"{station.position.x:.6f}",
        "latitude": f"{station.position.y:.6f}", "crs": "wgs84", "place": station.place, "address": station.address,
        "department": station.department.code if station.department else "", "interval_s": str(station.interval_s),
    }  # fmt: skip
    given |= {name: _text(station.config[name]) for name in rules.CONNECTION if name in station.config}
    return given | {name: _text(value) for name, value in station.facts.items() if value is not None}


def _value_rows(probe: probing.Probe) -> list[dict[str, Any]]:
    words = {
        probing.GOOD: _("in range"),
        probing.DOUBTFUL: _("out of range"),
        probing.NONE: _("not said"),
    }
    return [
        {
            "name": one.name, "channel": one.channel, "value": one.value, "unit": one.unit, "low": f"{one.low:g}",
            "high": f"{one.high:g}", "state": one.state, "word": words[one.state], "why": one.why,
        }
        for one in probe.values
    ]  # fmt: skip


def told(probe: probing.Probe) -> dict[str, Any]:
    """A test of a connection in the reader's words."""
    return {
        "ok": probe.ok,
        "text": _(probe.text) % _worded(probe.params) if probe.params else _(probe.text),
        "peer": probe.peer,
        "took_ms": probe.took_ms,
        "values": _value_rows(probe),
        "picture": probe.picture,
        "said": [(_(label), value) for label, value in probe.said],
    }


def _worded(params: Mapping[str, Any]) -> dict[str, Any]:
    return {**params, "reason": trouble(str(params["reason"]))} if "reason" in params else dict(params)


@screen("device.edit", "GET", "HEAD", "POST")
def new(request: HttpRequest) -> HttpResponse:
    """Choose a type, fill in the form, test the connection, save. ``?stranger=`` fills in who dialled in."""
    stranger = stranger_of(request)
    slug = request.POST.get("type") or request.GET.get("type") or ""
    if not slug and stranger is not None:
        fits = devicetypes.suggested(stranger.protocol, [one[0] for one in stranger.said.get("readings", ())])
        slug = fits.slug if fits else ""
    row = DeviceType.objects.filter(slug=slug).first()
    if row is None:
        types = DeviceType.objects.order_by("kind", "protocol", "slug")
        if stranger is not None:
            types = types.filter(protocol=stranger.protocol)
        for one in types:
            one.protocol_name, one.kind_name = _(devicetypes.label(one.protocol)), _(KINDS[one.kind])
        return page(request, "choose", _("Connect a device"), types=types, stranger=stranger)
    filled = {"address": stranger.address} if stranger else {}
    filled |= {name: request.GET[name] for name in ("name", *rules.CONNECTION) if name in request.GET}
    return _form(request, row, filled, None, stranger)


@screen("device.edit", "GET", "HEAD", "POST")
def device(request: HttpRequest, pk: Any) -> HttpResponse:
    """A device that is connected: its form again, and what was kept before it was known."""
    station = get_object_or_404(mine(request).select_related("department", "device_type", "area"), pk=pk)
    if request.method == "POST" and request.POST.get("act") == "replay":
        done = lobby.replay(station, by=request.viewer, at=now())  # type: ignore[attr-defined]
        return redirect(f"{reverse('device', args=[pk])}?replayed={done.frames}&stored={done.stored}")
    if request.method == "POST" and request.POST.get("act") == "learn":
        lobby.learn(station, by=request.viewer, at=now())  # type: ignore[attr-defined]
        return redirect(f"{reverse('device', args=[pk])}?changed=1")
    row = station.device_type
    if row is None:
        return page(request, "untyped", station.label, station=station)
    return _form(request, row, given_of(station), station, None)


def _form(
    request: HttpRequest,
    row: DeviceType,
    filled: dict[str, str],
    old: Station | None,
    stranger: Stranger | None,
) -> HttpResponse:
    by, at = request.viewer, now()  # type: ignore[attr-defined]
    given, problems, probe, since = filled, [], None, None
    area = old.area if old else None
    kept = set(old.secrets.values_list("name", flat=True)) if old else set()
    if request.method == "POST":
        given = {
            name: value for name, value in request.POST.items() if name not in ("csrfmiddlewaretoken", "act")
        }
        given |= {"type": row.slug} | ({"code": old.code} if old else {})
        prepared, problems = onboarding.prepare(given, by=by, again=old is not None)
        area = prepared.station.area if prepared is not None else area
        if request.POST.get("act") == "test" and row.protocol == FILES:
            problems = [Problem("type", gettext_noop("This cannot be tested."))]
        elif prepared is not None and request.POST.get("act") == "test":
            if devicetypes.dials_in(row.protocol):
                since = at
            else:
                stored = hidden.of([old.pk]).get(old.pk) if old else None
                probe = told(probing.probe(prepared, at, stored))
        elif prepared is not None:
            try:
                if old is None:
                    station = onboarding.connect(prepared, by=by, at=at)
                    kept_frames = kept_for(station).exists()
                    return redirect(
                        f"{reverse('device', args=[station.pk])}?connected=1{'&frames=1' if kept_frames else ''}"
                    )
                onboarding.change(prepared, old, by=by, at=at)
                return redirect(f"{reverse('device', args=[old.pk])}?changed=1")
            except IntegrityError:
                problems = [Problem("code", _("Somebody else was quicker with this code or address."))]
    points = [
        {**point, "shown": _shown(point), "unit_shown": QUANTITIES[point["quantity"]].unit}
        for point in row.points
    ]
    return page(
        request,
        "form",
        old.label if old else _("Connect a device"),
        status=200 if not problems else 422,
        type=row,
        protocol_name=_(devicetypes.label(row.protocol)),
        dials_in=devicetypes.dials_in(row.protocol),
        thumbprint=identity.thumbprint() if row.protocol == "opcua" else "",
        fields=fields(row, given, problems, old is not None, kept),
        problems=problems,
        points=points,
        probe=probe,
        since=since,
        wait_s=WAIT_S,
        old=old,
        area=area,
        stranger=stranger,
        frames_kept=old is not None and kept_for(old).exists(),
        spoken=lobby.spoken(old, at) if old is not None and devicetypes.dials_in(row.protocol) else {},
        replayed=_replayed(request),
        typed_again=[name for name in SECRETS if request.POST.get(name)],
    )


def _replayed(request: HttpRequest) -> str:
    done = {name: request.GET.get(name, "") for name in ("replayed", "stored")}
    if not all(number.isdecimal() for number in done.values()):
        return ""
    return _("%(replayed)s frames read again, %(stored)s readings stored.") % done


def _shown(point: Mapping[str, Any]) -> str:
    """Where the protocol finds a point, in one line."""
    names = (
        "table",
        "address",
        "bit",
        "type",
        "word_order",
        "path",
        "node",
        "parameter",
        "qualifier",
        "unit",
        "scale",
        "offset",
    )
    return " · ".join(f"{name} {point[name]}" for name in names if name in point)


def kept_for(station: Station) -> QuerySet[RawFrame]:
    """Frames of its address that were kept while nobody knew it."""
    if not (devicetypes.dials_in(station.protocol) or devicetypes.is_subscribed(station.protocol)):
        return RawFrame.objects.none()
    since = now() - timedelta(days=lobby.value("lobby.replay_days"))
    return RawFrame.objects.filter(
        received_at__gte=since, station_id__isnull=True, protocol=station.protocol, address=station.address
    )


@screen("device.edit", "POST")
def heard(request: HttpRequest) -> JsonResponse:
    """Whether the device of the form was heard since ``since``: asked again and again while somebody waits."""
    since = parse_datetime(request.POST.get("since", ""))
    given = {name: value for name, value in request.POST.items() if name not in ("since", "act")}
    old = mine(request).filter(code=given.get("code", "")).exists()
    prepared, problems = onboarding.prepare(given, by=request.viewer, again=old)  # type: ignore[attr-defined]
    if (
        since is None
        or since.tzinfo is None
        or prepared is None
        or not devicetypes.dials_in(prepared.station.protocol)
    ):
        return JsonResponse(
            {"error": "; ".join(map(sentence, problems)) or _("This cannot be tested.")}, status=422
        )
    found = probing.heard(prepared, since)
    return JsonResponse({"probe": told(found) if found else None})


@screen("device.edit")
def hall_certificate(request: HttpRequest) -> HttpResponse:
    """What this hall is known by at OPC UA servers, for their list of trusted clients."""
    answer = HttpResponse(identity.certificate(), content_type="application/pkix-cert")
    answer["Content-Disposition"] = 'attachment; filename="one-map.der"'
    return answer


urls = [
    path("devices/", devices, name="devices"),
    path("devices/hall.der", hall_certificate, name="hall-certificate"),
    path("devices/new/", new, name="device-new"),
    path("devices/heard", heard, name="device-heard"),
    path("devices/<uuid:pk>/", device, name="device"),
]
