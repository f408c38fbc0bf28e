"""The calls API: one FastAPI app behind Mangum. POST /calls, GET /calls, GET /calls/{callId},
GET /calls/by-sid/{twilioSid}, POST /calls/{callId}/hangup; its own page at /docs."""

import hashlib
import hmac
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from mangum import Mangum

from calls.errors import CallNotFound
from calls.record import CallRecord
from handlers import api_docs, outbound, wiring
from handlers.api_errors import Unauthorised, answer_errors
from handlers.api_models import CallPage, CallRequest, CallView, CallWithTurns, ErrorView, call_view, call_with_turns
from handlers.dialler import Dialler, dialler_of
from handlers.webhook import Wiring
from handlers.wiring import Wired

LARGEST_BODY_BYTES = 16 * 1024
_DESCRIPTION = """Starts, shows and ends the phone calls of this deployment.

Every request carries `Authorization: Bearer <key>`, with one of the keys in OFFHOOK_API_KEYS. Every error is
`{"code", "blame", "sentence"}`: the code is stable, the blame says who has to act, the sentence is for people."""
_IDEMPOTENCY_KEY = """Any text of your own, new for every call that you mean to place. For 24 hours the same key
with the same request never dials twice: it is answered with the call that it made. With another
request it is refused (409)."""

_BEARER = HTTPBearer(auto_error=False, description="One of the keys in OFFHOOK_API_KEYS.")


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": CallView if status == 200 else ErrorView} for status in statuses}


def _allowed(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]) -> Wired:
    wired: Wired = request.app.state.wiring()
    if given is None:
        raise Unauthorised
    if _is_key(given.credentials, wired.settings.api_keys):
        return wired
    rewired = wired.rewired()  # the key may have been added a moment ago
    if rewired is None or not _is_key(given.credentials, rewired.settings.api_keys):
        raise Unauthorised
    return rewired


Allowed = Annotated[Wired, Depends(_allowed)]
"""What a request with a key works with."""


def _dialling(request: Request, wired: Allowed) -> Dialler:
    dialler: Dialler = request.app.state.dialler_of(wired)
    return dialler


Dialling = Annotated[Dialler, Depends(_dialling)]

_routes = APIRouter(tags=["calls"])


@_routes.post("/calls", status_code=201, responses=_errors(200, 400, 409, 413, 422, 502, 503))
def start_call(
    wired: Allowed,
    dialler: Dialling,
    body: CallRequest,
    response: Response,
    idempotency_key: Annotated[str, Header(description=_IDEMPOTENCY_KEY, max_length=255)] = "",
) -> CallView:
    """Place an outbound call. 201 when Twilio has taken it; 200 for a call that the same Idempotency-Key made."""
    asked = outbound.Asked(body.to, body.agent, body.from_number, body.mode)
    placed = outbound.place(wired, dialler, asked, idempotency_key)
    response.status_code = 201 if placed.is_new else 200
    return call_view(placed.record)


@_routes.get("/calls", responses=_errors(400, 503))
def list_calls(
    wired: Allowed,
    limit: Annotated[int, Query(ge=1, le=100, description="The most calls to give.")] = 20,
    cursor: Annotated[str, Query(max_length=500, description="The cursor of the page before.")] = "",
) -> CallPage:
    """The calls, newest first, without their turns."""
    page = wired.store.recent(limit, cursor)
    return CallPage(calls=[call_view(record) for record in page.records], cursor=page.cursor)


@_routes.get("/calls/by-sid/{twilioSid}", responses=_errors(404, 503))
def get_call_by_sid(wired: Allowed, twilioSid: str) -> CallWithTurns:  # noqa: N803 - the name in the path
    """One call with its turns, found by Twilio's CallSid."""
    return _whole(wired, wired.store.by_sid(twilioSid), "CallSid")


@_routes.get("/calls/{callId}", responses=_errors(404, 503))
def get_call(wired: Allowed, callId: str) -> CallWithTurns:  # noqa: N803 - the name in the path
    """One call with its turns, found by callId."""
    return _whole(wired, wired.store.by_call_id(callId), "callId")


@_routes.post("/calls/{callId}/hangup", responses=_errors(404, 409, 502, 503))
def hang_up_call(wired: Allowed, dialler: Dialling, callId: str) -> CallView:  # noqa: N803 - the name in the path
    """End a call now, ringing or talking; its end reason becomes operator-hung-up. A call that is over stays as
    it is. The status changes when Twilio says so, a moment later."""
    return call_view(outbound.hang_up(wired, dialler, callId))


def _whole(wired: Wired, record: CallRecord | None, by: str) -> CallWithTurns:
    if record is None:
        raise CallNotFound(f"There is no call of that {by}.")
    return call_with_turns(record, wired.store.conversation(record.call_id))


def _is_key(given: str, keys: tuple[str, ...]) -> bool:
    """Compares every key in constant time, and digests first, so that not even a length can be measured."""
    digest = hashlib.sha256(given.encode()).digest()
    matches = [hmac.compare_digest(hashlib.sha256(key.encode()).digest(), digest) for key in keys]
    return any(matches)


def create_app(wired: Wiring, dialler_of: Callable[[Wired], Dialler] = dialler_of) -> FastAPI:
    """The app; nothing is wired before the first request."""
    app = FastAPI(
        title="Offhook calls",
        version="1",
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        responses={401: {"model": ErrorView, "description": "No key, or not one of ours."}},
    )
    answer_errors(app, LARGEST_BODY_BYTES)
    app.state.wiring, app.state.dialler_of = wired, dialler_of
    app.include_router(_routes)
    app.include_router(api_docs.routes)
    return app


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda's entry point."""
    return _mangum()(event, context)


@cache
def _mangum() -> Mangum:
    return Mangum(create_app(wiring.wired), lifespan="off")
