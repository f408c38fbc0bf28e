"""POST /twilio/resume/{stream}: the stream is over, for whatever reason. POST /twilio/dialled/{step}: the transfer is.

Resume is both the action of `<Connect>` and the verb after it, so that it is asked whichever of the two Twilio takes
after a stream that could not be opened (error 31920).

The paths without a number serve TwiML written elsewhere. Ours always has one, so the first time that such a path is
asked is the only time that it means anything: it names the newest stream, or the transfer, and does so ever after.
"""

from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from calls.record import FINAL, CallRecord, Status
from calls.route import CallOver, DialEnded, Moment, StreamEnded
from handlers import wiring
from handlers.conduct import conduct
from handlers.twilio_request import TwilioRequest
from handlers.webhook import Wiring, answer_voice, known_call, lambda_app, new_router, path_number
from handlers.wiring import Wired

_CONNECTED = frozenset({"completed", "answered"})


def router(wired: Wiring) -> Router:
    routes = new_router()

    @routes.post("/twilio/resume")
    def resume() -> Response[str]:
        return answer_voice(wired, routes.current_event, lambda w, request: _resume(w, request, ""))

    @routes.post("/twilio/resume/<stream>")
    def resume_of_stream(stream: str) -> Response[str]:
        return answer_voice(wired, routes.current_event, lambda w, request: _resume(w, request, stream))

    @routes.post("/twilio/dialled")
    def dialled() -> Response[str]:
        return answer_voice(wired, routes.current_event, lambda w, request: _dialled(w, request, ""))

    @routes.post("/twilio/dialled/<step>")
    def dialled_of_step(step: str) -> Response[str]:
        return answer_voice(wired, routes.current_event, lambda w, request: _dialled(w, request, step))

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


def _resume(wired: Wired, request: TwilioRequest, path_stream: str) -> str:
    record = known_call(wired, request)
    stream = path_number(path_stream) if path_stream else _unnumbered(wired, record)
    return conduct(wired, record, over(request) or StreamEnded(stream=stream), f"resume-{stream}")


def _unnumbered(wired: Wired, record: CallRecord) -> int:
    return int(wired.store.answered_before(record.call_id, "resume", str(record.streams_served)))


def _dialled(wired: Wired, request: TwilioRequest, path_step: str) -> str:
    record = known_call(wired, request)
    key = f"dialled-{path_number(path_step)}" if path_step else "dialled"
    connected = request.field("DialCallStatus") in _CONNECTED
    moment: Moment = over(request) or DialEnded(connected)
    return conduct(wired, record, moment, key)
