"""The measurements: found by name, one JSON line a figure, and nothing of the district touched."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from command_center.core.benches import Report, benches
from sensors.benches import ingest as bench
from sensors.models import Reading, Sensor, Station
from sensors.services.ingest import ingest


def test_a_figure_is_one_json_line_beside_its_ceiling():
    out = io.StringIO()
    Report("ingest", out).figure("storing", 50.0, "rows/s", ceiling=80.0, n=1000, note="beside other load")
    [line] = out.getvalue().splitlines()
    assert json.loads(line) == {
        "bench": "ingest",
        "figure": "storing",
        "value": 50.0,
        "unit": "rows/s",
        "ceiling": 80.0,
        "ratio": 0.625,
        "n": 1000,
        "note": "beside other load",
    }


def test_benches_are_found_by_name_and_an_unknown_one_is_refused():
    assert "ingest" in benches()
    with pytest.raises(CommandError, match="no bench named nonsense"):
        call_command("bench", "nonsense")


@pytest.mark.django_db(transaction=True)
def test_the_full_path_is_measured_in_tables_of_its_own(monkeypatch):
    monkeypatch.setattr(bench, "KINDS", {kind: (3, *rest) for kind, (_, *rest) in bench.KINDS.items()})
    before = (Station.objects.count(), Sensor.objects.count(), Reading.objects.count())
    with bench._own_tables():
        district = bench._district()
        frames = bench._round_of(district, 0, bench.random.Random(1))
        receipt = ingest(frames, received_at=bench.START)
        assert receipt.stored == sum(len(sensors) for _, sensors in district) == Reading.objects.count()
        assert receipt.unknown == receipt.unknown_channels == ()
    assert (Station.objects.count(), Sensor.objects.count(), Reading.objects.count()) == before
