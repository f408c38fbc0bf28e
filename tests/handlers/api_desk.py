"""What the tests of the calls API share: the app over ASGI, and a Twilio that only keeps what it was asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from calls.errors import Blame
from handlers.api import create_app
from handlers.dialler import DialFailed
from tests.handlers.desk import API_KEY, OTHER_SID, SID, House

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


def refusal(response: httpx.Response) -> tuple[int, str]:
    """The status and code of an error, whose body holds exactly what every error's does."""
    error = response.json()
    assert set(error) == {"code", "blame", "sentence"}
    assert error["blame"] in set(Blame)
    assert error["sentence"].endswith(".")
    return response.status_code, error["code"]
