"""A media gateway: WVP's interface for the channels of GB/T 28181 devices, and ZLMediaKit's for streams, with live HLS."""

import hashlib
import io
import secrets
from collections.abc import Mapping

from aiohttp import web

from sensors.simulator.cameras import FPS, JPEG_QUALITY, PRESETS, Camera
from sensors.simulator.hls import Playlists
from sensors.simulator.rtsp import RtspServer
from sensors.simulator.webserver import WebServer


class MediaGateway(WebServer):
    """``channels`` by "/device/channel", ``streams`` by "/app/stream".

    ``user``: (name, password) that WVP wants, ``secret``: what ZLMediaKit wants; without them anybody may ask.
    """

    def __init__(
        self,
        host: str,
        port: int,
        channels: Mapping[str, Camera],
        streams: Mapping[str, Camera],
        *,
        user: tuple[str, str] | None = None,
        secret: str = "",
    ) -> None:
        super().__init__(host, port)
        self.channels, self.streams, self.user, self.secret = dict(channels), dict(streams), user, secret
        self.tokens: set[str] = set()
        self.started: list[str] = []
        sources = {_stream(path): camera for path, camera in channels.items()} | self.streams
        self.rtsp = RtspServer(host, 0, {path: one.pictures for path, one in sources.items()}, fps=FPS)
        self.playlists = Playlists({f"{path}/hls.m3u8": one.picture for path, one in sources.items()})

    def routes(self, app: web.Application) -> None:
        add = app.router.add_get
        add("/api/user/login", self._login)
        add("/api/device/query/devices", self._devices)
        add("/api/device/query/devices/{device}/channels", self._channels)
        add("/api/play/start/{device}/{channel}", self._play)
        add("/api/front-end/preset/query/{device}/{channel}", self._presets)
        add("/api/front-end/preset/call/{device}/{channel}", self._go_to)
        add("/index/api/getMediaList", self._media_list)
        add("/index/api/getSnap", self._snap)
        add("/{path:.*}", self.playlists.answer)

    async def start(self) -> None:
        await self.rtsp.start()
        await super().start()

    async def stop(self) -> None:
        await self.playlists.stop()
        await super().stop()
        await self.rtsp.stop()

    # --- WVP -----------------------------------------------------------------------------------
    async def _login(self, request: web.Request) -> web.Response:
        given = request.query.get("username"), request.query.get("password")
        if self.user and given != (self.user[0], hashlib.md5(self.user[1].encode()).hexdigest()):
            return web.json_response({"code": 100, "msg": "用户名或密码错误"})
        token = secrets.token_hex(16)
        self.tokens.add(token)
        return _wvp({"accessToken": token})

    def _refused(self, request: web.Request) -> web.Response | None:
        if self.user and request.headers.get("access-token") not in self.tokens:
            return web.json_response({"code": 401, "msg": "请登录后重新请求"}, status=401)
        return None

    async def _devices(self, request: web.Request) -> web.Response:
        numbers = sorted({path.split("/")[1] for path in self.channels})
        rows = [{"deviceId": number, "name": f"平台{number[-2:]}", "onLine": True} for number in numbers]
        return self._refused(request) or _page(request, rows)

    async def _channels(self, request: web.Request) -> web.Response:
        device = request.match_info["device"]
        # A division of the catalogue stands among the cameras, as with real platforms.
        rows = [{"deviceId": "370502", "name": "东营区", "status": "ON"}]
        for path, camera in sorted(self.channels.items()):
            if path.startswith(f"/{device}/"):
                one = camera.equipment
                rows.append(
                    {"deviceId": path.split("/")[2], "name": one.name, "longitude": one.lon, "latitude": one.lat,
                     "status": "ON", "ptzType": 1, "address": ""}
                )  # fmt: skip
        return self._refused(request) or _page(request, rows)

    async def _play(self, request: web.Request) -> web.Response:
        if refused := self._refused(request):
            return refused
        path = self._path(request)
        if path not in self.channels:
            return web.json_response({"code": 100, "msg": "通道不存在"})
        self.started.append(path)
        stream = _stream(path)
        web_address = f"http://{self.host}:{self.port}{stream}"
        return _wvp(
            {"app": "rtp", "stream": stream.rpartition("/")[2], "flv": f"{web_address}.live.flv",
             "hls": f"{web_address}/hls.m3u8", "rtsp": f"rtsp://{self.host}:{self.rtsp.port}{stream}"}
        )  # fmt: skip

    async def _presets(self, request: web.Request) -> web.Response:
        rows = [{"presetId": token, "presetName": name} for token, name in PRESETS]
        return self._refused(request) or _wvp(rows)

    async def _go_to(self, request: web.Request) -> web.Response:
        if refused := self._refused(request):
            return refused
        camera = self.channels.get(self._path(request))
        if camera is None or not camera.turn(request.query.get("presetId", "")):
            return web.json_response({"code": 100, "msg": "预置位不存在"})
        return _wvp(None)

    def _path(self, request: web.Request) -> str:
        return f"/{request.match_info['device']}/{request.match_info['channel']}"

    # --- ZLMediaKit ----------------------------------------------------------------------------
    def _wrong_secret(self, request: web.Request) -> web.Response | None:
        if self.secret and request.query.get("secret") != self.secret:
            return web.json_response({"code": -100, "msg": "Incorrect secret"})
        return None

    async def _media_list(self, request: web.Request) -> web.Response:
        if refused := self._wrong_secret(request):
            return refused
        rows = [
            {"app": app, "stream": stream, "schema": schema, "vhost": "__defaultVhost__"}
            for _, app, stream in (path.split("/") for path in sorted(self.streams))
            for schema in ("rtsp", "hls")
            if request.query.get("app", app) == app and request.query.get("stream", stream) == stream
        ]
        return web.json_response({"code": 0, "data": rows} if rows else {"code": 0})

    async def _snap(self, request: web.Request) -> web.Response:
        if refused := self._wrong_secret(request):
            return refused
        url = request.query.get("url", "")
        camera = self.streams.get(url.removeprefix("rtsp://127.0.0.1"))
        octets = io.BytesIO()
        # For what it does not have it gives its emblem, which is a picture too.
        (camera.picture() if camera else next(iter(self.streams.values())).scene.black(0)).save(
            octets, "JPEG", quality=JPEG_QUALITY
        )
        return web.Response(body=octets.getvalue(), content_type="image/jpeg")


def _stream(path: str) -> str:
    """ "/device/channel" as the stream that the gateway makes of it."""
    return f"/rtp/{path[1:].replace('/', '_')}"


def _wvp(data: object) -> web.Response:
    return web.json_response({"code": 0, "msg": "成功", "data": data})


def _page(request: web.Request, rows: list) -> web.Response:
    page, count = int(request.query.get("page", 1)), int(request.query.get("count", 15))
    return _wvp({"total": len(rows), "list": rows[(page - 1) * count : page * count]})
