from dataclasses import replace

import pytest

from calls.record import EndReason
from calls.reply import EndCall, Transfer
from streamer.engines.outcomes import AskAgain, Finish, FunctionCall, Lose, Outcome, SpeakFirst, verdict
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
    busy = failures.said({"type": "rate_limit_error", "code": "rate_limit_exceeded"})
    poor = failures.said({"code": "insufficient_quota"})
    assert verdict(replace(NOTHING, status="failed", failure=busy), AGENT) == AskAgain()
    assert verdict(replace(NOTHING, status="failed", failure=busy, tries=2), AGENT) == Lose(busy.failure)
    assert verdict(replace(SPOKEN, status="failed", failure=busy), AGENT) == Lose(busy.failure)
    assert verdict(replace(NOTHING, status="failed", failure=poor), AGENT) == Lose(poor.failure)
    assert isinstance(verdict(replace(SPOKEN, status="failed"), AGENT), Lose)
