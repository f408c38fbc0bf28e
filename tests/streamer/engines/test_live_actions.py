"""What a Live call is to do besides talking, and when."""

from dataclasses import replace

from calls.record import EndReason
from calls.reply import EndCall, Transfer
from streamer.engines.live_actions import ACT_AFTER_MS, SETTLED_MS, Delegation, LiveActions
from tests.fakes.agents import AGENT

CONNECTS = replace(AGENT, transfer_number="+12025550123")
ASKED = Delegation("d", 1_000)


def test_a_delegation_is_read_once_its_words_have_come() -> None:
    actions = LiveActions(CONNECTS, delegation=ASKED)
    assert actions.settled(1_000 + SETTLED_MS - 1) is None
    assert actions.settled(1_000 + SETTLED_MS) == ASKED
    assert actions.settled(1_000 + SETTLED_MS) is None


def test_a_wish_is_carried_out_once_behind_what_is_said_or_alone() -> None:
    actions = LiveActions(CONNECTS)
    told, is_to_do = actions.decide(ASKED, "can I talk to a person", "I connect you", 2_000)
    assert (is_to_do, actions.wanted) == (True, Transfer(CONNECTS.transfer_number))
    assert b"thinking" in told[0], "the model has said it already"
    assert [actions.is_due(2_000 + ACT_AFTER_MS - 1), actions.is_due(2_000 + ACT_AFTER_MS)] == [False, True]
    assert [actions.take(), actions.take()] == [Transfer(CONNECTS.transfer_number), None]


def test_what_nobody_can_do_is_told_to_the_model_alone() -> None:
    actions = LiveActions(CONNECTS)
    told, is_to_do = actions.decide(ASKED, "what is the weather", "", 2_000)
    assert (is_to_do, actions.wanted) == (False, None)
    assert b"thinking" in told[0]


def test_a_goodbye_stands_until_the_caller_goes_on() -> None:
    actions = LiveActions(CONNECTS)
    assert actions.caller_said("okay, goodbye", 1_000)
    assert actions.wanted == EndCall(EndReason.CALLER_GOODBYE.value)
    assert not actions.caller_said("wait, one more thing", 2_000)
    assert actions.wanted is None
