"""The after-call function's ways out, but for the webhook: its queue, the event bus, the model; and how it is wired."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from calls.after_call import Message, read
from calls.errors import Blame, ConfigurationInvalid, ProviderFailed
from handlers.after_call_bus import EventBridge
from handlers.after_call_model import OpenAISummary
from handlers.after_call_queue import QueueFailed, SqsAfter
from handlers.after_call_webhook import DeliveryFailed
from handlers.after_call_wiring import wired_with
from tests.handlers.desk import SETTINGS, House

AWAY = EndpointConnectionError(endpoint_url="https://aws.example.com")


@dataclass
class Aws:
    """Implements the two clients that are used."""

    failure: Exception | None = None
    answer: dict[str, Any] = field(default_factory=lambda: {"FailedEntryCount": 0})
    sent: list[dict[str, Any]] = field(default_factory=list)

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int) -> Any:  # noqa: N803
        return self._take({"url": QueueUrl, "body": MessageBody, "delay_s": DelaySeconds})

    def put_events(self, *, Entries: list[dict[str, Any]]) -> Any:  # noqa: N803
        return self._take(Entries[0])

    def _take(self, sent: dict[str, Any]) -> Any:
        if self.failure:
            raise self.failure
        self.sent.append(sent)
        return self.answer


def test_a_message_comes_back_when_it_was_asked_to() -> None:
    aws = Aws()
    SqsAfter(lambda: aws, "https://sqs/after").later(Message("01A", 2), 900)
    assert [(s["url"], read(s["body"]), s["delay_s"]) for s in aws.sent] == [
        ("https://sqs/after", Message("01A", 2), 900)
    ]
    with pytest.raises(QueueFailed):
        SqsAfter(lambda: Aws(AWAY), "https://sqs/after").later(Message("01A"), 10)


def test_an_event_is_put_on_the_teams_bus() -> None:
    aws = Aws()
    EventBridge(lambda: aws, "calls").put({"callId": "01A", "outcome": {"summary": "Größe"}})
    (entry,) = aws.sent
    assert json.loads(entry.pop("Detail")) == {"callId": "01A", "outcome": {"summary": "Größe"}}
    assert entry == {"Source": "offhook", "DetailType": "call.ended", "EventBusName": "calls"}


@pytest.mark.parametrize(
    "aws", [Aws(AWAY), Aws(answer={"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]})]
)
def test_an_event_that_is_not_taken_is_a_failure(aws: Aws) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        EventBridge(lambda: aws, "calls").put({})
    assert failed.value.failure.code == "event-failed"


def test_an_event_that_eventbridge_would_refuse_is_not_sent() -> None:
    aws = Aws()
    with pytest.raises(DeliveryFailed) as failed:
        EventBridge(lambda: aws, "calls").put({"summary": "x" * 250_000})
    assert (failed.value.failure.code, aws.sent) == ("event-too-large", [])


# --- the model -------------------------------------------------------------------------------------------------------


@dataclass
class OpenAI:
    """Answers every request with `status` and `body`, and keeps what was asked."""

    status: int = 200
    body: bytes = b'{"choices": []}'
    url: str = ""
    asked: list[tuple[str, str, Any]] = field(default_factory=list)


@pytest.fixture
def openai() -> Iterator[OpenAI]:
    played = OpenAI()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            played.asked.append((self.path, self.headers["authorization"], body))
            self.send_response(played.status)
            self.send_header("content-length", str(len(played.body)))
            self.end_headers()
            self.wfile.write(played.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the method it replaces
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        played.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield played
        server.shutdown()
        thread.join(5)


def test_a_model_is_asked_over_http(openai: OpenAI) -> None:
    assert OpenAISummary("sk-1", openai.url).ask({"model": "m", "x": "ü"}) == {"choices": []}
    assert openai.asked == [("/v1/chat/completions", "Bearer sk-1", {"model": "m", "x": "ü"})]


@pytest.mark.parametrize(
    ("status", "body", "code", "blame"),
    [
        (500, b"", "openai-error", Blame.PROVIDER),
        (401, b"{}", "openai-unauthorised", Blame.CONFIGURATION),
        (429, b'{"error": {"code": "insufficient_quota"}}', "openai-quota", Blame.CONFIGURATION),
        (400, b'{"error": {"param": "response_format"}}', "openai-request-refused", Blame.CONFIGURATION),
        (200, b"<html>", "openai-garbage", Blame.PROVIDER),
    ],
)
def test_what_openai_answers_when_it_does_not_answer(
    openai: OpenAI, status: int, body: bytes, code: str, blame: Blame
) -> None:
    openai.status, openai.body = status, body
    with pytest.raises(ProviderFailed) as failed:
        OpenAISummary("sk-1", openai.url).ask({"model": "m"})
    assert (failed.value.failure.code, failed.value.failure.blame) == (code, blame)


def test_a_model_that_cannot_be_reached_or_says_nothing() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ProviderFailed) as unreached:
            OpenAISummary("sk-1", url).ask({"model": "m"})
        silent.listen()
        with pytest.raises(ProviderFailed) as unanswered:
            OpenAISummary("sk-1", url, within_s=0.2).ask({"model": "m"})
    assert unreached.value.failure.code == "openai-unreachable"
    assert unanswered.value.failure.code == "openai-silent"


# --- the wiring ------------------------------------------------------------------------------------------------------


def test_what_is_not_configured_is_not_there() -> None:
    queue = SqsAfter(Aws, "https://sqs/after")
    bare = wired_with(House().wired, queue)
    assert (bare.webhook, bare.bus, bare.model, bare.settle_s) == (None, None, None, 10)
    url, secret = "https://team.example.com/calls", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    settings = replace(
        SETTINGS, webhook_url=url, webhook_secret=secret, event_bus="calls", openai_api_key="sk-1", after_call_s=3
    )
    whole = wired_with(House(settings=settings).wired, queue)
    assert None not in (whole.webhook, whole.bus, whole.model)
    assert whole.settle_s == 3
    with pytest.raises(ConfigurationInvalid, match="OFFHOOK_WEBHOOK_SECRET"):
        wired_with(House(settings=replace(settings, webhook_secret="")).wired, queue)
