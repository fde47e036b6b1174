"""Modbus TCP: controllers of pump stations, asked for what their register map says (data, in the station's ``config``).

``points`` is a list of ``{"channel", "quantity", "table": "holding"|"input"|"coil"|"discrete", "address", "type":
"uint16"|"int16"|"uint32"|"int32"|"uint64"|"int64"|"float32"|"float64"|"bool", "scale", "offset", "word_order":
"big"|"little", "bit": 0–15 …, "unit", "invalid": [raw, …]}``; the value is ``raw × scale + offset`` in ``unit`` (without
one: in the quantity's), where ``bit`` takes one bit of a register for raw. Neighbouring registers are read together (``gap``: unwanted ones that may be read along). What ``fetch`` returns and ``decode`` reads
are the answers as they came, MBAP header included, in the order of the requests that follow from the map.
"""

import asyncio
import logging
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import isfinite
from typing import Any

import orjson
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException

from sensors.adapters.base import NOTHING, Session
from sensors.domain.mapping import scaling
from sensors.domain.networks import same_peer
from sensors.domain.polling import Span, coalesce
from sensors.domain.quantities import QUANTITIES
from sensors.domain.readings import DecodeError, Message, Reading

# One line for each refused connection would drown the log in a storm: our own record is Contact.error.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)

FUNCTION = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
TYPES = {
    "bool": "?", "uint16": "H", "int16": "h", "uint32": "I", "int32": "i",
    "uint64": "Q", "int64": "q", "float32": "f", "float64": "d",
}  # fmt: skip
UNSIGNED = ("uint16", "uint32", "uint64")
EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledge, not ready",
    6: "device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target does not respond",
}
"""MODBUS Application Protocol 1.1b3, section 7."""
MBAP_BYTES = 7
MOST_POINTS = 2000
CONNECT_S = 2.0
READ_S = 3.0


@dataclass(frozen=True, slots=True)
class Point:
    """One row of a register map."""

    channel: str
    quantity: str
    table: str
    address: int
    kind: str
    scale: float
    offset: float
    little: bool
    invalid: tuple[float, ...]
    bit: int | None = None

    @property
    def size(self) -> int:
        """In registers, or bits of a bit table."""
        return max(1, struct.calcsize(TYPES[self.kind]) // 2)

    def value(self, data: bytes) -> float | None:
        """From this point's own registers (big-endian words) or its one bit (a byte 0 or 1)."""
        if self.little:
            data = b"".join(data[at : at + 2] for at in range(len(data) - 2, -1, -2))
        if self.kind == "bool":
            raw: float = int(any(data))
        else:
            raw = struct.unpack(">" + TYPES[self.kind], data)[0]
        if self.bit is not None:
            raw = int(raw) >> self.bit & 1
        value = raw * self.scale + self.offset
        if raw in self.invalid or not isfinite(value):
            return None
        return round(value, 6)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for, in this order, and which values are found in the answers."""

    points: tuple[Point, ...]
    spans: tuple[Span, ...]


def plan(config: Mapping[str, Any]) -> Plan:
    """The register map of ``config`` as values; DecodeError says which row is wrong and why."""
    # Maps differ by station but not from poll to poll; their text is the cheapest key.
    try:
        text = orjson.dumps([config.get("points"), config.get("gap", 0)])
    except TypeError:
        raise DecodeError("the register map is no plain data") from None
    return _plan(text)


@lru_cache(maxsize=4096)
def _plan(text: bytes) -> Plan:
    rows, gap = orjson.loads(text)
    if not isinstance(rows, list) or not rows:
        raise DecodeError("no register map is configured")
    if len(rows) > MOST_POINTS:
        raise DecodeError(f"the register map has more than {MOST_POINTS} points")
    if not isinstance(gap, int) or not 0 <= gap <= 100:
        raise DecodeError("gap is a number of registers from 0 to 100")
    points = tuple(_point(row) for row in rows)
    return Plan(points, coalesce(((p.table, p.address, p.size) for p in points), gap))


def _point(row: Any) -> Point:
    try:
        table = str(row.get("table", "holding"))
        kind = str(row.get("type", "bool" if table in ("coil", "discrete") else "uint16"))
        order = str(row.get("word_order", "big"))
        quantity = str(row["quantity"])
        if quantity not in QUANTITIES:
            raise DecodeError(f"point {row['channel']}: unknown quantity {quantity}")
        scale, offset = scaling(row)
        point = Point(
            channel=str(row["channel"]),
            quantity=quantity,
            table=table,
            address=int(row["address"]),
            kind=kind,
            scale=scale,
            offset=offset,
            little=order == "little",
            invalid=tuple(row.get("invalid", ())),
            bit=None if row.get("bit") is None else int(row["bit"]),
        )
    except DecodeError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        raise DecodeError(f"a point of the register map cannot be read: {wrong!r}") from None
    if table not in FUNCTION or kind not in TYPES or order not in ("big", "little"):
        raise DecodeError(f"point {point.channel}: unknown table, type or word order")
    if table in ("coil", "discrete") and kind != "bool":
        raise DecodeError(f"point {point.channel}: a {table} is a bool")
    if point.bit is not None and (kind not in UNSIGNED or not 0 <= point.bit < 16 * point.size):
        raise DecodeError(f"point {point.channel}: there is no bit {point.bit} in {kind}")
    if not 0 <= point.address <= 65536 - point.size:
        raise DecodeError(f"point {point.channel}: address {point.address} is outside the table")
    return point


def answers(frame: bytes) -> Iterator[bytes]:
    """The PDUs of the answers that stand one after the other in ``frame``."""
    position = 0
    while position < len(frame):
        head = frame[position : position + MBAP_BYTES]
        if len(head) < MBAP_BYTES or head[2:4] != b"\0\0":
            raise DecodeError("not a Modbus TCP answer")
        size = int.from_bytes(head[4:6], "big") - 1
        pdu = frame[position + MBAP_BYTES : position + MBAP_BYTES + size]
        if size < 2 or len(pdu) != size:
            raise DecodeError(f"the answer announces {size} bytes, {len(pdu)} are there")
        yield pdu
        position += MBAP_BYTES + size


def span_text(span: Span) -> str:
    last = span.start + span.size - 1
    return f"{span.table} {span.start}" + (f"–{last}" if last > span.start else "")


def data_of(pdu: bytes, span: Span) -> bytes | str:
    """The register bytes (or one byte 0/1 a bit) that answer ``span``, or why there are none."""
    function = FUNCTION[span.table]
    if pdu[0] == function | 0x80:
        return f"{EXCEPTIONS.get(pdu[1], 'unknown exception')} ({pdu[1]})"
    bits = span.table in ("coil", "discrete")
    size = (span.size + 7) // 8 if bits else 2 * span.size
    if pdu[0] != function or pdu[1] != size or len(pdu) != 2 + size:
        return "the answer does not fit the request"
    data = pdu[2:]
    if bits:
        return bytes(data[bit // 8] >> bit % 8 & 1 for bit in range(span.size))
    return data


class ModbusSession:
    """One kept connection to one controller."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.host, self.port = str(config["host"]), int(config["port"])
        self.unit = int(config.get("unit", 1))
        self.spans = plan(config).spans
        self.peer = f"{self.host}:{self.port}"
        self._client: AsyncModbusTcpClient | None = None
        self._received = b""

    async def fetch(self, timeout_s: float) -> bytes:
        """All answers, or the first of them where the device falls silent on the way."""
        async with asyncio.timeout(timeout_s):
            try:
                client = await self._connected()
                return await self._read(client)
            except ModbusException:
                await self.close()
                raise TimeoutError("no answer in time") from None
            except BaseException:
                # An answer that comes after its time must not be taken for the next one's.
                await self.close()
                raise

    async def _connected(self) -> AsyncModbusTcpClient:
        if self._client is not None and self._client.connected:
            return self._client
        await self.close()
        # ``timeout`` bounds the connection and each answer. No retries: asking again is the schedule's business.
        client = AsyncModbusTcpClient(
            self.host,
            port=self.port,
            timeout=CONNECT_S,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._trace,
        )
        self._client = client
        if not await client.connect():
            raise ConnectionError("no connection")
        same_peer(client.ctx.transport.get_extra_info("peername"), self.host, self.port)
        client.ctx.comm_params.timeout_connect = READ_S
        return client

    def _trace(self, sending: bool, data: bytes) -> bytes:
        if not sending:
            self._received = data
        return data

    async def _read(self, client: AsyncModbusTcpClient) -> bytes:
        ask = {
            "coil": client.read_coils,
            "discrete": client.read_discrete_inputs,
            "holding": client.read_holding_registers,
            "input": client.read_input_registers,
        }
        whole = b""
        for span in self.spans:
            try:
                await ask[span.table](span.start, count=span.size, device_id=self.unit)
            except (ModbusException, OSError):
                if not whole:
                    raise
                await self.close()
                return whole
            size = MBAP_BYTES - 1 + int.from_bytes(self._received[4:6], "big")
            whole += self._received[:size]
        return whole

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


class Modbus:
    """Modbus TCP as :class:`sensors.adapters.base.Polled`."""

    name = "modbus"
    label = "Modbus TCP"
    text = False
    needs: Mapping[str, type] = {"host": str, "port": int, "unit": int, "points": list}

    def session(self, config: Mapping[str, Any]) -> Session:
        return ModbusSession(config)

    def decode(
        self, frame: bytes, config: Mapping[str, Any] = NOTHING, at: datetime | None = None
    ) -> Message:
        """The values of the register map. Spans that were refused or not answered stand in ``details["refused"]``."""
        wanted = plan(config)
        if at is None:
            raise DecodeError("a Modbus answer carries no time, and none was given")
        pdus = list(answers(frame))
        if len(pdus) > len(wanted.spans):
            raise DecodeError(f"{len(pdus)} answers to {len(wanted.spans)} requests")
        found: dict[Span, bytes] = {}
        refused: dict[str, str] = {}
        for number, span in enumerate(wanted.spans):
            answer = data_of(pdus[number], span) if number < len(pdus) else "no answer"
            if isinstance(answer, str):
                refused[span_text(span)] = answer
            else:
                found[span] = answer
        if not found:
            raise DecodeError("; ".join(f"{span}: {why}" for span, why in refused.items()))
        address = str(config.get("address", ""))
        readings = tuple(
            Reading(address, point.channel, point.quantity, point.value(data), at)
            for point in wanted.points
            if (data := _part(point, found)) is not None
        )
        details = {"refused": refused} if refused else {}
        return Message(self.name, address, "read", at, None, readings, details=details)


def _part(point: Point, found: Mapping[Span, bytes]) -> bytes | None:
    """The bytes of ``point`` in what was answered, or None where its span was not."""
    for span, data in found.items():
        first = point.address - span.start
        if span.table == point.table and 0 <= first and first + point.size <= span.size:
            return (
                data[first : first + 1]
                if point.kind == "bool" and span.table in ("coil", "discrete")
                else data[2 * first : 2 * (first + point.size)]
            )
    return None
