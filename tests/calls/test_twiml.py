from dataclasses import replace
from xml.etree import ElementTree

import pytest

from calls.agent import Voice
from calls.errors import OffhookError
from calls.record import EndReason, Mode
from calls.route import Dial, Gather, HangUp, SayAndHangUp, Stream
from calls.twiml import LONGEST_SPOKEN_CHARS, Place, document, said_otherwise, speakable

PLACE = Place(
    public_url="https://calls.example.com",
    stream_url="wss://stream.example.com",
    call_id="01JD",
    voice=Voice("heart", "Polly.Joanna", "en-US"),
    silence_s=7.5,
    step=3,
    stream=2,
    token="v1.payload.mac",
)
QUICK, THINKING = "#rc=2&amp;rp=5xx,ct,rt&amp;rt=6000", "#rc=2&amp;rp=5xx,ct,rt&amp;rt=10000"
"""How Twilio is to ask again, as XML writes it."""
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


@pytest.mark.parametrize(
    ("step", "inside"),
    [
        (
            Stream(Mode.PIPELINE),
            f'<Connect action="https://calls.example.com/twilio/resume/2{THINKING}" method="POST">'
            '<Stream url="wss://stream.example.com/stream"'
            f' statusCallback="https://calls.example.com/twilio/stream-status/2{QUICK}" statusCallbackMethod="POST">'
            '<Parameter name="callId" value="01JD" /><Parameter name="token" value="v1.payload.mac" />'
            "</Stream></Connect>"
            f'<Redirect method="POST">https://calls.example.com/twilio/resume/2{THINKING}</Redirect>',
        ),
        (
            Gather("How can I help?"),
            f'<Gather input="speech dtmf" action="https://calls.example.com/twilio/turn/3{THINKING}" method="POST"'
            ' timeout="8" speechTimeout="auto" actionOnEmptyResult="true" language="en-US">'
            '<Say voice="Polly.Joanna" language="en-US">How can I help?</Say></Gather>'
            f'<Redirect method="POST">https://calls.example.com/twilio/turn/3{THINKING}</Redirect>',
        ),
        (
            SayAndHangUp("Goodbye.", EndReason.LIMIT),
            '<Say voice="Polly.Joanna" language="en-US">Goodbye.</Say><Hangup />',
        ),
        (
            Dial("+15550001", "Hold on."),
            '<Say voice="Polly.Joanna" language="en-US">Hold on.</Say>'
            f'<Dial action="https://calls.example.com/twilio/dialled/3{THINKING}" method="POST"'
            ' timeout="20">+15550001</Dial>',
        ),
        (
            Dial("+15550001"),
            f'<Dial action="https://calls.example.com/twilio/dialled/3{THINKING}" method="POST"'
            ' timeout="20">+15550001</Dial>',
        ),
        (HangUp(), "<Hangup />"),
    ],
)
def test_documents(step: Stream | Gather | SayAndHangUp | Dial | HangUp, inside: str) -> None:
    assert document(step, PLACE) == f"{DECLARATION}<Response>{inside}</Response>"


def test_a_stream_that_goes_on_with_a_call_says_so() -> None:
    twiml = document(Stream(Mode.PIPELINE), replace(PLACE, resumed=True))
    assert '<Parameter name="resumed" value="yes" />' in twiml


def test_one_key_is_waited_for_where_one_key_answers() -> None:
    assert 'numDigits="1"' in document(Gather("Yes or no?", 1), PLACE)


def test_text_is_escaped_and_comes_back_whole() -> None:
    text = document(SayAndHangUp('</Say><Dial>+1900</Dial> "R&D"', EndReason.LIMIT), PLACE)
    response = ElementTree.fromstring(text)
    assert [child.tag for child in response] == ["Say", "Hangup"]
    assert response[0].text == '</Say><Dial>+1900</Dial> "R&D"'


def test_attributes_are_escaped() -> None:
    place = Place("https://calls.example.com", "wss://s.example.com", 'a"b<c', PLACE.voice, 8, token='"><Hangup/>')
    response = ElementTree.fromstring(document(Stream(Mode.PIPELINE), place))
    assert [p.get("value") for p in response.iter("Parameter")] == ['a"b<c', '"><Hangup/>']


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("  a\tb\r\nc  ", "a b c"),
        ("bell\x07 nul\x00 esc\x1b[0m", "bell nul esc [0m"),
        ("half \ud800 pair \uffff", "half pair"),
        ("Grüße, 你好 🙂", "Grüße, 你好 🙂"),
        ("", ""),
        ("x" * 4_000, "x" * LONGEST_SPOKEN_CHARS),
        ("word " * 1_000, ("word " * 600).strip()),
    ],
)
def test_speakable(text: str, spoken: str) -> None:
    assert speakable(text) == spoken


def test_nothing_to_say_is_no_say() -> None:
    assert "<Say" not in document(SayAndHangUp("\x00", EndReason.LIMIT), PLACE)


def test_the_longest_wait_is_whole_seconds_and_never_none() -> None:
    place = Place("https://c.example.com", "", "01JD", PLACE.voice, silence_s=0.2)
    assert 'timeout="1"' in document(Gather("Hello."), place)


def test_a_document_that_twilio_would_not_read_is_refused() -> None:
    place = Place("https://c.example.com", "wss://s.example.com", "x" * 70_000, PLACE.voice, 8)
    with pytest.raises(OffhookError, match="64 kB"):
        document(Stream(Mode.PIPELINE), place)


def test_a_gather_is_given_hints_and_tells_what_it_understands() -> None:
    place = replace(PLACE, keyterms=("Maple Street", "crown, gold", " ", "x" * 200), partial_results=True)
    text = document(Gather("How can I help?"), place)
    assert f'hints="Maple Street,crown gold,{"x" * 100}"' in text
    assert (
        'partialResultCallback="https://calls.example.com/twilio/partial/3" partialResultCallbackMethod="POST"' in text
    )


def test_the_words_of_a_document_can_be_said_otherwise_and_nothing_else() -> None:
    said = document(Dial("+14155550199", "Tom & Ann <3 0199"), PLACE)
    otherwise = said_otherwise(said, lambda words: words.replace("0199", "[phone]"))
    assert otherwise == said.replace("&lt;3 0199", "&lt;3 [phone]")
    assert "<Dial" in otherwise
    assert ">+14155550199</Dial>" in otherwise
    assert said_otherwise(document(HangUp(), PLACE), str.upper) == document(HangUp(), PLACE)
