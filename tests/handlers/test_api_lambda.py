"""The API as Lambda runs it: HTTP API events through Mangum."""

import asyncio
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from mangum import Mangum

from handlers.api import create_app
from handlers.api_docs import ASSETS
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


def test_the_page_and_what_it_loads_are_within_what_a_lambda_may_answer() -> None:
    app = Mangum(create_app(lambda: House().wired, lambda _: FakeTwilio()), lifespan="off")
    for path in ("/docs", *(f"/docs/{name}" for name in ASSETS)):
        answer = app(api_event("GET", path), SimpleNamespace())
        assert answer["statusCode"] == 200
        assert 500 < len(answer["body"]) < 5_000_000  # Lambda's bound is 6 MB
        assert answer["isBase64Encoded"] is path.endswith(".png")


def test_a_call_that_is_not_there_and_a_request_without_a_key() -> None:
    assert ask(House(), api_event("GET", f"/calls/{ID}"))[1]["code"] == "call-not-found"
    assert ask(House(), api_event("GET", "/calls", headers={"authorization": ""}))[0] == 401
