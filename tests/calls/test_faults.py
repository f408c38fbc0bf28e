from dataclasses import replace

from calls.errors import Blame, Failure
from calls.faults import EVENTS_UNKNOWN, faults_of
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


def test_what_did_nothing_to_the_call_is_no_fault() -> None:
    noted = Failure(EVENTS_UNKNOWN, Blame.OFFHOOK, "acme sent 2 events that nobody knows.")
    assert codes(noted) == []
    assert codes(QUOTA, noted) == ["openai-quota"]


def test_no_failures_are_no_faults() -> None:
    assert codes() == []
