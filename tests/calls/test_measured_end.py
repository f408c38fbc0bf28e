from dataclasses import replace
from decimal import Decimal

from calls.conversation import Conversation
from calls.cost import Cost, Line
from calls.measured_end import of_end
from calls.metrics import Measure
from calls.record import EndReason, Status
from calls.usage import Kind, Unit, Usage
from tests.offhook.calls_made import CONVERSATION, RECORD


def told(measures: list[Measure]) -> list[tuple[str, float, dict[str, str]]]:
    return [(one.metric.name, one.value, dict(one.labels)) for one in measures]


def test_a_call_that_is_over_tells_how_it_ended_and_what_it_was() -> None:
    spoken = Usage("u1", "elevenlabs", "m", Kind.SPEECH, {Unit.CHARACTERS: 10})
    cost = Cost((Line(spoken, Decimal("0.0105")),))
    assert told(of_end(RECORD, CONVERSATION, cost)) == [
        ("CallsEnded", 1, {"reason": "caller-goodbye"}),
        ("CallFaults", 1, {"blame": "offhook"}),
        ("CallMinutes", 0.2, {}),
        ("CallCost", 0.0105, {"mode": "pipeline"}),
        ("CallsUnpriced", 0, {}),
        ("Greeting", 100, {"mode": "pipeline"}),
        ("BargeIn", 200, {"mode": "pipeline"}),
    ]


def test_a_call_that_was_never_answered_has_no_minutes_and_what_has_no_price_is_said() -> None:
    missed = replace(
        RECORD, modes=(), failures=(), answered_at_ms=None, status=Status.BUSY, end_reason=EndReason.NOT_CONNECTED
    )
    unpriced = Cost((Line(Usage("u1", "v", "m", Kind.MODEL, {Unit.TEXT_IN: 1}), None, unpriced="no rate"),))
    assert told(of_end(missed, Conversation(), unpriced)) == [
        ("CallsEnded", 1, {"reason": "not-connected"}),
        ("CallMinutes", 0.0, {}),
        ("CallsUnpriced", 1, {}),
    ]


def test_a_call_of_which_nothing_has_a_price_did_not_cost_nothing() -> None:
    used = Usage("u1", "v", "m", Kind.MODEL, {Unit.TEXT_IN: 1})
    unpriced, free = Cost((Line(used, None, unpriced="no rate"),)), Cost((Line(used, Decimal(0)),))
    assert "CallCost" not in [name for name, _, _ in told(of_end(RECORD, CONVERSATION, unpriced))]
    assert ("CallCost", 0.0, {"mode": "pipeline"}) in told(of_end(RECORD, CONVERSATION, free))
