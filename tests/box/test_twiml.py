import pytest

from offhook.box.nouns import stream_fault
from offhook.box.twiml import TwimlError, parse
from offhook.box.verbs import Connect, Dial, Gather, Hangup, Input, Pause, Play, Redirect, Reject, Say, Stream, Verb


def response(body: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{body}</Response>'


def verbs(body: str) -> tuple[Verb, ...]:
    """The verbs of a document that has nothing wrong with it."""
    document = parse(response(body))
    assert document.issues == ()
    return document.verbs


def codes(body: str) -> list[int]:
    return [issue.code for issue in parse(response(body)).issues]


def stream(url: str, inside: str = "", attributes: str = "") -> Stream:
    (verb,) = parse(response(f'<Connect><Stream url="{url}" {attributes}>{inside}</Stream></Connect>')).verbs
    assert isinstance(verb, Connect)
    return verb.stream


# What Twilio takes


def test_say_joins_its_text_and_its_ssml() -> None:
    text = "Hello <break/>\n <emphasis>you</emphasis> &amp; me"
    body = f'<Say voice="Polly.Joanna-Neural" language="en-GB" loop="2">{text}</Say>'
    assert verbs(body) == (Say("Hello you & me", "Polly.Joanna-Neural", "en-GB", 2),)


def test_documented_defaults_are_filled_in() -> None:
    assert verbs("<Say>a</Say><Pause/><Gather/><Reject/><Hangup/>") == (
        Say("a", "man", "en-US", 1),
        Pause(1),
        Gather(frozenset({"dtmf"}), "", "POST", 5, 5, 60, "#", None, True, False, "en-US", "", "", ()),
        Reject("rejected"),
        Hangup(),
    )


def test_a_gather_holds_its_prompts_and_reads_every_attribute() -> None:
    body = (
        '<Gather input="speech dtmf" action="/turn" method="GET" timeout="3" speechTimeout="auto" maxSpeechTime="20"'
        ' numDigits="4" finishOnKey="" bargeIn="false" actionOnEmptyResult="true" hints="a, b" language="en-GB">'
        "<Say>Hi</Say><Pause length='2'/><Play>/beep.wav</Play></Gather>"
    )
    prompts = (Say("Hi"), Pause(2), Play("/beep.wav"))
    both: frozenset[Input] = frozenset({"speech", "dtmf"})
    assert verbs(body) == (Gather(both, "/turn", "GET", 3, None, 20, "", 4, False, True, "en-GB", "a, b", "", prompts),)


def test_speech_timeout_defaults_to_timeout() -> None:
    (gather,) = verbs('<Gather input="speech" timeout="7"/>')
    assert isinstance(gather, Gather)
    assert gather.speech_timeout_s == 7


def test_connect_carries_stream_and_parameters() -> None:
    body = (
        '<Connect action="/resume"><Stream url="wss://a.example/stream" name="s" statusCallback="/st"'
        ' statusCallbackMethod="GET"><Parameter name="callId" value="01J"/></Stream></Connect>'
    )
    noun = Stream("wss://a.example/stream", "s", "inbound_track", "/st", "GET", (("callId", "01J"),))
    assert verbs(body) == (Connect(noun, "/resume", "POST"),)
    assert stream_fault(noun) is None


def test_dial_takes_a_number_as_text_or_as_noun() -> None:
    assert verbs("<Dial>415-555-0100</Dial>") == (Dial("+14155550100"),)
    assert verbs(
        '<Dial action="/d" timeout="9" callerId="+15005550006"><Number sendDigits="1">+14155550100</Number></Dial>'
    ) == (Dial("+14155550100", "/d", "POST", 9, 14_400, "+15005550006", "1"),)


def test_redirect_and_digits() -> None:
    assert verbs('<Play digits="12w#"/><Redirect method="GET">../next?a=1&amp;b=2</Redirect>') == (
        Play("", "12w#"),
        Redirect("../next?a=1&b=2", "GET"),
    )


# What Twilio refuses


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("<Response><Say>a</Response>", 12100),
        ("not xml", 12100),
        ('<!DOCTYPE r [<!ENTITY a "b">]><Response>&a;</Response>', 12100),
        ("<response/>", 12102),
        ("", 11770),
        ("  \n", 11770),
        (f"<Response><!--{'a' * 65_536}--></Response>", 11750),
        ("<Response><Redirect>ftp://a.example/x</Redirect></Response>", 11100),
        ('<Response><Gather action="http://"/></Response>', 11100),
        ("<Response><Play>http://a b/c.wav</Play></Response>", 11100),
    ],
)
def test_documents_that_cannot_run(content: str, code: int) -> None:
    with pytest.raises(TwimlError) as refused:
        parse(content)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<Foo/>", 12200),
        ("<say>a</say>", 12200),
        ("<Record/>", 12200),
        ("stray text", 12200),
        ('<Hangup reason="x"/>', 12200),
        ("<Say>a<Pause/></Say>", 12200),
        ("<Say> </Say>", 13520),
        (f"<Say>{'a' * 4097}</Say>", 13521),
        ('<Say loop="-1">a</Say>', 13510),
        ('<Say voice="Bob">a</Say>', 13511),
        ('<Say language="english!">a</Say>', 13512),
        ('<Pause length="1.5"/>', 13910),
        ('<Pause length="0"/>', 13910),
        ('<Play digits="12x"/>', 13430),
        ('<Reject reason="rude"/>', 13810),
        ('<Redirect method="PUT">/a</Redirect>', 13710),
        ('<Gather input="voice"/>', 13326),
        ('<Gather timeout="soon"/>', 13313),
        ('<Gather numDigits="0"/>', 13314),
        ('<Gather finishOnKey="x"/>', 13310),
        ('<Gather finishOnKey="12"/>', 13311),
        ('<Gather method="post"/>', 13312),
        ('<Gather speechTimeout="2.5"/>', 13327),
        ('<Gather speechTimeout="auto" speechModel="phone_call"/>', 13327),
        ('<Gather speechTimeout="auto" speechModel="default"/>', 13335),
        ('<Gather maxSpeechTime="x"/>', 13328),
        ('<Gather bargeIn="yes"/>', 13332),
        ('<Gather actionOnEmptyResult="1"/>', 13338),
        ('<Gather speechModel="whisper"/>', 13334),
        ("<Gather><Hangup/></Gather>", 13320),
        ("<Connect/>", 12200),
        ("<Dial>call me</Dial>", 13223),
        ("<Dial>+14155550100<Conference>a</Conference></Dial>", 13215),
        ('<Dial timeout="0">+14155550100</Dial>', 13212),
    ],
)
def test_one_thing_wrong_is_one_issue_with_twilios_code(body: str, code: int) -> None:
    assert codes(body) == [code]


def test_what_is_wrong_is_skipped_and_the_rest_runs() -> None:
    document = parse(response("<Foo/><Say></Say><Say>b</Say><Gather speechModel='x'/>"))
    assert document.verbs == (Say("b"),)
    assert [issue.level for issue in document.issues] == ["warning", "warning", "warning"]


def test_a_bad_value_gives_way_to_its_default() -> None:
    assert parse(response('<Say loop="many">a</Say>')).verbs == (Say("a"),)


def test_an_unknown_attribute_is_named() -> None:
    (issue,) = parse(response('<Gather speechTimeOut="auto"/>')).issues
    assert issue.sentence == "Attribute 'speechTimeOut' is not allowed to appear in element 'Gather'."


# Streams


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("wss://a.example/stream?token=x", 31920),
        ("wss://a.example/stream?", 31920),
        ("https://a.example/stream", 31922),
        ("ws://a.example/stream", 31922),
        ("/stream", 31923),
        ("wss:///stream", 31923),
        ("wss://a.example:x/stream", 31923),
        ("", 31923),
    ],
)
def test_urls_that_no_stream_can_be_opened_with(url: str, code: int) -> None:
    fault = stream_fault(stream(url))
    assert fault is not None
    assert fault[0] == code


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:1", "[::1]:9"])
def test_ws_is_let_through_on_loopback(host: str) -> None:
    assert stream_fault(stream(f"ws://{host}/stream")) is None


def test_a_bidirectional_stream_has_one_track() -> None:
    fault = stream_fault(stream("wss://a.example/s", attributes='track="both_tracks"'))
    assert fault is not None
    assert fault[0] == 31941


def test_a_parameter_of_499_characters_passes_and_one_of_500_does_not() -> None:
    fits = f'<Parameter name="abc" value="{"x" * 496}"/>'
    too_long = f'<Parameter name="abcd" value="{"x" * 496}"/>'
    assert stream("wss://a.example/s", fits).parameters == (("abc", "x" * 496),)
    assert stream("wss://a.example/s", too_long).parameters == ()
    assert codes(f'<Connect><Stream url="wss://a/s">{too_long}</Stream></Connect>') == [12200]


def test_one_stream_a_connect() -> None:
    body = '<Connect><Stream url="wss://a/s"/><Stream url="wss://b/s"/></Connect>'
    assert codes(body) == [12200]


def test_partial_results_go_where_the_gather_says() -> None:
    (gather,) = verbs('<Gather partialResultCallback="partial/3" partialResultCallbackMethod="GET"/>')
    assert isinstance(gather, Gather)
    assert (gather.partial_result_callback, gather.partial_result_method) == ("partial/3", "GET")


def test_partial_results_go_nowhere_that_is_no_url() -> None:
    with pytest.raises(TwimlError) as refused:
        parse(response('<Gather partialResultCallback="ftp://a.example/x"/>'))
    assert refused.value.code == 11100
    assert codes('<Gather partialResultCallbackMethod="PUT"/>') == [13329]
