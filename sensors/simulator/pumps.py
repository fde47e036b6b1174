"""Pump stations' controllers: one Modbus TCP server each, registers as the station's own map (``config["points"]``) says.

Nothing can be written: a command center advises, it does not switch pumps (handbook 2.3). Registers between the mapped
ones read 0, as in most controllers, so that neighbours may be read in one request.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from sensors.simulator.equipment import Equipment
from sensors.simulator.ledger import Ledger
from sensors.simulator.water import PumpHouse

PACKED = {"uint16": ">H", "int16": ">h", "uint32": ">I", "int32": ">i", "float32": ">f"}
BOUNDS = {
    "uint16": (0, 0xFFFF),
    "int16": (-0x8000, 0x7FFF),
    "uint32": (0, 0xFFFFFFFF),
    "int32": (-(2**31), 2**31 - 1),
}
TRIPPED = 1
"""The fault code of a pump that is out."""


def words(value: float, point: Mapping[str, Any]) -> list[int]:
    """``value`` as the registers of its point: divided by the scale, rounded, held inside the type's bounds, high word
    first unless ``word_order`` is "little"."""
    kind = point.get("type", "uint16")
    raw = value / float(point.get("scale", 1) or 1)
    if kind in BOUNDS:
        low, high = BOUNDS[kind]
        raw = min(max(round(raw), low), high)
    octets = struct.pack(PACKED[kind], raw)
    found = [int.from_bytes(octets[at : at + 2]) for at in range(0, len(octets), 2)]
    return found[::-1] if point.get("word_order") == "little" else found


def values(house: PumpHouse, equipment: Equipment, at: datetime) -> dict[str, float]:
    """Every channel of the station at this moment: m, A, 0 or 1."""
    found = {"forebay_level": house.level_m, "screen_head_loss": house.head_loss_m}
    rated = {
        point.facts["pump"]: point.facts.get("rated_current_a")
        for point in equipment.points
        if "pump" in point.facts and point.channel.endswith(".current")
    }
    # more to lift when the forebay is low
    span = max(house.levels.overflow_m - house.levels.stop_m, 0.1)
    load = 0.92 - 0.12 * min(max((house.level_m - house.levels.stop_m) / span, 0.0), 1.0)
    for pump in house.pumps:
        runs = pump in house.running
        ripple = ((pump * 7 + int(at.timestamp()) // 60 * 13) % 11 - 5) / 500
        share = (1.18 if pump in house.orders.overloaded else load) + ripple
        found[f"pump{pump}.running"] = float(runs)
        found[f"pump{pump}.fault"] = float(TRIPPED if pump in house.orders.tripped else 0)
        found[f"pump{pump}.current"] = share * float(rated.get(pump) or 150.0) if runs else 0.0
    return found


class Controller:
    """The server of one station; ``dead`` controllers neither listen nor answer."""

    def __init__(
        self, equipment: Equipment, house: PumpHouse, ledger: Ledger, now: Callable[[], datetime]
    ) -> None:
        self.equipment, self.house, self.ledger, self.now = equipment, house, ledger, now
        self.host, self.port = equipment.config["host"], int(equipment.config["port"])
        self.points: Sequence[Mapping[str, Any]] = equipment.config.get("points", ())
        self.answers = 0
        self._server: ModbusTcpServer | None = None

    async def start(self) -> None:
        if self._server is not None:
            return
        last = max((int(point["address"]) for point in self.points), default=0) + 1
        device = SimDevice(
            int(self.equipment.config.get("unit", 1)),
            simdata=[SimData(0, values=[0] * (last + 1), datatype=DataType.REGISTERS)],
            action=self._refresh,
        )
        server = ModbusTcpServer(device, address=(self.host, self.port))
        try:
            await server.serve_forever(background=True)
        except RuntimeError:
            raise OSError(
                f"{self.host}:{self.port} cannot be listened on; is another field running?"
            ) from None
        self.port = server.transport.sockets[0].getsockname()[1]
        self._server = server

    async def stop(self) -> None:
        if self._server is not None:
            server, self._server = self._server, None
            await server.shutdown()

    async def follow(self, dead: bool) -> None:
        await (self.stop() if dead else self.start())

    async def _refresh(self, function, start, address, count, registers, written):
        """Called for each request, before it is answered from ``registers``."""
        if written is not None:
            return ExcCodes.ILLEGAL_FUNCTION
        at = self.now()
        present = values(self.house, self.equipment, at)
        for point in self.points:
            if point["channel"] in present:
                found = words(present[point["channel"]], point)
                begin = int(point["address"]) - start
                registers[begin : begin + len(found)] = found
        self.answers += 1
        self.ledger.write(
            "modbus",
            address=self.equipment.address,
            at=at,
            start=address,
            registers=registers[address - start : address - start + count],
        )
        return None
