"""One connection to a camera, handed to a library that would otherwise connect wherever it is told to."""

import contextlib
import re
import selectors
import socket
import threading
import time

CHUNK = 65536
REDIRECT = re.compile(rb"RTSP/1\.\d 3\d\d")
TAIL = 16
"""Bytes remembered between two reads, so that a redirect cut in two is still seen."""


def connect(address: str, port: int, timeout_s: float) -> socket.socket:
    """A TCP connection to the literal ``address``, verified on the connected socket."""
    link = socket.create_connection((address, port), timeout=timeout_s)
    if link.getpeername()[:2] != (address, port):
        link.close()
        raise ConnectionError("connected to another address")
    return link


class GuardedRelay:
    """Listens on a loopback ``port`` for one client and passes bytes to and from the camera.

    Ends the connection at an RTSP redirect, after ``deadline_s``, and after ``most_bytes`` from the camera.
    """

    def __init__(self, address: str, port: int, connect_s: float, deadline_s: float, most_bytes: int) -> None:
        self._camera = connect(address, port, connect_s)
        self._camera.settimeout(connect_s)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        self.port = self._listener.getsockname()[1]
        self.ended = ""
        """Why the relay itself ended the connection; empty where one of the two sides did."""
        self._until, self._most = time.monotonic() + deadline_s, most_bytes
        # Closed at the end, so that the thread below sees it at once and not at its deadline.
        self._stop, self._stopped = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="camera-relay", daemon=True)

    def __enter__(self) -> "GuardedRelay":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.close()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        with contextlib.ExitStack() as open_sockets:
            for each in (self._camera, self._listener, self._stopped):
                open_sockets.enter_context(each)
            with contextlib.suppress(OSError):
                if not self._wait(self._listener):
                    return
                client, _ = self._listener.accept()
                client.settimeout(1.0)
                open_sockets.enter_context(client)
                self._pump(client)

    def _wait(self, *sockets: socket.socket) -> list[socket.socket]:
        """Those that can be read; none at the deadline or when the relay is to end."""
        with selectors.DefaultSelector() as selector:
            for each in (*sockets, self._stopped):
                selector.register(each, selectors.EVENT_READ)
            ready = [key.fileobj for key, _ in selector.select(max(0.0, self._until - time.monotonic()))]
        if not ready:
            self.ended = "no picture in time"
        return [] if self._stopped in ready else ready

    def _pump(self, client: socket.socket) -> None:
        received, tail = 0, b""
        while ready := self._wait(client, self._camera):
            if client in ready:
                data = client.recv(CHUNK)
                if not data:
                    return
                self._camera.sendall(data)
            if self._camera in ready:
                data = self._camera.recv(CHUNK)
                received += len(data)
                if REDIRECT.search(tail + data):
                    self.ended = "the camera wants to be asked elsewhere"
                elif received > self._most:
                    self.ended = "too many bytes without a picture"
                if not data or self.ended:
                    return
                tail = data[-TAIL:]
                client.sendall(data)
