"""The team's URL: takes webhooks on loopback, verifies each as the Standard Webhooks specification says, keeps them."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Receiver:
    """`answers` are the statuses of the next requests, then 204; `taken` what was signed rightly, by webhook-id."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    deliveries: list[str] = field(default_factory=list)
    refused: int = 0

    def of_call(self, call_id: str) -> dict[str, Any] | None:
        return self.taken.get(f"{call_id}.call.ended")


def is_signed(headers: dict[str, str], body: bytes) -> bool:
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(SECRET.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    ours = f"v1,{base64.b64encode(digest).decode()}"
    return any(hmac.compare_digest(one, ours) for one in headers["webhook-signature"].split(" "))


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = receiver.answers.pop(0) if receiver.answers else 204
            if not is_signed(headers, body):
                receiver.refused += 1
                status = 401
            elif status < 300:
                receiver.deliveries.append(headers["webhook-id"])
                receiver.taken[headers["webhook-id"]] = json.loads(body)
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the method it replaces
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/calls"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
