"""Real answers of the flood-monitoring API, where the shared samples stand beside the repository."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sensors.adapters.ea_http import EaHttp
from sensors.domain.readings import DecodeError

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "uk_ea_flood_api"
LEVELS = SHARED / "measures_level_latest_80.json"
AT = datetime(2026, 2, 3, tzinfo=UTC)


if SHARED.exists():  # no sample, no case: there is nothing to skip

    def test_each_level_measure_is_read_or_refused_with_a_reason():
        answer = json.loads(LEVELS.read_text())
        message = EaHttp().decode(json.dumps(answer).encode(), {}, AT)
        refused = message.details["refused"]
        assert len(message.readings) + len(refused) == len(answer["items"]) == 88
        assert set(refused.values()) == {"no latest reading"}
        told = {
            (item["stationReference"], item["latestReading"]["value"])
            for item in answer["items"]
            if "latestReading" in item
        }
        assert {(reading.address, reading.value) for reading in message.readings} == told
        assert {reading.quantity for reading in message.readings} == {"water_level"}

    def test_each_level_measure_alone_gives_the_same_as_in_the_list():
        for item in json.loads(LEVELS.read_text())["items"]:
            body = json.dumps({"items": item}).encode()
            config = {"address": item["stationReference"]}
            if "latestReading" in item:
                (reading,) = EaHttp().decode(body, config, AT).readings
                assert reading.value == item["latestReading"]["value"]
                assert reading.observed_at == datetime.fromisoformat(item["latestReading"]["dateTime"])
            else:
                with pytest.raises(DecodeError, match="no latest reading"):
                    EaHttp().decode(body, config, AT)

    def test_a_station_whose_measures_are_only_named_gives_no_reading():
        stations = json.loads((SHARED / "stations_level_stage_full_80.json").read_text())
        with pytest.raises(DecodeError):
            EaHttp().decode(json.dumps(stations).encode(), {}, AT)

    def test_rain_of_a_quarter_of_an_hour_has_no_quantity_and_is_refused_by_name():
        body = (SHARED / "station_3680_rainfall_measure.json").read_bytes()
        with pytest.raises(DecodeError, match="no quantity for rain of 900 seconds"):
            EaHttp().decode(body, {}, AT)
