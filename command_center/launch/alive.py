"""`python -m command_center.launch.alive PORT http|tcp`: does this container's own process answer? For healthchecks.

Only the process itself is asked: /healthz tells of the whole system, and a dead worker must not restart the web process.
"""

import http.client
import socket
import sys


def answers(port: int, how: str, host: str = "127.0.0.1") -> bool:
    """Whether something answers there, with any HTTP status below 500 or by accepting a connection."""
    try:
        if how == "tcp":
            with socket.create_connection((host, port), timeout=3):
                return True
        connection = http.client.HTTPConnection(host, port, timeout=3)
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False


if __name__ == "__main__":
    sys.exit(not answers(int(sys.argv[1]), sys.argv[2]))
