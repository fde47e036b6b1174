"""Water-resource terminals (SL/T 427): sign in, and tell what their points measure and their battery at each interval."""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sensors.adapters.slt427 import Slt427
from sensors.domain.readings import Message
from sensors.domain.slt427 import LINK, VOLTAGE, write, write_report
from sensors.domain.slt427_data import BATTERY, GROUPS, SLT427, write_number
from sensors.simulator.dialling import EPOCH, Dialler, Due

UP = 0x80
RAIN, LEVEL, FLOW, VELOCITY, GATE, POWER, WEATHER, ENERGY, WATER_TEMPERATURE = range(1, 10)
SOIL, EVAPORATION, PRESSURE = 11, 12, 15
DOOR_CLOSED = 1 << 5


@dataclass
class WaterTerminal(Dialler):
    """Its answers carry no number: the function and the sender's counter tell which frame is confirmed."""

    count: int = 0
    adapter: Slt427 = field(init=False, default_factory=Slt427)

    def level_m(self, at: datetime) -> float:
        hours = (at - EPOCH) / timedelta(hours=1)
        return round(self.equipment.fact_m("base_level_m", 3.0) + 0.6 + 0.3 * math.sin(hours / 6), 3)

    def bodies(self, at: datetime) -> list[tuple[int, list[float]]]:
        """(kind, values) of all that its points measure; a terminal without points is a stage gauge."""
        hours = (at - EPOCH) / timedelta(hours=1)
        swing, level_m = math.sin(hours / 6), self.level_m(at)
        told: dict[int, list[float]] = {
            RAIN: [round(hours % 1000, 1)],
            LEVEL: [level_m],
            FLOW: [round(4 + 3 * swing, 3), int(hours) * 14400],
            VELOCITY: [round(0.6 * swing, 3)],
            GATE: [round(1 + swing, 2), 0.0],
            POWER: [round(55 + 5 * swing)],
            WEATHER: [round(1008 + 6 * swing), round(4 + 3 * swing, 2), round(6 - 9 * swing, 1)],
            ENERGY: [round(hours % 100_000, 2)],
            WATER_TEMPERATURE: [round(18 + 2 * swing, 1)],
            SOIL: [round(25 + 5 * swing, 1), 20, round(30 + 2 * swing, 1), 40],
            EVAPORATION: [round(1.5 + swing, 1)],
            PRESSURE: [round(0.35 + 0.02 * swing, 5)],
        }
        measured = {point.channel for point in self.equipment.points} or {"level"}
        return [
            (kind, values)
            for kind, values in told.items()
            if measured & {item.channel for item in GROUPS[SLT427][kind][0]}
        ]

    def say(self, write_frame: Callable[[int], bytes]) -> Due:
        def frame() -> tuple[Hashable, bytes]:
            self.count = (self.count + 1) % 4
            octets = write_frame(self.count)
            return _known_by(octets), octets

        return Due(frame)

    def reports(self, at: datetime) -> list[Due]:
        address = self.equipment.address
        volts = write_number(round(12.6 + 0.3 * math.sin((at - EPOCH) / timedelta(hours=4)), 2), BATTERY)

        def report(kind: int, values: list[float]) -> Callable[[int], bytes]:
            return lambda count: write_report(kind, address, values, at, count=count, state=DOOR_CLOSED)

        return [
            self.say(lambda count: write(UP | count << 4, address, LINK, b"\xf2")),
            *(self.say(report(kind, values)) for kind, values in self.bodies(at)),
            self.say(lambda count: write(UP | count << 4 | 13, address, VOLTAGE, volts)),
        ]

    def hear(self, message: Message, say: Callable[[bytes], None]) -> tuple[Hashable, bool] | None:
        if message.address != self.equipment.address or message.details["direction"] != "down":
            return None
        return (message.function, message.details["count"]), True


def _known_by(frame: bytes) -> tuple[str, int]:
    return f"{frame[9]:02X}", frame[3] >> 4 & 3
