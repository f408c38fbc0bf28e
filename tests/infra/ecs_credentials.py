"""Where a task of ECS has its credentials from, on this machine.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

PATH = "/v2/credentials/of-the-task"


@dataclass(slots=True)
class TaskCredentials:
    """`given` counts the requests that had the token, each of which was given credentials."""

    url: str = ""
    token: str = "of-this-task"
    given: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What finds them. ECS names a path on its own address, which no test can have: this is the other way."""
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": self.url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": self.token}


@contextmanager
def given() -> Iterator[TaskCredentials]:
    """Credentials for an hour, on loopback."""
    credentials = TaskCredentials()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != PATH or self.headers.get("authorization") != credentials.token:
                credentials.refused.append(self.path)
                self.send_error(403)
                return
            credentials.given += 1
            body = json.dumps(
                {
                    "AccessKeyId": "ASIAOFTHETASK",
                    "SecretAccessKey": "of-the-task",
                    "Token": "session-of-the-task",
                    "Expiration": (datetime.now(tz=UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                }
            ).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    credentials.url = f"http://127.0.0.1:{server.server_address[1]}{PATH}"
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield credentials
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
