"""Responses that a vendor makes of the caller's turns without being asked."""

import pytest

from streamer.engines.responses import Cancel, Create, Responses, State
from streamer.engines.sounded import Truncate
from tests.streamer.engines.active_response import active


def offered() -> Responses:
    responses = Responses()
    responses.turn_over(is_answered=True)
    return responses


def test_an_answer_that_the_vendor_makes_unasked_is_taken_without_a_word() -> None:
    responses = offered()
    assert responses.ask(1) == []
    assert responses.state is State.ASKED
    assert responses.created("resp", None) == []
    assert responses.sounded("resp", "item", 0, 800) == 1
    assert responses.reply_of("resp") == 1
    assert responses.done("resp") == (1, [])
    assert responses.is_idle


def test_where_the_vendor_answers_nothing_unasked_it_is_asked() -> None:
    responses = Responses()
    responses.turn_over(is_answered=False)
    assert responses.ask(1) == [Create(1)]


def test_a_vendor_that_is_at_something_else_makes_nothing_unasked() -> None:
    responses = active(1)
    responses.turn_over(is_answered=True)
    assert responses.cancel(1, 0) == [Cancel("resp")]
    assert responses.ask(2) == []
    assert responses.done("resp") == (None, [Create(2)])


def test_what_was_made_unasked_and_nobody_wants_is_cancelled_and_nothing_is_asked_meanwhile() -> None:
    responses = offered()
    assert not responses.is_idle  # it is coming
    assert responses.created("stray", None) == [Cancel("stray")]
    assert responses.sounded("stray", "item", 0, 800) is None
    assert responses.ask(1) == []
    assert responses.done("stray") == (None, [Create(1)])


def test_fixed_words_are_not_what_the_vendor_makes_unasked() -> None:
    responses = offered()
    assert responses.ask(1, "Goodbye.") == []
    assert responses.created("stray", None) == [Cancel("stray")]
    assert responses.done("stray") == (None, [Create(1, "Goodbye.")])


def test_what_was_begun_before_the_conversation_was_put_right_is_made_anew() -> None:
    responses = active(1)
    responses.sounded("resp", "item", 0, 8_000)
    responses.done("resp")
    responses.turn_over(is_answered=True)
    assert responses.cancel(1, 250) == [Truncate("item", 0, 250)]
    responses.told_more()
    assert responses.ask(2) == []
    assert responses.created("stale", None) == [Cancel("stale")]
    assert responses.done("stale") == (None, [Create(2)])


def test_what_may_have_been_begun_before_the_vendor_knew_all_is_made_anew() -> None:
    responses = Responses()
    responses.turn_over(is_answered=True, knows_all=False)
    assert responses.ask(1) == []
    assert responses.created("stale", None) == [Cancel("stale")]
    assert responses.done("stale") == (None, [Create(1)])


def test_what_comes_unasked_is_not_what_was_asked_for_before_the_turns_end_was_known() -> None:
    """It does not know what the vendor was told just before; and one request at a time is under way."""
    responses = Responses()
    assert responses.ask(1) == [Create(1)]
    responses.turn_over(is_answered=True)
    assert responses.created("stale", None) == [Cancel("stale")]
    responses.not_now()
    assert responses.done("stale") == (None, [Create(1)])


def test_what_was_asked_for_is_waited_for_where_what_came_unasked_was_over_by_then() -> None:
    responses = Responses()
    assert responses.ask(1) == [Create(1)]
    assert responses.created("short", None) == [Cancel("short")]
    assert responses.done("short") == (None, [])
    assert responses.created("resp", 1) == []
    assert responses.done("resp") == (1, [])


def test_a_turn_that_is_not_answered_as_a_response_is_active() -> None:
    responses = offered()
    assert responses.ask(1) == []
    responses.not_answered()
    assert not responses.is_offered
    assert responses.done("other") == (None, [Create(1)])
    responses.not_answered()  # of a turn that came with the request
    assert responses.state is State.ASKED


def test_what_knows_too_little_is_not_heard_when_it_comes_late_either() -> None:
    responses = offered()
    responses.told_more()
    assert responses.ask(1) == []
    assert responses.not_begun() == [Create(1)]
    assert responses.created("late", None) == [Cancel("late")]


def test_a_taken_offer_that_is_cancelled_before_it_was_created_is_cancelled_then() -> None:
    responses = offered()
    responses.ask(1)
    assert responses.cancel(1, 0) == []
    assert responses.ask(2) == []
    assert responses.created("resp", None) == [Cancel("resp")]
    assert responses.done("resp") == (None, [Create(2)])


@pytest.mark.parametrize(
    ("before", "commands"),
    [
        pytest.param((), [], id="nobody asked"),
        pytest.param(("ask",), [Create(1)], id="it was taken"),
        pytest.param(("ask", "cancel"), [], id="it was taken and is not wanted any more"),
        pytest.param(("ask", "cancel", "ask 2"), [Create(2)], id="something else is wanted by now"),
        pytest.param(("told", "ask"), [Create(1)], id="it was not taken, as it would know too little"),
    ],
)
def test_an_offer_that_does_not_come(before: tuple[str, ...], commands: list[Create]) -> None:
    responses = offered()
    for what in before:
        match what:
            case "told":
                responses.told_more()
            case "cancel":
                assert responses.cancel(1, 0) == []
            case ask:
                assert responses.ask(2 if ask.endswith("2") else 1) == []
    assert responses.not_begun() == commands
    assert not responses.is_offered
    assert responses.not_begun() == []
    assert responses.is_idle is not bool(commands)


def test_an_offer_that_comes_after_all_is_what_was_asked_for() -> None:
    """And what was asked for in its place is refused, or labelled as ours and not wanted."""
    responses = offered()
    responses.ask(1)
    assert responses.not_begun() == [Create(1)]
    assert responses.created("late", None) == []
    responses.not_now()
    assert responses.wanted_reply("late") == 1
    assert responses.created("asked", 1) == [Cancel("asked")]


def test_words_that_are_asked_for_do_not_become_what_comes_without_a_label() -> None:
    responses = Responses()
    assert responses.ask(1, "Hello.") == [Create(1, "Hello.")]
    assert responses.created("stray", None) == [Cancel("stray")]
    responses.not_now()
    assert responses.done("stray") == (None, [Create(1, "Hello.")])


def test_where_nothing_comes_unasked_a_response_without_a_label_is_what_was_asked_for() -> None:
    """A server that speaks the protocol and keeps no metadata."""
    responses = Responses()
    assert responses.ask(1, "Hello.") == [Create(1, "Hello.")]
    assert responses.created("resp", None, may_be_unasked=False) == []
    assert responses.wanted_reply("resp") == 1
    assert responses.done("resp") == (1, [])
    assert responses.created("stray", None, may_be_unasked=False) == [Cancel("stray")]
