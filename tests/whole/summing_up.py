"""An OpenAI that sums a call up by what it is given to read, and claims one thing that nobody said."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CLAIMED = "4155550199"


@dataclass
class SummingUp:
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(body)
        return {
            "choices": [{"message": {"content": summed_up(body["messages"][1]["content"])}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 400, "completion_tokens": 60},
        }


def summed_up(transcript: str) -> str:
    """The answer to lines of "1 caller: words", as the JSON that is asked for."""
    turns = [line.split(" ", 2) for line in transcript.splitlines()]
    said = {int(number): words for number, role, words in turns if role == "caller:"}
    on = [number for number, words in said.items() if "Tuesday" in words]
    content = {
        "summary": f"The caller spoke {len(said)} times.",
        "fields": {
            "weekday": {"value": "Tuesday" if on else None, "evidence": on},
            "number": {"value": CLAIMED, "evidence": list(said)},
        },
    }
    return json.dumps(content)


@contextmanager
def summing_up() -> Iterator[SummingUp]:
    played = SummingUp()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.dumps(played.answer(json.loads(self.rfile.read(int(self.headers["content-length"])))))
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the method it replaces
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    played.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield played
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
