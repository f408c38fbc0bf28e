from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from calls.errors import Blame
from calls.record import EndReason, Mode, Status
from handlers import voice
from handlers.api import LARGEST_BODY_BYTES
from handlers.dialler import DialFailed
from tests.handlers.api_desk import TO, Desk, FakeTwilio, refusal
from tests.handlers.desk import SID, House


@pytest.fixture
def desk() -> Desk:
    return Desk(House(), FakeTwilio())


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
