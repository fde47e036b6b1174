"""What goes wrong in the field, planned from a seed: which equipment, what, and when in the hall's time.

``none``: everything works. ``some``: a normal bad night, each kind of trouble once. ``hostile``: each kind at many places
and for most of the time, for tests. Times count from the beginning of the story, so a plan fits every storm.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sensors.simulator.equipment import Equipment
from sensors.simulator.water import NOTHING_WRONG, Orders

MODES = ("none", "some", "hostile")


@dataclass(frozen=True, slots=True)
class Span:
    """From ``begin`` until before ``end``; ``every`` makes it come again after that time."""

    begin: datetime
    end: datetime
    every: timedelta | None = None

    def holds(self, at: datetime) -> bool:
        if at < self.begin:
            return False
        gone = at - self.begin
        return (gone % self.every if self.every else gone) < self.end - self.begin


@dataclass(frozen=True, slots=True)
class GaugeFaults:
    """Of one gauge's line. Shares are of its reports."""

    down: tuple[Span, ...] = ()
    """The link is lost; reports wait in the gauge and come late."""
    delayed: float = 0.0
    delay: timedelta = timedelta(minutes=12)
    repeated: float = 0.0
    """Sent again although acknowledged, as by a terminal that did not hear the answer."""
    corrupted: float = 0.0
    """Sent with a flipped bit first."""
    garbage: float = 0.0
    """Preceded by noise."""


@dataclass(frozen=True, slots=True)
class PumpFaults:
    """Of one pump station: spans for the controller, and what its pumps suffer."""

    dead: tuple[Span, ...] = ()
    stuck: tuple[Span, ...] = ()
    tripped: tuple[tuple[int, Span], ...] = ()
    overloaded: tuple[tuple[int, Span], ...] = ()
    runs_on: tuple[tuple[int, Span], ...] = ()
    blocked: tuple[Span, ...] = ()

    def orders(self, at: datetime) -> Orders:
        def numbers(planned: tuple[tuple[int, Span], ...]) -> frozenset[int]:
            return frozenset(pump for pump, span in planned if span.holds(at))

        return Orders(
            stuck=any(span.holds(at) for span in self.stuck),
            tripped=numbers(self.tripped),
            runs_on=numbers(self.runs_on),
            overloaded=numbers(self.overloaded),
            blocked=any(span.holds(at) for span in self.blocked),
        )

    def is_dead(self, at: datetime) -> bool:
        return any(span.holds(at) for span in self.dead)


@dataclass(frozen=True, slots=True)
class SiteFaults:
    """Of one ponding site's server: shares of the requests."""

    errors: float = 0.0
    slow: float = 0.0
    no_reading: float = 0.0
    """Answers without latestReading, as one in five of the real service's do."""


@dataclass(frozen=True, slots=True)
class CameraFaults:
    frozen: tuple[Span, ...] = ()
    black: tuple[Span, ...] = ()
    blurred: tuple[Span, ...] = ()
    moved: tuple[Span, ...] = ()
    offline: bool = False

    def look(self, at: datetime) -> str:
        """ "frozen", "black", "blurred", "moved" or "" for a picture as it should be."""
        wrong = {"frozen": self.frozen, "black": self.black, "blurred": self.blurred, "moved": self.moved}
        return next((word for word, spans in wrong.items() if any(span.holds(at) for span in spans)), "")


WELL_GAUGE, WELL_PUMPS, WELL_SITE, WELL_CAMERA = GaugeFaults(), PumpFaults(), SiteFaults(), CameraFaults()


@dataclass(frozen=True)
class Plan:
    """Faults by station code; whoever is not named works."""

    gauges: dict[str, GaugeFaults] = field(default_factory=dict)
    pumps: dict[str, PumpFaults] = field(default_factory=dict)
    sites: dict[str, SiteFaults] = field(default_factory=dict)
    cameras: dict[str, CameraFaults] = field(default_factory=dict)

    def orders(self, at: datetime) -> dict[str, Orders]:
        """What is wrong with pumps at this moment, by station; stations in order are left out."""
        found = {code: faults.orders(at) for code, faults in self.pumps.items()}
        return {code: orders for code, orders in found.items() if orders != NOTHING_WRONG}


def plan(
    mode: str,
    equipment: Sequence[Equipment],
    begin: datetime,
    *,
    every: timedelta | None = None,
    seed: int = 1,
) -> Plan:
    """The plan of ``mode`` for a story that begins at ``begin`` and, with ``every``, begins again.

    Raises ``ValueError`` for an unknown mode.
    """
    if mode not in MODES:
        raise ValueError(f"faults are one of {', '.join(MODES)}, not {mode!r}")
    if mode == "none":
        return Plan()
    dice = random.Random(f"{seed} faults")
    gauges = _codes(equipment, dice, "rain_gauge") + _codes(equipment, dice, "stage_gauge")
    storm = _codes(equipment, dice, "pump_station", sewage=False)
    sewage = _codes(equipment, dice, "pump_station", sewage=True)
    sites, cameras = _codes(equipment, dice, "ponding_site"), _codes(equipment, dice, "camera")
    if mode == "some":
        return _some(gauges, storm, sewage, sites, cameras, begin, every)
    return _hostile(gauges, storm, sewage, sites, cameras, begin, dice)


def _codes(equipment, dice: random.Random, kind: str, *, sewage: bool | None = None) -> list[str]:
    codes = [
        one.code
        for one in equipment
        if one.kind == kind and (sewage is None or (one.facts.get("kind") == "sewage") == sewage)
    ]
    dice.shuffle(codes)
    return codes


def _some(gauges, storm, sewage, sites, cameras, begin: datetime, every: timedelta | None) -> Plan:
    def during(first_min: float, last_min: float) -> Span:
        return Span(begin + timedelta(minutes=first_min), begin + timedelta(minutes=last_min), every)

    def dealt(codes: list[str], faults: list) -> dict:
        return dict(zip(codes, faults, strict=False))

    forever = during(0, 365 * 1440)
    return Plan(
        gauges=dealt(
            gauges,
            [
                GaugeFaults(down=(during(75, 115),)),
                GaugeFaults(delayed=0.3),
                GaugeFaults(repeated=0.3),
                GaugeFaults(corrupted=0.05, garbage=0.05),
            ],
        ),
        pumps={
            **dealt(
                storm,
                [
                    PumpFaults(stuck=(during(60, 170),)),
                    PumpFaults(overloaded=((1, during(60, 220)),)),
                    PumpFaults(blocked=(during(80, 240),)),
                    PumpFaults(tripped=((2, during(95, 400)),)),
                ],
            ),
            **dealt(
                sewage, [PumpFaults(dead=(during(50, 200),)), PumpFaults(runs_on=((1, during(120, 260)),))]
            ),
        },
        sites=dealt(sites, [SiteFaults(no_reading=0.2)]),
        cameras=dealt(
            cameras,
            [
                CameraFaults(frozen=(during(30, 365 * 1440),)),
                CameraFaults(black=(forever,)),
                CameraFaults(offline=True),
                CameraFaults(blurred=(during(90, 365 * 1440),)),
                CameraFaults(moved=(during(110, 365 * 1440),)),
            ],
        ),
    )


def _hostile(gauges, storm, sewage, sites, cameras, begin: datetime, dice: random.Random) -> Plan:
    def again_and_again(codes_share: float = 1.0) -> tuple[Span, ...]:
        if dice.random() > codes_share:
            return ()
        first = begin + timedelta(minutes=dice.uniform(0, 60))
        return (Span(first, first + timedelta(minutes=dice.uniform(10, 30)), timedelta(minutes=60)),)

    always = Span(begin, begin + timedelta(days=365))
    return Plan(
        gauges={
            code: GaugeFaults(again_and_again(0.5), 0.1, timedelta(minutes=20), 0.2, 0.1, 0.1)
            for code in gauges
        },
        pumps={
            code: PumpFaults(
                dead=again_and_again(0.3),
                stuck=again_and_again(0.3),
                tripped=((1, always),) if dice.random() < 0.2 else (),
                overloaded=((1, always),) if dice.random() < 0.2 else (),
                blocked=again_and_again(0.3),
            )
            for code in storm + sewage
        },
        sites={code: SiteFaults(errors=0.1, slow=0.05, no_reading=0.1) for code in sites},
        cameras={
            code: dice.choice(
                (CameraFaults(offline=True), CameraFaults(black=again_and_again()), WELL_CAMERA)
            )
            for code in cameras
        },
    )
