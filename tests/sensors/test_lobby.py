"""Who dials in unasked: the lobby, adoption, and the kept frames that are read and looked through."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from command_center.core.acts import NotPossible, perform
from sensors.domain import lobby as tables
from sensors.gateway.keep import keep
from sensors.models import (
    LatestValue,
    RawFrame,
    Reading,
    Sensor,
    Stranger,
)
from sensors.services import lobby
from sensors.services.ingest import Frame
from tests.conftest import MIN, NOON, actor
from tests.sensors.devices_kit import connected, gauge, report

pytestmark = pytest.mark.django_db


def test_who_dials_in_unasked_waits_in_the_lobby_with_what_was_said(ground):
    for serial in range(3):
        keep([report(serial, NOON + serial * MIN, total=10.0 + serial)])
    row = Stranger.objects.get()
    assert (row.protocol, row.address, row.frames, row.state) == ("sl651", "0090000190", 3, tables.WAITING)
    assert row.first_seen == NOON and row.last_seen == NOON + 2 * MIN
    assert row.said["readings"] == [["rain_total", "rain_total", 12.0]]
    assert not Reading.objects.exists() and RawFrame.objects.count() == 3


def test_adopting_gives_the_kept_frames_to_the_station_and_twice_is_once(ground, boss):
    for serial in range(3):
        keep([report(serial, NOON + 5 * serial * MIN, total=10.0 + serial)])
    keep([Frame("sl651", "127.10.9.9:1", NOON, b"~~broken", "0090000190", None, "checksum")])
    station = connected(gauge(), boss)
    stranger = Stranger.objects.get()
    assert (stranger.state, stranger.station_id) == (tables.ADOPTED, station.pk)
    done = lobby.replay(station, by=boss, at=NOON + timedelta(hours=1))
    assert (done.frames, done.stored) == (4, 3)
    assert list(Reading.objects.order_by("observed_at").values_list("value", flat=True)) == [10.0, 11.0, 12.0]
    assert LatestValue.objects.get(sensor__channel="rain_total").value == 12.0
    assert RawFrame.objects.filter(station_id=station.pk).count() == RawFrame.objects.count() == 4
    assert lobby.replay(station, by=boss, at=NOON + timedelta(hours=1)) == lobby.Replayed()
    keep([report(9, NOON + 70 * MIN)])
    assert Stranger.objects.get().frames == 3, "a station is no stranger"


def test_frames_older_than_the_parameter_are_not_read_again(ground, boss):
    keep([report(1, NOON - timedelta(days=8)), report(2, NOON)])
    station = connected(gauge(), boss)
    assert lobby.replay(station, by=boss, at=NOON).frames == 1


def test_a_refused_stranger_is_not_listed_but_its_frames_are_kept(ground, boss, office):
    keep([report(1, NOON)])
    row = Stranger.objects.get()
    with pytest.raises(NotPossible):
        perform(row, "refuse", by=boss, at=NOON)
    with pytest.raises(PermissionDenied):
        perform(row, "refuse", by=actor(("duty_officer", "/dy/")), reason="not ours", at=NOON)
    answer = office.post("/devices/lobby/", {"stranger": row.pk, "act": "refuse", "reason": "not ours"})
    assert answer.status_code == 302 and Stranger.objects.get().state == tables.REFUSED
    keep([report(2, NOON + MIN)])
    assert Stranger.objects.get().frames == 2 and RawFrame.objects.count() == 2
    assert "0090000190" not in office.get("/devices/lobby/").content.decode()
    refused = office.get("/devices/lobby/?state=refused").content.decode()
    assert "0090000190" in refused and "not ours" in refused


def test_the_lobby_is_bounded_and_the_longest_silent_make_room(ground, monkeypatch):
    monkeypatch.setattr(lobby, "value", {"lobby.most": 3}.get)
    keep([report(1, NOON, address=f"00900001{n:02}") for n in range(3)])
    keep([report(2, NOON + MIN, address="0090000150")])
    assert Stranger.objects.count() == 3, "everybody within was heard a minute ago"
    keep([report(2, NOON + timedelta(hours=3), address="0090000151")])
    assert Stranger.objects.count() == 3 and Stranger.objects.filter(address="0090000151").exists()
    assert RawFrame.objects.count() == 5


def test_channels_that_no_type_can_list_become_points_and_what_they_said_is_read(ground, boss, office):
    station = connected(gauge(), boss)
    keep([report(serial, NOON + 5 * serial * MIN) for serial in range(2)])
    said = {"sl651": lobby.spoken(station, NOON + timedelta(hours=1))}
    assert said == {"sl651": {}}
    Sensor.objects.filter(station=station, channel="rain_total").delete()
    assert lobby.spoken(station, NOON + timedelta(hours=1)) == {"rain_total": "rain_total"}
    assert lobby.learn(station, by=boss, at=NOON + timedelta(hours=1)) == 1
    assert LatestValue.objects.get(sensor__station=station, sensor__channel="rain_total").value == 12.5
    assert RawFrame.objects.count() == 2
    assert lobby.learn(station, by=boss, at=NOON + timedelta(hours=1)) == 0


def test_frames_are_found_by_station_time_refusal_and_words_and_page_by_page(ground, boss, office):
    connected(gauge(), boss)
    keep([report(serial, NOON + serial * MIN) for serial in range(5)])
    wrong = "the checksum is wrong: 0000 is sent, 1D0F is right"
    keep([Frame("sl651", "127.10.9.9:1", NOON, b"~~broken", "0090000155", None, wrong)])

    def found(**query):
        answer = office.get(
            "/api/v1/frames",
            {"from": "2026-07-01T00:00:00+08:00", "to": "2026-07-02T00:00:00+08:00", **query},
        )
        assert answer.status_code == 200
        return answer.json()

    assert len(found()["frames"]) == 6
    assert {row["code"] for row in found(station="rg-90")["frames"]} == {"RG-90"}
    [broken] = found(refused="1")["frames"]
    assert (broken["hex"], broken["error"], broken["station"]) == (
        "7e 7e 62 72 6f 6b 65 6e",
        wrong,
        None,
    )
    assert found(station="0090000155", text="CHECKSUM")["frames"] == found(text="校验")["frames"] == [broken]
    assert found(text="battery")["frames"] == []
    first = found(limit="4")
    rest = found(limit="4", before=first["next"])
    assert len(first["frames"]) == 4 and len(rest["frames"]) == 2 and rest["next"] is None
    assert {row["id"] for row in first["frames"]}.isdisjoint(row["id"] for row in rest["frames"])
    assert office.get("/api/v1/frames?from=yesterday").status_code == 400


def test_frames_of_another_area_and_of_nobody_are_not_shown(ground, boss):
    from sensors.services.frames import Wanted, find

    connected(gauge(), boss)
    keep([report(1, NOON), report(1, NOON, address="0090000155")])
    wanted = Wanted(NOON - MIN, NOON + MIN)
    assert find(wanted, boss.scope).count() == 2
    assert find(wanted, actor(("auditor", "/dy/town/")).scope).count() == 1
    assert find(wanted, actor(("auditor", "/dy/other/")).scope).count() == 0
    assert find(wanted, actor(("grid_worker", "/dy/")).scope).count() == 0
