"""From a configured host to the one address that may be connected to."""

import asyncio
import socket
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address

from django.conf import settings

from sensors.domain.networks import ForbiddenAddress, Network, checked, networks


@lru_cache(maxsize=8)
def _networks(names: tuple[str, ...]) -> tuple[Network, ...]:
    return networks(names)


def device_networks() -> tuple[Network, ...]:
    return _networks(tuple(settings.OURS["device_networks"]))


def _checked_answers(answers: Iterable[tuple], port: int | None) -> str:
    found = [checked(answer[4][0], device_networks(), port) for answer in answers]
    if not found:
        raise ForbiddenAddress("not an address")
    return found[0]


def device_address(host: str, port: int | None = None) -> str:
    """The address to connect to, as a literal; every address that ``host`` resolves to must be allowed with ``port``.

    Raises ForbiddenAddress, and OSError for a name that does not resolve.
    """
    try:
        ip_address(host)
    except ValueError:
        return _checked_answers(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM), port)
    return checked(host, device_networks(), port)


async def device_address_async(host: str, port: int | None = None) -> str:
    """As ``device_address``, without holding up the loop where a name must be resolved."""
    try:
        ip_address(host)
    except ValueError:
        loop = asyncio.get_running_loop()
        return _checked_answers(await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM), port)
    return checked(host, device_networks(), port)
