from streamer.engines.unasked import BEGUN_WITHIN_S, KNOWN_WITHIN_S, Unasked


def updated(*, answers: bool) -> dict[str, object]:
    return {"session": {"audio": {"input": {"turn_detection": {"create_response": answers}}}}}


def test_a_session_is_told_once_what_is_wanted() -> None:
    unasked = Unasked()
    assert [unasked.to_tell(wanted=wanted) for wanted in (False, True, True, False)] == [None, True, None, False]


def test_what_holds_is_what_the_vendor_says_and_not_what_it_was_told() -> None:
    unasked = Unasked()
    unasked.to_tell(wanted=True)
    assert not unasked.holds
    unasked.updated(updated(answers=True))
    assert unasked.holds
    unasked.updated({"session": {"audio": {"input": {"turn_detection": None}}}})
    assert not unasked.holds
    unasked.updated({})
    assert not unasked.holds


def test_a_response_has_its_time_to_begin() -> None:
    unasked = Unasked()
    unasked.turn_over(10.0)
    assert not unasked.is_overdue(9.99 + BEGUN_WITHIN_S)
    assert unasked.is_overdue(10.0 + BEGUN_WITHIN_S + 0.01)


def test_what_is_told_around_a_turns_end_may_have_come_too_late() -> None:
    unasked = Unasked()
    unasked.turn_over(10.0)
    assert unasked.knew_all
    unasked.told_more(20.0)
    unasked.turn_over(20.0 + KNOWN_WITHIN_S / 2)
    assert not unasked.knew_all
    unasked.turn_over(20.01 + KNOWN_WITHIN_S)
    assert unasked.knew_all


def test_a_session_that_broke_its_word_is_not_trusted_again() -> None:
    unasked = Unasked()
    unasked.to_tell(wanted=True)
    unasked.updated(updated(answers=True))
    unasked.broke_its_word()
    assert not unasked.holds
    assert [unasked.to_tell(wanted=True) for _ in range(2)] == [False, None]  # it has to be told so, once
    unasked.updated(updated(answers=True))
    assert not unasked.holds


def test_a_session_that_ever_answered_unasked_may_tell_of_a_response_late() -> None:
    unasked = Unasked()
    unasked.updated(updated(answers=False))
    assert not unasked.may_answer
    unasked.updated(updated(answers=True))
    unasked.updated(updated(answers=False))
    assert (unasked.holds, unasked.may_answer) == (False, True)
