"""Three servers that send the same frames to every client, for ``bench fanout`` to stand side by side.

``python -m command_center.onemap.benches.servers KIND PORT``: ``hub`` (the project's consumer, rooms, queues
and writers under uvicorn; only the reading of the tables is left out), ``group`` (what one would write first:
Channels' ``group_send`` over Redis, under uvicorn) and ``bare`` (the websockets library alone). Standard input
takes "RATE SECONDS" lines; each starts a burst of numbered frames and is answered by the count sent.
"""

import asyncio
import sys
import time

FRAME = 1024  # characters in a frame


def frame(number: int) -> str:
    """A frame of fixed size that says when it was sent, in microseconds of the monotonic clock."""
    head = f'{{"type":"values","n":{number:08d},"at":{time.monotonic_ns() // 1000:016d},"pad":"'
    return head + "x" * (FRAME - len(head) - 2) + '"}'


async def bursts(send):
    """Do what standard input asks for, until it ends."""
    loop = asyncio.get_running_loop()
    print("ready", flush=True)  # noqa: T201  (the pipe to the bench)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        rate, seconds = map(float, line.split())
        count, began = int(rate * seconds), time.monotonic()
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            if time.monotonic() > began + seconds + 3:
                break  # it cannot keep up; what was not sent counts as not delivered
            await send(frame(number))
        print(count, flush=True)  # noqa: T201
    sys.exit(0)


async def _uvicorn(application, port, send):
    import uvicorn

    config = uvicorn.Config(
        application, port=port, ws="websockets-sansio", ws_per_message_deflate=False, ws_ping_interval=None,
        lifespan="off", log_level="error", access_log=False, backlog=4096,
    )  # fmt: skip
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    await asyncio.gather(bursts(send), task)


async def hub(port):
    from command_center.core.scope import Scope
    from command_center.onemap.consumer import LiveConsumer
    from command_center.onemap.hub import Client, Room
    from command_center.onemap.hub import hub as the_hub
    from command_center.onemap.viewers import Identity

    scope, found = Scope(), the_hub()
    room = found.rooms[scope] = Room(scope, 0)

    class Consumer(LiveConsumer):
        async def websocket_connect(self, message):
            await self.base_send({"type": "websocket.accept"})
            self.client = Client(Identity(), scope, self._send, self._close)
            room.clients.add(self.client)

    async def send(text):
        for client in list(room.clients):
            client.offer(text)

    await _uvicorn(Consumer.as_asgi(), port, send)


async def group(port):
    from channels.generic.websocket import AsyncWebsocketConsumer
    from channels.layers import get_channel_layer

    class Consumer(AsyncWebsocketConsumer):
        async def connect(self):
            await self.channel_layer.group_add("bench", self.channel_name)
            await self.accept()

        async def news(self, message):
            await self.send(text_data=message["text"])

    async def send(text):
        await get_channel_layer().group_send("bench", {"type": "news", "text": text})

    await _uvicorn(Consumer.as_asgi(), port, send)


async def bare(port):
    from websockets.asyncio.server import broadcast, serve

    async def stay(socket):
        await socket.wait_closed()

    async def send(text):
        broadcast(server.connections, text)

    async with serve(stay, "127.0.0.1", port, compression=None, ping_interval=None, backlog=4096) as server:
        await bursts(send)


if __name__ == "__main__":
    import logging
    import resource

    import django

    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    django.setup()
    logging.disable(logging.INFO)
    asyncio.run({"hub": hub, "group": group, "bare": bare}[sys.argv[1]](int(sys.argv[2])))
