from streamer.engines.responses import Cancel, Create, Responses, State
from streamer.engines.sounded import Truncate
from tests.streamer.engines.active_response import active


def test_a_reply_from_its_order_to_its_end() -> None:
    responses = active()
    assert responses.sounded("resp", "item", 0, 800) == 1
    assert responses.wanted_reply("resp") == 1
    assert responses.done("resp") == (1, [])
    assert responses.is_idle
    assert responses.cancel(1, 100) == []  # all of it was heard


def test_nothing_is_asked_before_the_last_response_is_done() -> None:
    responses = active()
    responses.sounded("resp", "item", 0, 8_000)
    assert responses.cancel(1, 250) == [Cancel("resp"), Truncate("item", 0, 250)]
    assert responses.ask(2) == []
    assert responses.sounded("resp", "item", 0, 800) is None  # a late delta
    assert responses.done("resp") == (None, [Create(2)])
    assert responses.state is State.ASKED


def test_words_that_are_to_be_said_wait_with_their_order() -> None:
    responses = active()
    assert responses.ask(2, "Hello.") == []
    assert responses.done("resp") == (1, [Create(2, "Hello.")])
    responses.not_now()
    assert responses.unblock() == [Create(2, "Hello.")]


def test_what_is_cancelled_before_it_was_created_is_cancelled_then() -> None:
    responses = Responses()
    responses.ask(1)
    assert responses.cancel(1, 0) == []
    assert responses.created("resp", 1) == [Cancel("resp")]
    assert responses.sounded("resp", "item", 0, 800) is None
    assert responses.done("resp") == (None, [])


def test_an_order_that_waits_can_be_taken_back() -> None:
    responses = active()
    responses.cancel(1, 0)
    responses.ask(2)
    responses.cancel(2, 0)
    assert responses.done("resp") == (None, [])
    assert responses.is_idle


def test_a_response_nobody_ordered_is_cancelled_and_unheard() -> None:
    responses = active()
    assert responses.created("stray", None) == [Cancel("stray")]
    assert responses.sounded("stray", "item", 0, 800) is None
    assert responses.done("stray") == (None, [])
    assert responses.wanted_reply("resp") == 1


def test_a_vendor_that_is_busy_is_asked_again_when_its_response_is_done() -> None:
    responses = Responses()
    responses.ask(1)
    responses.not_now()
    assert responses.state is State.BLOCKED
    assert not responses.is_idle
    assert responses.done("unknown") == (None, [Create(1)])
    assert responses.created("resp", 1) == []


def test_a_vendor_that_stays_busy_is_asked_again_in_the_end() -> None:
    responses = Responses()
    responses.ask(1)
    responses.not_now()
    assert responses.ask(2) == []
    assert responses.unblock() == [Create(2)]
    assert responses.unblock() == []


def test_a_refusal_is_told_to_whoever_waits() -> None:
    responses = Responses()
    responses.ask(1)
    assert responses.refused() == (1, [])
    responses.ask(2)
    responses.cancel(2, 0)
    assert responses.refused() == (None, [])


def test_what_was_heard_to_the_last_sample_received_is_still_cut_while_more_comes() -> None:
    responses = active()
    responses.sounded("resp", "item", 0, 800)
    assert responses.cancel(1, 100) == [Cancel("resp"), Truncate("item", 0, 100)]


def test_what_is_being_made_is_known_until_it_is_done() -> None:
    responses = active()
    responses.sounded("resp", "item", 0, 800)
    responses.created("stray", None)
    assert responses.being_made == [("resp", 1, 100), ("stray", None, 0)]
    responses.done("resp")
    assert responses.being_made == [("stray", None, 0)]
    responses.done("stray")
    assert responses.being_made == []
