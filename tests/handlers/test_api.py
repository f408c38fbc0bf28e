from dataclasses import replace
from typing import Any

import pytest

from calls.conversation import Role, Turn
from calls.latency import Waterfall
from calls.record import CallRecord, EndReason, Status
from handlers.dialler import DialFailed
from tests.handlers.api_desk import ID, TO, Desk, FakeTwilio, refusal
from tests.handlers.desk import API_KEY, BEGAN_MS, SID, House, outbound_record


@pytest.fixture
def desk() -> Desk:
    return Desk(House(), FakeTwilio())


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
                "clause": None,
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
