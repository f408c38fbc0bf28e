from dataclasses import replace

from calls.conversation import Conversation
from calls.record import EndReason, Status
from offhook.verdict import why_not_whole
from tests.offhook.calls_made import CONVERSATION, CUT_ANSWER, GREETING, QUESTION, RECORD


def test_a_whole_call_lacks_nothing() -> None:
    assert why_not_whole(RECORD, CONVERSATION) == ""


def test_a_call_that_still_goes_on() -> None:
    record = replace(RECORD, status=Status.IN_PROGRESS, end_reason=None)
    assert why_not_whole(record, CONVERSATION) == ("The call has not ended in time; its status is still in-progress.")


def test_a_call_that_was_not_completed_says_why() -> None:
    record = replace(RECORD, status=Status.FAILED)
    assert why_not_whole(record, CONVERSATION) == "The call ended with status failed (The stream broke off)."


def test_a_caller_who_was_never_understood() -> None:
    assert "not a word of the caller's" in why_not_whole(RECORD, Conversation((GREETING,)))


def test_an_agent_who_was_never_heard() -> None:
    silent = replace(CUT_ANSWER, heard="")
    assert "heard nothing of the agent" in why_not_whole(RECORD, Conversation((QUESTION, silent)))


def test_a_call_without_a_goodbye() -> None:
    record = replace(RECORD, end_reason=EndReason.SILENCE, failures=())
    assert why_not_whole(record, CONVERSATION) == "The call was completed without a goodbye: it ended with silence."


def test_a_caller_who_hung_up() -> None:
    record = replace(RECORD, end_reason=EndReason.CALLER_HUNG_UP, failures=())
    told = "The call was completed without a goodbye: the caller hung up"
    assert why_not_whole(record, CONVERSATION) == f"{told}."
    assert why_not_whole(record, Conversation()) == f"{told} before a word of theirs was recognised."
