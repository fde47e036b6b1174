"""OPC UA: a server's nodes are subscribed to, and each change comes with its source time and status code.

``config`` is ``{"host", "port", "path", "points", "sampling_ms", "security", "server_certificate"}``; a point names its ``node``
("ns=2;s={address}.Level") beside ``quantity``, ``unit``, ``scale``, ``offset`` and ``invalid`` (see ``domain/mapping.py``). User name
and password are secrets. ``security`` is "sign" or "encrypt" (Basic256Sha256 with the hall's certificate); without it the policy is
None, and the server belongs into a network of its own. ``server_certificate`` is the thumbprint of the only one that is trusted.

The library gives values and no octets: a frame is what the notification said, as JSON. All points are read once each interval
(``every_s``): so a value that never changes is no silence. What changed while the connection was broken is lost, but for the
newest; the server has no place for us to keep more.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from sensors.adapters.base import NOTHING, Ears, Feed, News
from sensors.domain.certificates import certificate_in, first_of, thumbprint, uri_in
from sensors.domain.mapping import Missing, converted, moment_of, none_of, number_of, scaling
from sensors.domain.networks import in_url, same_peer
from sensors.domain.quality import Quality
from sensors.domain.readings import DecodeError, Message, Reading
from sensors.domain.topics import DEVICE

ANSWER_S = 5.0
PUBLISH_MS = 500
SAMPLING_MS = 1000
KEPT_AT_THE_SERVER = 10
"""Changes of one node between two publishings that the server keeps for us."""
GATHER_S = 0.05
"""Changes of one device within this time are one frame."""
LONGEST = 1024 * 1024
MOST_CHANGES = 5000
DEFAULT_EVERY_S = 60.0
SECURE = {"sign": "Sign", "encrypt": "SignAndEncrypt"}
"""By ``security`` what the library calls the mode."""
NO_TRUST = ("BadSecurityChecksFailed", "BadCertificateUntrusted", "BadCertificateInvalid")
_STATUS_SHIFT = 30
_GOOD, _UNCERTAIN = 0, 1


class OpcUa:
    """Subscribed nodes as :class:`sensors.adapters.base.Subscribed`."""

    name = "opcua"
    label = "OPC UA"
    text = True
    needs: Mapping[str, type] = {
        "host": str,
        "port": int,
        "path": str,
        "security": str,
        "server_certificate": str,
        "points": list,
    }

    def feed(self, place: Mapping[str, Any], ears: Ears, *, once: bool = False) -> Feed:
        return Server(place, ears)

    def decode(
        self, frame: bytes, config: Mapping[str, Any] = NOTHING, at: datetime | None = None
    ) -> Message:
        """One reading for each point of each change; changes that give none stand in ``details["refused"]`` with the reason.

        Status codes (Part 4, 7.39): uncertain is suspect; bad has no value, or one that is marked so.
        """
        changes = _changes(frame)
        address = str(config.get("address", ""))
        points: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        configured = config.get("points")
        for point in configured if isinstance(configured, list) else ():
            if isinstance(point, dict):
                points[node_of(point, address)].append(point)
        if not points:
            raise DecodeError("no points are configured")
        readings, missing = [], {}
        for change in changes:
            node = str(change.get("node"))
            for point in points.get(node, ()):
                try:
                    readings.append(_reading(change, point, address, at))
                except Missing as why:
                    missing[str(point.get("channel"))] = str(why)
            if node not in points:
                missing[node[:80]] = "no point has this node"
        if not readings:
            raise DecodeError(none_of(missing))
        return Message(
            protocol=self.name,
            address=address,
            function="changes",
            observed_at=max(reading.observed_at for reading in readings),
            sent_at=None,
            readings=tuple(readings),
            details={"refused": missing} if missing else {},
        )


def node_of(point: Mapping[str, Any], address: str) -> str:
    """The node id of a point. ``{address}`` in it stands for the device, so that a type serves all devices of a server."""
    return str(point.get("node")).replace(DEVICE, address)


def _changes(frame: bytes) -> list[dict[str, Any]]:
    if len(frame) > LONGEST:
        raise DecodeError(f"a frame has at most {LONGEST} bytes")
    try:
        said = orjson.loads(frame)
    except orjson.JSONDecodeError as wrong:
        raise DecodeError(f"not JSON: {wrong}") from None
    changes = said.get("changes") if isinstance(said, dict) else None
    if not isinstance(changes, list) or not all(isinstance(one, dict) for one in changes):
        raise DecodeError("no list of changes")
    if not 0 < len(changes) <= MOST_CHANGES:
        raise DecodeError(f"{len(changes)} changes, where 1 to {MOST_CHANGES} are expected")
    return changes


def _reading(
    change: Mapping[str, Any], point: Mapping[str, Any], address: str, at: datetime | None
) -> Reading:
    """One value of one point; Missing where it cannot be had, DecodeError where the point is no point."""
    try:
        channel, quantity, (scale, offset) = str(point["channel"]), str(point["quantity"]), scaling(point)
    except (KeyError, TypeError, ValueError) as wrong:
        raise DecodeError(f"a point cannot be read: {wrong}") from None
    status = change.get("status", 0)
    if not isinstance(status, int) or not 0 <= status < 1 << 32:
        raise Missing("the status code cannot be read")
    when = _when(change) or at
    if when is None:
        raise Missing("no time")
    severity = status >> _STATUS_SHIFT
    try:
        raw = number_of(change.get("value"))
    except Missing:
        if severity <= _UNCERTAIN:
            raise
        raw = None
    value = converted(raw, point, scale, offset)
    quality = {_GOOD: None, _UNCERTAIN: Quality.SUSPECT}.get(severity, Quality.BAD)
    return Reading(address, channel, quantity, value, when, quality)


def _when(change: Mapping[str, Any]) -> datetime | None:
    """When the value was so: a change by its source, a value that was read and did not change by the server too."""
    said = [moment_of(change[name]) for name in ("source_at", "server_at") if change.get(name)]
    if not said:
        return None
    return max(said) if change.get("read") else said[0]


class Server:
    """The subscription at one OPC UA server as :class:`sensors.adapters.base.Feed`."""

    def __init__(self, place: Mapping[str, Any], ears: Ears) -> None:
        self.place, self.ears = place, ears
        self.devices: tuple[Mapping[str, Any], ...] = ()
        self.anew = asyncio.Event()
        self.changes: dict[str, list[dict[str, Any]]] = {}  # by address, until they are one frame
        self.by_node: dict[str, list[tuple[Mapping[str, Any], str]]] = {}

    def follow(self, devices: Sequence[Mapping[str, Any]]) -> None:
        self.devices = tuple(devices)
        self.anew.set()

    async def run(self, address: str) -> None:
        # Only who subscribes pays for the library's tables.
        from asyncua.client.client import Client
        from asyncua.ua.uaerrors import UaError

        host, port = in_url(address), int(self.place["port"])
        client = Client(f"opc.tcp://{host}:{port}{self.place.get('path') or '/'}", timeout=ANSWER_S)
        told = self.place.get("secrets") or {}
        if told.get("username"):
            client.set_user(told["username"])
            client.set_password(told.get("password", ""))
        lost = asyncio.get_running_loop().create_future()

        async def gone(why: Exception) -> None:
            if not lost.done():
                lost.set_exception(ConnectionError("connection lost"))

        client.connection_lost_callback = gone
        try:
            async with asyncio.timeout(2 * ANSWER_S):
                shown = await self._secure(client)
                await client.connect()
            protocol: Any = client.uaclient.protocol
            same_peer(protocol.transport.get_extra_info("peername"), address, port)
            if shown:
                self.ears.prove(shown)
            await self._listen(client, lost)
        except UaError as why:
            if self.place.get("security") and type(why).__name__ in NO_TRUST:
                raise ConnectionError("the server does not trust this hall's certificate") from None
            raise ConnectionError(f"the server refuses: {_short(why)}") from None
        finally:
            if not lost.cancel():
                lost.exception()  # told by another's, or retrieved here
            with contextlib.suppress(Exception):
                async with asyncio.timeout(ANSWER_S):
                    await client.disconnect()

    async def _secure(self, client: Any) -> str:
        """Let ``client`` sign (and encrypt) where this is wanted; returns the thumbprint of the certificate that the server shows.

        The server then has to hold the key of what it showed: nothing can be opened or signed without.
        """
        wanted = self.place.get("security")
        if not wanted:
            return ""
        if wanted not in SECURE:  # never less than what was asked for
            raise ValueError(f"security {str(wanted)[:20]!r} is none of {', '.join(SECURE)}")
        from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256 as Policy
        from asyncua.crypto.uacrypto import CertProperties
        from asyncua.ua.uaprotocol_auto import MessageSecurityMode

        mode = MessageSecurityMode[SECURE[wanted]]
        offered = [
            one.ServerCertificate
            for one in await client.connect_and_get_server_endpoints()
            if one.SecurityMode == mode and one.SecurityPolicyUri == Policy.URI and one.ServerCertificate
        ]
        if not offered:
            raise ConnectionError("the server does not offer this security")
        certificate = first_of(offered[0])
        shown, trusted = thumbprint(certificate), self.place.get("server_certificate")
        if trusted and shown != trusted:
            raise ConnectionError("the server's certificate is not the trusted one")
        own = Path(self.place["identity"]).read_bytes()
        client.application_uri = uri_in(own)
        await client.set_security(
            Policy,
            CertProperties(certificate_in(own), "der"),
            CertProperties(own, "pem"),
            server_certificate=CertProperties(certificate, "der"),
            mode=mode,
        )
        return shown

    async def _listen(self, client: Any, lost: "asyncio.Future[None]") -> None:
        """Subscribe to what is followed, read everything once an interval, begin anew when other devices are followed."""
        while True:
            self.anew.clear()
            devices = self.devices
            subscription = await client.create_subscription(PUBLISH_MS, self)
            self.ears.tell("", "")
            self.by_node = defaultdict(list)
            for one in devices:
                await self._subscribe(client, subscription, one)
            readers = [asyncio.create_task(self._read_again(client, one)) for one in devices]
            watch = asyncio.create_task(self.anew.wait())
            try:
                ends: list[asyncio.Future[Any]] = [lost, watch, *readers]
                done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (*readers, watch):
                    task.cancel()
                await asyncio.gather(*readers, watch, return_exceptions=True)
            for end in done:
                end.result()
            await subscription.delete()

    async def _subscribe(self, client: Any, subscription: Any, device: Mapping[str, Any]) -> None:
        named, refused = _nodes(device)
        for name, node in named.items():
            self.by_node[node.to_string()].append((device, name))
        if named:
            given = await subscription.subscribe_data_change(
                [client.get_node(node) for node in named.values()],
                queuesize=KEPT_AT_THE_SERVER,
                sampling_interval=float(device.get("sampling_ms", SAMPLING_MS)),
            )
            refused += [
                f"{name[:40]}: {handle.name}"
                for name, handle in zip(named, given, strict=True)
                if not isinstance(handle, int)
            ]
        if refused:
            self.ears.tell("; ".join(refused), str(device["address"]))

    async def _read_again(self, client: Any, device: Mapping[str, Any]) -> None:
        from asyncua.ua.attribute_ids import AttributeIds

        named, _ = _nodes(device)
        while True:
            await asyncio.sleep(float(device.get("every_s", DEFAULT_EVERY_S)))
            values = await client.uaclient.read_attributes(list(named.values()), AttributeIds.Value)
            for name, value in zip(named, values, strict=True):
                self._note(device, name, value, read=True)

    def datachange_notification(self, node: Any, value: Any, data: Any) -> None:
        for device, name in self.by_node.get(node.nodeid.to_string(), ()):
            self._note(device, name, data.monitored_item.Value)

    def status_change_notification(self, status: Any) -> None:
        self.anew.set()  # the server ended the subscription

    def _note(self, device: Mapping[str, Any], node: str, value: Any, *, read: bool = False) -> None:
        address = str(device["address"])
        gathered = self.changes.get(address)
        if gathered is None:
            gathered = self.changes[address] = []
            asyncio.get_running_loop().call_later(GATHER_S, self._send, device)
        if len(gathered) < MOST_CHANGES:
            gathered.append({**_change(node, value), **({"read": True} if read else {})})

    def _send(self, device: Mapping[str, Any]) -> None:
        gathered = self.changes.pop(str(device["address"]))
        self.ears.deliver([News(orjson.dumps({"changes": gathered}), device)], lambda: None)


def _change(node: str, data: Any) -> dict[str, Any]:
    """One DataValue as it is kept. A value that is no number or text is only named."""
    value = data.Value.Value if data.Value is not None else None
    if not isinstance(value, bool | int | float | str | None):
        value = type(value).__name__
    return {
        "node": node,
        "value": value if not isinstance(value, int) or abs(value) < 1 << 63 else str(value),
        "status": data.StatusCode.value if data.StatusCode is not None else 0,
        "source_at": _moment(data.SourceTimestamp),
        "server_at": _moment(data.ServerTimestamp),
    }


def _moment(said: datetime | None) -> str | None:
    if said is None or said.year < 1970:
        return None
    return (said if said.tzinfo else said.replace(tzinfo=UTC)).isoformat()


def _nodes(device: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The node ids of a device by the names that its points give them, and what is wrong with the others."""
    from asyncua.ua.uaerrors import UaError
    from asyncua.ua.uatypes import NodeId

    address, found, refused = str(device["address"]), {}, []
    for name in dict.fromkeys(node_of(point, address) for point in device.get("points", ())):
        try:
            found[name] = NodeId.from_string(name)
        except (ValueError, UaError):
            refused.append(f"{name[:40]}: no node")
    return found, refused


def _short(why: Exception) -> str:
    return (type(why).__name__ if not str(why) else str(why)).partition("(")[0].strip()[:120]
