"""AWS's JSON services asked without a client of botocore's, of a server that answers as it is told to."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError, ReadTimeoutError

from calls.aws_json import AwsJson, Credentials, Service, is_enough
from offhook.stack.environment import LOOPBACK
from offhook.stack.processes import free_port

THINGS = Service("things", "Things_20200101", 0.2, 0.2, attempts=3)
LAMBDAS = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-central-1"}
KEYS = Credentials("AKID", "secret", "session")
BUSY = (400, {"__type": "com.amazonaws.things#ThrottlingException", "message": "slower"})
REFUSED = (400, {"__type": "com.amazonaws.things#ConditionFailed", "Message": "it stands", "Item": {"a": {"S": "b"}}})
GONE = (503, b"<html>")


class Aws:
    """Answers each request with the next of `answers`: a status, and JSON or bytes; None: not at all."""

    def __init__(self, *answers: tuple[int, Any] | None) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[Mapping[str, str], bytes]] = []

    @contextmanager
    def running(self) -> Iterator[str]:
        aws = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                aws.asked.append(({name.lower(): value for name, value in self.headers.items()}, body))
                answer = aws.answers.pop(0)
                if answer is None:
                    self.close_connection = True
                    return
                status, told = answer
                raw = told if isinstance(told, bytes) else json.dumps(told).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                return None

        server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield f"http://{LOOPBACK}:{server.server_address[1]}"
        finally:
            server.shutdown()
            serving.join()
            server.server_close()


def asked(aws: Aws, pauses: list[float] | None = None) -> dict[str, Any]:
    slept: list[float] = [] if pauses is None else pauses
    with aws.running() as url:
        things = AwsJson(THINGS, "eu-central-1", lambda: KEYS, url, sleep=slept.append, chance=lambda: 0.5)
        return things.ask("GetThing", {"Name": "naïve"})


def test_what_is_sent_and_what_comes_back() -> None:
    aws = Aws((200, {"Thing": {"S": "x"}}))
    assert asked(aws) == {"Thing": {"S": "x"}}
    ((headers, body),) = aws.asked
    assert json.loads(body) == {"Name": "naïve"}
    assert headers["x-amz-target"] == "Things_20200101.GetThing"
    assert headers["content-type"] == "application/x-amz-json-1.0"
    assert headers["x-amz-security-token"] == "session"
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKID/")
    assert "/eu-central-1/things/aws4_request, " in headers["authorization"]


def test_every_request_is_signed_with_what_is_good_then() -> None:
    aws, keys = Aws((200, {}), (200, {})), [Credentials("FIRST", "secret", None), Credentials("SECOND", "secret", "s")]
    with aws.running() as url:
        things = AwsJson(THINGS, "eu-central-1", lambda: keys.pop(0), url)
        for _ in range(2):
            things.ask("GetThing", {})
    (first, _), (second, _) = aws.asked
    assert "Credential=FIRST/" in first["authorization"]
    assert "x-amz-security-token" not in first
    assert "Credential=SECOND/" in second["authorization"]


def test_a_lambda_signs_with_its_environments() -> None:
    aws = Aws((200, {}))
    with aws.running() as url:
        AwsJson.of(THINGS, {**LAMBDAS, "AWS_SESSION_TOKEN": "session"}, url).ask("GetThing", {})
    ((headers, _),) = aws.asked
    assert "Credential=AKID/" in headers["authorization"]
    assert "/eu-central-1/things/aws4_request, " in headers["authorization"]
    assert headers["x-amz-security-token"] == "session"


def test_a_refusal_is_botocores_and_is_not_repeated() -> None:
    aws = Aws(REFUSED)
    with pytest.raises(ClientError) as refused:
        asked(aws)
    told: Any = refused.value.response
    assert told["Error"] == {"Code": "ConditionFailed", "Message": "it stands"}
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert told["Item"] == {"a": {"S": "b"}}
    assert len(aws.asked) == 1


@pytest.mark.parametrize("passing", [BUSY, GONE, (503, b"[]"), None, (200, b"half of")])
def test_what_passes_is_tried_again_after_a_pause(passing: tuple[int, Any] | None) -> None:
    aws, pauses = Aws(passing, passing, (200, {})), list[float]()
    assert asked(aws, pauses) == {}
    assert pauses == [0.5, 1.0]


@pytest.mark.parametrize(
    ("passing", "error"), [(BUSY, ClientError), (GONE, ClientError), ((200, b""), HTTPClientError)]
)
def test_what_does_not_pass_is_told_after_the_last_try(passing: tuple[int, Any], error: type[Exception]) -> None:
    aws, pauses = Aws(*[passing] * 3), list[float]()
    with pytest.raises(error):
        asked(aws, pauses)
    assert (len(aws.asked), pauses) == (3, [0.5, 1.0])


def test_nobody_there() -> None:
    nobody = f"http://{LOOPBACK}:{free_port()}"
    things = AwsJson(THINGS, "eu-central-1", lambda: KEYS, nobody, sleep=lambda _: None)
    with pytest.raises(EndpointConnectionError):
        things.ask("GetThing", {})


def test_too_slow() -> None:
    with socket.create_server((LOOPBACK, 0)) as mute:
        url = f"http://{LOOPBACK}:{mute.getsockname()[1]}"
        things = AwsJson.of(Service("things", "Things", 1.0, 0.05, attempts=1), LAMBDAS, url)
        with pytest.raises(ReadTimeoutError):
            things.ask("GetThing", {})


@pytest.mark.parametrize(
    ("environment", "enough"),
    [
        (LAMBDAS, True),
        ({**LAMBDAS, "AWS_REGION": "us-gov-west-1"}, True),
        ({**LAMBDAS, "AWS_REGION": "", "AWS_DEFAULT_REGION": "us-east-1"}, True),
        ({**LAMBDAS, "AWS_REGION": ""}, False),
        ({**LAMBDAS, "AWS_REGION": "cn-north-1"}, False),
        ({**LAMBDAS, "AWS_REGION": "us-iso-east-1"}, False),
        ({**LAMBDAS, "AWS_SECRET_ACCESS_KEY": ""}, False),
        ({**LAMBDAS, "AWS_USE_FIPS_ENDPOINT": "true"}, False),
        ({**LAMBDAS, "AWS_ENDPOINT_URL_THINGS": "http://other"}, False),
        ({"AWS_REGION": "us-east-1"}, False),
    ],
)
def test_what_it_does_not_know_is_left_to_a_client(environment: Mapping[str, str], enough: bool) -> None:
    assert is_enough(THINGS, environment) is enough
