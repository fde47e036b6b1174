"""An ONVIF camera: its services in front of the picture that an RTSP server streams, and its answer to WS-Discovery."""

import asyncio
import base64
import logging
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from aiohttp import web
from defusedxml.ElementTree import fromstring

from sensors.domain import onvif as words
from sensors.simulator.cameras import FPS, PRESETS, Camera
from sensors.simulator.rtsp import RtspServer
from sensors.simulator.webserver import WebServer

log = logging.getLogger(__name__)

DISCOVERY_PORT = 3702
OLDEST_S = 5.0
"""A question stamped further than this from the camera's own time is refused, as by real cameras."""
TYPE = "application/soap+xml"


class OnvifServer(WebServer):
    """One camera. ``user``: (name, password) that it wants, or none. ``ahead``: by how much its clock is wrong."""

    def __init__(
        self,
        host: str,
        port: int,
        camera: Camera,
        *,
        user: tuple[str, str] | None = None,
        ahead: timedelta = timedelta(0),
        discovery_port: int = DISCOVERY_PORT,
    ) -> None:
        super().__init__(host, port)
        self.camera, self.user, self.ahead, self.discovery_port = camera, user, ahead, discovery_port
        self.rtsp = RtspServer(host, 0, {f"/{name}": camera.pictures for name in ("main", "sub")}, fps=FPS)
        self.asked: list[str] = []
        self._radio: asyncio.DatagramTransport | None = None

    def routes(self, app: web.Application) -> None:
        for name in ("device", "media", "ptz"):
            app.router.add_post(f"/onvif/{name}_service", self._answer)

    async def start(self) -> None:
        await self.rtsp.start()
        await super().start()
        loop = asyncio.get_running_loop()
        try:
            self._radio, _ = await loop.create_datagram_endpoint(
                lambda: _Ear(self), local_addr=(self.host, self.discovery_port)
            )
            self.discovery_port = self._radio.get_extra_info("sockname")[1]
        except OSError:  # another field beside this one has it: the camera is there, but cannot be found
            log.warning("nobody will find the camera at %s: port %s is taken", self.host, self.discovery_port)

    async def stop(self) -> None:
        if self._radio is not None:
            self._radio.close()
        await super().stop()
        await self.rtsp.stop()

    async def _answer(self, request: web.Request) -> web.Response:
        octets = await request.read()
        root = fromstring(octets)
        question = next(iter(next(one for one in root.iter() if one.tag.endswith("}Body"))))
        name = question.tag.rpartition("}")[2]
        self.asked.append(name)
        if name != "GetSystemDateAndTime" and not self._knows(root):
            text = "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code></s:Fault>"
            return web.Response(status=400, body=words.envelope(text), content_type=TYPE)
        said = {one.tag.rpartition("}")[2]: (one.text or "").strip() for one in question.iter()}
        body = getattr(self, f"_{re.sub('(?<=[a-z])(?=[A-Z])', '_', name).lower()}", lambda said: None)(said)
        if body is None:
            fault = (
                f"<s:Fault><s:Reason><s:Text>{escape(name)} is not done here</s:Text></s:Reason></s:Fault>"
            )
            return web.Response(status=500, body=words.envelope(fault), content_type=TYPE)
        return web.Response(body=words.envelope(body), content_type=TYPE)

    def _knows(self, root) -> bool:
        if self.user is None:
            return True
        said = {one.tag.rpartition("}")[2]: (one.text or "").strip() for one in root.iter()}
        try:
            stamp = said["Created"]
            created = datetime.fromisoformat(stamp)
            expected = words.digest(self.user[1], base64.b64decode(said["Nonce"]), stamp)
        except (KeyError, ValueError):
            return False
        fresh = abs((created - self._now()).total_seconds()) < OLDEST_S
        return fresh and (said.get("Username"), said.get("Password")) == (self.user[0], expected)

    def _now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def _get_system_date_and_time(self, said) -> str:
        at = self._now()
        return (
            "<t:GetSystemDateAndTimeResponse xmlns:t='urn:x'><SystemDateAndTime><UTCDateTime>"
            f"<Time><Hour>{at.hour}</Hour><Minute>{at.minute}</Minute><Second>{at.second}</Second></Time>"
            f"<Date><Year>{at.year}</Year><Month>{at.month}</Month><Day>{at.day}</Day></Date>"
            "</UTCDateTime></SystemDateAndTime></t:GetSystemDateAndTimeResponse>"
        )

    def _get_device_information(self, said) -> str:
        return (
            f'<GetDeviceInformationResponse xmlns="{words.DEVICE_NS}"><Manufacturer>示例厂商</Manufacturer><Model>SIM-PTZ</Model>'
            f"<FirmwareVersion>1.2</FirmwareVersion><SerialNumber>{escape(self.camera.equipment.code)}</SerialNumber>"
            "</GetDeviceInformationResponse>"
        )

    def _get_capabilities(self, said) -> str:
        # Named by another host, as by a camera behind a router.
        media, ptz = (f"<XAddr>http://192.168.1.64/onvif/{name}_service</XAddr>" for name in ("media", "ptz"))
        return (
            f'<GetCapabilitiesResponse xmlns="{words.DEVICE_NS}"><Capabilities>'
            f"<Media>{media}</Media><PTZ>{ptz}</PTZ></Capabilities></GetCapabilitiesResponse>"
        )

    def _get_profiles(self, said) -> str:
        def profile(token: str, width: int, height: int) -> str:
            return (
                f'<Profiles token="{token}" fixed="true"><Name>{token}</Name><VideoEncoderConfiguration><Encoding>H264</Encoding>'
                f"<Resolution><Width>{width}</Width><Height>{height}</Height></Resolution></VideoEncoderConfiguration>"
                "<PTZConfiguration/></Profiles>"
            )

        both = profile("main", 1920, 1080) + profile("sub", 640, 360)
        return f'<GetProfilesResponse xmlns="{words.MEDIA_NS}">{both}</GetProfilesResponse>'

    def _get_stream_uri(self, said) -> str | None:
        if said.get("ProfileToken") not in ("main", "sub"):
            return None
        uri = f"rtsp://192.168.1.64:{self.rtsp.port}/{said['ProfileToken']}"
        return f'<GetStreamUriResponse xmlns="{words.MEDIA_NS}"><MediaUri><Uri>{uri}</Uri></MediaUri></GetStreamUriResponse>'

    def _get_presets(self, said) -> str:
        rows = "".join(
            f"<Preset token={quoteattr(token)}><Name>{escape(name)}</Name></Preset>"
            for token, name in PRESETS
        )
        return f'<GetPresetsResponse xmlns="{words.PTZ_NS}">{rows}</GetPresetsResponse>'

    def _goto_preset(self, said) -> str | None:
        if not self.camera.turn(said.get("PresetToken", "")):
            return None
        return f'<GotoPresetResponse xmlns="{words.PTZ_NS}"/>'


class _Ear(asyncio.DatagramProtocol):
    """Answers probes for video transmitters."""

    def __init__(self, server: OnvifServer) -> None:
        self.server = server

    def connection_made(self, transport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, peer) -> None:
        if b"Probe" not in data or b"NetworkVideoTransmitter" not in data:
            return
        code = self.server.camera.equipment.code
        scopes = f"onvif://www.onvif.org/name/{quote(code)} onvif://www.onvif.org/hardware/SIM-PTZ"
        xaddr = f"http://{self.server.host}:{self.server.port}/onvif/device_service"
        body = (
            f'<d:ProbeMatches xmlns:d="{words.DISCOVERY}" xmlns:a="{words.ADDRESSING}"><d:ProbeMatch><a:EndpointReference>'
            f"<a:Address>urn:uuid:{escape(code)}</a:Address></a:EndpointReference><d:Types>tns:NetworkVideoTransmitter</d:Types>"
            f"<d:Scopes>{scopes}</d:Scopes><d:XAddrs>{xaddr}</d:XAddrs></d:ProbeMatch></d:ProbeMatches>"
        )
        self.transport.sendto(words.envelope(body), peer)
