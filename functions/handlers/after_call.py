"""What is done once a call is over, in the order of `calls.after_call`: from the table's stream into a queue, and from
the queue, when the call has settled, to its outcome, the team's webhook and an event; later to Twilio's own price.

Why a queue between: a turn may be written some moments after the status callback, each call is tried again by itself
and holds no other up, and what cannot be done in all its tries lies in the dead-letter queue by its callId.

Safe to run twice, at once too, and to be killed anywhere: what is made is kept under a condition, and what is sent is
marked when it has been taken. Between the two a kill means that it is sent again, with the same webhook-id. A call's
message that failed comes again with everything that was done already left alone.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from calls import after_call, call_cost, summary
from calls.after_call import EVENT, MEASURED, OUTCOME, PRICE_ASKED, PRICE_LOOKS_S, TRACED, WEBHOOK, Message
from calls.agent import Agent
from calls.conversation import Conversation
from calls.errors import ProviderFailed
from calls.openai_chat import Chunks
from calls.openai_usage import measured
from calls.outcome import Outcome, from_plain, to_plain
from calls.rate_card import standard
from calls.record import CallRecord
from calls.redaction import redactor
from calls.store import CallStore
from calls.usage import Kind, Usage
from handlers.after_call_bus import EventBus
from handlers.after_call_measures import call_is_told
from handlers.after_call_model import SummaryModel
from handlers.after_call_price import look_for_price
from handlers.after_call_queue import AfterQueue
from handlers.after_call_traces import Traces, trace_is_told
from handlers.after_call_webhook import Webhook
from handlers.after_call_why import kept_post_mortem
from handlers.logs import log, log_error


class Pricing(Protocol):
    """Twilio's REST, as far as prices need it (`dialler.TwilioDialler`)."""

    def price(self, twilio_sid: str) -> tuple[str | None, str | None]:
        """`price` and `price_unit` of the call: "-0.0085", "USD"; None while there is none. DialFailed."""


@dataclass(frozen=True, slots=True)
class AfterWired:
    """What the function works with. None where nothing is configured. `day_of` is the date at the agents' desks of an
    epoch in ms; `settle_s` how long a call that is over is left to settle; `traces_share` (0 to 1) how many of the
    calls that went well are traced."""

    store: CallStore
    agent: Callable[[str], Agent]
    queue: AfterQueue
    webhook: Webhook | None
    bus: EventBus | None
    model: SummaryModel | None
    twilio: Pricing
    now_ms: Callable[[], int]
    day_of: Callable[[int], date]
    settle_s: int
    traces: Traces | None = None
    traces_share: float = 0.0


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that is over; `heard` is redacted as its agent asks, `why` what is kept where something went wrong."""

    record: CallRecord
    agent: Agent
    conversation: Conversation
    heard: Conversation
    redact: Callable[[str], str]
    why: Mapping[str, Any] | None


# --- the stream ------------------------------------------------------------------------------------------------------


def stream(wired: Callable[[], AfterWired], event: dict[str, Any]) -> dict[str, Any]:
    """Queue every call of a DynamoDB stream event that has come to its end; a partial batch response. A record that is
    written again after its end is queued again, and nothing is left to do then."""

    def one(record: DynamoDBRecord) -> None:
        image = record.raw_event.get("dynamodb", {}).get("NewImage", {})
        call_id = after_call.ended_call(image)
        if call_id is None:
            return
        here = wired()
        try:
            here.queue.later(Message(call_id), here.settle_s)
        except Exception as error:
            log_error("a call that is over is to be queued again", error, callId=call_id)
            raise

    processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event, one, processor))


# --- the queue -------------------------------------------------------------------------------------------------------


def queue(wired: Callable[[], AfterWired], event: dict[str, Any]) -> dict[str, Any]:
    """Do what every message of an SQS event asks for; a partial batch response."""

    def one(record: SQSRecord) -> None:
        here = wired()
        try:
            message = after_call.read(record.body)
            if message.look:
                look_for_price(here, message)
            else:
                finish(here, message.call_id, _tries(record))
        except Exception as error:
            log_error("the after-call function is to try again", error)
            raise

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event, one, processor))


def _tries(record: SQSRecord) -> int:
    return int(record.raw_event.get("attributes", {}).get("ApproximateReceiveCount", 1))


def finish(wired: AfterWired, call_id: str, tries: int = 1) -> None:
    """Make the call's outcome and tell of it, as far as that is not done. `tries` counts the deliveries of the message.
    Raises the first thing that could not be done, after all the rest was tried. A step that is not configured
    is not marked, so that a message which is sent again after it was set does it."""
    call = _read(wired, call_id)
    if call is None:
        return
    outcome = _outcome(wired, call, tries)
    steps: Mapping[str, Callable[[], bool]] = {
        MEASURED: lambda: call_is_told(wired.store, call.record, call.conversation),
        WEBHOOK: lambda: _send(wired, call, outcome),
        EVENT: lambda: _put(wired, call, outcome),
        TRACED: lambda: _trace(wired, call),
        PRICE_ASKED: lambda: _ask_price(wired, call.record),
    }
    failures: list[Exception] = []
    for name, do in steps.items():
        try:
            if wired.store.kept(call_id, name) is None and do():
                wired.store.keep_once(call_id, name, str(wired.now_ms()))
        except Exception as failed:  # a defect in one step must not keep the others from being done
            log_error("something about a call could not be told", failed, callId=call_id, step=name)
            failures.append(failed)
    if failures:
        raise failures[0]


def _read(wired: AfterWired, call_id: str) -> _Call | None:
    """The call, with its post-mortem kept; None where there is nothing to do for it."""
    record = wired.store.by_call_id(call_id)
    if record is None or not record.is_final:
        log().warning("a message about a call that is not over, or not known", callId=call_id)
        return None
    if record.is_test:
        log().info("a call that was made up to test is told to nobody", callId=call_id)
        return None
    agent = wired.agent(record.agent)
    conversation = wired.store.conversation(call_id)
    redact = redactor({*record.redact, *agent.privacy.redact})
    why = kept_post_mortem(wired.store, record, conversation, wired.now_ms())
    return _Call(record, agent, conversation, summary.heard(conversation, redact), redact, why)


def _outcome(wired: AfterWired, call: _Call, tries: int) -> Outcome:
    """What is kept already, or else made now."""
    call_id = call.record.call_id
    standing = wired.store.kept(call_id, OUTCOME)
    if standing is None:
        made = to_plain(_made(wired, call, tries)) | {"madeAtMs": wired.now_ms()}
        standing = wired.store.keep_once(call_id, OUTCOME, json.dumps(made, ensure_ascii=False))
        log().info("a call is summed up", callId=call_id, kind=made["kind"], support=_supports(made))
    return from_plain(json.loads(standing))


def _supports(made: Mapping[str, Any]) -> dict[str, str]:
    """Of each field how well it is founded, for the log, which holds no speech."""
    return {name: field["support"] for name, field in made["fields"].items()}


def _made(wired: AfterWired, call: _Call, tries: int) -> Outcome:
    today = wired.day_of(call.record.answered_at_ms or call.record.created_at_ms)
    if summary.nobody_spoke(call.heard):
        return summary.silent(call.agent, call.heard)
    if not summary.model_of(call.agent):
        return summary.extract(call.agent, call.heard, today)
    if wired.model is None:
        return summary.extract(call.agent, call.heard, today, "OPENAI_API_KEY is not set.")
    try:
        return _asked(wired, wired.model, call, today, tries)
    except ProviderFailed as failed:
        if tries < after_call.MODEL_TRIES:
            raise
        log_error("a call is summed up without its model", failed, callId=call.record.call_id)
        return summary.extract(call.agent, call.heard, today, failed.failure.sentence)


def _asked(wired: AfterWired, model: SummaryModel, call: _Call, today: date, tries: int) -> Outcome:
    """What it cost is written before what it said, and where that is of no use too: a second request is a second
    usage."""
    answer = model.ask(summary.request(call.agent, call.heard, today))
    chunks = Chunks(summary.model_of(call.agent))
    try:
        return summary.answered(answer, chunks, call.agent, call.heard, today)
    finally:
        if chunks.usage is not None:
            name = f"after-call-{tries}"
            used = Usage(name, "openai", chunks.model, Kind.MODEL, measured(chunks.usage), "", wired.now_ms())
            wired.store.append_usage(call.record.call_id, used)


def _about(wired: AfterWired, call: _Call, outcome: Outcome) -> dict[str, Any]:
    record = call.record
    used = wired.store.usage(record.call_id)
    cost = call_cost.call_cost(record, call.conversation, used, standard(), record.ended_at_ms or wired.now_ms())
    return after_call.told(record, call.heard, outcome, call_cost.to_plain(cost), call.redact, call.why)


def _send(wired: AfterWired, call: _Call, outcome: Outcome) -> bool:
    if wired.webhook is None:
        return False
    body = after_call.webhook_body(_about(wired, call, outcome), call.record, call.heard, outcome)
    wired.webhook.send(after_call.webhook_id(call.record.call_id), body)
    return True


def _put(wired: AfterWired, call: _Call, outcome: Outcome) -> bool:
    if wired.bus is None:
        return False
    wired.bus.put(_about(wired, call, outcome))
    return True


def _trace(wired: AfterWired, call: _Call) -> bool:
    return trace_is_told(
        wired.traces,
        wired.traces_share,
        call.record,
        call.conversation,
        call.agent,
        lambda: wired.store.usage(call.record.call_id),
    )


def _ask_price(wired: AfterWired, record: CallRecord) -> bool:
    """A call that never was at Twilio has no price there."""
    if not record.twilio_sid:
        return False
    wired.queue.later(Message(record.call_id, 1), PRICE_LOOKS_S[0])
    return True


# --- Lambda ----------------------------------------------------------------------------------------------------------


def answer(wired: Callable[[], AfterWired], event: dict[str, Any]) -> dict[str, Any]:
    """By where the event comes from."""
    records = event.get("Records") or [{}]
    return stream(wired, event) if records[0].get("eventSource") == "aws:dynamodb" else queue(wired, event)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The Lambda's entry point."""
    from handlers.after_call_wiring import after_wired

    return answer(after_wired, event)
