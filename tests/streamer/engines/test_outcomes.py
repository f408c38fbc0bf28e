from dataclasses import replace

import pytest

from calls.record import EndReason
from calls.reply import EndCall, Transfer
from streamer.engines.outcomes import (
    UNSAID_S,
    AskAgain,
    Finish,
    FunctionCall,
    Lose,
    Outcome,
    SpeakFirst,
    again_or,
    verdict,
)
from streamer.providers import openai_realtime_failures as failures
from tests.fakes.agents import AGENT

END = FunctionCall("call-1", "end_call", "{}")
TRANSFER = FunctionCall("call-2", "transfer", "{}")
ENDS = EndCall(EndReason.AGENT_GOODBYE.value)
SPOKEN = Outcome("m", "completed", has_sounded=True)
NOTHING = Outcome("m", "completed")


@pytest.mark.parametrize(
    ("outcome", "wanted"),
    [
        (SPOKEN, Finish()),
        (replace(SPOKEN, calls=(END,)), Finish(ENDS)),
        (replace(NOTHING, calls=(END,)), SpeakFirst(AGENT.closing, ENDS)),
        (replace(NOTHING, text=" As a text. "), SpeakFirst("As a text.", None, is_new=False)),
        (NOTHING, AskAgain()),
        (replace(NOTHING, tries=2), Lose(failures.silent("m").failure)),
        (replace(NOTHING, calls=(TRANSFER,)), AskAgain((TRANSFER,))),  # nobody to transfer to
        (replace(NOTHING, calls=(TRANSFER,), rounds=2), AskAgain()),
        (replace(SPOKEN, calls=(TRANSFER,), rounds=2), Finish()),
        (replace(SPOKEN, status="incomplete", reason="max_output_tokens"), Finish()),
        (replace(NOTHING, status="incomplete", reason="max_output_tokens"), AskAgain()),
        (
            replace(NOTHING, status="incomplete", reason="content_filter"),
            Lose(failures.wordless("m", "content_filter").failure),
        ),
        (replace(SPOKEN, status="cancelled", reason="turn_detected"), Finish()),
        (replace(NOTHING, status="cancelled", reason="turn_detected"), AskAgain()),
    ],
)
def test_what_is_made_of_a_response(outcome: Outcome, wanted: object) -> None:
    assert verdict(outcome, AGENT) == wanted


def test_a_transfer_after_its_words() -> None:
    agent = replace(AGENT, transfer_number="+12025550143")
    assert verdict(replace(SPOKEN, calls=(TRANSFER,)), agent) == Finish(Transfer("+12025550143"))


def test_a_failure_is_tried_again_where_that_may_help_and_nothing_was_heard() -> None:
    busy = failures.said({"type": "server_error"})
    poor = failures.said({"code": "insufficient_quota"})
    assert verdict(replace(NOTHING, status="failed", failure=busy), AGENT) == AskAgain()
    assert verdict(replace(NOTHING, status="failed", failure=busy, tries=2), AGENT) == Lose(busy.failure)
    assert verdict(replace(SPOKEN, status="failed", failure=busy), AGENT) == Lose(busy.failure)
    assert verdict(replace(NOTHING, status="failed", failure=poor), AGENT) == Lose(poor.failure)
    assert isinstance(verdict(replace(SPOKEN, status="failed"), AGENT), Lose)


@pytest.mark.parametrize(
    ("message", "limited_for_s", "left_s", "after_s"),
    [
        ("Rate limit reached. Please try again in 1.2s.", 0.0, 5.0, 1.2),
        ("Rate limit reached. Please try again in 300ms.", 9.0, 5.0, 0.3),
        ("Rate limit reached.", 2.0, 5.0, 2.0),
        ("Rate limit reached.", 0.0, 5.0, UNSAID_S),
        ("Rate limit reached. Please try again in 1m2s.", 0.0, 5.0, None),
        ("Rate limit reached. Please try again in 1.2s.", 0.0, 2.0, None),
    ],
)
def test_a_vendor_that_limits_is_left_alone_for_as_long_as_it_says_if_that_is_worth_waiting_for(
    message: str, limited_for_s: float, left_s: float, after_s: float | None
) -> None:
    busy = failures.said({"type": "rate_limit_error", "code": "rate_limit_exceeded", "message": message})
    wanted = Lose(busy.failure) if after_s is None else AskAgain(after_s=after_s)
    limited = replace(NOTHING, status="failed", failure=busy, limited_for_s=limited_for_s, left_s=left_s)
    assert verdict(limited, AGENT) == wanted
    assert again_or(busy, 1, limited_for_s, left_s) == wanted
    assert again_or(busy, 2, limited_for_s, left_s) == Lose(busy.failure)
