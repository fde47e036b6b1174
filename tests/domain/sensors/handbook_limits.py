"""The limits of the handbook, for tests of rules."""

from datetime import timedelta

from sensors.domain.rules import Limits

MIN = timedelta(minutes=1)
HANDBOOK = Limits(
    ponding_road_cm=(15, 20, 27, 40),
    ponding_home_cm=(10, 20, 30, 50),
    ponding_dead_band_cm=3,
    river_near_m=0.30,
    river_rise_m=0.01,
    river_dead_band_m=0.05,
    rain_mm={"1h": (30, 50, 0, 0), "3h": (0, 0, 50, 100), "6h": (0, 50, 0, 0), "12h": (50, 0, 0, 0)},
    rain_dead_band_mm=1,
    rain_complete=0.8,
    raise_samples=2,
    clear_after=10 * MIN,
    ring_within=15 * MIN,
    look_back=timedelta(hours=48),
    pump_should_run_delay=5 * MIN,
    pump_overcurrent_ratio=1.10,
    pump_screen_loss_m=0.3,
    pump_dead_band_m=0.1,
    pump_levels={
        "pump.should_run": 2,
        "pump.dry_run": 3,
        "pump.overload": 3,
        "pump.blocked_screen": 4,
        "pump.fault": 3,
    },
)
