"""What a model that only says "delegated" means, from what was said."""

from dataclasses import replace

import pytest

from calls.record import EndReason
from calls.reply import Action, EndCall, Transfer
from streamer.engines.live_delegation import wanted
from tests.fakes.agents import AGENT

NUMBER = "+12025550123"
WITH_PEOPLE = replace(AGENT, transfer_number=NUMBER)
END, CONNECT = EndCall(EndReason.AGENT_GOODBYE.value), Transfer(NUMBER)


@pytest.mark.parametrize(
    ("caller", "agent", "action"),
    [
        ("That's all, thank you.", "You're welcome. Goodbye!", END),
        ("Bye.", "", END),
        ("Can I talk to a real person?", "Sure.", CONNECT),
        ("I would like to speak with someone.", "", CONNECT),
        ("This is no good.", "I'll connect you with my colleague now.", CONNECT),
        ("Representative!", "", CONNECT),
        ("I need an operator. Goodbye.", "One moment, I transfer you. Goodbye.", CONNECT),
        ("What is the weather like?", "Let me check.", None),
        ("", "", None),
    ],
)
def test_the_words_decide(caller: str, agent: str, action: Action | None) -> None:
    assert wanted(WITH_PEOPLE, caller, agent) == action


def test_where_nobody_can_be_reached_a_wish_for_a_person_is_nothing_that_can_be_done() -> None:
    assert wanted(AGENT, "Can I talk to a person?", "I connect you.") is None
    assert wanted(AGENT, "Is a person there? No? Goodbye.", "Goodbye.") == END
