"""Whether the streamer in this container answers: exit status 0 or 1, for the container's health check.

Run every few seconds beside calls, so it imports next to nothing: `python -I -S health_check.py`.
"""

import os
import socket
import sys

ANSWERED_WITHIN_S = 3.0


def is_healthy(port: int) -> bool:
    """Whether /healthz on this machine's `port` answers 200 in time."""
    try:
        with socket.create_connection(("127.0.0.1", port), ANSWERED_WITHIN_S) as asking:
            asking.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return asking.recv(64).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if is_healthy(int(os.environ.get("PORT", "8080"))) else 1)
