from calls.twilio_codes import is_routine, meaning_of


def test_a_code_in_plain_words_and_nothing_for_a_rare_one() -> None:
    assert meaning_of(31920) == "The streamer did not accept the audio stream."
    assert meaning_of(99999) == ""


def test_a_stream_that_our_side_closed_as_it_should_is_routine() -> None:
    assert is_routine(31921, "Stream - Connection closed 1000")
    assert not is_routine(31921, "Stream - Connection closed 1011")
    assert not is_routine(31920, "closed 1000")
