"""Twilio's wire, literally."""

import pytest

from streamer.twilio_stream import (
    Connected,
    DigitPressed,
    FrameRefused,
    MarkReturned,
    Media,
    Started,
    Stopped,
    Unknown,
    clear_text,
    mark_text,
    media_text,
    parse,
)

START = (
    '{"event":"start","sequenceNumber":"1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA1",'
    '"tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},'
    '"customParameters":{"callId":"01J","token":"v1.a.b"}},"streamSid":"MZ1"}'
)


def test_every_documented_message_is_read() -> None:
    assert parse('{"event":"connected","protocol":"Call","version":"1.0.0"}') == Connected()
    assert parse(START) == Started("MZ1", "CA1", {"callId": "01J", "token": "v1.a.b"})
    media = '{"event":"media","media":{"track":"inbound","chunk":"2","timestamp":"40","payload":"f39/fw=="}}'
    assert parse(media) == Media(b"\x7f\x7f\x7f\x7f", 40, "f39/fw==")
    assert parse('{"event":"mark","mark":{"name":"r1-1"}}') == MarkReturned("r1-1")
    assert parse('{"event":"dtmf","dtmf":{"track":"inbound_track","digit":"#"}}') == DigitPressed("#")
    assert parse('{"event":"stop","stop":{"accountSid":"AC1","callSid":"CA1"}}') == Stopped()
    assert parse('{"event":"something-new"}') == Unknown()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '"media"',
        "{}",
        '{"event":7}',
        '{"event":"media"}',
        '{"event":"media","media":{"timestamp":"0","payload":"***"}}',
        '{"event":"media","media":{"timestamp":"soon","payload":""}}',
        '{"event":"media","media":{"timestamp":"0","payload":5}}',
        '{"event":"mark","mark":{}}',
        '{"event":"mark","mark":{"name":"' + "x" * 129 + '"}}',
        '{"event":"dtmf","dtmf":{"digit":"12"}}',
        '{"event":"start","start":{}}',
        START.replace("8000", "16000"),
        START.replace("MZ1", 'MZ\\"1'),
        START.replace('"v1.a.b"', "7"),
        b"\xff\xfe",
    ],
)
def test_anything_else_is_refused_without_quoting_it(text: str | bytes) -> None:
    with pytest.raises(FrameRefused) as refused:
        parse(text)
    assert refused.value.failure.code == "frame-malformed"
    assert "***" not in refused.value.failure.sentence


def test_what_is_sent_is_what_twilio_documents() -> None:
    assert media_text("MZ1", b"\x7f\x7f\x7f\x7f") == (
        '{"event":"media","streamSid":"MZ1","media":{"payload":"f39/fw=="}}'
    )
    assert mark_text("MZ1", "r1-1") == '{"event":"mark","streamSid":"MZ1","mark":{"name":"r1-1"}}'
    assert clear_text("MZ1") == '{"event":"clear","streamSid":"MZ1"}'
