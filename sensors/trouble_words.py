"""What goes wrong with equipment and its frames, in the reader's language. The adapters say it in English; so it is kept."""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

# What is said most often; anything else stands in English.
TROUBLES = (
    gettext_noop("no answer in time"),
    gettext_noop("no connection"),
    gettext_noop("connected to another address"),
    gettext_noop("connection lost, or no HTTP"),
    gettext_noop("not a Modbus TCP answer"),
    gettext_noop("the answer has no items"),
    gettext_noop("the answer has no measures"),
    gettext_noop("no points are configured"),
    gettext_noop("connection lost"),
    gettext_noop("more messages than can be stored"),
    gettext_noop("the broker refuses the topic"),
    gettext_noop("the broker refuses: bad user name or password"),
    gettext_noop("the broker refuses: not authorized"),
    gettext_noop("the server does not offer this security"),
    gettext_noop("the server does not trust this hall's certificate"),
    gettext_noop("the server's certificate is not the trusted one"),
    gettext_noop("the camera does not know this stream"),
    gettext_noop("the camera wants another user name or password"),
    gettext_noop("no picture in time"),
    gettext_noop("the stream cannot be decoded"),
    gettext_noop("the stream has no picture"),
    gettext_noop("the stream ended before a picture"),
    gettext_noop("the picture is too large"),
    gettext_noop("the picture cannot be decoded"),
    gettext_noop("the answer is no HLS playlist"),
    gettext_noop("the stream is encrypted"),
    gettext_noop("the stream is cut out of one file"),
    gettext_noop("the playlist names no picture yet"),
    gettext_noop("the answer is no ONVIF"),
    gettext_noop("the camera has no picture"),
    gettext_noop("the camera has no such profile"),
    gettext_noop("the camera names no stream"),
    gettext_noop("the gateway has no such stream now"),
    gettext_noop("the gateway gives no picture"),
    gettext_noop("the gateway names no stream"),
    gettext_noop("the answer is not of this kind of gateway"),
    gettext_noop("internal error"),
    gettext_noop("configuration: %(reason)s"),
    gettext_noop("address refused: %(reason)s"),
    gettext_noop("outside the device networks"),
    gettext_noop("not a port of the device networks"),
    gettext_noop("HTTP status %(status)s"),
    gettext_noop("the broker refuses: %(reason)s"),
    gettext_noop("the server refuses: %(reason)s"),
    gettext_noop("no device is configured for this topic"),
    gettext_noop("a retained message without a time of its own"),
    gettext_noop("the answer has more than %(most)s bytes"),
    gettext_noop("not JSON: %(reason)s"),
    gettext_noop("no time"),
    gettext_noop("the time %(text)s cannot be true"),
    gettext_noop("the time %(text)s cannot be read"),
    gettext_noop("the value is not a number"),
    gettext_noop("value is not a number"),
    gettext_noop("device time lies in the future"),
    gettext_noop("device time lies too far in the past"),
    gettext_noop("another value is already kept for this time"),
    gettext_noop("the password is not that of the station"),
    gettext_noop("the checksum is wrong: %(sent)s is sent, %(right)s is right"),
    gettext_noop("checksum is %(sent)s, the bytes give %(right)s"),
    gettext_noop("the frame is cut off: its head announces %(announced)s bytes, %(there)s are there"),
    gettext_noop("the frame has only %(count)s bytes; the shortest has %(least)s"),
    gettext_noop("%(count)s bytes follow after the end of the frame"),
    gettext_noop("a frame of %(size)s bytes is cut off after %(there)s"),
    gettext_noop("packets %(numbers)s of %(total)s never came"),
    gettext_noop("a message of more than %(most)s bytes"),
    gettext_noop("%(count)s bytes: %(reason)s"),
    gettext_noop("bytes between frames"),
    gettext_noop("a broken frame, followed by a whole one"),
    gettext_noop("a frame's head is cut off"),
    gettext_noop("no beginning of a frame %(what)s in these bytes"),
)
_VALUE = re.compile(r"%\((\w+)\)s")


def _pattern(text: str) -> re.Pattern[str]:
    parts = _VALUE.split(text)  # words and names by turns
    named = (f"(?P<{part}>.+?)" if n % 2 else re.escape(part) for n, part in enumerate(parts))
    return re.compile("".join(named), re.DOTALL)


_WITH_VALUES = [(text, _pattern(text)) for text in TROUBLES if "%(" in text]


def trouble(said: str) -> str:
    """What an adapter said went wrong, in the reader's language as far as it is one of ``TROUBLES``, or several of them."""
    if said in TROUBLES:
        return _(said)
    for text, pattern in _WITH_VALUES:
        if match := pattern.fullmatch(said):
            return _(text) % {name: trouble(value) for name, value in match.groupdict().items()}
    for mark in ("; ", ": "):
        head, found, tail = said.partition(mark)
        if found:
            return f"{trouble(head)}{mark}{trouble(tail)}"
    return said


def as_kept(words: str) -> list[tuple[str, ...]]:
    """How to look for ``words`` of a reason, which is kept in English: as they are, or all parts of one of the sentences in whose
    translation they stand."""
    said = [tuple(_VALUE.split(text)[::2]) for text in TROUBLES if words in _(text) and words not in text]
    return [(words,), *said]
