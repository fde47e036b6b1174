"""Which servers the field starts for its cameras."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from command_center.core.now import Rate
from sensors.simulator.faults import CameraFaults, Plan
from sensors.simulator.field import Field
from sensors.simulator.sample import district
from sensors.simulator.storm import Storm

NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
DRY = Storm("dry", NOON - timedelta(hours=30), timedelta(minutes=5), ((0,) * 600,))


def test_cameras_share_a_server_of_their_kind_and_both_kinds_of_gateway_are_one():
    cameras = district(gauges=0, rivers=0, ponds=0, storm_stations=(), sewage_stations=(), cameras=8)
    spoken = ("hls", "hls", "onvif", "onvif", "gb28181", "zlm", "gb28181", "mjpeg")
    stations = [
        replace(one, protocol=protocol, config={**one.config, "host": f"127.10.3.{n}" if protocol == "onvif" else "127.10.3.1", "port": 0})
        for n, (one, protocol) in enumerate(zip(cameras, spoken, strict=True), 2)
    ]  # fmt: skip
    away = Plan(cameras={cameras[6].code: CameraFaults(offline=True)})
    field = Field(stations, DRY, Rate(origin=NOON, story=NOON, rate=1.0), faults=away)
    names = [type(server).__name__ for server in field.camera_servers]
    assert sorted(names) == ["HlsServer", "MediaGateway", "MjpegServer", "OnvifServer", "OnvifServer"]
    gateway = field.camera_servers[names.index("MediaGateway")]
    assert (list(gateway.channels), list(gateway.streams)) == (["/SP05"], ["/SP06"]), (
        "who stays away is not listed"
    )
