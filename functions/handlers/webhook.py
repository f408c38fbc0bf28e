"""What every webhook of Twilio has in common: read, answer, and never leave a caller in silence.

413, 400, 403   not Twilio's request; nothing was believed, nothing was changed
404             a voice webhook for a call that we do not know
200             TwiML. Whatever else goes wrong on a voice webhook is logged, and the caller hears an apology and is
                put through to a person, where one is set (`lifeline`)
204             news taken (status, stream status), also of a call that we do not know: an error would fill
                Twilio's debugger, and asking again would not help
503             news that the store could not take
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

from calls import measured
from calls.errors import CallNotFound, StoreUnavailable
from calls.record import CallRecord, EndReason
from handlers import in_time, lifeline, measures, twilio_request
from handlers.logs import log, log_error
from handlers.twilio_request import TwilioRequest, WebhookRefused
from handlers.wiring import Wired, wired

APOLOGY = f"{lifeline.APOLOGY} {lifeline.GOODBYE}"
"""What a caller hears where there is no person to be put through to."""

FOUND_WITHIN_S = 4.0

T = TypeVar("T")
Wiring = Callable[[], Wired]


Work = Callable[..., T]
"""What a webhook does with (wired, request), and with the parts of its path by their names."""

Routing = Callable[[Wiring], Router]


def routed(
    answering: Callable[[Wiring, BaseProxyEvent, Callable[[Wired, TwilioRequest], T]], Response[str]],
    works: Mapping[str, Work[T]],
) -> Routing:
    """What makes the routes of a handler: a POST for every path, answered by `answer_voice` or `take_news`.

    New ones for every app: a Router knows the request of the app that it was last included in.
    """

    def router(wiring: Wiring) -> Router:
        routes = Router()  # type: ignore[no-untyped-call]  # Powertools annotates nothing there

        def route(work: Work[T]) -> Callable[..., Response[str]]:
            return lambda **path: answering(wiring, routes.current_event, partial(work, **path))

        for path, work in works.items():
            routes.post(path)(route(work))
        return routes

    return router


def lambda_handler(router: Routing) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """A Lambda's entry point. Routes are made as the Lambda starts; nothing is wired before the first request."""
    return lambda_app(router(wired)).resolve


def lambda_app(router: Router) -> APIGatewayHttpResolver:
    """The routes behind an HTTP API (payload 2.0)."""
    app = APIGatewayHttpResolver()
    app.include_router(router)
    return app


def answer_voice(wiring: Wiring, event: BaseProxyEvent, answer: Callable[[Wired, TwilioRequest], str]) -> Response[str]:
    """The HTTP answer to a webhook that asks for TwiML, which `answer` gives; in time, or it is an apology."""
    began_s = time.monotonic()
    try:
        wired = wiring()
        request = _read(wired, event)
    except WebhookRefused as refused:
        return _refusal(event, refused)
    except Exception as error:
        log_error("the webhook could not be read", error, path=event.path)
        measures.tell(measured.of_apology())
        return _twiml(lifeline.document("", ""))
    try:
        timed = replace(
            wired,
            left_s=lambda: began_s + wired.answer_within_s - time.monotonic(),
            spent_s=lambda: time.monotonic() - began_s,
        )
        return _twiml(in_time.within(timed.left_s(), lambda: answer(timed, request)))
    except CallNotFound as unknown:
        log_error("a webhook for an unknown call", unknown, twilioSid=request.call_sid, path=event.path)
        return _text(404, unknown.failure.sentence)
    except Exception as error:
        log_error("the caller hears an apology", error, twilioSid=request.call_sid, path=event.path)
        measures.tell(measured.of_apology())
        _end_as_failed(wired, request.call_sid)
        return _twiml(lifeline.document(wired.settings.lifeline_number, wired.settings.public_url))


def take_news(wiring: Wiring, event: BaseProxyEvent, take: Callable[[Wired, TwilioRequest], None]) -> Response[str]:
    """The HTTP answer to a webhook that only tells something, which `take` writes down."""
    try:
        wired = wiring()
        request = _read(wired, event)
        take(wired, request)
    except WebhookRefused as refused:
        return _refusal(event, refused)
    except CallNotFound as unknown:
        log_error("news of an unknown call", unknown, path=event.path)
    except StoreUnavailable as error:
        log_error("news that the store could not take", error, path=event.path)
        return _text(503, error.failure.sentence)
    except Exception as error:
        log_error("news that could not be taken", error, path=event.path)
        return _text(500, "The news could not be taken; the log says why.")
    return Response(status_code=204, body="")


def known_call(wired: Wired, request: TwilioRequest) -> CallRecord:
    """The record of the webhook's call. CallNotFound; StoreUnavailable sooner than the table itself would say so, as
    a caller may be listening."""
    record = in_time.within(min(FOUND_WITHIN_S, wired.left_s()), lambda: wired.store.by_sid(request.call_sid))
    if record is None:
        raise CallNotFound("No call is known under this CallSid; calls begin at /twilio/voice.")
    return record


def path_number(text: str) -> int:
    """The number of a step or a stream in a webhook's path. CallNotFound."""
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise CallNotFound("The path names nothing of this call.")
    return int(text)


def _read(wired: Wired, event: BaseProxyEvent) -> TwilioRequest:
    return twilio_request.read(event, wired.settings.public_url, wired.settings.twilio_auth_token)


def _end_as_failed(wired: Wired, call_sid: str) -> None:
    """Say in the record why the call ends, if the record can be had at all; the apology waits a second for it."""

    def failed(record: CallRecord) -> CallRecord:
        return record if record.end_reason else replace(record, end_reason=EndReason.FAILED)

    def explain() -> None:
        if record := wired.store.by_sid(call_sid):
            wired.store.change(record.call_id, failed)

    try:
        in_time.within(in_time.EXPLAIN_WITHIN_S, explain)
    except Exception as error:
        log_error("the record does not say why the call ends", error, twilioSid=call_sid)


def _refusal(event: BaseProxyEvent, refused: WebhookRefused) -> Response[str]:
    log().warning("a webhook was refused", code=refused.failure.code, status=refused.status, path=event.path)
    return _text(refused.status, refused.failure.sentence)


def _twiml(document: str) -> Response[str]:
    return Response(status_code=200, content_type="text/xml", body=document)


def _text(status: int, sentence: str) -> Response[str]:
    return Response(status_code=status, content_type="text/plain", body=sentence)
