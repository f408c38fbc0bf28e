"""The real Twilio client against a REST of a few lines on loopback."""

import json
import threading
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from calls.errors import Blame
from handlers.dialler import DialFailed, TwilioDialler, dialler_of
from handlers.settings import HandlerSettings
from handlers.wiring import Wired
from tests.handlers.desk import AUTH_TOKEN, SETTINGS, SID, House

NEW_TOKEN = "the-auth-token-after-the-rotation"
UNKNOWN = {"code": 20003, "message": "Authenticate", "status": 401}


@dataclass
class Rest:
    """Answers every request with `status` and `body`, and keeps what was asked. Where `token` is set it knows no other
    one."""

    status: int = 201
    body: dict[str, object] = field(default_factory=lambda: {"sid": SID, "status": "queued"})
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    base_url: str = ""
    token: str = ""

    @property
    def settings(self) -> HandlerSettings:
        return replace(SETTINGS, twilio_base_url=self.base_url)

    def dialler(self) -> TwilioDialler:
        return TwilioDialler(self.settings)


@pytest.fixture
def rest(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rest]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    rest = Rest()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"] or 0)).decode())
            rest.asked.append((self.path, form))
            _, token = b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode().split(":")
            is_known = rest.token in ("", token)
            body = json.dumps(rest.body if is_known else UNKNOWN).encode()
            self.send_response(rest.status if is_known else 401)
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


@dataclass
class Looks:
    """Looks at the secret, which holds `token`; `taken` counts them. None where nothing has changed."""

    rest: Rest
    token: str | None
    taken: int = 0

    def __call__(self) -> HandlerSettings | None:
        self.taken += 1
        return replace(self.rest.settings, twilio_auth_token=self.token) if self.token else None


def test_a_token_that_was_rotated_is_looked_up_and_used_from_then_on(rest: Rest) -> None:
    rest.token, looks = NEW_TOKEN, Looks(rest, NEW_TOKEN)
    dialler = TwilioDialler(rest.settings, fresh=looks)
    assert dialler.dial("01JD", "+14155550123", "+14155550100") == SID
    assert [path for path, _ in rest.asked] == [f"{ACCOUNT}/Calls.json"] * 2
    assert rest.asked[0] == rest.asked[1]
    rest.status = 200
    dialler.hang_up(SID)
    dialler.price(SID)
    assert (len(rest.asked), looks.taken) == (4, 1)


@pytest.mark.parametrize(("found", "asked"), [(None, 1), (AUTH_TOKEN, 1), (NEW_TOKEN, 2)])
def test_a_token_that_twilio_does_not_know_is_told_after_one_look(rest: Rest, found: str | None, asked: int) -> None:
    rest.token, looks = "the-token-of-another-account-altogether", Looks(rest, found)
    with pytest.raises(DialFailed) as caught:
        TwilioDialler(rest.settings, fresh=looks).redirect(SID, "https://calls.example.com/twilio/resume/1")
    assert (caught.value.failure.code, caught.value.failure.blame) == ("twilio-20003", Blame.CONFIGURATION)
    assert (len(rest.asked), looks.taken) == (asked, 1)


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_what_is_no_matter_of_the_token_is_not_asked_twice(rest: Rest, status: int) -> None:
    rest.status, rest.body, looks = status, {"message": "no", "status": status}, Looks(rest, NEW_TOKEN)
    with pytest.raises(DialFailed):
        TwilioDialler(rest.settings, fresh=looks).dial("01JD", "+14155550123", "+14155550100")
    assert (len(rest.asked), looks.taken) == (1, 0)


def test_the_look_is_the_one_of_whoever_was_shown_an_unknown_secret(rest: Rest) -> None:
    rest.token = NEW_TOKEN
    here = replace(House().wired, settings=rest.settings)
    there = replace(here, settings=replace(rest.settings, twilio_auth_token=NEW_TOKEN))

    def found() -> Wired | None:
        return there

    assert dialler_of(replace(here, rewired=found)).dial("01JD", "+14155550123", "+14155550100") == SID
    with pytest.raises(DialFailed):
        dialler_of(here).dial("01JD", "+14155550123", "+14155550100")
