"""One change to every screen: how much arrives, how late, at what cost; the bare library is the ceiling."""

import asyncio
import contextlib
import os
import resource
import socket
import subprocess
import sys
import time

from .servers import FRAME

CLIENTS, RATE, SECONDS = 2000, 10, 5
CROWD, FAST, FAST_SECONDS = 500, 160, 3
SAMPLED = 200  # clients whose delays are read; the others only count
_WIRE = FRAME + 4  # a frame of this size has a header of four bytes
_AT = 4 + len('{"type":"values","n":00000000,"at":')


class _Screen(asyncio.Protocol):
    """A client that only counts: parsing every frame would measure the client."""

    def __init__(self, sampled):
        self.open = asyncio.get_running_loop().create_future()
        self.sampled = sampled
        self.bytes = 0
        self.delays_us = []
        self._rest = b""

    def connection_made(self, transport):
        self.transport = transport
        transport.write(
            b"GET /ws/live/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )

    def data_received(self, data):
        if not self.open.done():
            self._rest += data
            head, end, data = self._rest.partition(b"\r\n\r\n")
            if not end:
                return
            self._rest = b""
            self.open.set_result(head.startswith(b"HTTP/1.1 101"))
        self.bytes += len(data)
        if self.sampled:
            self._rest += data
            present = time.monotonic_ns() // 1000
            while len(self._rest) >= _WIRE:
                self.delays_us.append(present - int(self._rest[_AT : _AT + 16]))
                self._rest = self._rest[_WIRE:]

    def connection_lost(self, error):
        if not self.open.done():
            self.open.set_result(False)


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextlib.contextmanager
def _server(kind):
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "command_center.onemap.benches.servers", kind, str(port)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]},
    )  # fmt: skip
    try:
        assert process.stdout.readline().strip() == "ready"
        yield process, port
    finally:
        process.kill()
        process.wait()


def _cpu_s(pid):
    """Processor seconds a process has used."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _measure(process, port, clients, rate, seconds):
    """(share delivered, p50 ms, p99 ms, server's processor share, frames a second that arrived)."""
    loop = asyncio.get_running_loop()
    screens = []
    for _ in range(0, clients, 100):
        made = await asyncio.gather(
            *(
                loop.create_connection(lambda n=n: _Screen(n < SAMPLED * 100 // clients), "127.0.0.1", port)
                for n in range(100)
            )
        )
        screens += [screen for _, screen in made]
        assert all(await asyncio.gather(*(screen.open for _, screen in made))), "a handshake was refused"
    began, cpu = time.monotonic(), _cpu_s(process.pid)
    process.stdin.write(f"{rate} {seconds}\n")
    await loop.run_in_executor(None, process.stdout.readline)
    busy_s, before = time.monotonic() - began, -1
    share = (_cpu_s(process.pid) - cpu) / busy_s
    until = time.monotonic() + 3
    while (arrived := sum(screen.bytes for screen in screens)) != before and time.monotonic() < until:
        before = arrived
        await asyncio.sleep(0.3)
    took_s = time.monotonic() - began
    delays = sorted(delay for screen in screens for delay in screen.delays_us) or [0]
    for screen in screens:
        screen.transport.abort()
    frames = arrived / _WIRE
    return (
        frames / (int(rate * seconds) * clients),
        delays[len(delays) // 2] / 1000,
        delays[int(len(delays) * 0.99)] / 1000,
        share * 100,
        frames / took_s,
    )


def bench_fanout(report):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clients = min(CLIENTS, (hard - 200) // 100 * 100)
    try:
        ordinary, fast = {}, {}
        for kind in ("bare", "hub", "group"):
            with _server(kind) as (process, port):
                ordinary[kind] = asyncio.run(_measure(process, port, clients, RATE, SECONDS))
        for kind in ("bare", "hub"):
            with _server(kind) as (process, port):
                fast[kind] = asyncio.run(_measure(process, port, CROWD, FAST, FAST_SECONDS))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    shape = f"{clients} clients, {RATE} frames of {FRAME} bytes a second; ceiling: websockets alone"
    names = {"hub": "", "group": " by plain group_send"}
    for kind, label in names.items():
        share, p50, p99, cpu, _ = ordinary[kind]
        floor = ordinary["bare"]
        report.figure(f"delivered{label}", share * 100, "%", ceiling=floor[0] * 100, n=clients, note=shape)
        report.figure(f"delay p50{label}", p50, "ms", ceiling=floor[1], n=clients, note=shape)
        report.figure(f"delay p99{label}", p99, "ms", ceiling=floor[2], n=clients, note=shape)
        report.figure(f"server processor{label}", cpu, "%", ceiling=floor[3], n=clients, note=shape)
    note = f"{CROWD} clients, {FAST} frames a second asked for; ceiling: websockets alone"
    report.figure("saturation", fast["hub"][4], "frames/s", ceiling=fast["bare"][4], n=CROWD, note=note)
