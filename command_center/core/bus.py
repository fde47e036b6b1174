"""The doorbell between processes: "there is news up to number N", over one Redis channel.

A bell that is lost costs a second or two: whoever listens also looks at the table by itself.
"""

import asyncio
import time
from collections.abc import AsyncIterator

import redis
import redis.asyncio
from django.conf import settings
from django.db import connection

_AGAIN_S = 1.0  # after a failure, ring no more for this long: numbering must not wait for a dead Redis


def channel() -> str:
    """Pub/sub channels are shared by all databases of a Redis server, so ours carries the database's name."""
    return f"onemap:{connection.settings_dict['NAME']}:bell"


class Bell:
    """The ringing side. Never raises for a Redis that is gone; the listeners look by themselves."""

    def __init__(self) -> None:
        self._client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5
        )
        self._silent_until = 0.0

    def ring(self, head: int) -> bool:
        if time.monotonic() < self._silent_until:
            return False
        try:
            self._client.publish(channel(), str(head))
        except redis.RedisError:
            self._silent_until = time.monotonic() + _AGAIN_S
            return False
        return True

    def close(self) -> None:
        self._client.close()


async def heads(name: str) -> AsyncIterator[int]:
    """Every head rung on channel ``name``, for ever; subscribes again by itself when Redis went away."""
    while True:
        client = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=2, socket_keepalive=True, health_check_interval=10
        )
        try:
            async with client.pubsub() as pubsub:
                await pubsub.subscribe(name)
                while True:
                    message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=5)
                    if message:
                        yield int(message["data"])
        except (redis.RedisError, OSError, ValueError):
            await asyncio.sleep(_AGAIN_S)
        finally:
            await client.aclose()
