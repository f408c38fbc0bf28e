from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from calls.errors import RequestRefused
from calls.record import Direction, Mode
from calls.store import CallStore
from offhook.call_request import CallRequest
from offhook.control import ControlClient, HouseStopped, control_app
from offhook.line_events import LineEvents
from offhook.phone import CallNotKept, LineEvent, PlacedCall
from offhook.stack.processes import free_port
from tests.fakes.memory_store import MemoryCallStore

KEY = "the key of the state file"
PLACED = PlacedCall("01K", "CA1")


class FakePhone:
    def __init__(self) -> None:
        self.asked: list[CallRequest] = []

    @property
    def store(self) -> CallStore:
        return MemoryCallStore()

    async def place(self, request: CallRequest) -> PlacedCall:
        self.asked.append(request)
        if request.agent == "nobody":
            raise RequestRefused("There is no agent nobody.")
        return PLACED

    def events(self, call_sid: str) -> AsyncIterator[LineEvent]:
        raise NotImplementedError(call_sid)

    async def kept(self, call: PlacedCall) -> Path:
        if call != PLACED:
            raise CallNotKept("There is no such call.")
        return Path("/out/01K")


def client(phone: FakePhone, events: LineEvents, key: str = KEY) -> ControlClient:
    transport = httpx.ASGITransport(control_app(phone, events, KEY))
    headers = {"Authorization": f"Bearer {key}"}
    return ControlClient(
        httpx.AsyncClient(transport=transport, base_url="http://up", headers=headers), MemoryCallStore()
    )


async def test_a_request_arrives_as_it_was_sent() -> None:
    phone = FakePhone()
    request = CallRequest(Direction.OUTBOUND, "+15551230101", Path("/a/script.toml"), "default", Mode.TRADITIONAL)
    assert await client(phone, LineEvents()).place(request) == PLACED
    assert phone.asked == [request]


async def test_a_refusal_keeps_its_sentence() -> None:
    request = CallRequest(Direction.OUTBOUND, "+15551230101", Path("/a/script.toml"), "nobody")
    with pytest.raises(RequestRefused, match=r"There is no agent nobody\."):
        await client(FakePhone(), LineEvents()).place(request)


async def test_events_come_in_order_and_once() -> None:
    events = LineEvents()
    events.add("CA1", 0, "ringing")
    events.add("CA1", 40, "answered", bad=True)
    following = client(FakePhone(), events).events("CA1")
    assert [await anext(following), await anext(following)] == [
        LineEvent(1, "CA1", 0, "ringing"),
        LineEvent(2, "CA1", 40, "answered", bad=True),
    ]


async def test_where_a_call_was_kept() -> None:
    phone = client(FakePhone(), LineEvents())
    assert await phone.kept(PLACED) == Path("/out/01K")
    with pytest.raises(CallNotKept, match="no such call"):
        await phone.kept(PlacedCall("01L", "CA2"))


async def test_without_the_key_nothing_is_done() -> None:
    phone = FakePhone()
    request = CallRequest(Direction.OUTBOUND, "+15551230101", Path("/a/script.toml"))
    with pytest.raises(RequestRefused, match="needs the key"):
        await client(phone, LineEvents(), key="guessed").place(request)
    assert phone.asked == []


async def test_a_house_that_has_stopped_is_told_as_such() -> None:
    port = free_port()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as nobody:
        gone = ControlClient(nobody, MemoryCallStore())
        with pytest.raises(HouseStopped, match="`offhook up` has stopped"):
            await gone.kept(PLACED)
        with pytest.raises(HouseStopped, match="`offhook up` has stopped"):
            await anext(gone.events("CA1"))
