"""The API as Lambda runs it: HTTP API events through Mangum."""

import asyncio
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from mangum import Mangum

from handlers.api import create_app
from tests.handlers.api_desk import ID, TO, FakeTwilio
from tests.handlers.desk import House, api_event


@pytest.fixture(autouse=True)
def loop() -> Iterator[None]:
    """Lambda's runtime has an event loop at hand for the main thread; a test has to bring one."""
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield
    asyncio.set_event_loop(None)
    made.close()


def ask(house: House, event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    twilio = FakeTwilio()
    app = Mangum(create_app(lambda: house.wired, lambda _: twilio), lifespan="off")
    answer = app(event, SimpleNamespace())
    return answer["statusCode"], json.loads(answer["body"])


def test_a_call_is_placed_and_found() -> None:
    house = House()
    status, call = ask(house, api_event("POST", "/calls", {"to": TO}))
    assert status == 201
    assert ask(house, api_event("GET", f"/calls/{call['callId']}"))[1]["callId"] == call["callId"]


def test_a_call_that_is_not_there_and_a_request_without_a_key() -> None:
    assert ask(House(), api_event("GET", f"/calls/{ID}"))[1]["code"] == "call-not-found"
    assert ask(House(), api_event("GET", "/calls", headers={"authorization": ""}))[0] == 401
