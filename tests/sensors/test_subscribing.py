"""Devices behind a broker or server: subscribed to once, acknowledged after the commit, followed without a restart."""

import asyncio
import io
import json
import queue
import ssl
from concurrent.futures import Executor, Future
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from command_center.core.models import AuditEntry
from command_center.core.now import REAL
from sensors.adapters import ADAPTERS
from sensors.domain import certificates
from sensors.domain import onboarding as rules
from sensors.domain.quality import Quality
from sensors.gateway.keep import keep
from sensors.gateway.settings import Limits
from sensors.models import Contact, DeviceType, LatestValue, RawFrame, Sensor, Station, Stranger
from sensors.services import directory, identity, lobby, onboarding, probing, secrets
from sensors.simulator.broker import Broker
from sensors.subscribing import places, server
from sensors.subscribing.once import look
from sensors.subscribing.places import Place, State, common_of
from sensors.subscribing.server import Subscriber
from tests.conftest import actor
from tests.sensors.gateway_kit import PATIENCE_S, Away, Sink
from tests.sensors.ingesting import station
from tests.sensors.peers import Loop
from tests.waiting import until

NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
HOST = "127.10.5.1"
TOPIC = "drainage/{address}/up"
POINTS = [{"channel": "depth", "quantity": "ponding_depth", "path": "depth", "unit": "mm"}]


def box(address, **more):
    return {"address": address, "topic": TOPIC, "at": "time", "points": POINTS, **more}


PD_61 = box("PD-61")


def said(depth_mm, second=0):
    return json.dumps({"time": (NOON + timedelta(seconds=second)).isoformat(), "depth": depth_mm}).encode()


class Bed:
    """A broker of the field and a subscriber with a sink that remembers."""

    def __init__(self, broker, devices, **common):
        self.broker, self.sink, self.states = broker, Sink(), []
        self.devices, self.common = list(devices), common
        self.common_host = HOST

    def read(self):
        config = {"host": self.common_host, "port": self.broker.port, **self.common}
        stations = {one["address"]: one["address"] for one in self.devices}
        return {f"{config}": Place("mqtt", common_of("mqtt", config), list(self.devices), stations)}

    @property
    def session(self):
        [found] = self.broker.sessions.values()
        return found

    @property
    def told(self):
        return [(one.station, one.error) for one in self.states]

    @asynccontextmanager
    async def listening(self):
        subscriber = Subscriber(
            self.read, self.sink, self.states.extend, clock=lambda: NOON, limits=Limits(stop_s=5.0),
            is_outage=lambda problem: isinstance(problem, Away), look_s=0.02,
        )  # fmt: skip
        running = asyncio.create_task(subscriber.run())
        try:
            yield subscriber
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def subscribed(self):
        await until(lambda: any(one.writer and one.filters for one in self.broker.sessions.values()))


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(server, "FIRST_WAIT_S", 0.02)
    monkeypatch.setattr(server, "LONGEST_WAIT_S", 0.05)


def play(scene, devices=(PD_61,), users=None, refused=frozenset(), broker_tls=None, **common):
    """Run ``scene(bed)`` with a broker beside it."""

    async def played():
        broker = Broker(HOST, users=users, refused=refused, tls=broker_tls)
        await broker.start()
        try:
            return await scene(Bed(broker, devices, **common))
        finally:
            await broker.stop()

    return asyncio.run(played())


def test_a_message_is_acknowledged_when_it_is_committed_and_not_before():
    async def scene(bed):
        async with bed.listening() as subscriber:
            await bed.subscribed()
            bed.sink.gate.clear()
            for payload in (said(124), b"DEPTH=12"):
                bed.broker.publish("drainage/PD-61/up", payload)
                # It is here, and so would be an answer to what came before it.
                await until(lambda: len(subscriber.writer.waiting) == len(bed.session.in_flight))
            # No packet overtakes another: what was acknowledged before this one is known with it.
            [link] = subscriber.links.values()
            link.feed.client.subscribe("after/all")
            await until(lambda: "after/all" in bed.session.filters)
            assert len(bed.session.in_flight) == 2 and not bed.sink.frames
            bed.sink.gate.set()
            await until(lambda: not bed.session.in_flight)
            [good], [error] = bed.sink.good, bed.sink.errors
            [reading] = good.message.readings
            assert (reading.value, reading.observed_at) == (12.4, NOON)
            assert good.raw == b"drainage/PD-61/up\n" + said(124) and "not JSON" in error

    play(scene)


def test_what_came_while_we_were_away_and_what_was_not_committed_comes_again():
    async def scene(bed):
        async with bed.listening():
            await bed.subscribed()
            bed.sink.away = True
            bed.broker.publish("drainage/PD-61/up", said(1))
            await until(lambda: bed.session.in_flight)
            await bed.broker.stop()  # the broker dies while the database is away: nothing is acknowledged
            await until(lambda: ("PD-61", "connection lost") in bed.told)
            bed.sink.away = False
            await bed.broker.start()
            await until(lambda: not bed.session.in_flight and bed.sink.good)
            await until(lambda: bed.told[-1] == ("PD-61", ""))
        await until(lambda: bed.session.writer is None)
        bed.broker.publish("drainage/PD-61/up", said(2, second=1))  # nobody listens
        async with bed.listening():
            await until(lambda: len(bed.sink.good) == 2 and not bed.session.in_flight)
        # Redelivered beside the one that waited: the device's own time says that both are one.
        assert [one.message.readings[0].value for one in bed.sink.good] == [0.1, 0.2]

    play(scene)


def test_a_new_station_is_followed_without_a_restart_and_one_that_left_is_not():
    async def scene(bed):
        async with bed.listening():
            await bed.subscribed()
            assert bed.session.filters == {"drainage/+/up": 1}
            bed.devices.append(box("GW-7", topic="gateways/7", at=""))
            await until(lambda: "gateways/7" in bed.session.filters)
            bed.broker.publish("gateways/7", b'{"depth": 30}')
            await until(lambda: bed.sink.good)
            assert bed.sink.good[0].message.observed_at == NOON
            del bed.devices[0]
            await until(lambda: list(bed.session.filters) == ["gateways/7"])

    play(scene)


def test_a_message_that_cannot_be_stored_costs_the_others_nothing_and_is_kept_as_refused():
    async def scene(bed):
        async with bed.listening():
            await bed.subscribed()
            bed.sink.poison = b"666"
            for second, depth in enumerate((5, 666, 7)):
                bed.broker.publish("drainage/PD-61/up", said(depth, second))
            await until(lambda: len(bed.sink.good) == 2)
            bed.sink.poison = None
            await until(lambda: not bed.session.in_flight)

    play(scene)


def test_an_old_value_that_the_broker_keeps_counts_only_with_a_time_of_its_own():
    async def scene(bed):
        bed.broker.publish("gateways/7", b'{"depth": 30}', retain=True)
        bed.broker.publish("drainage/PD-61/up", said(8), retain=True)
        async with bed.listening():
            await until(lambda: len(bed.sink.frames) == 2)
            assert bed.sink.errors == ["a retained message without a time of its own"]
            assert bed.sink.good[0].address == "PD-61"
            bed.broker.publish("gateways/7", b'{"depth": 31}')
            await until(lambda: len(bed.sink.good) == 2)

    play(scene, devices=(box("PD-61"), box("GW-7", topic="gateways/7", at="")))


@pytest.mark.parametrize(
    ("common", "users", "error"),
    [
        ({}, {"hall": "secret"}, "the broker refuses: bad user name or password"),
        ({"tls": True}, None, "TLS"),
    ],
)
def test_what_the_broker_has_against_us_stands_beside_its_stations(common, users, error):
    async def scene(bed):
        async with bed.listening():
            await until(lambda: bed.states)
            assert bed.states[0].station == "PD-61" and bed.states[0].error.startswith(error)
            await until(lambda: bed.states[-1].failures > 1)

    play(scene, users=users, **common)


def certificate(folder, name):
    """A certificate of ``name`` (an address) that vouches for itself, and its key, as one PEM file."""
    key, day = ec.generate_private_key(ec.SECP256R1()), timedelta(days=1)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    made = (
        x509.CertificateBuilder().subject_name(called).issuer_name(called).public_key(key.public_key())
        .serial_number(1).not_valid_before(datetime.now(UTC) - day).not_valid_after(datetime.now(UTC) + day)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / "broker.pem"
    own = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(own + made.public_bytes(Encoding.PEM))
    return file


@pytest.mark.parametrize(("name", "trusted"), [(HOST, True), ("127.10.5.2", False)])
def test_a_broker_with_tls_is_heard_when_its_certificate_is_of_its_address(tmp_path, settings, name, trusted):
    file = certificate(tmp_path, name)
    settings.OURS = settings.OURS | {"device_ca_file": str(file)}
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)

    async def scene(bed):
        async with bed.listening():
            if not trusted:
                await until(lambda: bed.states)
                assert bed.states[0].error.startswith("TLS: ")
                return
            await bed.subscribed()
            bed.broker.publish("drainage/PD-61/up", said(5))
            await until(lambda: bed.sink.good)

    play(scene, broker_tls=context, tls=True)


def test_a_topic_that_the_broker_refuses_stands_beside_its_station_only():
    async def scene(bed):
        async with bed.listening():
            await until(lambda: ("GW-7", "the broker refuses the topic") in bed.told)
            assert ("PD-61", "the broker refuses the topic") not in bed.told

    play(scene, devices=(box("PD-61"), box("GW-7", topic="gateways/7")), refused=frozenset({"gateways/7"}))


def test_a_broker_outside_the_device_networks_is_never_connected_to():
    async def scene(bed):
        bed.common_host = "127.0.0.1"
        async with bed.listening():
            await until(lambda: bed.states)
            assert bed.states[0].error.startswith("address refused")
        assert not bed.broker.sessions

    play(scene)


@pytest.mark.parametrize(
    ("payload", "address", "finds"),
    [(said(124), "PD-61", [12.4]), (b"DEPTH=12", "PD-61", ["not JSON"]), (said(1), "PD-62", [])],
)
def test_a_look_at_one_device_waits_for_its_word_and_leaves_nothing_at_the_broker(payload, address, finds):
    async def scene(bed):
        bed.broker.publish(f"drainage/{address}/up", payload, retain=True)
        config = {**box("PD-61"), "host": HOST, "port": bed.broker.port}
        found = await look(ADAPTERS["mqtt"], config, patience_s=5.0 if finds else 0.2)
        told = []
        for one in found.news:
            try:
                told += [each.value for each in ADAPTERS["mqtt"].decode(one.raw, one.config, NOON).readings]
            except ValueError as why:
                told.append(str(why)[:8])
        assert told == finds and not found.error
        await until(lambda: not bed.broker.sessions)

    play(scene)


def test_the_form_tells_what_came_and_what_may_be_wrong_where_nothing_did(monkeypatch):
    monkeypatch.setattr(probing, "look", partial(look, patience_s=0.2))
    loop, broker = Loop(), Broker(HOST)
    loop.run(broker.start())

    def probe(**more):
        config = {"host": HOST, "port": broker.port, "topic": TOPIC, "at": "time"} | more
        kind = DeviceType(protocol="mqtt", points=POINTS, config=config)
        one = Station(code="X", protocol="mqtt", address="PD-61", config={})
        asked = (Sensor(channel="depth", quantity="ponding_depth", name="d"),)
        return probing.probe(onboarding.Prepared(SimpleNamespace(secrets={}), kind, one, asked), NOON)

    assert probe().text == probing.NOTHING_CAME
    broker.publish("drainage/PD-61/up", said(124), retain=True)
    found = probe()
    assert found.ok and [one.value for one in found.values] == [12.4]
    assert probe(at="").params["reason"] == "a retained message without a time of its own"
    assert probe(host="127.0.0.1").text == probing.FORBIDDEN_NETWORK
    broker.refused = frozenset({"drainage/+/up"})
    assert probe().params["reason"] == "the broker refuses the topic"
    loop.run(broker.stop())
    assert probe().text == probing.REFUSED
    loop.close()


class Desk(Executor):
    """What touches the database is done by the test itself, in its own transaction."""

    def __init__(self):
        self.work = queue.SimpleQueue()

    def submit(self, work, /, *args, **named):
        done = Future()
        self.work.put((done, work, args, named))
        return done

    def shutdown(self, **how):
        return

    def until(self, true):
        while not true():
            done, work, args, named = self.work.get(timeout=PATIENCE_S)
            try:
                done.set_result(work(*args, **named))
            except Exception as problem:  # noqa: BLE001  as an executor does
                done.set_exception(problem)


@pytest.mark.django_db
def test_stations_of_the_database_are_heard_strangers_wait_and_a_lost_broker_is_told():
    directory.forget()
    sensors = station("PD-61", kind="ponding_site", protocol="mqtt", sensors=[("depth", "ponding_depth")])
    owner, desk, loop, broker = sensors["depth"].station, Desk(), Loop(), Broker(HOST)
    loop.run(broker.start())
    watch = places.Watch()
    owner.config = {"host": HOST, "port": broker.port, **box("PD-61")}
    owner.save()
    subscriber = Subscriber(lambda: watch.read(REAL), keep, places.write, clock=lambda: NOON, look_s=0.02)
    subscriber.writer.thread = desk
    running = asyncio.run_coroutine_threadsafe(subscriber.run(), loop.loop)
    desk.until(lambda: any(one.filters for one in broker.sessions.values()))
    secrets.put(owner, {"username": "hall", "password": "x"}, by=actor(("administrator", "/")), at=NOON)
    desk.until(lambda: len(broker.sessions) == 2 and [*broker.sessions.values()][1].filters)
    former, _ = broker.sessions.values()  # under another name it is another connection
    assert not former.filters, "nothing is kept for the former one"
    for address, depth in (("PD-61", 124), ("PD-99", 77)):
        loop.loop.call_soon_threadsafe(broker.publish, f"drainage/{address}/up", said(depth))
    desk.until(lambda: Stranger.objects.exists() and LatestValue.objects.filter(value=12.4).exists())
    desk.until(lambda: Contact.objects.get(station=owner).peer.endswith(str(broker.port)))
    loop.run(broker.stop())
    desk.until(lambda: Contact.objects.get(station=owner).failures > 0)
    assert Contact.objects.get(station=owner).error in ("connection lost", "no connection")
    running.cancel()
    loop.close()
    stranger = Stranger.objects.get(protocol="mqtt", address="PD-99")
    assert stranger.said["readings"] == [["depth", "ponding_depth", 7.7]]
    # Adopted, it is read as its neighbour is: the frame says its topic.
    new = station("PD-99", kind="ponding_site", protocol="mqtt", sensors=[("depth", "ponding_depth")])[
        "depth"
    ]
    Station.objects.filter(pk=new.station.pk).update(config=box("PD-99"))
    new.station.refresh_from_db()
    directory.forget()
    assert lobby.replay(new.station, by=actor(("administrator", "/")), at=NOON).stored == 1
    kept = RawFrame.objects.get(address="PD-99")
    assert kept.station_id == new.station.pk
    told = io.StringIO()
    call_command("decode", "mqtt", bytes(kept.raw).decode(), station=new.station.code, stdout=told)
    assert json.loads(told.getvalue())["readings"][0]["value"] == 7.7


def test_an_opc_ua_server_is_subscribed_to_with_its_times_and_status_codes():
    from sensors.simulator.opcua import UNCERTAIN, OpcServer

    node = "ns=2;s=PS-40.level"
    pump = {
        "address": "PS-40", "sampling_ms": 50,
        "points": [
            {"channel": "level", "quantity": "forebay_level", "node": "ns=2;s={address}.level", "unit": "mm"},
            {"channel": "gone", "quantity": "pump_running", "node": "ns=2;s={address}.gone"},
        ],
    }  # fmt: skip
    sink, states = Sink(), []

    async def scene():
        opc = OpcServer(HOST, users={"hall": "secret"})
        await opc.write(node, -1500.0, NOON)
        await opc.start()

        def read():
            config = {"host": HOST, "port": opc.port, "secrets": {"username": "hall", "password": "secret"}}
            return {"one": Place("opcua", common_of("opcua", config), [pump], {"PS-40": "PS-40"})}

        subscriber = Subscriber(read, sink, states.extend, clock=lambda: NOON, look_s=0.02)
        running = asyncio.create_task(subscriber.run())
        await until(lambda: sink.good)
        await opc.write(node, -1400.0, NOON + timedelta(minutes=1), UNCERTAIN)
        await until(lambda: len(sink.good) == 2)
        await opc.stop()
        await until(lambda: states[-1].error)
        await opc.write(node, -1300.0, NOON + timedelta(minutes=2))
        await opc.start()
        await until(lambda: len(sink.good) == 3)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await opc.stop()

    asyncio.run(scene())
    told = [
        (one.value, one.observed_at, one.quality) for frame in sink.good for one in frame.message.readings
    ]
    assert told == [
        (-1.5, NOON, None),
        (-1.4, NOON + timedelta(minutes=1), Quality.SUSPECT),
        (-1.3, NOON + timedelta(minutes=2), None),
    ]
    assert State("PS-40", f"{HOST}:{read_port(states)}", "ns=2;s=PS-40.gone: BadNodeIdUnknown", 1) in states


def read_port(states):
    return states[0].peer.rpartition(":")[2]


@pytest.fixture(scope="module")
def hall_keys(tmp_path_factory):
    """What the hall and a server are known by; making a key is work."""
    folder = tmp_path_factory.mktemp("keys")
    with override_settings(OURS=settings.OURS | {"keys_folder": str(folder)}):
        identity.file()
    return folder, certificates.make("Server", "urn:server", HOST, datetime.now(UTC))


@pytest.mark.django_db
def test_an_opc_ua_server_is_heard_over_a_secured_channel_and_only_with_the_certificate_that_was_trusted(
    hall_keys, settings
):
    from sensors.simulator.opcua import OpcServer

    directory.forget()
    folder, pem = hall_keys
    settings.OURS = settings.OURS | {"keys_folder": str(folder)}
    shown, hall = certificates.thumbprint(certificates.certificate_in(pem)), identity.thumbprint()
    sensors = station("PS-41", kind="pump_station", protocol="opcua", sensors=[("level", "forebay_level")])
    owner, desk, loop = sensors["level"].station, Desk(), Loop()
    opc = OpcServer(HOST, users={"hall": "secret"}, identity=pem)
    loop.run(opc.write("ns=2;s=PS-41.level", 1.5, NOON))
    loop.run(opc.start())
    points = [{"channel": "level", "quantity": "forebay_level", "node": "ns=2;s={address}.level"}]
    owner.config = {"host": HOST, "port": opc.port, "security": "sign", "points": points}
    owner.save()
    secrets.put(owner, {"username": "hall", "password": "secret"}, by=actor(("administrator", "/")), at=NOON)
    # Within one transaction no row gets another version: the stations are read each time.
    subscriber = Subscriber(lambda: places.read(REAL), keep, places.write, clock=lambda: NOON, look_s=0.02)
    subscriber.writer.thread = desk
    running = asyncio.run_coroutine_threadsafe(subscriber.run(), loop.loop)
    said = lambda: Contact.objects.filter(station=owner).values_list("error", flat=True).first()  # noqa: E731
    desk.until(lambda: said() == "the server does not trust this hall's certificate")
    opc.trusted = {hall}
    desk.until(lambda: LatestValue.objects.filter(value=1.5).exists())
    # The first certificate is remembered, beside the station and in the log book.
    desk.until(lambda: Station.objects.get(pk=owner.pk).config.get("server_certificate") == shown)
    [entry] = AuditEntry.objects.filter(act="station.certificate_trusted")
    assert (entry.who, entry.data) == ("feed:opcua", {"thumbprint": shown})
    desk.until(lambda: said() == "")
    # Another server at its place is not spoken to.
    Station.objects.filter(pk=owner.pk).update(config=owner.config | {"server_certificate": hall})
    desk.until(lambda: said() == "the server's certificate is not the trusted one")
    running.cancel()
    loop.run(opc.stop())
    loop.close()


def test_the_form_shows_the_certificate_of_a_server_and_knows_a_thumbprint_however_it_is_typed(
    hall_keys, settings
):
    from sensors.simulator.opcua import OpcServer

    folder, pem = hall_keys
    settings.OURS = settings.OURS | {"keys_folder": str(folder)}
    shown, loop = certificates.thumbprint(certificates.certificate_in(pem)), Loop()
    opc = OpcServer(HOST, identity=pem, trusted={identity.thumbprint()})
    loop.run(opc.write("ns=2;s=PS-41.level", 1.5, NOON))
    loop.run(opc.start())
    points = [{"channel": "level", "quantity": "forebay_level", "node": "ns=2;s={address}.level"}]

    def probe(**more):
        config = {"host": HOST, "port": opc.port, "path": "/", **more}
        one = Station(code="X", protocol="opcua", address="PS-41", config={})
        asked = (Sensor(channel="level", quantity="forebay_level", name="l"),)
        kind = DeviceType(protocol="opcua", points=points, config=config)
        return probing.probe(onboarding.Prepared(SimpleNamespace(secrets={}), kind, one, asked), NOON)

    found = probe(security="encrypt")
    assert found.ok and found.said == ((probing.SERVER_CERTIFICATE, shown),)
    wrong = probe(security="sign", server_certificate="0" * 40)
    assert wrong.params["reason"] == "the server's certificate is not the trusted one"
    assert probe(security="Sign").params["reason"].startswith("configuration: security 'Sign'")
    assert probe().params["reason"].startswith("the server refuses: ")
    loop.run(opc.stop())
    loop.close()
    typed = " ".join(shown[at : at + 2].lower() for at in range(0, 40, 2))
    given = {
        "code": "PS-41",
        "type": "opc",
        "name": "P",
        "longitude": "118.5",
        "latitude": "37.4",
        "host": HOST,
    }
    kind = rules.Kind("opc", "opcua", ADAPTERS["opcua"].needs, 60, {"port": 4840, "path": "/"}, {})
    draft, problems = rules.check(given | {"security": "sign", "server_certificate": typed}, kind)
    assert not problems and (draft.config["security"], draft.config["server_certificate"]) == ("sign", shown)
    draft, _ = rules.check(given | {"security": "none"}, kind)
    assert set(draft.config) == {"host", "port", "path"}
    _, problems = rules.check(given | {"security": "TLS", "server_certificate": "12"}, kind)
    assert [(one.field, one.text) for one in problems] == [
        ("security", rules.ONE_OF),
        ("server_certificate", rules.THUMBPRINT_FORM),
    ]
