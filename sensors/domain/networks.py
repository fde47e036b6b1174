"""Which addresses may be asked at all: only those inside the networks in which devices stand.

Device addresses are typed in by people, so they could point anywhere, also at our own database. A list of forbidden
addresses is never complete (mapped IPv6, NAT64, decimal forms); a list of allowed networks is.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class ForbiddenAddress(ValueError):
    """The address lies outside the device networks, or is none."""


def networks(names: Iterable[str]) -> tuple[Network, ...]:
    """CIDR texts as values; raises ValueError for a text that is none (host bits set included)."""
    return tuple(ip_network(name.strip()) for name in names if name.strip())


def checked(address: str, allowed: Iterable[Network]) -> str:
    """``address`` (an IP literal) in its plain form if it lies in one of ``allowed``; ForbiddenAddress otherwise."""
    try:
        found: Address = ip_address(address)
    except ValueError:
        raise ForbiddenAddress("not an address") from None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if not any(found.version == network.version and found in network for network in allowed):
        raise ForbiddenAddress("outside the device networks")
    return str(found)
