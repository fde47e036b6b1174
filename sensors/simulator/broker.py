"""The field's MQTT broker: 3.1.1 at QoS 0 and 1, sessions that outlive their connections, retained messages, passwords.

As much of a broker as a district's devices and the hall need of one, in the loop of the field. What is not acknowledged comes
again after a new connection, marked as repeated; a packet that is none ends its connection.
"""

import asyncio
import contextlib
import re
import ssl
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

CONNECT, CONNACK, PUBLISH, PUBACK = 1, 2, 3, 4
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = 8, 9, 10, 11, 12, 13, 14
BAD_PASSWORD, REFUSED_TOPIC = 4, 0x80
IN_FLIGHT = 20
"""Messages of one session that may be unacknowledged; the others wait (as in Mosquitto)."""
WAITING = 10_000
LONGEST = 1024 * 1024


def packet(kind: int, body: bytes, flags: int = 0) -> bytes:
    """One control packet."""
    size, left = bytearray(), len(body)
    while True:
        left, digit = divmod(left, 128)[0], left % 128
        size.append(digit | (0x80 if left else 0))
        if not left:
            return bytes([kind << 4 | flags]) + bytes(size) + body


def text(said: str | bytes) -> bytes:
    octets = said.encode() if isinstance(said, str) else said
    return len(octets).to_bytes(2) + octets


def publication(
    topic: str, payload: bytes, *, number: int = 0, retain: bool = False, again: bool = False
) -> bytes:
    """PUBLISH, at QoS 1 with a packet ``number``, else at QoS 0."""
    flags = (8 if again else 0) | (2 if number else 0) | retain
    return packet(PUBLISH, text(topic) + (number.to_bytes(2) if number else b"") + payload, flags)


async def read_packet(reader: asyncio.StreamReader) -> tuple[int, int, bytes]:
    """(kind, flags, body) of the next packet; ValueError for what is none."""
    [head] = await reader.readexactly(1)
    size = 0
    for shift in (0, 7, 14, 21):
        [digit] = await reader.readexactly(1)
        size |= (digit & 127) << shift
        if digit < 128:
            break
    if digit > 127 or size > LONGEST:
        raise ValueError("no packet of MQTT")
    return head >> 4, head & 15, await reader.readexactly(size)


class Words:
    """What stands in a packet, read from its front; ValueError where it ends too soon."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def take(self, size: int) -> bytes:
        if len(self.body) < size:
            raise ValueError("the packet ends too soon")
        taken, self.body = self.body[:size], self.body[size:]
        return taken

    def number(self, size: int = 2) -> int:
        return int.from_bytes(self.take(size))

    def text(self) -> bytes:
        return self.take(self.number())


@dataclass(slots=True)
class Session:
    """What the broker knows of one client, connected or not."""

    clean: bool
    filters: dict[str, int] = field(default_factory=dict)  # to the granted QoS
    waiting: deque[tuple[str, bytes, bool]] = field(default_factory=lambda: deque(maxlen=WAITING))
    in_flight: "OrderedDict[int, tuple[str, bytes, bool]]" = field(default_factory=OrderedDict)
    number: int = 0
    writer: asyncio.StreamWriter | None = None


class Broker:
    """``users``: passwords by name; none: everybody may. ``refused``: filters that nobody may subscribe to. ``tls``: spoken where given."""

    def __init__(
        self,
        host: str,
        port: int = 0,
        *,
        users: Mapping[str, str] | None = None,
        refused: frozenset[str] = frozenset(),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.host, self.port, self.users, self.refused = host, port, dict(users or {}), refused
        self.tls = tls
        self.sessions: dict[str, Session] = {}
        self.retained: dict[str, bytes] = {}
        self.connections: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, self.host, self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """End all connections. The sessions stay for the next start."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self.connections):
            writer.transport.abort()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """To all who subscribed, at the QoS that they were granted."""
        if retain:
            self.retained[topic] = payload
            if not payload:
                del self.retained[topic]
        for session in self.sessions.values():
            granted = [qos for name, qos in session.filters.items() if fits(name, topic)]
            if granted:
                self._hand(session, topic, payload, max(granted), retained=False)

    def _hand(self, session: Session, topic: str, payload: bytes, qos: int, *, retained: bool) -> None:
        if qos:
            session.waiting.append((topic, payload, retained))
            self._flush(session)
        elif session.writer is not None:
            session.writer.write(publication(topic, payload, retain=retained))

    def _flush(self, session: Session) -> None:
        while session.writer is not None and session.waiting and len(session.in_flight) < IN_FLIGHT:
            session.number = session.number % 0xFFFF + 1
            topic, payload, retained = session.in_flight[session.number] = session.waiting.popleft()
            session.writer.write(publication(topic, payload, number=session.number, retain=retained))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.add(writer)
        session = None
        try:
            kind, _, body = await read_packet(reader)
            if kind != CONNECT:
                return
            name, session, patience_s = self._connect(Words(body), writer)
            while session is not None:
                async with asyncio.timeout(patience_s):
                    kind, flags, body = await read_packet(reader)
                if kind == DISCONNECT:
                    return
                self._answer(session, kind, flags, Words(body), writer)
                await writer.drain()
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError):
            return
        finally:
            self.connections.discard(writer)
            if session is not None and session.writer is writer:
                session.writer = None
                if session.clean:
                    self.sessions.pop(name, None)
            with contextlib.suppress(OSError):
                writer.close()

    def _connect(self, said: Words, writer: asyncio.StreamWriter) -> tuple[str, Session | None, float | None]:
        if said.text() != b"MQTT" or said.number(1) != 4:
            raise ValueError("not MQTT 3.1.1")
        flags, alive_s, name = said.number(1), said.number(), said.text().decode()
        if flags & 4:  # a will: read, and nothing more
            said.text(), said.text()
        user = said.text().decode() if flags & 0x80 else ""
        password = said.text().decode() if flags & 0x40 else ""
        if self.users and self.users.get(user) != password:
            writer.write(packet(CONNACK, bytes([0, BAD_PASSWORD])))
            return name, None, None
        clean, old = bool(flags & 2), self.sessions.get(name)
        if old is not None and old.writer is not None:
            old.writer.transport.abort()  # the same client again: the older connection ends
        session = Session(clean) if clean or old is None else old
        self.sessions[name], session.writer = session, writer
        writer.write(packet(CONNACK, bytes([session is old, 0])))
        for number, (topic, payload, retained) in session.in_flight.items():
            writer.write(publication(topic, payload, number=number, retain=retained, again=True))
        self._flush(session)
        return name, session, alive_s * 1.5 or None

    def _answer(
        self, session: Session, kind: int, flags: int, said: Words, writer: asyncio.StreamWriter
    ) -> None:
        if kind == PUBLISH:
            topic, qos = said.text().decode(), flags >> 1 & 3
            number = said.number() if qos else 0
            self.publish(topic, said.body, retain=bool(flags & 1))
            if number:
                writer.write(packet(PUBACK, number.to_bytes(2)))
        elif kind == PUBACK:
            session.in_flight.pop(said.number(), None)
            self._flush(session)
        elif kind == SUBSCRIBE:
            self._subscribe(session, said, writer)
        elif kind == UNSUBSCRIBE:
            number = said.number()
            while said.body:
                session.filters.pop(said.text().decode(), None)
            writer.write(packet(UNSUBACK, number.to_bytes(2)))
        elif kind == PINGREQ:
            writer.write(packet(PINGRESP, b""))
        else:
            raise ValueError(f"packets of kind {kind} are not spoken here")

    def _subscribe(self, session: Session, said: Words, writer: asyncio.StreamWriter) -> None:
        number, granted, fresh = said.number(), bytearray(), []
        while said.body:
            name, qos = said.text().decode(), min(said.number(1), 1)
            granted.append(REFUSED_TOPIC if name in self.refused else qos)
            if name not in self.refused:
                session.filters[name] = qos
                fresh.append((name, qos))
        writer.write(packet(SUBACK, number.to_bytes(2) + bytes(granted)))
        for name, qos in fresh:
            for topic, payload in self.retained.items():
                if fits(name, topic):
                    self._hand(session, topic, payload, qos, retained=True)


def fits(name: str, topic: str) -> bool:
    """Whether a message of ``topic`` goes to who subscribed to ``name``."""
    said = "".join({"+": "[^/]*", "#": ".*"}.get(part, re.escape(part)) for part in re.split(r"([+#])", name))
    return re.fullmatch(said.replace("/.*", "(?:/.*)?"), topic, re.DOTALL) is not None
