"""Live pictures of simulated cameras as HLS: pieces of one second, H.264 in a transport stream, made while somebody asks."""

import asyncio
import io
from collections.abc import Callable, Mapping
from fractions import Fraction

import av
from aiohttp import web
from PIL import Image

from sensors.simulator.cameras import FPS, Camera
from sensors.simulator.webserver import WebServer

PIECE_S, PIECES, IDLE_S = 1, 3, 6.0
OPEN = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
"""Browsers ask from another origin, as with real gateways."""


def piece(images: list[Image.Image], number: int, fps: int = FPS) -> bytes:
    """``images`` as one transport stream that begins with a key frame; ``number`` sets its place in time."""
    out = io.BytesIO()
    with av.open(out, "w", format="mpegts") as muxer:
        stream = muxer.add_stream("libx264", rate=fps)
        stream.width, stream.height = images[0].size
        stream.pix_fmt, stream.thread_count = "yuv420p", 1
        stream.codec_context.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "26"}
        for n, image in enumerate(images):
            frame = av.VideoFrame.from_image(image)
            frame.pts, frame.time_base = number * len(images) + n, Fraction(1, fps)
            muxer.mux(stream.encode(frame))
        muxer.mux(stream.encode(None))
    return out.getvalue()


class Live:
    """One picture source as a live playlist; ends by itself when nobody has asked for ``IDLE_S``."""

    def __init__(self, picture: Callable[[], Image.Image]) -> None:
        self.picture = picture
        self.pieces: dict[int, bytes] = {}
        self._number, self._asked, self._task = 0, 0.0, None

    async def playlist(self) -> str:
        self._asked = asyncio.get_running_loop().time()
        if self._task is None or self._task.done():
            self.pieces.clear()
            self._add(
                [self.picture() for _ in range(FPS * PIECE_S)]
            )  # whoever asks first need not wait for it
            self._task = asyncio.create_task(self._run())
        lines = [
            "#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{PIECE_S}", f"#EXT-X-MEDIA-SEQUENCE:{min(self.pieces)}",
        ]  # fmt: skip
        for number in self.pieces:
            lines += [f"#EXTINF:{PIECE_S}.000,", f"{number}.ts"]
        return "\n".join([*lines, ""])

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() - self._asked < IDLE_S:
            images = []
            for _ in range(FPS * PIECE_S):
                await asyncio.sleep(1 / FPS)
                images.append(self.picture())
            self._add(images)

    def _add(self, images: list[Image.Image]) -> None:
        self.pieces[self._number] = piece(images, self._number)
        self._number += 1
        while len(self.pieces) > PIECES:
            del self.pieces[min(self.pieces)]


class Playlists:
    """Live sources by the path of their playlist."""

    def __init__(self, sources: Mapping[str, Callable[[], Image.Image]]) -> None:
        self.lives = {path: Live(picture) for path, picture in sources.items()}
        self._folders = {path.rpartition("/")[0]: live for path, live in self.lives.items()}

    async def answer(self, request: web.Request) -> web.Response:
        """The playlist or one of its pieces."""
        if live := self.lives.get(request.path):
            text = await live.playlist()
            return web.Response(text=text, content_type="application/vnd.apple.mpegurl", headers=OPEN)
        folder, _, name = request.path.rpartition("/")
        live, number = self._folders.get(folder), name.removesuffix(".ts")
        if live is None or not number.isdecimal() or int(number) not in live.pieces:
            raise web.HTTPNotFound(headers=OPEN)
        return web.Response(body=live.pieces[int(number)], content_type="video/mp2t", headers=OPEN)

    async def stop(self) -> None:
        for live in self.lives.values():
            await live.stop()


class HlsServer(WebServer):
    """All HLS cameras that share one host and port; ``cameras`` by the path of their playlist."""

    def __init__(self, host: str, port: int, cameras: Mapping[str, Camera]) -> None:
        super().__init__(host, port)
        self.playlists = Playlists({path: camera.picture for path, camera in cameras.items()})

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/{path:.*}", self.playlists.answer)

    async def stop(self) -> None:
        await self.playlists.stop()
        await super().stop()
