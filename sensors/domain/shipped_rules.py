"""The rules that come with the program (handbook 2.1 to 2.4), in force until a district writes its own version.

Their numbers are parameters, so that changing one needs no new version; a version may name numbers of its own.
"""

from dataclasses import dataclass

from .rule_language import RAIN_POINTS, Definition


@dataclass(frozen=True, slots=True)
class Shipped:
    """``label`` is a msgid (of the alarm or the parameter that is called so).

    ``alarm``: the name under which its alarms stand; rules of one alarm replace each other, the narrower first.
    """

    slug: str
    alarm: str
    label: str
    definition: Definition


def _p(name: str, **more: object) -> dict[str, object]:
    return {"parameter": name, **more}


_USUAL = {
    "raise_samples": _p("alarm.raise_samples"),
    "clear_after_min": _p("alarm.clear_after"),
    "chatter_per_min": _p("alarm.chatter_per_min"),
}


def _ponding(tiers: str) -> dict[str, object]:
    """Depth against the tiers of a road or a neighbourhood; tier 关注 is no alarm."""
    return {
        "when": {
            "quantity": "ponding_depth",
            "at_least": _p(tiers),
            "dead_band": _p("flood.ponding.clear_hysteresis"),
        },
        "say": "ponding",
        **_USUAL,
    }


def _river() -> dict[str, object]:
    """From the guaranteed level red, from the warning level orange, near it and rising yellow."""
    band = _p("river.clear_hysteresis")
    near = {"fact": "warning_level_m", "plus": _p("river.near_warning_margin", times=-1)}
    return {
        "applies": {"quantity": "water_level", "facts_known": ["warning_level_m"]},
        "when": {
            "any": [
                {
                    "quantity": "water_level",
                    "at_least": {
                        "orange": {"fact": "warning_level_m"},
                        "red": {"fact": "guaranteed_level_m"},
                    },
                    "dead_band": band,
                },
                {
                    "all": [
                        {"quantity": "water_level", "at_least": {"yellow": near}, "dead_band": band},
                        {"rising": "water_level", "by": _p("river.rise")},
                    ]
                },
            ]
        },
        "say": "river",
        **_USUAL,
    }


def _rain() -> dict[str, object]:
    """The most severe level over several windows, as one alarm of the gauge. A sum is not raised by one spike."""
    band = _p("rain.clear_hysteresis")
    return {
        "applies": {"quantity": RAIN_POINTS},
        "when": {
            "any": [
                {"rain": window, "at_least": _p(f"rain.{window}.tiers"), "dead_band": band}
                for window in ("1h", "3h", "6h", "12h")
            ]
        },
        "say": "rain",
        "clear_after_min": _p("alarm.clear_after"),
    }


def _should_run() -> dict[str, object]:
    """应开未开: forebay at or above the start level for some minutes and no pump running."""
    start = {"fact": "start_level_m"}
    return {
        "applies": {"kind": "pump_station"},
        "when": {
            "all": [
                {"channel": "forebay_level", "at_least": start, "dead_band": _p("pump.clear_hysteresis")},
                {"quantity": "pump_running", "which": "every", "below": 0.5},
            ]
        },
        "level": _p("pump.should_run.level"),
        "say": "should_run",
        "raise_after_min": _p("pump.should_run_delay"),
    }


def _dry_run() -> dict[str, object]:
    """A pump runs while the forebay is at or below the stop level."""
    stop = {"fact": "stop_level_m"}
    return {
        "applies": {"kind": "pump_station"},
        "when": {
            "all": [
                {"channel": "forebay_level", "at_most": stop, "dead_band": _p("pump.clear_hysteresis")},
                {"quantity": "pump_running", "which": "some", "at_least": 0.5},
            ]
        },
        "level": _p("pump.dry_run.level"),
        "say": "dry_run",
        **_USUAL,
    }


def _overload() -> dict[str, object]:
    """Current above 110 % of the rated one; two samples, as starting draws more. Dead-band: 5 % of the rated."""
    rated = {"fact": "rated_current_a"}
    return {
        "applies": {"quantity": "pump_current", "facts_known": ["rated_current_a"]},
        "when": {
            "quantity": "pump_current",
            "above": {**rated, "times": _p("pump.overcurrent_ratio")},
            "dead_band": {**rated, "times": 0.05},
        },
        "level": _p("pump.overload.level"),
        "say": "overload",
        **_USUAL,
    }


def _blocked_screen() -> dict[str, object]:
    """Head loss over the screen. Dead-band: a fifth, so that a screen half cleaned does not flap."""
    return {
        "applies": {"quantity": "screen_head_loss"},
        "when": {
            "quantity": "screen_head_loss",
            "above": _p("pump.screen_loss"),
            "dead_band": _p("pump.screen_loss", times=0.2),
        },
        "level": _p("pump.blocked_screen.level"),
        "say": "blocked_screen",
        **_USUAL,
    }


def _pump_fault() -> dict[str, object]:
    """The pump's own fault code; 0 is none."""
    return {
        "applies": {"quantity": "pump_fault"},
        "when": {"quantity": "pump_fault", "at_least": 0.5},
        "level": _p("pump.fault.level"),
        "say": "pump_fault",
        "chatter_per_min": _p("alarm.chatter_per_min"),
    }


_HOME = {"quantity": "ponding_depth", "facts": {"site": "home"}}
SHIPPED: dict[str, Shipped] = {
    one.slug: one
    for one in (
        Shipped(
            "ponding.road",
            "ponding.depth",
            "Ponding on roads and in underpasses",
            {"applies": {"quantity": "ponding_depth"}, **_ponding("flood.ponding.road.tiers")},
        ),
        Shipped(
            "ponding.home",
            "ponding.depth",
            "Ponding in neighbourhoods",
            {"applies": _HOME, **_ponding("flood.ponding.home.tiers")},
        ),
        Shipped("river.level", "river.level", "River level", _river()),
        Shipped("rain.amount", "rain.amount", "Rain", _rain()),
        Shipped("pump.should_run", "pump.should_run", "Pumps should run", _should_run()),
        Shipped("pump.dry_run", "pump.dry_run", "Running dry", _dry_run()),
        Shipped("pump.overload", "pump.overload", "Pump overload", _overload()),
        Shipped("pump.blocked_screen", "pump.blocked_screen", "Blocked screen", _blocked_screen()),
        Shipped("pump.fault", "pump.fault", "Pump fault", _pump_fault()),
    )
}
