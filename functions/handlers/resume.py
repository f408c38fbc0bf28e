"""POST /twilio/resume: the stream is over, for whatever reason. POST /twilio/dialled: the transfer is over.

Resume is both the action of `<Connect>` and the verb after it, so that it is asked whichever of the two Twilio takes
after a stream that could not be opened (error 31920).
"""

from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from calls.record import FINAL, Status
from calls.route import CallOver, DialEnded, Moment, StreamEnded
from handlers import wiring
from handlers.conduct import conduct
from handlers.twilio_request import TwilioRequest
from handlers.webhook import Wiring, answer_voice, known_call, lambda_app, new_router
from handlers.wiring import Wired

_CONNECTED = frozenset({"completed", "answered"})


def router(wired: Wiring) -> Router:
    routes = new_router()

    @routes.post("/twilio/resume")
    def resume() -> Response[str]:
        return answer_voice(wired, routes.current_event, _resume)

    @routes.post("/twilio/dialled")
    def dialled() -> Response[str]:
        return answer_voice(wired, routes.current_event, _dialled)

    return routes


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda's entry point."""
    return _app().resolve(event, context)


@cache
def _app() -> APIGatewayHttpResolver:
    return lambda_app(router(wiring.wired))


def over(request: TwilioRequest) -> CallOver | None:
    """What the form's CallStatus says, where it says that the call has ended."""
    status = request.field("CallStatus")
    return CallOver(Status(status)) if status in FINAL else None


def _resume(wired: Wired, request: TwilioRequest) -> str:
    record = known_call(wired, request)
    # One stream at a time: without Twilio's own token, the number of streams served tells its resumes apart.
    key = f"resume-{request.idempotency_token or record.streams_served}"
    return conduct(wired, record, over(request) or StreamEnded(), key)


def _dialled(wired: Wired, request: TwilioRequest) -> str:
    record = known_call(wired, request)
    connected = request.field("DialCallStatus") in _CONNECTED
    moment: Moment = over(request) or DialEnded(connected)
    if request.idempotency_token:
        return conduct(wired, record, moment, f"dialled-{request.idempotency_token}")
    turns = len(wired.store.conversation(record.call_id).turns)
    return conduct(wired, record, moment, f"dialled-{turns}")
