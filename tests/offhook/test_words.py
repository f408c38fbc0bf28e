from offhook.words import unheard_rest


def test_nothing_is_left_of_an_answer_heard_to_its_end() -> None:
    assert unheard_rest("We open at nine.", "We open at nine.") == ""


def test_the_rest_keeps_the_space_that_stood_before_it() -> None:
    assert unheard_rest("We open at nine.", "We open") == " at nine."


def test_an_answer_of_which_nothing_was_heard_is_all_rest() -> None:
    assert unheard_rest("We open at nine.", "  ") == "We open at nine."


def test_white_space_does_not_count() -> None:
    assert unheard_rest("We  open\nat nine. Come in.", "We open at nine. ") == " Come in."


def test_a_heard_text_that_is_no_beginning_leaves_the_whole() -> None:
    assert unheard_rest("We open at nine.", "Sorry") == "We open at nine."


def test_a_heard_text_longer_than_the_said_leaves_the_whole() -> None:
    assert unheard_rest("We open", "We open at nine") == "We open"
