from offhook.box.box import BoxEvent
from offhook.line_words import is_bad, sentence_of


def event(kind: str, detail: str) -> BoxEvent:
    return BoxEvent("CA1", 1500, kind, detail)


def test_what_the_box_tells_becomes_plain_words() -> None:
    assert sentence_of(event("status", "ringing")) == "the call is ringing"
    assert sentence_of(event("verb", "Gather")) == "Twilio runs <Gather>"
    assert sentence_of(event("stream", "stream-started")) == "the audio stream started"
    assert sentence_of(event("stream", "stream-error: no answer")) == "the audio stream broke: no answer"
    assert sentence_of(event("recognised", "hello")) == "<Gather> heard “hello”"
    assert sentence_of(event("digits", "12#")) == "keys pressed: 12#"
    assert sentence_of(event("alert", "31921 Closed.")) == "Twilio's debugger: 31921 Closed."


def test_what_nobody_needs_is_not_told() -> None:
    assert sentence_of(event("document", "http://127.0.0.1/voice")) == ""
    assert sentence_of(event("verb", "Connect")) == ""


def test_a_kind_that_is_new_is_told_as_it_is() -> None:
    assert sentence_of(event("weather", "rain")) == "weather: rain"


def test_alerts_and_broken_streams_are_bad() -> None:
    assert is_bad(event("alert", "31921 Closed."))
    assert is_bad(event("stream", "stream-error: no answer"))
    assert not is_bad(event("stream", "stream-stopped"))


def test_the_alert_that_every_goodbye_leaves_is_not_bad() -> None:
    assert not is_bad(event("alert", "31921 the server closed the connection with code 1000"))
    assert is_bad(event("alert", "31921 the server closed the connection with code 1011"))
