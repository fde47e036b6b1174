"""Looking for ONVIF cameras in a device network by WS-Discovery (UDP 3702), and the cameras that a media gateway knows."""

import contextlib
import re
import select
import socket
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from ..domain import onvif
from ..domain.media_gateways import WVP, Channel
from ..domain.networks import ForbiddenAddress, checked
from ..domain.words import InWords, gettext_noop
from ..models import Station
from ..polling.addresses import device_networks
from .media_gateways import LIST_S, gateway

PORT = 3702
GROUP = "239.255.255.250"
MOST_ADDRESSES = 1024
"""A question to each: more would overrun the table in which the machine keeps its neighbours."""
AT_ONCE = 64
PAUSE_S = 0.02
LISTEN_S = 2.0
"""Cameras wait up to half a second, so as not to answer all at once."""
MOST_FOUND = 500

NOT_A_NETWORK = gettext_noop("Type a network as 10.20.3.0/24.")
NOT_ALLOWED = gettext_noop(
    "This network does not lie in an allowed device network, or port 3702 is not allowed there."
)
TOO_LARGE = gettext_noop("At most %(most)s addresses are asked at once: type a smaller network.")


class NotSearched(InWords):
    """Nothing was sent."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A camera that answered. ``code``: of the station that it is already, else empty."""

    host: str
    port: int
    path: str
    name: str
    hardware: str
    code: str = ""


def searchable() -> list[str]:
    """The device networks whose cameras may be asked who they are."""
    return [str(one) for one in device_networks() if one.takes(PORT)]


def look_for_cameras(network: str, *, port: int = PORT, listen_s: float = LISTEN_S) -> list[Sighting]:
    """Ask every address of ``network``, and its neighbours by multicast where we stand in it ourselves.

    Answers count only from inside ``network``, and lead only to the address that they came from. Raises NotSearched.
    """
    try:
        wanted = ip_network(network.strip())
    except ValueError:
        raise NotSearched(NOT_A_NETWORK) from None
    within = [one for one in device_networks() if one.net.version == wanted.version and one.takes(port)]
    if not any(wanted.subnet_of(one.net) for one in within):  # type: ignore[arg-type]
        raise NotSearched(NOT_ALLOWED)
    if wanted.num_addresses > MOST_ADDRESSES:
        raise NotSearched(TOO_LARGE, most=MOST_ADDRESSES)
    family = socket.AF_INET if wanted.version == 4 else socket.AF_INET6
    found: dict[str, onvif.Found] = {}
    with socket.socket(family, socket.SOCK_DGRAM) as radio:
        radio.setblocking(False)
        question = onvif.probe(f"urn:uuid:{uuid.uuid4()}")
        _multicast(radio, question, wanted, port)
        for number, address in enumerate(wanted.hosts()):
            with contextlib.suppress(OSError):  # nobody there, or the network is slow: it is not asked twice
                radio.sendto(question, (str(address), port))
            if number % AT_ONCE == AT_ONCE - 1:
                _hear(radio, wanted, found, PAUSE_S)
        _hear(radio, wanted, found, listen_s)
    return _sightings(found)


def _multicast(radio: socket.socket, question: bytes, wanted: Any, port: int) -> None:
    """Only into the network itself, from our own address in it; a router would not pass it on anyway."""
    if wanted.version != 4:
        return
    with contextlib.suppress(OSError, StopIteration):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            way.connect((str(next(iter(wanted.hosts()))), port))
            own = way.getsockname()[0]
        if ip_address(own) not in wanted:
            return
        radio.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
        radio.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        radio.sendto(question, (GROUP, port))


def _hear(radio: socket.socket, wanted: Any, found: dict[str, onvif.Found], seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and len(found) < MOST_FOUND:
        if not select.select([radio], [], [], left)[0]:
            return
        try:
            octets, peer = radio.recvfrom(65535)
        except OSError:
            continue
        address = str(peer[0]).partition("%")[0]
        if address in found or ip_address(address) not in wanted:
            continue
        if (said := onvif.match(octets)) is not None:
            found[address] = said


def _sightings(found: Mapping[str, onvif.Found]) -> list[Sighting]:
    connected = {
        (config.get("host"), config.get("port"), config.get("path")): code
        for code, config in Station.objects.filter(protocol="onvif").values_list("code", "config")
    }
    seen = []
    for address, said in sorted(found.items()):
        for port, path in said.services:
            with contextlib.suppress(ForbiddenAddress):
                checked(address, device_networks(), port)
                code = connected.get((address, port, path), "")
                seen.append(Sighting(address, port, path, said.name, said.hardware, code))
                break
    return seen


def channels_of(
    protocol: str, config: Mapping[str, Any], place: Mapping[str, str]
) -> tuple[list[tuple[int, dict[str, str]]], int]:
    """(rows of a list of devices, how many channels are stations already) of what a gateway knows.

    ``place``: longitude and latitude for channels that say none. Raises what ``media_gateways`` raises.
    """
    there = {
        (one.get("host"), one.get("port"), one.get("path"))
        for one in Station.objects.filter(protocol=protocol).values_list("config", flat=True)
    }
    rows, known = [], 0
    for channel in gateway(protocol, config, LIST_S).channels():
        if (config["host"], config["port"], channel.path) in there:
            known += 1
        else:
            rows.append((len(rows) + 1, _row(protocol, config, channel, place)))
    return rows, known


def _row(
    protocol: str, config: Mapping[str, Any], channel: Channel, place: Mapping[str, str]
) -> dict[str, str]:
    first, _, second = channel.path[1:].partition("/")
    lon, lat = channel.lon, channel.lat
    return {
        "type": "camera-gb28181" if protocol == WVP else "camera-zlm",
        "code": re.sub(r"[^\w.-]", "-", second if protocol == WVP else f"{first}-{second}")[:40],
        "name": channel.name,
        "longitude": str(lon) if lon is not None else place.get("longitude", ""),
        "latitude": str(lat) if lat is not None else place.get("latitude", ""),
        "crs": "wgs84",
        "place": channel.place,
        "address": channel.path[1:],
        "host": str(config["host"]),
        "port": str(config["port"]),
        "path": channel.path,
        **config.get("secrets", {}),
    }
