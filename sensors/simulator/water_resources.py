"""Water-resource terminals (SL/T 427): sign in, and tell a level and their battery at each of their intervals."""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sensors.adapters.slt427 import Slt427
from sensors.domain.readings import Message
from sensors.domain.slt427 import BATTERY, LINK, VOLTAGE, write, write_number, write_report
from sensors.simulator.dialling import Dialler, Due

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
LEVEL, UP = 2, 0x80
DOOR_CLOSED = 1 << 5


@dataclass
class WaterTerminal(Dialler):
    """Its answers carry no number: the function and the sender's counter tell which frame is confirmed."""

    count: int = 0
    adapter: Slt427 = field(init=False, default_factory=Slt427)

    def level_m(self, at: datetime) -> float:
        hours = (at - EPOCH) / timedelta(hours=1)
        return round(self.equipment.fact_m("base_level_m", 3.0) + 0.6 + 0.3 * math.sin(hours / 6), 3)

    def say(self, write_frame: Callable[[int], bytes]) -> Due:
        def frame() -> tuple[Hashable, bytes]:
            self.count = (self.count + 1) % 4
            octets = write_frame(self.count)
            return _known_by(octets), octets

        return Due(frame)

    def reports(self, at: datetime) -> list[Due]:
        address, level = self.equipment.address, self.level_m(at)
        volts = write_number(round(12.6 + 0.3 * math.sin((at - EPOCH) / timedelta(hours=4)), 2), BATTERY)
        return [
            self.say(lambda count: write(UP | count << 4, address, LINK, b"\xf2")),
            self.say(lambda count: write_report(LEVEL, address, [level], at, count=count, state=DOOR_CLOSED)),
            self.say(lambda count: write(UP | count << 4 | 13, address, VOLTAGE, volts)),
        ]

    def hear(self, message: Message, say: Callable[[bytes], None]) -> tuple[Hashable, bool] | None:
        if message.address != self.equipment.address or message.details["direction"] != "down":
            return None
        return (message.function, message.details["count"]), True


def _known_by(frame: bytes) -> tuple[str, int]:
    return f"{frame[9]:02X}", frame[3] >> 4 & 3
