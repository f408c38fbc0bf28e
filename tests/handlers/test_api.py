import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from calls.conversation import Role, Turn
from calls.errors import Blame
from calls.latency import Waterfall
from calls.record import CallRecord, EndReason, Mode, Status
from handlers import voice
from handlers.api import LARGEST_BODY_BYTES, create_app
from handlers.dialler import DialFailed
from tests.handlers.desk import API_KEY, BEGAN_MS, OTHER_SID, SID, House, outbound_record

TO = "+14155550123"
ID = "01JD9Z3N6B0000000000000000"


class FakeTwilio:
    """Implements `handlers.dialler.Dialler`. `meanwhile` happens while Twilio is being asked."""

    def __init__(self, failure: DialFailed | None = None) -> None:
        self.failure = failure
        self.dialled: list[tuple[str, str, str]] = []
        self.hung_up: list[str] = []

    def dial(self, call_id: str, to_number: str, from_number: str) -> str:
        self.dialled.append((call_id, to_number, from_number))
        if self.failure:
            raise self.failure
        return SID if len(self.dialled) == 1 else OTHER_SID

    def hang_up(self, twilio_sid: str) -> None:
        self.hung_up.append(twilio_sid)
        if self.failure:
            raise self.failure


@dataclass
class Desk:
    house: House
    twilio: FakeTwilio

    async def ask(
        self, method: str, path: str, body: Any = None, *, key: str = API_KEY, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        app = create_app(lambda: self.house.wired, lambda _: self.twilio)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        sent = {
            "content-type": "application/json",
            **({"authorization": f"Bearer {key}"} if key else {}),
            **(headers or {}),
        }
        content = body if isinstance(body, (str, bytes)) else b"" if body is None else json.dumps(body)
        async with httpx.AsyncClient(transport=transport, base_url="https://calls.example.com") as client:
            return await client.request(method, path, content=content, headers=sent)


@pytest.fixture
def desk() -> Desk:
    return Desk(House(), FakeTwilio())


def refusal(response: httpx.Response) -> tuple[int, str]:
    """The status and code of an error, whose body holds exactly what every error's does."""
    error = response.json()
    assert set(error) == {"code", "blame", "sentence"}
    assert error["blame"] in set(Blame)
    assert error["sentence"].endswith(".")
    return response.status_code, error["code"]


async def test_a_call_is_placed_and_its_record_answered(desk: Desk) -> None:
    response = await desk.ask("POST", "/calls", {"to": "+1 (415) 555-0123"})
    call = response.json()
    record = desk.house.only_record()
    assert response.status_code == 201
    assert desk.twilio.dialled == [(record.call_id, TO, "+14155550100")]
    assert call == {
        "callId": record.call_id,
        "twilioSid": SID,
        "direction": "outbound",
        "agent": "default",
        "from": "+14155550100",
        "to": TO,
        "status": "queued",
        "mode": None,
        "modes": [],
        "createdAtMs": record.created_at_ms,
        "answeredAtMs": None,
        "endedAtMs": None,
        "endReason": None,
        "failures": [],
    }
    assert desk.house.store.by_sid(SID) == record


async def test_from_and_mode_are_the_clients_to_choose(desk: Desk) -> None:
    body = {"to": TO, "agent": "default", "from": "+442079460123", "mode": "traditional"}
    assert (await desk.ask("POST", "/calls", body)).status_code == 201
    record = desk.house.only_record()
    assert (record.from_number, record.mode) == ("+442079460123", Mode.TRADITIONAL)
    assert "<Gather" in desk.house.post(voice, f"/twilio/voice/{record.call_id}").body


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"to": "4155550123"}, (422, "number-invalid")),
        ({"to": "+1415555"}, (422, "number-invalid")),
        ({"to": "+14155550123;ext=5"}, (422, "number-invalid")),
        ({"to": "hello"}, (422, "number-invalid")),
        ({"to": ""}, (422, "number-invalid")),
        ({"to": TO, "from": "x"}, (422, "number-invalid")),
        ({"to": TO, "agent": "nobody"}, (422, "agent-unknown")),
        ({"to": TO, "mode": "realtime"}, (422, "mode-unknown")),
        ({"to": TO, "mode": "telepathy"}, (422, "request-invalid")),
        ({"to": 14155550123}, (422, "request-invalid")),
        ({"to": TO, "extra": 1}, (422, "request-invalid")),
        ({}, (422, "request-invalid")),
        ([], (422, "request-invalid")),
        (None, (422, "request-invalid")),
        ("{", (400, "json-invalid")),
        (b"\xff\xfe{}", (400, "json-invalid")),
        ("x" * (LARGEST_BODY_BYTES + 1), (413, "body-too-large")),
    ],
)
async def test_requests_that_cannot_be_carried_out(desk: Desk, body: Any, refused: tuple[int, str]) -> None:
    response = await desk.ask("POST", "/calls", body)
    assert refusal(response) == refused
    assert "hello" not in response.text
    assert (desk.twilio.dialled, desk.house.store.recent(10).records) == ([], ())


@pytest.mark.parametrize("key", ["", "x", API_KEY + "x", API_KEY[:-1], "\u00e9" * 3])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/calls"), ("GET", "/calls"), ("GET", f"/calls/{ID}"), ("POST", f"/calls/{ID}/hangup")],
)
async def test_without_a_key_nothing_is_done(desk: Desk, key: str, method: str, path: str) -> None:
    headers = {"authorization": f"Bearer {key}".encode()} if key else {}
    response = await desk.ask(method, path, {"to": TO}, key="", headers=headers)  # type: ignore[arg-type]  # bytes, for é
    assert refusal(response) == (401, "unauthorised")
    assert response.headers["www-authenticate"] == "Bearer"
    assert desk.twilio.dialled == []


async def test_every_key_of_the_deployment_opens(desk: Desk) -> None:
    assert (await desk.ask("GET", "/calls", key="another-key-of-the-api")).status_code == 200


async def test_the_same_idempotency_key_never_dials_twice(desk: Desk) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = await desk.ask("POST", "/calls", {"to": TO}, headers=headers)
    again = await desk.ask("POST", "/calls", {"to": "+1 415 555 0123"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len(desk.twilio.dialled) == 1


@pytest.mark.parametrize(
    "body", [{"to": "+14155550124"}, {"to": TO, "agent": "default"}, {"to": TO, "mode": "pipeline"}]
)
async def test_an_idempotency_key_is_for_one_request(desk: Desk, body: dict[str, str]) -> None:
    headers = {"Idempotency-Key": "k1"}
    await desk.ask("POST", "/calls", {"to": TO}, headers=headers)
    assert refusal(await desk.ask("POST", "/calls", body, headers=headers)) == (409, "idempotency-key-reused")
    assert len(desk.twilio.dialled) == 1


async def test_other_keys_and_no_keys_are_other_calls(desk: Desk) -> None:
    await desk.ask("POST", "/calls", {"to": TO}, headers={"Idempotency-Key": "k1"})
    await desk.ask("POST", "/calls", {"to": TO})
    assert len(desk.twilio.dialled) == 2


@contextmanager
def dying(desk: Desk) -> Iterator[None]:
    """The process that asks Twilio dies before it can write down what came of it."""
    dial = desk.twilio.dial

    def die(call_id: str, to_number: str, from_number: str) -> str:
        dial(call_id, to_number, from_number)
        raise MemoryError

    desk.twilio.dial = die  # type: ignore[method-assign]  # the fake's own method, for a moment
    yield
    desk.twilio.dial = dial  # type: ignore[method-assign]  # put back


@pytest.mark.parametrize(("later_ms", "codes"), [(1_000, []), (31_000, ["dial-unknown"])])
async def test_a_first_request_that_died_is_answered_honestly(desk: Desk, later_ms: int, codes: list[str]) -> None:
    headers = {"Idempotency-Key": "k1"}
    with dying(desk):
        assert refusal(await desk.ask("POST", "/calls", {"to": TO}, headers=headers)) == (500, "unexpected")
    desk.house.clock.ms += later_ms
    again = await desk.ask("POST", "/calls", {"to": TO}, headers=headers)
    assert again.status_code == 200
    assert (again.json()["status"], again.json()["twilioSid"]) == ("queued", "")
    assert [failure["code"] for failure in again.json()["failures"]] == codes
    assert len(desk.twilio.dialled) == 1


async def test_a_call_that_twilio_refused_is_in_the_record(desk: Desk) -> None:
    desk.twilio.failure = DialFailed("Twilio refused (error 21211).", code="twilio-21211", blame=Blame.CALLER)
    response = await desk.ask("POST", "/calls", {"to": TO}, headers={"Idempotency-Key": "k1"})
    assert refusal(response) == (502, "twilio-21211")
    record = desk.house.only_record()
    assert (record.status, record.end_reason) == (Status.FAILED, EndReason.FAILED)
    assert [(f.code, f.blame) for f in record.failures] == [("twilio-21211", Blame.CALLER)]
    again = await desk.ask("POST", "/calls", {"to": TO}, headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()["status"]) == (200, "failed")
    assert len(desk.twilio.dialled) == 1


async def test_a_call_that_twilio_may_have_taken_stays_open(desk: Desk) -> None:
    desk.twilio.failure = DialFailed("No answer came.", code="twilio-no-answer", retryable=True)
    assert refusal(await desk.ask("POST", "/calls", {"to": TO})) == (502, "twilio-no-answer")
    record = desk.house.only_record()
    assert (record.status, [f.code for f in record.failures]) == (Status.QUEUED, ["twilio-no-answer"])
    assert desk.house.post(voice, f"/twilio/voice/{record.call_id}").status == 200


async def test_twilios_webhook_may_come_before_its_answer(desk: Desk) -> None:
    dial = desk.twilio.dial

    def quick(call_id: str, to_number: str, from_number: str) -> str:
        desk.house.post(voice, f"/twilio/voice/{call_id}")
        return dial(call_id, to_number, from_number)

    desk.twilio.dial = quick  # type: ignore[method-assign]  # the fake's own method
    response = await desk.ask("POST", "/calls", {"to": TO})
    assert (response.status_code, response.json()["status"]) == (201, "in-progress")
    assert desk.house.only_record().twilio_sid == SID


def talked(desk: Desk, **fields: Any) -> CallRecord:
    record = outbound_record(ID, twilio_sid=SID, status=Status.IN_PROGRESS, answered_at_ms=BEGAN_MS, **fields)
    desk.house.store.create(record)
    return record


@pytest.mark.parametrize("path", [f"/calls/{ID}", f"/calls/by-sid/{SID}"])
async def test_a_call_is_found_with_its_turns(desk: Desk, path: str) -> None:
    talked(desk)
    turn = Turn("t1", Role.AGENT, "Hello there.", "Hello", True, 1, 2, "pipeline", Waterfall(total=900, ours=20))
    desk.house.store.append_turn(ID, turn)
    response = await desk.ask("GET", path)
    assert response.status_code == 200
    assert response.json()["callId"] == ID
    assert response.json()["turns"] == [
        {
            "id": "t1",
            "role": "agent",
            "said": "Hello there.",
            "heard": "Hello",
            "cut": True,
            "startedAtMs": 1,
            "endedAtMs": 2,
            "mode": "pipeline",
            "latencyMs": {
                "total": 900,
                "endpointing": None,
                "model": None,
                "speech": None,
                "queue": None,
                "playout": None,
                "ours": 20,
            },
        }
    ]


@pytest.mark.parametrize(
    ("method", "path", "refused"),
    [
        ("GET", f"/calls/{ID}", (404, "call-not-found")),
        ("GET", f"/calls/by-sid/{SID}", (404, "call-not-found")),
        ("POST", f"/calls/{ID}/hangup", (404, "call-not-found")),
        ("GET", "/nowhere", (404, "not-found")),
        ("DELETE", "/calls", (405, "method-not-allowed")),
        ("GET", "/calls?limit=0", (422, "request-invalid")),
        ("GET", "/calls?limit=x", (422, "request-invalid")),
        ("GET", "/calls?cursor=made-up", (400, "cursor-invalid")),
    ],
)
async def test_what_is_not_there(desk: Desk, method: str, path: str, refused: tuple[int, str]) -> None:
    assert refusal(await desk.ask(method, path)) == refused


async def test_calls_are_listed_newest_first_by_pages(desk: Desk) -> None:
    for number in range(3):
        desk.house.store.create(outbound_record(f"01JD9Z3N6B000000000000000{number}"))
    first = (await desk.ask("GET", "/calls?limit=2")).json()
    rest = (await desk.ask("GET", f"/calls?limit=2&cursor={first['cursor']}")).json()
    assert [call["callId"][-1] for call in first["calls"]] == ["2", "1"]
    assert [call["callId"][-1] for call in rest["calls"]] == ["0"]
    assert rest["cursor"] == ""


async def test_an_operator_ends_a_call_once(desk: Desk) -> None:
    talked(desk)
    first = await desk.ask("POST", f"/calls/{ID}/hangup")
    assert (first.status_code, first.json()["endReason"]) == (200, "operator-hung-up")
    desk.house.store.change(ID, lambda r: replace(r, status=Status.COMPLETED))
    again = await desk.ask("POST", f"/calls/{ID}/hangup")
    assert (again.status_code, again.json()["status"]) == (200, "completed")
    assert desk.twilio.hung_up == [SID]


async def test_a_call_that_is_over_keeps_its_reason(desk: Desk) -> None:
    desk.house.store.create(outbound_record(ID, twilio_sid=SID, status=Status.COMPLETED, end_reason=EndReason.LIMIT))
    assert (await desk.ask("POST", f"/calls/{ID}/hangup")).json()["endReason"] == "limit"
    assert desk.twilio.hung_up == []


async def test_a_call_without_a_sid_cannot_be_ended_yet(desk: Desk) -> None:
    desk.house.store.create(outbound_record(ID))
    assert refusal(await desk.ask("POST", f"/calls/{ID}/hangup")) == (409, "call-not-placed-yet")


async def test_a_hangup_that_twilio_refused_can_be_asked_for_again(desk: Desk) -> None:
    talked(desk)
    desk.twilio.failure = DialFailed("Twilio could not be reached.", code="twilio-unreachable")
    assert refusal(await desk.ask("POST", f"/calls/{ID}/hangup")) == (502, "twilio-unreachable")
    desk.twilio.failure = None
    assert (await desk.ask("POST", f"/calls/{ID}/hangup")).status_code == 200
    assert desk.twilio.hung_up == [SID, SID]


async def test_a_store_that_is_down_says_so(desk: Desk) -> None:
    desk.house.store.down = True
    assert refusal(await desk.ask("GET", f"/calls/{ID}")) == (503, "store-unavailable")
    assert refusal(await desk.ask("POST", "/calls", {"to": TO})) == (503, "store-unavailable")
    assert desk.twilio.dialled == []


async def test_the_apis_own_page(desk: Desk) -> None:
    assert (await desk.ask("GET", "/docs", key="")).status_code == 200
    page = (await desk.ask("GET", "/openapi.json", key="")).json()
    assert set(page["paths"]) == {"/calls", "/calls/by-sid/{twilioSid}", "/calls/{callId}", "/calls/{callId}/hangup"}
    assert page["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    for operations in page["paths"].values():
        for operation in operations.values():
            assert operation["security"] == [{"HTTPBearer": []}]
            assert operation["description"]
