"""What the centre asks a terminal of SL 651-2014, and what is read from its answer (6.6.4.13 and following)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sensors.domain import sl651_ascii
from sensors.domain.readings import Message
from sensors.domain.sl651 import ELEMENTS, GUIDES
from sensors.domain.sl651_frames import BEIJING, ENQ, Envelope, write, write_time

COMMANDS = {
    "query_now": 0x37,
    "query_period": 0x38,
    "query_elements": 0x3A,
    "query_pump_motor": 0x44,
    "query_version": 0x45,
    "query_status": 0x46,
    "set_clock": 0x4A,
    "query_events": 0x50,
    "query_clock": 0x51,
}
KINDS = {f"{function:02X}": kind for kind, function in COMMANDS.items()}
ELEMENTS_AT_MOST = 16
VALUES_AT_MOST = 800
"""Of one answer for a period: what a terminal can say in a few packets."""
SHOWN_AT_MOST = 200
TOLD = ("version", "status", "pumps_on", "events", "manual_text")


def command(kind: str, body: Mapping[str, Any], *, to: Envelope, serial: int, at: datetime) -> bytes:
    """The frame of one command, in the form that the station speaks.

    ``query_period`` wants ``channel``, ``since`` and ``until`` (ISO times, whole hours) and ``step_minutes``;
    ``query_elements`` wants ``channels``. Raises ``ValueError`` with the reason.
    """
    if kind not in COMMANDS:
        raise ValueError(f"{kind!r} cannot be said in SL 651")
    envelope = Envelope(to.centre, to.address, to.password, COMMANDS[kind], True, None, b"", ENQ, to.letters)
    asked = b""
    if kind == "query_period":
        asked = _period(body, letters=to.letters)
    elif kind == "query_elements":
        channels = [_known(channel) for channel in body.get("channels", ())]
        if not 0 < len(channels) <= ELEMENTS_AT_MOST:
            raise ValueError(f"1 to {ELEMENTS_AT_MOST} elements can be asked for at once")
        asked = sl651_ascii.words_of(channels) if to.letters else b"".join(map(_guide, channels))
    sent = write_time(at, seconds=True)
    if to.letters:
        return sl651_ascii.write(envelope, b"%04X" % serial + sent.hex().encode() + asked, ENQ)
    return write(envelope, serial.to_bytes(2) + sent + asked, ENQ)


def _known(channel: Any) -> str:
    if channel not in GUIDES:
        raise ValueError(f"{channel!r} is no element of SL 651")
    return str(channel)


def _guide(channel: str) -> bytes:
    guide = GUIDES[channel]
    return bytes((guide, ELEMENTS[guide].definition))


def _period(body: Mapping[str, Any], *, letters: bool) -> bytes:
    try:
        since, until = (datetime.fromisoformat(str(body[name])) for name in ("since", "until"))
        step = timedelta(minutes=int(body.get("step_minutes", 60)))
    except (KeyError, ValueError) as problem:
        raise ValueError(f"the period is not whole: {problem}") from None
    channel = _known(body.get("channel"))
    if since.tzinfo is None or until.tzinfo is None or since >= until:
        raise ValueError("a period has a beginning and a later end")
    if not timedelta(minutes=1) <= step <= timedelta(days=1):
        raise ValueError("the step goes from a minute to a day")
    if (until - since) / step > VALUES_AT_MOST:
        raise ValueError(f"more than {VALUES_AT_MOST} values at once")
    hours = "".join(moment.astimezone(BEIJING).strftime("%y%m%d%H") for moment in (since, until))
    minutes = int(step.total_seconds()) // 60
    if letters:
        unit, count = (
            ("D", 1) if minutes == 1440 else ("H", minutes // 60) if minutes % 60 == 0 else ("N", minutes)
        )
        if count > 99:
            raise ValueError("in letters a step has at most 99 minutes, or whole hours")
        return f"{hours} DR{unit}{count:02d} ".encode() + sl651_ascii.words_of([channel])
    digits = f"{minutes // 1440:02d}{minutes // 60 % 24:02d}{minutes % 60:02d}"
    return bytes.fromhex(hours) + b"\x04\x18" + bytes.fromhex(digits) + _guide(channel)


def answer_of(message: Message) -> dict[str, Any]:
    """What a terminal's answer says, as JSON: ``readings`` [[channel, quantity, value, ISO time], …], ``clock`` and what
    stands beside them. Of a long series the newest values."""
    readings = message.readings[-SHOWN_AT_MOST:]
    told: dict[str, Any] = {name: message.details[name] for name in TOLD if name in message.details}
    if readings:
        told["count"] = len(message.readings)
        told["readings"] = [
            [each.channel, each.quantity, each.value, each.observed_at.isoformat()] for each in readings
        ]
    if KINDS[message.function] in ("set_clock", "query_clock") and message.sent_at:
        told["clock"] = message.sent_at.isoformat()
    return told
