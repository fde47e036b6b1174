"""The listener to which terminals upload the files of an alarm: few connections, short ones, bounded in bytes and time."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol

from sensors.domain.jsatl_files import Listed, Upload, Whole
from sensors.domain.readings import DecodeError

log = logging.getLogger(__name__)
CONNECTIONS, PER_PEER_S, IDLE_S = 32, 300.0, 30.0
READ_BYTES = 64 * 1024


class Shelf(Protocol):
    """Where files are kept (``services.evidence``); called in the writer's thread."""

    def most_bytes(self) -> int: ...
    def is_known(self, alarm: str) -> bool: ...
    def keep_file(self, alarm: str, name: str, octets: bytes, *, at: datetime) -> bool: ...
    def note_refused(self, alarm: str, why: str) -> None: ...


Call = Callable[..., Awaitable[Any]]


class Uploads:
    """``call(function, *args)`` runs something that touches the database in another thread; ``clock`` is the hall's."""

    def __init__(self, shelf: Shelf, call: Call, *, clock: Callable[[], datetime]):
        self.shelf, self.call, self.clock = shelf, call, clock
        self.kept = 0
        self.server: asyncio.Server | None = None
        self.tasks: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> int:
        self.server = await asyncio.start_server(
            self._accept, host, port, backlog=CONNECTIONS, limit=256 * 1024
        )
        return int(self.server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self.server is not None:
            self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        peer = writer.get_extra_info("peername")
        try:
            if len(self.tasks) > CONNECTIONS:
                return
            async with asyncio.timeout(PER_PEER_S):
                await self._serve(reader, writer)
        except TimeoutError:
            log.info("an upload from %s took too long", peer)
        except DecodeError as problem:
            log.info("an upload from %s is no upload: %s", peer, problem)
        except OSError as problem:
            log.info("an upload from %s broke off: %s", peer, problem)
        except Exception:
            log.exception("an upload from %s failed", peer)
        finally:
            self.tasks.discard(task)
            with contextlib.suppress(Exception):
                writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upload = Upload(await self.call(self.shelf.most_bytes))
        try:
            while True:
                async with asyncio.timeout(IDLE_S):
                    octets = await reader.read(READ_BYTES)
                if not octets:
                    return
                for event in upload.feed(octets):
                    writer.write(await self._answer(upload, event))
                await writer.drain()
        finally:
            if upload.refused and upload.alarm:
                await self.call(self.shelf.note_refused, upload.alarm, upload.refused)

    async def _answer(self, upload: Upload, event: Any) -> bytes:
        if isinstance(event, Listed):
            return upload.admit(event, known=await self.call(self.shelf.is_known, event.alarm))
        if isinstance(event, Whole):
            self.kept += bool(
                await self.call(self.shelf.keep_file, event.alarm, event.name, event.octets, at=self.clock())
            )
            return event.answer
        assert isinstance(event, bytes)
        return event
