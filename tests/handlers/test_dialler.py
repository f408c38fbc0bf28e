"""The real Twilio client against a REST of a few lines on loopback."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from calls.errors import Blame
from handlers.dialler import DialFailed, TwilioDialler
from tests.handlers.desk import SETTINGS, SID


@dataclass
class Rest:
    """Answers every request with `status` and `body`, and keeps what was asked."""

    status: int = 201
    body: dict[str, object] = field(default_factory=lambda: {"sid": SID, "status": "queued"})
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    base_url: str = ""

    def dialler(self) -> TwilioDialler:
        return TwilioDialler(replace(SETTINGS, twilio_base_url=self.base_url))


@pytest.fixture
def rest(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rest]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    rest = Rest()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"] or 0)).decode())
            rest.asked.append((self.path, form))
            body = json.dumps(rest.body).encode()
            self.send_response(rest.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815 - the name that the server looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the method it replaces
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        rest.base_url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield rest
        server.shutdown()
        thread.join(5)


ACCOUNT = f"/2010-04-01/Accounts/{SETTINGS.twilio_account_sid}"


def test_dialling_says_where_to_come_back_to(rest: Rest) -> None:
    assert rest.dialler().dial("01JD", "+14155550123", "+14155550100") == SID
    ((path, form),) = rest.asked
    assert path == f"{ACCOUNT}/Calls.json"
    assert form == {
        "To": ["+14155550123"],
        "From": ["+14155550100"],
        "Url": ["https://calls.example.com/twilio/voice/01JD#rc=2&rp=5xx,ct,rt&rt=6000"],
        "Method": ["POST"],
        "FallbackUrl": ["https://calls.example.com/twilio/lifeline#rc=2&rp=5xx,ct,rt&rt=6000"],
        "FallbackMethod": ["POST"],
        "StatusCallback": ["https://calls.example.com/twilio/status#rc=2&rp=5xx,ct,rt&rt=6000"],
        "StatusCallbackMethod": ["POST"],
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
        "Timeout": ["30"],
    }


def test_hanging_up(rest: Rest) -> None:
    rest.status = 200
    rest.dialler().hang_up(SID)
    assert rest.asked == [(f"{ACCOUNT}/Calls/{SID}.json", {"Status": ["completed"]})]


def test_leading_a_call_elsewhere(rest: Rest) -> None:
    rest.status = 200
    url = "https://calls.example.com/twilio/resume/1"
    rest.dialler().redirect(SID, url)
    assert rest.asked == [(f"{ACCOUNT}/Calls/{SID}.json", {"Url": [url], "Method": ["POST"]})]


@pytest.mark.parametrize(
    ("status", "code", "kept", "blame"),
    [
        (400, 21211, "twilio-21211", Blame.CALLER),
        (401, 20003, "twilio-20003", Blame.CONFIGURATION),
        (429, 20429, "twilio-20429", Blame.TWILIO),
        (503, None, "twilio-503", Blame.TWILIO),
    ],
)
def test_a_refusal_is_told_once_and_without_the_number(
    rest: Rest, status: int, code: int | None, kept: str, blame: Blame
) -> None:
    rest.status = status
    rest.body = {"code": code, "message": "The number +14155550123 is not valid.", "status": status}
    with pytest.raises(DialFailed) as caught:
        rest.dialler().dial("01JD", "+14155550123", "+14155550100")
    failure = caught.value.failure
    assert (failure.code, failure.blame, failure.retryable) == (kept, blame, False)
    assert "555" not in failure.sentence
    assert len(rest.asked) == 1


@pytest.mark.parametrize("code", [20404, 21220])
def test_a_call_that_has_ended_already_is_left_alone(rest: Rest, code: int) -> None:
    rest.status, rest.body = 404, {"code": code, "message": "gone", "status": 404}
    rest.dialler().hang_up(SID)
    rest.dialler().redirect(SID, "https://calls.example.com/twilio/resume/1")
    assert len(rest.asked) == 2


def test_what_a_call_cost_is_there_when_twilio_says_so(rest: Rest) -> None:
    rest.status, rest.body = 200, {"sid": SID, "price": "-0.0140", "price_unit": "USD"}
    assert rest.dialler().price(SID) == ("-0.0140", "USD")
    assert rest.asked == [(f"{ACCOUNT}/Calls/{SID}.json", {})]
    rest.body = {"sid": SID, "price": None, "price_unit": "USD"}
    assert rest.dialler().price(SID) == (None, "USD")
    rest.status, rest.body = 404, {"code": 20404, "status": 404}
    with pytest.raises(DialFailed):
        rest.dialler().price(SID)


def test_nobody_at_the_other_end() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        gone = f"http://127.0.0.1:{server.server_port}"
    with pytest.raises(DialFailed) as caught:
        TwilioDialler(replace(SETTINGS, twilio_base_url=gone)).dial("01JD", "+14155550123", "+14155550100")
    assert (caught.value.failure.code, caught.value.failure.retryable) == ("twilio-unreachable", False)


def test_an_answer_that_breaks_off_leaves_it_open(rest: Rest) -> None:
    class Rude(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the method it replaces
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Rude) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        rest.base_url = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(DialFailed) as caught:
            rest.dialler().hang_up(SID)
        server.shutdown()
        thread.join(5)
    assert (caught.value.failure.code, caught.value.failure.retryable) == ("twilio-no-answer", True)
