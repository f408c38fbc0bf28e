from dataclasses import replace

import pytest

from calls.causes import Cause, causes, explained
from calls.conversation import Conversation, Role, Turn
from calls.errors import Blame, Failure
from calls.latency import Waterfall
from calls.record import CallRecord, EndReason, Mode, ModeUse, Status
from tests.offhook.calls_made import ANSWERED_MS, CONVERSATION, CUT_ANSWER, GREETING, QUESTION
from tests.offhook.calls_made import RECORD as FALLEN

WELL = replace(FALLEN, failures=(), modes=FALLEN.modes[:1])
QUOTA = Failure("openai-quota", Blame.CONFIGURATION, "OpenAI refuses: no credit is left.")
NEVER = Failure("stream-never-came", Blame.OFFHOOK, "No stream reached the streamer.")


def first(record: CallRecord, conversation: Conversation = CONVERSATION) -> Cause:
    return causes(record, conversation)[0]


def test_a_call_that_went_well() -> None:
    assert first(WELL) == Cause(
        "Nothing went wrong. The caller said goodbye.", "Nothing to do.", blame=None, is_fault=False
    )


def test_a_fall_names_its_cause_and_both_rungs() -> None:
    found = causes(replace(FALLEN, failures=(NEVER, QUOTA)), CONVERSATION)
    assert [cause.code for cause in found] == ["openai-quota", "stream-never-came"], "and no word of all being well"
    assert found[0].sentence == "The call fell from pipeline to traditional mode: OpenAI refuses: no credit is left."
    assert found[1].sentence.endswith("mode: no stream reached the streamer.")
    assert (found[0].blame, found[0].what_to_do[:12]) == (Blame.CONFIGURATION, "Pay for more")


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        ({"end_reason": EndReason.FAILED}, "The call failed: OpenAI"),
        ({"answered_at_ms": None, "end_reason": EndReason.FAILED}, "The call did not connect: OpenAI"),
        ({}, "The call went on after this: OpenAI"),
    ],
)
def test_what_a_failure_did_to_the_call(changes: dict[str, EndReason | None], begins: str) -> None:
    record = replace(WELL, failures=(QUOTA,), **changes)  # type: ignore[arg-type]  # the names are the record's
    assert first(record).sentence.startswith(begins)


def test_a_budget_that_is_spent_ended_the_call() -> None:
    spent = Failure("budget-spent", Blame.CONFIGURATION, "The budget of $1 a call is spent; the call is ended.")
    (cause,) = causes(replace(WELL, failures=(spent,), end_reason=EndReason.LIMIT), Conversation(()))[:1]
    assert cause.sentence == "The call was ended: the budget of $1 a call is spent; the call is ended."
    assert "[budget]" in cause.what_to_do


def test_twilios_codes_are_explained() -> None:
    refused = Failure("twilio-13227", Blame.TWILIO, "Twilio could not connect the call (code 13227).")
    assert explained(refused).endswith("A call was to go to a country that the account may not call.")
    closed = Failure("twilio-31921", Blame.OFFHOOK, "The streamer closed the stream.")
    assert explained(closed) == closed.sentence, "which says it already"
    assert explained(QUOTA) == QUOTA.sentence
    assert explained(replace(refused, code="twilio-99999")) == refused.sentence


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(Status.BUSY, "The line was busy."), (Status.NO_ANSWER, "Nobody picked up.")],
)
def test_a_call_that_nobody_answered_is_the_callers_side(status: Status, sentence: str) -> None:
    record = replace(WELL, status=status, answered_at_ms=None, modes=(), end_reason=EndReason.NOT_CONNECTED)
    cause = first(record, Conversation())
    assert (cause.sentence, cause.blame, cause.is_fault) == (sentence, Blame.CALLER, False)


def hung_up(ended_ms: int) -> CallRecord:
    return replace(WELL, end_reason=EndReason.CALLER_HUNG_UP, ended_at_ms=ANSWERED_MS + ended_ms)


def test_hanging_up_before_the_greeting() -> None:
    cause = first(hung_up(3400), Conversation())
    assert cause.sentence == "The caller hung up after 3.4 s, before they had heard a word of the agent's."
    assert (cause.blame, cause.is_fault) == (Blame.OFFHOOK, True)


def test_hanging_up_while_waiting() -> None:
    cause = first(hung_up(1600 + 6200), Conversation((GREETING, QUESTION)))
    assert cause.sentence == "The caller hung up after waiting 6.2 s for an answer to their last words."
    assert cause.is_fault


@pytest.mark.parametrize("conversation", [Conversation((GREETING, QUESTION)), Conversation((GREETING,))])
def test_just_hanging_up_is_no_fault(conversation: Conversation) -> None:
    assert not first(hung_up(3000), conversation).is_fault


def test_a_caller_who_was_never_heard() -> None:
    silent = replace(WELL, end_reason=EndReason.SILENCE)
    assert "was recognised" in first(silent, Conversation((GREETING,))).sentence
    assert first(silent, Conversation((GREETING,))).is_fault
    assert not first(silent).is_fault


def test_a_failed_call_without_a_failure_is_ours() -> None:
    cause = first(replace(WELL, end_reason=EndReason.FAILED))
    assert (cause.blame, cause.is_fault) == (Blame.OFFHOOK, True)


def test_a_call_that_is_not_over() -> None:
    cause = first(replace(WELL, status=Status.IN_PROGRESS, ended_at_ms=None, end_reason=None))
    assert cause.sentence == "The call is not over: its status is in-progress."
    assert not cause.is_fault


def slow(**stages: int) -> Turn:
    return replace(CUT_ANSWER, latency=Waterfall(**stages))


@pytest.mark.parametrize(
    ("answer", "said", "blame"),
    [
        (slow(total=4100, endpointing=300, model=3500), "heard only 4.1 s", Blame.PROVIDER),
        (slow(total=2500, queue=2000, model=100), "2.0 s of it in Offhook's own queue", Blame.OFFHOOK),
        (slow(total=2500, endpointing=2100), "2.1 s of it in the end of the caller's turn", None),
        (slow(total=2500), "2.5 s after the caller's last sound.", None),
    ],
)
def test_the_slowest_answer_and_where_its_time_went(answer: Turn, said: str, blame: Blame | None) -> None:
    cause = first(WELL, Conversation((GREETING, QUESTION, answer)))
    assert cause.sentence.startswith("Turn 3 was")
    assert said in cause.sentence
    assert (cause.blame, cause.is_fault) == (blame, True)


def test_an_answer_that_was_soon_enough_is_no_cause() -> None:
    assert len(causes(WELL, Conversation((GREETING, QUESTION, slow(total=2499, model=2400))))) == 1


def test_every_ending_of_every_call_has_a_cause() -> None:
    for reason in (*EndReason, None):
        for status in Status:
            for modes in ((), (ModeUse(Mode.PIPELINE, 0),)):
                record = replace(WELL, status=status, end_reason=reason, modes=modes)
                found = causes(record, Conversation((replace(GREETING, role=Role.CALLER),)))
                assert found[0].sentence
                assert found[0].what_to_do
