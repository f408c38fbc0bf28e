import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from handlers.streamer_health import ANSWER_WITHIN_S, REMEMBERED_S, StreamerHealth


@dataclass
class Streamer:
    """Answers /readyz with `status`, after `delay_s`."""

    url: str = ""
    status: int = 200
    delay: threading.Event = field(default_factory=threading.Event)
    delay_s: float = 0.0
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def streamer() -> Iterator[Streamer]:
    streamer = Streamer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            streamer.asked.append(self.path)
            streamer.delay.wait(streamer.delay_s)
            self.send_response(streamer.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the method it replaces
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        streamer.url = f"ws://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield streamer
        streamer.delay.set()
        server.shutdown()
        thread.join(5)


def test_a_streamer_that_is_ready_is_asked_once_in_a_while(streamer: Streamer) -> None:
    now_s = [100.0]
    health = StreamerHealth(streamer.url, lambda: now_s[0])
    assert [health.ready(), health.ready()] == [True, True]
    assert streamer.asked == ["/readyz"]
    now_s[0] += REMEMBERED_S
    streamer.status = 503
    assert not health.ready()
    assert len(streamer.asked) == 2


def test_no_answer_in_time_is_a_no(streamer: Streamer) -> None:
    streamer.delay_s = ANSWER_WITHIN_S * 5
    assert not StreamerHealth(streamer.url).ready()


def test_nobody_there() -> None:
    assert not StreamerHealth("").ready()
    assert not StreamerHealth("ws://127.0.0.1:9").ready()
