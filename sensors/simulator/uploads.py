"""A terminal that uploads the pictures of an alarm when it is asked to (T/JSATL 12-2017): small drawn pictures, parts on demand."""

import asyncio
import io
import logging

from PIL import Image, ImageDraw

from sensors.adapters.jt808 import Jt808
from sensors.domain import jt808_frames as frames
from sensors.domain.jsatl_files import BEGIN, END, LIST, read_asked, write_about, write_packet
from sensors.domain.readings import DecodeError

log = logging.getLogger(__name__)
PART, PATIENCE_S = 4096, 20.0
NUMBER, FILES = 16, 14  # bytes of an alarm number, and where it says how many files there are


def asked(body: bytes) -> tuple[str, int, bytes, str]:
    """(host, port, alarm number, our number) of a 9208."""
    end = 1 + body[0]
    number, alarm = body[end + 4 : end + 4 + NUMBER], body[end + 4 + NUMBER : end + 4 + NUMBER + 32]
    return (
        body[1:end].decode("ascii"),
        int.from_bytes(body[end : end + 2]),
        number,
        alarm.decode("ascii").rstrip("\0"),
    )


def picture(words: str, shade: int) -> bytes:
    """A small JPEG that says what it is: nobody's face."""
    image = Image.new("RGB", (320, 240), (shade, shade, 40 + shade // 2))
    ImageDraw.Draw(image).text((12, 110), words, fill=(255, 255, 255))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return out.getvalue()


async def upload(address: str, body: bytes, *, lose: int = 0) -> int:
    """Upload the pictures that the alarm number announces to where a 9208 says; returns how many were taken. ``lose``: so many parts are left out at first."""
    host, port, number, alarm = asked(body)
    files = [
        (f"{alarm[:8]}_{n}.jpg", picture(f"DEMO {address[-4:]} {n}", 50 * n % 250))
        for n in range(1, number[FILES] + 1)
    ]
    taken = serial = 0
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            buffer = b""

            async def tell(function: int, what: bytes) -> tuple[int, bytes]:
                nonlocal serial, buffer
                serial += 1
                writer.write(frames.write(function, address, serial, what))
                await writer.drain()
                while True:
                    piece = Jt808().cut(buffer)
                    if piece:
                        frame, buffer = buffer[: piece.size], buffer[piece.size :]
                        if not piece.garbage:
                            told = frames.unwrap(frame)
                            return told.id, told.body
                        continue
                    octets = await reader.read(4096)
                    if not octets:
                        raise ConnectionResetError("the listener hung up")
                    buffer += octets

            about = b"".join(
                bytes([len(name)]) + name.encode() + len(data).to_bytes(4) for name, data in files
            )
            listed = (
                b"0000000" + number + alarm.encode().ljust(32, b"\0") + b"\0" + bytes([len(files)]) + about
            )
            _, said = await tell(LIST, listed)
            if said[-1]:
                return 0
            for name, data in files:
                _, said = await tell(BEGIN, write_about(name, 0, len(data)))
                if said[-1]:
                    continue
                wanted = [(at, PART) for at in range(0, len(data), PART)][lose:]
                for _ in range(5):
                    for at, size in wanted:
                        writer.write(write_packet(name, at, data[at : at + size]))
                    _, said = await tell(END, write_about(name, 0, len(data)))
                    _, wanted = read_asked(said)
                    if not wanted:
                        taken += 1
                        break
        finally:
            writer.close()
    return taken


async def upload_quietly(address: str, body: bytes) -> None:
    try:
        await upload(address, body)
    except (OSError, TimeoutError, ValueError, DecodeError, IndexError) as why:
        log.debug("%s could not upload: %s", address, why)
