"""How `offhook call` reaches the house that `offhook up` runs: a little HTTP on loopback, behind a key of its own.

POST /calls                        CallRequest as JSON -> {"callId", "twilioSid"}
GET  /events?call_sid=&after=      the call's events after a number, waiting up to WAIT_S for one
GET  /kept?call_id=&twilio_sid=    {"folder"} once the call's files are written
"""

import hmac
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel

from calls.errors import OffhookError, RequestRefused
from calls.record import Direction, Mode
from calls.store import CallStore
from offhook.call_request import CallRequest
from offhook.line_events import LineEvents
from offhook.phone import KEPT_WITHIN_S, CallNotKept, LineEvent, Phone, PlacedCall

WAIT_S = 20.0


class HouseStopped(OffhookError):
    """`offhook up` ended while something was asked of it."""

    default_code = "up-stopped"


class CallBody(BaseModel):
    """`CallRequest` on the wire; the script's path is absolute: both ends are on one machine."""

    direction: Direction
    number: str
    script: Path
    agent: str = ""
    mode: Mode | None = None


def control_app(phone: Phone, events: LineEvents, key: str) -> FastAPI:
    """The house's side."""

    def allowed(authorization: str = Header(default="")) -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {key}".encode()):
            raise HTTPException(401, "This control address needs the key of its state file.")

    app = FastAPI(title="offhook up", dependencies=[Depends(allowed)], docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/calls")
    async def place(body: CallBody) -> dict[str, str]:
        try:
            placed = await phone.place(CallRequest(body.direction, body.number, body.script, body.agent, body.mode))
        except OffhookError as error:
            raise HTTPException(409, error.failure.sentence) from error
        return {"callId": placed.call_id, "twilioSid": placed.twilio_sid}

    @app.get("/events")
    async def happened(call_sid: str, after: int = 0) -> list[dict[str, Any]]:
        found = await events.wait(call_sid, after, WAIT_S)
        return [asdict(event) for event in found]

    @app.get("/kept")
    async def kept(call_id: str, twilio_sid: str) -> dict[str, str]:
        try:
            return {"folder": str(await phone.kept(PlacedCall(call_id, twilio_sid)))}
        except OffhookError as error:
            raise HTTPException(409, error.failure.sentence) from error

    return app


class ControlClient:
    """The other terminal's side: a Phone."""

    def __init__(self, client: httpx.AsyncClient, store: CallStore) -> None:
        """`client` has the control address as its base and the key in its headers."""
        self._client = client
        self._store = store

    @property
    def store(self) -> CallStore:
        return self._store

    async def place(self, request: CallRequest) -> PlacedCall:
        body = CallBody(
            direction=request.direction,
            number=request.number,
            script=request.script.resolve(),
            agent=request.agent,
            mode=request.mode,
        )
        content = body.model_dump_json()
        placed = _json(await self._ask("POST", "/calls", 60.0, content=content, headers=_JSON))
        return PlacedCall(placed["callId"], placed["twilioSid"])

    async def events(self, call_sid: str) -> AsyncIterator[LineEvent]:
        after = 0
        while True:
            query: dict[str, str | int] = {"call_sid": call_sid, "after": after}
            for found in _json(await self._ask("GET", "/events", WAIT_S + 10, params=query)):
                event = LineEvent(**found)
                after = event.number
                yield event

    async def kept(self, call: PlacedCall) -> Path:
        query = {"call_id": call.call_id, "twilio_sid": call.twilio_sid}
        answer = await self._ask("GET", "/kept", KEPT_WITHIN_S + 30, params=query)
        if answer.status_code == httpx.codes.CONFLICT:
            raise CallNotKept(answer.json()["detail"])
        return Path(_json(answer)["folder"])

    async def _ask(self, method: str, path: str, timeout_s: float, **more: Any) -> httpx.Response:
        try:
            return await self._client.request(method, path, timeout=timeout_s, **more)
        except httpx.TimeoutException as error:
            raise HouseStopped("`offhook up` does not answer any more; stop it and start it again.") from error
        except httpx.TransportError as error:
            raise HouseStopped("`offhook up` has stopped; start it again for another call.") from error


_JSON = {"Content-Type": "application/json"}


def _json(answer: httpx.Response) -> Any:
    """RequestRefused with the house's own sentence where it said no."""
    if answer.is_error:
        try:
            said = str(answer.json()["detail"])
        except (ValueError, KeyError):
            said = f"HTTP {answer.status_code}"
        raise RequestRefused(f"`offhook up` refused: {said}")
    return answer.json()
