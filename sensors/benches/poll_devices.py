"""The devices of `bench poll`, in a process of their own: Modbus TCP controllers that answer after a fixed time.

    python -m sensors.benches.poll_devices COUNT DELAY_MS MUTE

The first MUTE of COUNT devices take connections and never answer. Prints the port, then the number of answers so far
for each line on standard input; ends with it.
"""

import asyncio
import resource
import sys

FIRST_SUBNET = 20


def addresses(count: int) -> list[str]:
    """``count`` loopback addresses in the device networks, 250 to a subnet."""
    return [f"127.10.{FIRST_SUBNET + number // 250}.{1 + number % 250}" for number in range(count)]


class Device(asyncio.Protocol):
    answers = 0

    def __init__(self, delay_s: float | None) -> None:
        self.delay_s, self.buffer = delay_s, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while len(self.buffer) >= 12:
            request, self.buffer = self.buffer[:12], self.buffer[12:]
            if self.delay_s is not None:
                asyncio.get_running_loop().call_later(self.delay_s, self.answer, request)

    def answer(self, request):
        size = 2 * int.from_bytes(request[10:12], "big")
        head = request[:4] + (size + 3).to_bytes(2, "big") + request[6:8] + bytes([size])
        self.transport.write(head + bytes(range(size)))
        Device.answers += 1


async def main(count: int, delay_s: float, mute: int) -> None:
    loop = asyncio.get_running_loop()
    hosts = addresses(count)
    port, servers = 0, []
    for silent, part in ((True, hosts[:mute]), (False, hosts[mute:])):
        for host in part:
            delay = None if silent else delay_s
            server = await loop.create_server(lambda delay=delay: Device(delay), host, port, backlog=128)
            port = server.sockets[0].getsockname()[1]
            servers.append(server)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while await loop.run_in_executor(None, sys.stdin.readline):
        sys.stdout.write(f"{Device.answers}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) / 1000, int(sys.argv[3])))
