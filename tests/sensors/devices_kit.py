"""What a form says of a device, and what a terminal then sends."""

from sensors.adapters import ADAPTERS
from sensors.domain import sl651_frames
from sensors.services import onboarding, probing
from sensors.services.ingest import Frame
from tests.conftest import NOON

HOST = "127.10.77.1"


def gauge(**more):
    return {
        "type": "rain-gauge", "code": "RG-90", "name": "测试雨量站", "longitude": "118.5", "latitude": "37.5",
        "address": "0090000190", "department": "water",
    } | more  # fmt: skip


def pump(**more):
    return gauge(type="pump-station-3", code="PS-90", host=HOST, port="502", address="") | more


def connected(given, by):
    prepared, problems = onboarding.prepare(given, by=by)
    assert not problems
    return onboarding.connect(prepared, by=by, at=NOON)


def probed(given, by):
    prepared, problems = onboarding.prepare(given, by=by)
    assert not problems
    return probing.probe(prepared, NOON)


def report(serial, at, *, address="0090000190", total=12.5, peer="127.10.9.9:40000"):
    body = sl651_frames.write_group(address, 0x50, at, sl651_frames.write_element("rain_total", total))
    octets = sl651_frames.write_up(0x32, address, serial, at, body)
    message = ADAPTERS["sl651"].decode(octets)
    return Frame("sl651", peer, at, octets, address, message)
