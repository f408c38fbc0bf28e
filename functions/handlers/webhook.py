"""What every webhook of Twilio has in common: read, answer, and never leave a caller in silence.

413, 400, 403   not Twilio's request; nothing was believed, nothing was changed
404             a voice webhook for a call that we do not know
200             TwiML. Whatever else goes wrong on a voice webhook is logged, and the caller hears an apology and is
                put through to a person, where one is set (`lifeline`)
204             news taken (status, stream status), also of a call that we do not know: an error would fill
                Twilio's debugger, and asking again would not help
500, 503        news that could not be taken: for a defect, or settings that are wrong; because of the store
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from calls import measured
from calls.errors import CallNotFound, StoreUnavailable
from calls.record import CallRecord, EndReason
from handlers import in_time, lifeline, measures, twilio_request
from handlers.http import HttpAnswer, HttpRequest, Routes, of_event
from handlers.logs import log, log_error
from handlers.twilio_request import TwilioRequest, WebhookRefused
from handlers.wiring import Wired, wired

APOLOGY = f"{lifeline.APOLOGY} {lifeline.GOODBYE}"
"""What a caller hears where there is no person to be put through to."""

FOUND_WITHIN_S = 4.0
AGAIN_BEFORE_S = 4.5
"""A webhook whose first try took longer than this has no time for another."""

T = TypeVar("T")
Wiring = Callable[[], Wired]


Work = Callable[..., T]
"""What a webhook does with (wired, request), and with the parts of its path by their names."""

Routing = Callable[[Wiring], Routes]


def routed(
    answering: Callable[[Wiring, HttpRequest, Callable[[Wired, TwilioRequest], T]], HttpAnswer],
    works: Mapping[str, Work[T]],
) -> Routing:
    """What makes the routes of a handler: a POST for every path, answered by `answer_voice` or `take_news`."""

    def routes(wiring: Wiring) -> Routes:
        def route(work: Work[T]) -> Callable[..., HttpAnswer]:
            return lambda request, **path: answering(wiring, request, partial(work, **path))

        return Routes({path: route(work) for path, work in works.items()})

    return routes


def lambda_handler(routing: Routing) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """A Lambda's entry point. Routes are made as the Lambda starts; nothing is wired before the first request."""
    routes = routing(wired)
    return lambda event, _context: routes.answer(of_event(event)).as_lambda()


def answer_voice(wiring: Wiring, http: HttpRequest, answer: Callable[[Wired, TwilioRequest], str]) -> HttpAnswer:
    """The HTTP answer to a webhook that asks for TwiML, which `answer` gives; in time, or it is an apology."""
    began_s = time.monotonic()
    try:
        wired, request = _read(wiring(), http)
    except WebhookRefused as refused:
        return _refusal(http, refused)
    except Exception as error:
        log_error("the webhook could not be read", error, path=http.path)
        measures.tell(measured.of_apology())
        return _twiml(lifeline.handler({}, None)["body"])  # the settings may be what is wrong: it does without
    try:
        timed = replace(
            wired,
            left_s=lambda: began_s + wired.answer_within_s - time.monotonic(),
            spent_s=lambda: time.monotonic() - began_s,
        )
        return _twiml(in_time.within(timed.left_s(), lambda: _tried_twice(timed, request, answer)))
    except CallNotFound as unknown:
        log_error("a webhook for an unknown call", unknown, twilioSid=request.call_sid, path=http.path)
        return _text(404, unknown.failure.sentence)
    except Exception as error:
        log_error("the caller hears an apology", error, twilioSid=request.call_sid, path=http.path)
        measures.tell(measured.of_apology())
        _end_as_failed(wired, request.call_sid)
        return _twiml(lifeline.document(wired.settings.lifeline_number, wired.settings.public_url))


def _tried_twice(wired: Wired, request: TwilioRequest, answer: Callable[[Wired, TwilioRequest], str]) -> str:
    """A table that is down for a moment costs a moment, not the agent. What was done before is not done again: it is as
    though Twilio had asked twice."""
    try:
        return answer(wired, request)
    except StoreUnavailable as error:
        if not error.failure.retryable or wired.spent_s() > AGAIN_BEFORE_S or wired.left_s() <= 0:
            raise
        log_error("the table is asked once more", error, twilioSid=request.call_sid)
        return answer(wired, request)


def take_news(wiring: Wiring, http: HttpRequest, take: Callable[[Wired, TwilioRequest], None]) -> HttpAnswer:
    """The HTTP answer to a webhook that only tells something, which `take` writes down."""
    try:
        wired, request = _read(wiring(), http)
        take(wired, request)
    except WebhookRefused as refused:
        return _refusal(http, refused)
    except CallNotFound as unknown:
        log_error("news of an unknown call", unknown, path=http.path)
    except StoreUnavailable as error:
        log_error("news that the store could not take", error, path=http.path)
        return _text(503, error.failure.sentence)
    except Exception as error:
        log_error("news that could not be taken", error, path=http.path)
        return _text(500, "The news could not be taken; the log says why.")
    return HttpAnswer(204)


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


def _read(wired: Wired, http: HttpRequest) -> tuple[Wired, TwilioRequest]:
    """The request, and what to answer it with: the auth token may have been rotated a moment ago."""
    try:
        return wired, _signed(wired, http)
    except WebhookRefused as refused:
        rewired = wired.rewired() if refused.failure.code == twilio_request.FORGED else None
        if rewired is None:
            raise
        return rewired, _signed(rewired, http)


def _signed(wired: Wired, http: HttpRequest) -> TwilioRequest:
    settings = wired.settings
    return twilio_request.read(http, settings.public_url, settings.twilio_auth_token, *settings.earlier_auth_tokens)


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


def _refusal(http: HttpRequest, refused: WebhookRefused) -> HttpAnswer:
    log().warning("a webhook was refused", code=refused.failure.code, status=refused.status, path=http.path)
    return _text(refused.status, refused.failure.sentence)


def _twiml(document: str) -> HttpAnswer:
    return HttpAnswer(200, document, "text/xml")


def _text(status: int, sentence: str) -> HttpAnswer:
    return HttpAnswer(status, sentence)
