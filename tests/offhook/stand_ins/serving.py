"""Stands in for the web process and the streamer: ready at once on PORT, and tells a setting at /setting/NAME.

STAND_IN says how else to behave: "late" (never ready), "stubborn" (deaf to SIGTERM), "broken" (ends with code 3).
"""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        ready = self.path in {"/healthz", "/readyz"} and os.environ.get("STAND_IN") != "late"
        setting = os.environ.get(self.path.removeprefix("/setting/")) if self.path.startswith("/setting/") else None
        if self.path == "/end":
            sys.stdout.write("asked to end\n")
            sys.stdout.flush()
            os._exit(4)
        self.send_response(200 if ready or setting is not None else 404)
        self.end_headers()
        self.wfile.write((setting or "").encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        pass


def main() -> None:
    sys.stdout.write("standing in\n")
    sys.stdout.flush()
    if os.environ.get("STAND_IN") == "broken":
        sys.exit(3)
    if os.environ.get("STAND_IN") == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()


if __name__ == "__main__":
    main()
