"""Which addresses may be asked at all: only those inside the networks in which devices stand, on the ports named there.

Device addresses are typed in by people, so they could point anywhere, also at our own database. A list of forbidden
addresses is never complete (mapped IPv6, NAT64, decimal forms); a list of allowed networks is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address


class ForbiddenAddress(ValueError):
    """The address lies outside the device networks, or is none; or its port is not among theirs."""


@dataclass(frozen=True, slots=True)
class Network:
    """One network of devices. ``ports``: (first, last) of each range that may be asked; none: every port may."""

    net: IPv4Network | IPv6Network
    ports: tuple[tuple[int, int], ...] = ()

    @property
    def prefixlen(self) -> int:
        return self.net.prefixlen

    def __str__(self) -> str:
        return str(self.net)

    def holds(self, address: Address) -> bool:
        return address.version == self.net.version and address in self.net

    def takes(self, port: int) -> bool:
        return not self.ports or any(first <= port <= last for first, last in self.ports)


def network(text: str) -> Network:
    """ "10.20.0.0/16" or "10.20.0.0/16 502 8000-8999"; ValueError for what is neither (host bits set included)."""
    name, *ports = text.split()
    found = []
    for port in ports:
        first, _, last = port.partition("-")
        found.append((int(first), int(last or first)))
        if not 0 < found[-1][0] <= found[-1][1] <= 65535:
            raise ValueError(f"{port} is no port")
    return Network(ip_network(name), tuple(found))


def networks(names: Iterable[str]) -> tuple[Network, ...]:
    return tuple(network(name) for name in names if name.strip())


def checked(address: str, allowed: Iterable[Network], port: int | None = None) -> str:
    """``address`` (an IP literal) in its plain form if ``allowed`` lets it and ``port`` be asked; ForbiddenAddress
    otherwise. Without a port only the address is judged."""
    try:
        found: Address = ip_address(address)
    except ValueError:
        raise ForbiddenAddress("not an address") from None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    holding = [network for network in allowed if network.holds(found)]
    if not holding:
        raise ForbiddenAddress("outside the device networks")
    if port is not None and not any(network.takes(port) for network in holding):
        raise ForbiddenAddress("not a port of the device networks")
    return str(found)


def in_url(host: str) -> str:
    """A host as it stands in a URL: an IPv6 literal in brackets."""
    return f"[{host}]" if ":" in host else host


def same_peer(peername: Any, address: str, port: int) -> None:
    """Raise ConnectionError unless the connected socket's ``peername`` is the checked address and port."""
    if not peername or (str(peername[0]), int(peername[1])) != (address, port):
        raise ConnectionError("connected to another address")
