"""The container's health check against real sockets."""

import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from streamer import health_check


def answering(answer: bytes) -> int:
    """A server on loopback that gives one answer; its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]

    def serve() -> None:
        with listener, listener.accept()[0] as asked:
            asked.settimeout(5)
            asked.recv(1024)
            asked.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return port


@pytest.mark.parametrize(
    ("answer", "healthy"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n", True),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", False),
        (b"", False),
    ],
)
def test_only_200_is_healthy(answer: bytes, healthy: bool) -> None:
    assert health_check.is_healthy(answering(answer)) is healthy


def test_a_container_that_does_not_listen_is_unhealthy_and_says_so_by_its_exit_status() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    script = str(Path(health_check.__file__))
    done = subprocess.run([sys.executable, "-I", "-S", script], env={"PORT": str(port)}, timeout=20, check=False)
    assert done.returncode == 1
