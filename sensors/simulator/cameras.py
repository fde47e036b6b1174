"""Cameras of the simulated field: RTSP and MJPEG over real sockets, pictures drawn only while somebody watches."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime

from aiohttp import web
from PIL import Image

from sensors.simulator.equipment import Equipment
from sensors.simulator.faults import CameraFaults
from sensors.simulator.scene import Scene
from sensors.simulator.webserver import WebServer

FPS = 5
JPEG_QUALITY = 70
BOUNDARY = "frame"
PRESETS = (("1", "正常位"), ("2", "近景"), ("3", "远景"))
"""What a camera with a motor was taught: (token, name). The first is where it stands in the beginning."""


class Camera:
    """One camera: ``look`` gives (depth in cm, rain in mm/h) at what it watches."""

    def __init__(
        self,
        equipment: Equipment,
        faults: CameraFaults,
        now: Callable[[], datetime],
        look: Callable[[], tuple[float, float]],
    ) -> None:
        self.equipment, self.faults, self.now, self.look = equipment, faults, now, look
        self.scene = Scene(equipment.code, equipment.name)
        self.drawn = 0
        self._frozen: Image.Image | None = None

    @property
    def path(self) -> str:
        return self.equipment.config["path"].partition("?")[0]

    def turn(self, preset: str) -> bool:
        """Look elsewhere; False for a preset that it does not have."""
        if preset not in dict(PRESETS):
            return False
        code = self.equipment.code
        self.scene = Scene(code if preset == PRESETS[0][0] else f"{code} {preset}", self.equipment.name)
        return True

    def picture(self) -> Image.Image:
        at = self.now()
        look = self.faults.look(at)
        if look == "frozen" and self._frozen is not None:
            return self._frozen
        self.drawn += 1
        if look == "black":
            return self.scene.black(self.drawn)
        depth_cm, rain_mm_h = self.look()
        picture = self.scene.draw(at, depth_cm, rain_mm_h, self.drawn, wrong=look)
        self._frozen = picture if look == "frozen" else None
        return picture

    async def pictures(self) -> AsyncIterator[Image.Image]:
        """The stream at ``FPS``, for as long as it is asked for."""
        while True:
            yield self.picture()
            await asyncio.sleep(1 / FPS)


class MjpegServer(WebServer):
    """All MJPEG cameras that share one host and port: ``multipart/x-mixed-replace``, as network cameras send it."""

    def __init__(self, host: str, port: int, cameras: Mapping[str, Camera]) -> None:
        super().__init__(host, port)
        self.cameras, self.watchers = cameras, 0

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/{path:.*}", self._stream)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        camera = self.cameras.get(request.path)
        if camera is None:
            raise web.HTTPNotFound
        response = web.StreamResponse(
            headers={
                "Content-Type": f"multipart/x-mixed-replace; boundary={BOUNDARY}",
                "Cache-Control": "no-store",
                "Connection": "close",
            }
        )
        await response.prepare(request)
        self.watchers += 1
        try:
            async for picture in camera.pictures():
                jpeg = _jpeg(picture)
                head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                await response.write(head.encode() + jpeg + b"\r\n")
        except (ConnectionError, asyncio.CancelledError):
            pass  # the watcher went away, or the field is stopped
        finally:
            self.watchers -= 1
        return response


def _jpeg(picture: Image.Image) -> bytes:
    octets = io.BytesIO()
    picture.save(octets, "JPEG", quality=JPEG_QUALITY)
    return octets.getvalue()
