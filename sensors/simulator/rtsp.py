"""A small RTSP server for simulated cameras: H.264 as RTP inside the RTSP connection (RFC 2326 section 10.12).

Nothing is drawn or encoded while nobody watches: each PLAY starts its own source and its own encoder, so the first
picture a watcher gets is a key frame. UDP transport is refused with 461, as by cameras behind a firewall.
"""

import asyncio
import itertools
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from fractions import Fraction
from typing import Self
from urllib.parse import urlsplit

import av
from PIL import Image

log = logging.getLogger(__name__)

FrameSource = Callable[[], AsyncIterator[Image.Image]]
"""Called once a watcher; yields pictures of one size (even width and height) at its own pace."""

PAYLOAD_TYPE = 96
RTP_PACKET_BYTES = 1400
KEY_FRAME_EVERY = 10
MAX_HEADER_BYTES = 8192
REASONS = {
    200: "OK",
    404: "Not Found",
    405: "Method Not Allowed",
    454: "Session Not Found",
    461: "Unsupported Transport",
}


class _Packets:
    """What FFmpeg's RTP muxer writes: one call, one packet."""

    def __init__(self) -> None:
        self.ready: list[bytes] = []

    def write(self, packet: bytes) -> int:
        self.ready.append(bytes(packet))
        return len(packet)


class _Encoder:
    """Pictures in, RTP and RTCP packets out."""

    def __init__(self, size: tuple[int, int], fps: int) -> None:
        self._packets = _Packets()
        self._muxer = av.open(
            self._packets,
            "w",
            format="rtp",
            options={"packetsize": str(RTP_PACKET_BYTES), "payload_type": str(PAYLOAD_TYPE)},
        )
        self._stream = self._muxer.add_stream("libx264", rate=fps)
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.gop_size = KEY_FRAME_EVERY
        self._stream.thread_count = 1
        self._stream.codec_context.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "26"}
        self._base = Fraction(1, fps)
        self._count = itertools.count()

    def encode(self, image: Image.Image) -> list[bytes]:
        frame = av.VideoFrame.from_image(image)
        frame.pts, frame.time_base = next(self._count), self._base
        for packet in self._stream.encode(frame):
            self._muxer.mux(packet)
        ready, self._packets.ready = self._packets.ready, []
        return ready

    def close(self) -> None:
        self._muxer.close()


class RtspServer:
    """Streams ``sources`` (path → pictures) on ``host`` (one address or several) and ``port``.

    ``fps`` is the pace the sources promise; it only sets the time stamps. Paths begin with "/".
    """

    def __init__(
        self, host: str | Sequence[str], port: int, sources: Mapping[str, FrameSource], *, fps: int = 5
    ) -> None:
        self.host, self.port, self.sources, self.fps = host, port, sources, fps
        self.watchers = 0
        """How many PLAY at this moment."""
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task] = set()

    async def start(self) -> Self:
        """Listen; with port 0 the system chooses one, found in ``port`` afterwards."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port, limit=MAX_HEADER_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for client in list(self._clients):
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *exc) -> None:
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._clients.add(task)
        connection = _Connection(self, reader, writer)
        try:
            await connection.run()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # a watcher that goes away, or that does not speak RTSP
        except asyncio.CancelledError:
            pass
        except Exception:
            log.exception("RTSP connection failed")
        finally:
            await connection.silence()
            writer.close()
            self._clients.discard(task)


class _Connection:
    def __init__(
        self, server: RtspServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.session = secrets.token_hex(8)
        self.path: str | None = None
        self.playing: asyncio.Task | None = None

    async def run(self) -> None:
        while request := await self._request():
            method, url, headers = request
            handler = getattr(self, f"on_{method.lower()}") if method in METHODS else None
            status, extra, body = handler(url, headers) if handler else (405, {}, b"")
            lines = [f"RTSP/1.0 {status} {REASONS[status]}", f"CSeq: {headers.get('cseq', '0')}"]
            lines += [f"{name}: {value}" for name, value in extra.items()]
            if body:
                lines.append(f"Content-Length: {len(body)}")
            self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            await self.writer.drain()
            if method == "TEARDOWN":
                return
            if method == "PLAY" and status == 200 and self.playing is None:
                self.playing = asyncio.create_task(self._stream())

    async def _request(self) -> tuple[str, str, dict[str, str]] | None:
        """The next request; what the watcher sends inside ``$`` frames (its RTCP reports) is skipped."""
        while True:
            first = await self.reader.read(1)
            if not first:
                return None
            if first == b"$":
                head = await self.reader.readexactly(3)
                await self.reader.readexactly(int.from_bytes(head[1:], "big"))
            elif not first.isspace():
                break
        text = (first + await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        start, *lines = text.strip().split("\r\n")
        method, url, _version = start.split(" ", 2)
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
        }
        length = int(headers.get("content-length", 0))
        if length:
            await self.reader.readexactly(min(length, MAX_HEADER_BYTES))
        return method, url, headers

    def on_options(self, url, headers):
        return 200, {"Public": ", ".join(METHODS)}, b""

    def on_describe(self, url, headers):
        if self._known(url) is None:
            return 404, {}, b""
        body = "\r\n".join(
            [
                "v=0",
                "o=- 0 0 IN IP4 0.0.0.0",
                "s=camera",
                "c=IN IP4 0.0.0.0",
                "t=0 0",
                f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
                f"a=rtpmap:{PAYLOAD_TYPE} H264/90000",
                f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1",
                "a=control:trackID=0",
                "",
            ]
        ).encode()
        return 200, {"Content-Type": "application/sdp", "Content-Base": url.rstrip("/") + "/"}, body

    def on_setup(self, url, headers):
        path = self._known(url)
        if path is None:
            return 404, {}, b""
        if "RTP/AVP/TCP" not in headers.get("transport", ""):
            return 461, {}, b""
        self.path = path
        return 200, {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1", "Session": self.session}, b""

    def on_play(self, url, headers):
        return (200 if self.path else 454), {"Session": self.session, "Range": "npt=0.000-"}, b""

    def on_get_parameter(self, url, headers):
        return 200, {"Session": self.session}, b""

    on_teardown = on_get_parameter

    def _known(self, url: str) -> str | None:
        """The source's path: the longest known one that ``url`` (which may name the track) begins with."""
        path = urlsplit(url).path
        for known in (path.removesuffix("/trackID=0"), path.rstrip("/")):
            if known in self.server.sources:
                return known
        return None

    async def _stream(self) -> None:
        encoder = None
        self.server.watchers += 1
        try:
            async for image in self.server.sources[self.path]():
                if encoder is None:
                    encoder = _Encoder(image.size, self.server.fps)
                for packet in encoder.encode(image):
                    # RTCP packet types are 200-204 (RFC 5761 section 4): the second channel
                    channel = 1 if 200 <= packet[1] <= 204 else 0
                    self.writer.write(b"$%c" % channel + len(packet).to_bytes(2, "big") + packet)
                await self.writer.drain()
        except OSError:
            pass  # the watcher went away
        finally:
            self.server.watchers -= 1
            if encoder is not None:
                encoder.close()

    async def silence(self) -> None:
        if self.playing is not None:
            self.playing.cancel()
            await asyncio.gather(self.playing, return_exceptions=True)


METHODS = tuple(name.removeprefix("on_").upper() for name in vars(_Connection) if name.startswith("on_"))
