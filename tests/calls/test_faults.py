from dataclasses import replace

from calls.errors import Blame, Failure
from calls.faults import faults_of
from tests.offhook.calls_made import RECORD

CLOSED = Failure("twilio-31921", Blame.OFFHOOK, "The streamer closed the stream.")
LATE = Failure("stream-never-came", Blame.OFFHOOK, "No stream came.")
QUOTA = Failure("openai-quota", Blame.CONFIGURATION, "No credit is left.")
QUOTA_AGAIN = Failure("openai-quota", Blame.CONFIGURATION, "No credit is left, still.")


def codes(*failures: Failure) -> list[str]:
    return [failure.code for failure in faults_of(replace(RECORD, failures=failures))]


def test_a_streamer_that_closed_is_a_fault_only_where_nothing_says_why() -> None:
    assert codes(CLOSED) == ["twilio-31921"]
    assert codes(CLOSED, QUOTA) == ["openai-quota"]


def test_what_came_of_a_fault_comes_after_it() -> None:
    assert codes(LATE, QUOTA) == ["openai-quota", "stream-never-came"]


def test_a_fault_counts_once_a_call_and_its_first_sentence_stays() -> None:
    assert faults_of(replace(RECORD, failures=(QUOTA, QUOTA_AGAIN))) == (QUOTA,)


def test_no_failures_are_no_faults() -> None:
    assert codes() == []
