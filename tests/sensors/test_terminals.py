"""Asking a terminal from its page: from the request to the words on the wire, and from its answer to the page."""

import asyncio
import io
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from PIL import Image

from command_center.core.models import Area, AuditEntry, Membership, User
from sensors.adapters import ADAPTERS
from sensors.adapters.sl651 import Sl651
from sensors.domain import sl651_frames as frames
from sensors.domain.downlinks import Order, Outcome
from sensors.domain.quality import Origin, origin_of
from sensors.gateway.keep import keep
from sensors.gateway.outbox import Outbox
from sensors.models import Downlink, Reading, Station, Still
from sensors.services import downlinks, secrets
from sensors.services.ingest import Frame, ingest
from sensors.services.stills import keeping_in_force
from tests.sensors.ingesting import MIN, NIGHT, station

GAUGE = "3799000101"
ADAPTER = Sl651()


def hear(octets, at):
    message = ADAPTER.decode(octets)
    ingest([Frame("sl651", "127.0.0.1:1", at, octets, message.address, message)], received_at=at)
    return message


class Line:
    """The sending side of a connection."""

    adapter = ADAPTER

    def __init__(self):
        self.sent = []

    def send(self, octets):
        self.sent.append(octets)


class Paper:
    """A desk that remembers what was closed."""

    def __init__(self, *orders):
        self.orders, self.closed = list(orders), []

    def pending(self):
        return self.orders

    def claim(self, ids, *, at):
        self.orders = []
        return set(ids)

    def close(self, outcomes, *, at):
        self.closed += outcomes


def reply(function, serial, body=b"", *, at=NIGHT):
    return frames.write_up(function, GAUGE, serial, at, frames.write_group(GAUGE, None, None, body))


async def told(outbox, desk):
    async def call(function, *args, **named):
        return function(*args, **named)

    await outbox.round(desk, call, lambda: NIGHT)


def order(number, kind, body=None):
    return Order(number, "sl651", GAUGE, kind, body or {})


def test_a_question_goes_out_with_the_station_s_own_centre_and_password_and_its_answer_comes_back():
    outbox, line = Outbox(), Line()
    octets = frames.write_up(0x2F, GAUGE, 1, NIGHT, centre=9, password=0x4D2)
    outbox.heard(line, ADAPTER.decode(octets), octets)
    desk = Paper(order(5, "query_version"))
    asyncio.run(told(outbox, desk))
    asked = frames.unwrap(line.sent[0])
    assert (asked.centre, asked.password, asked.function, asked.down) == (9, b"\x04\xd2", 0x45, True)
    assert asked.end == frames.ENQ
    outbox.replied(line, ADAPTER.decode(reply(0x45, 1, b"\x04V1.2")))
    asyncio.run(told(outbox, desk))
    assert desk.closed == [Outcome(5, True, said={"version": "V1.2"})]


def test_an_answer_with_a_serial_number_of_its_own_is_known_by_its_kind():
    outbox, line = Outbox(), Line()
    outbox.heard(line, ADAPTER.decode(reply(0x51, 7)))
    desk = Paper(order(1, "set_clock"), order(2, "query_now"))
    asyncio.run(told(outbox, desk))
    now = frames.write_group(GAUGE, 0x48, NIGHT, frames.write_element("level", 3.5))
    outbox.replied(
        line, ADAPTER.decode(frames.write_up(0x37, GAUGE, 1, NIGHT, now))
    )  # 1 is the clock's number
    outbox.replied(line, ADAPTER.decode(reply(0x32, 2)))  # a report, and no answer
    asyncio.run(told(outbox, desk))
    (outcome,) = desk.closed
    assert outcome.id == 2
    assert outcome.said["readings"] == [
        ["level", "water_level", 3.5, NIGHT.astimezone(frames.BEIJING).isoformat()]
    ]


# --- with the tables -----------------------------------------------------------------------------


@pytest.fixture
def gauge(db):
    return station(
        GAUGE,
        kind=Station.Kind.STAGE_GAUGE,
        protocol="sl651",
        sensors=[("level", "water_level"), ("flow", "water_flow")],
    )["level"].station


def officer(client, role="duty_officer"):
    user = User.objects.create(username=role)
    Membership.objects.create(user=user, role=role, area=Area.objects.get(path="/dy/"))
    client.force_login(user)
    return client


def test_an_officer_asks_and_the_page_tells_what_became_of_it(client, gauge, monkeypatch):
    monkeypatch.setattr("sensors.api_terminals.now", lambda: NIGHT + MIN)
    door = f"/api/v1/stations/{gauge.pk}/terminal"
    officer(client)
    hear(
        frames.write_up(
            0x46, GAUGE, 3, NIGHT, frames.write_group(GAUGE, None, None, frames.write_status(0b11))
        ),
        NIGHT,
    )
    hear(frames.write_up(0x35, GAUGE, 4, NIGHT, b"\xf2\xf2Q 1.234"), NIGHT)
    period = {"kind": "query_period", "channel": "level", "since": (NIGHT - timedelta(hours=6)).isoformat(),
              "until": NIGHT.isoformat()}  # fmt: skip
    named = {"content_type": "application/json"}
    assert client.post(door, {"kind": "set_clock"}, **named).status_code == 201
    assert client.post(door, period, **named).status_code == 201
    wrong = client.post(door, {**period, "channel": "nothing"}, **named)
    assert wrong.status_code == 422 and "nothing" in wrong.json()["error"]
    first, second = downlinks.pending()
    assert AuditEntry.objects.filter(act="station.command").count() == 2
    assert downlinks.claim([first.id], at=NIGHT + MIN) == {first.id}
    downlinks.close([Outcome(first.id, True, said={"clock": NIGHT.isoformat()})], at=NIGHT + MIN)
    told = client.get(door).json()
    assert [(row["kind"], row["result"], bool(row["sent_at"])) for row in told["asked"]] == [
        ("query_period", "", False),
        ("set_clock", "done", True),
    ]
    assert told["asked"][1]["answer"]["clock"] is not None
    lines = {line["what"]: line["text"] for line in told["said"]}
    assert "Q 1.234" in lines.values()
    assert len(lines) == 2
    placed = Reading.objects.get(sensor__channel="flow")
    assert placed.value == 1.234 and origin_of(placed.quality) == Origin.MANUAL
    octets = ADAPTER.command(second.kind, second.body, address=GAUGE, serial=1, at=NIGHT)
    assert frames.unwrap(octets).function == 0x38


def test_not_everybody_asks_and_not_every_station_can_be_asked(client, gauge):
    officer(client, "liaison")
    door = f"/api/v1/stations/{gauge.pk}/terminal"
    assert client.post(door, {"kind": "query_now"}, content_type="application/json").status_code in (403, 404)
    officer(client, "shift_leader")
    Station.objects.update(protocol="hj212")
    assert client.get(door).json()["questions"] == []
    assert client.post(door, {"kind": "query_now"}, content_type="application/json").status_code == 422


def test_a_question_waits_for_the_next_call_and_its_answer_for_a_minute(gauge):
    row = downlinks.send(gauge, "query_now", {}, by="x", at=NIGHT, patience=timedelta(minutes=70))
    waits = row.expires_at
    downlinks.claim([row.pk], at=NIGHT)
    row.refresh_from_db()
    assert waits - row.expires_at > timedelta(minutes=60)
    assert Downlink.objects.get().sent_at == NIGHT


def test_passwords_of_stations_are_read_opened(gauge):
    from sensors.models import StationSecret

    StationSecret.objects.create(
        station=gauge, name="password", sealed=secrets.seal("04D2"), set_at=NIGHT, set_by="x"
    )
    assert secrets.passwords(["sl651"]) == {("sl651", GAUGE): "04D2"}
    assert secrets.passwords(["hj212"]) == {}
    StationSecret.objects.update(sealed="nothing that opens")
    (kept,) = secrets.passwords(list(ADAPTERS)).values()
    assert kept and kept != ADAPTER.password(frames.write_up(0x2F, GAUGE, 1, NIGHT))


def test_a_picture_that_the_terminal_sent_stands_on_its_page(client, gauge, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    two = replace(keeping_in_force(), newest=2)
    monkeypatch.setattr("sensors.gateway.keep.keeping_in_force", lambda: two)
    octets = io.BytesIO()
    Image.new("RGB", (32, 24), "navy").save(octets, "JPEG")
    body = frames.write_group(GAUGE, 0x48, NIGHT, b"\xf3\xf3" + octets.getvalue())
    packets = frames.write_packets(0x36, GAUGE, 9, NIGHT, body, packet_bytes=200)
    message = ADAPTER.join(packets)
    for minute in (-2, -1, 0):
        earlier = replace(message, observed_at=NIGHT + minute * MIN)
        keep([Frame("sl651", "127.0.0.1:1", NIGHT + minute * MIN, packets[-1], GAUGE, earlier)])
    assert Still.objects.filter(station=gauge).count() == 2, "older ones are dropped, with their files"
    assert len(list(tmp_path.rglob("*.jpg"))) == 2
    officer(client)
    told = client.get(f"/api/v1/stations/{gauge.pk}/terminal").json()
    assert datetime.fromisoformat(told["picture_at"]) == NIGHT
    picture = client.get(f"/stations/{gauge.pk}/still")
    assert picture.status_code == 200 and b"".join(picture.streaming_content) == octets.getvalue()
