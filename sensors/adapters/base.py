"""What every protocol adapter offers: one shape for equipment that dials in and for equipment we ask.

An adapter is one module ``sensors/adapters/<name>.py`` with one class, one instance of it in ``ADAPTERS`` and one folder
of samples. ``decode`` is pure: the same bytes give the same message, whoever carried them. Whoever owns the socket
(the gateway for :class:`DialIn`, a poll task for :class:`Polled`) keeps the raw bytes beside what was read from them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from sensors.domain.readings import Message

NOTHING: Mapping[str, Any] = {}


class Adapter(Protocol):
    """A protocol that can be read.

    ``name`` is the key in ``ADAPTERS``, the module and the samples folder. ``label`` is the English name shown to people
    (a translation key). ``text`` says that its frames are text (UTF-8) and not octets: samples and ``manage.py decode``
    then take them as they are and not as hex. ``needs`` is what a device of this kind must be configured with.
    """

    name: str
    label: str
    text: bool
    needs: Mapping[str, type]

    def decode(
        self,
        frame: bytes,
        config: Mapping[str, Any] = NOTHING,
        at: datetime | None = None,
    ) -> Message:
        """Read one whole frame or answer; raise ``DecodeError`` with the reason, and never anything else.

        ``config`` is the device's configuration (register map, address …) where the frame does not describe itself;
        ``at`` is when it was asked (aware), for protocols whose answers carry no time.
        """
        ...


@dataclass(frozen=True, slots=True)
class Cut:
    """What stands at the front of a stream: the next ``size`` bytes are one frame, or garbage to be kept and dropped."""

    size: int
    garbage: str = ""
    """Why these bytes are no frame; empty for a frame."""
    silent: bool = False
    """Padding that belongs to the frame before it: dropped without a record."""


@runtime_checkable
class DialIn(Adapter, Protocol):
    """Equipment that connects to us and wants an answer (SL 651, later HJ 212, JT/T 808, GB/T 26875)."""

    longest: int
    """The longest frame in bytes: bounds what the gateway holds for one connection."""
    # ``answers_packets = True``: each packet of a longer message is answered, and not only the whole.
    # ``datagrams = True``: the same frames may come over UDP, to the same port; each datagram holds whole ones.
    # ``password(frame) -> str``: frames carry one; where a station's is set, a frame with another is refused.

    def cut(self, buffer: bytes, *, final: bool = False) -> Cut | None:
        """The next piece at the front of ``buffer``, or None where more bytes are needed.

        ``final``: nothing more will come (closed, or silent in the middle of a frame); an incomplete frame is garbage then.
        """
        ...

    def answer(self, frame: bytes, *, at: datetime) -> bytes | None:
        """What to send once everything in ``frame`` is stored, or None where no answer is expected."""
        ...

    def refuse(self, frame: bytes, *, at: datetime, packet: int | None = None) -> bytes | None:
        """What to send for a frame that could not be read, or None where the protocol has no such word.

        ``packet`` asks for one packet of the message to which ``frame`` belongs.
        """
        ...

    def head(self, frame: bytes) -> "Head":
        """What the head of a frame says, whether or not the rest of it is whole."""
        ...

    def join(self, frames: list[bytes]) -> Message:
        """Read the message that these packets, in order and complete, make together."""
        ...


@dataclass(frozen=True, slots=True)
class Head:
    """``address``: the station, empty where it cannot be told; ``part``: None for a message of one frame."""

    address: str
    part: "Part | None" = None


@dataclass(frozen=True, slots=True)
class Part:
    """One packet of a longer message: ``number`` of ``total``, both from 1; ``key`` is the same in all its packets."""

    key: tuple[Any, ...]
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What a device said to a command: to the one sent with ``serial``, whether it was done, and in its own words."""

    serial: int
    done: bool
    text: str = ""
    kind: str = ""
    """The kind of command that is answered, where the device need not give the command's serial number back."""
    said: Mapping[str, Any] = field(default_factory=dict)
    """The answer itself, as JSON."""


@runtime_checkable
class Downlinked(DialIn, Protocol):
    """Dial-in equipment that takes commands over the connection it keeps (texts, queries, a clock to be set)."""

    commands: Collection[str]
    """The kinds of command that ``command`` can write."""
    # ``questions``: those of them that the station page offers.

    def command(
        self,
        kind: str,
        body: Mapping[str, Any],
        *,
        address: str,
        serial: int,
        at: datetime,
        heard: bytes = b"",
    ) -> bytes:
        """The frame of one command. ``serial`` is 1–65535 and comes back in the reply. ``heard``: how the frame began that
        the device last sent on this connection.

        Raises ``ValueError`` with the reason where ``kind`` or ``body`` cannot be said in this protocol.
        """
        ...

    def reply(self, message: Message) -> Reply | None:
        """What ``message``, a decoded frame of the device, answers; None where it answers no command."""
        ...


class Session(Protocol):
    """A kept connection to one device that is asked. One request at a time; a failure closes it."""

    async def fetch(self, timeout_s: float) -> bytes:
        """Ask once and return the answer's bytes, for ``decode``; connects when needed.

        Raises ``OSError`` or ``TimeoutError`` when the device is not reachable or not in time.
        """
        ...

    async def close(self) -> None: ...


@runtime_checkable
class Resuming(Session, Protocol):
    """A session that asks for what is new since the newest reading we have."""

    def go_on(self, since: Mapping[str, datetime]) -> None:
        """By channel, the time of the newest reading that is stored; told before each ``fetch``."""
        ...


@runtime_checkable
class Polled(Adapter, Protocol):
    """Equipment that we ask (Modbus TCP, HTTP JSON). The only part that touches the network is the session."""

    def session(self, config: Mapping[str, Any]) -> Session: ...

    # ``resumes = True``: its sessions are ``Resuming``.


@dataclass(frozen=True, slots=True)
class News:
    """What a subscription brought for one device: ``raw`` is for ``decode`` with ``config``; ``error`` refuses it unread."""

    raw: bytes
    config: Mapping[str, Any]
    key: bytes = b""
    """The same key again is the same news again; empty: nothing can be told from a repeat."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Ears:
    """Who listens to a feed; called in the event loop, and neither may wait.

    ``deliver`` is given all that one message brought, and what to call once all of it is committed. ``tell`` is called with
    an empty text when the subscription stands, and with a sentence for what of it does not; with an address it concerns one
    device. ``prove`` is called with the thumbprint of the certificate that the far side has proved to hold.
    """

    deliver: Callable[[Sequence[News], Callable[[], None]], None]
    tell: Callable[[str, str], None]
    prove: Callable[[str], None] = lambda thumbprint: None


class Feed(Protocol):
    """One connection to a broker or server, and the subscriptions of all devices behind it."""

    def follow(self, devices: Sequence[Mapping[str, Any]]) -> None:
        """From now on these devices (their configurations, each with its ``address``); also while it runs."""
        ...

    async def run(self, address: str) -> None:
        """Connect to ``address`` (the checked literal of the host) and listen until cancelled.

        Raises ``OSError``, ``TimeoutError`` or ``ValueError`` where it cannot, or can no longer.
        """
        ...


@runtime_checkable
class Subscribed(Adapter, Protocol):
    """Equipment whose news a broker or server publishes (MQTT, OPC UA): we connect once for all devices behind it."""

    def feed(self, place: Mapping[str, Any], ears: Ears, *, once: bool = False) -> Feed:
        """``place``: what the devices have in common (host, port, path, tls, security, secrets). ``once``: a look that leaves nothing
        behind at the broker."""
        ...
