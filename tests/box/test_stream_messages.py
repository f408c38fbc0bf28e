import base64
import json

import pytest

from offhook.box.ports import CallIdentity
from offhook.box.stream_messages import CONNECTED, Breach, Clear, Mark, Media, TwilioMessages, level, read

SID = "MZ0123456789abcdef0123456789abcdef"
IDENTITY = CallIdentity("AC00", "CA11", "secret")


def messages() -> TwilioMessages:
    return TwilioMessages(SID, IDENTITY)


def test_connected_is_the_documented_text() -> None:
    assert CONNECTED == b'{"event":"connected","protocol":"Call","version":"1.0.0"}'


def test_start_is_number_one_and_carries_the_parameters() -> None:
    assert messages().start((("callId", "01J"), ("token", "t.1"))) == (
        b'{"event":"start","sequenceNumber":"1","start":{"accountSid":"AC00",'
        b'"streamSid":"MZ0123456789abcdef0123456789abcdef","callSid":"CA11","tracks":["inbound"],'
        b'"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},'
        b'"customParameters":{"callId":"01J","token":"t.1"}},"streamSid":"MZ0123456789abcdef0123456789abcdef"}'
    )


def test_media_has_strings_for_numbers_and_its_own_chunk_count() -> None:
    twilio = messages()
    twilio.start(())
    twilio.media(b"\xff" * 160, 0)
    assert twilio.media(b"\x00\xff", 20) == (
        b'{"event":"media","sequenceNumber":"3","media":{"track":"inbound","chunk":"2","timestamp":"20",'
        b'"payload":"AP8="},"streamSid":"MZ0123456789abcdef0123456789abcdef"}'
    )


def test_media_of_one_frame_is_160_bytes_of_base64() -> None:
    frame = bytes(range(160))
    message = json.loads(messages().media(frame, 0))
    assert base64.b64decode(message["media"]["payload"]) == frame


def test_dtmf_mark_and_stop() -> None:
    twilio = messages()
    assert twilio.dtmf("#") == (
        b'{"event":"dtmf","sequenceNumber":"1","dtmf":{"track":"inbound_track","digit":"#"},'
        b'"streamSid":"MZ0123456789abcdef0123456789abcdef"}'
    )
    assert twilio.mark('a "b"') == (
        b'{"event":"mark","sequenceNumber":"2","mark":{"name":"a \\"b\\""},'
        b'"streamSid":"MZ0123456789abcdef0123456789abcdef"}'
    )
    assert twilio.stop() == (
        b'{"event":"stop","sequenceNumber":"3","stop":{"accountSid":"AC00","callSid":"CA11"},'
        b'"streamSid":"MZ0123456789abcdef0123456789abcdef"}'
    )


def test_what_a_server_may_send() -> None:
    assert read('{"event":"media","streamSid":"MZ9","media":{"payload":"AP8="}}', "MZ9") == Media(b"\x00\xff")
    assert read('{"event":"mark","streamSid":"MZ9","mark":{"name":"end"}}', "MZ9") == Mark("end")
    assert read('{"event":"clear","streamSid":"MZ9"}', "MZ9") == Clear()


RIFF = base64.b64encode(b"RIFF\x24\x08\x00\x00WAVEfmt ").decode()

BREACHES: dict[str, tuple[str | bytes, int, str]] = {
    "binary": (b'{"event":"clear","streamSid":"MZ9"}', 31950, "binary"),
    "not JSON": ('{"event":', 31950, "not JSON"),
    "empty": ("", 31950, "not JSON"),
    "a list": ("[]", 31951, "not a JSON object"),
    "no event": ('{"streamSid":"MZ9"}', 31951, "unknown"),
    "event of a wrong type": ('{"event":["media"],"streamSid":"MZ9"}', 31951, "unknown"),
    "unknown event": ('{"event":"hangup","streamSid":"MZ9"}', 31951, "'hangup' is unknown"),
    "Twilio's own event": ('{"event":"stop","streamSid":"MZ9","stop":{}}', 31951, "unknown"),
    "wrong streamSid": ('{"event":"clear","streamSid":"MZ8"}', 31951, "not this stream's"),
    "no streamSid": ('{"event":"clear"}', 31951, "clear lacks streamSid"),
    "streamSid of a wrong type": ('{"event":"clear","streamSid":9}', 31951, "not this stream's"),
    "extra field": ('{"event":"clear","streamSid":"MZ9","x":1}', 31951, "clear has unexpected fields: x"),
    "mark without mark": ('{"event":"mark","streamSid":"MZ9"}', 31951, "mark lacks mark"),
    "mark without name": ('{"event":"mark","streamSid":"MZ9","mark":{}}', 31951, "mark lacks name"),
    "mark of a wrong type": ('{"event":"mark","streamSid":"MZ9","mark":"end"}', 31951, "mark is not an object"),
    "mark with an empty name": ('{"event":"mark","streamSid":"MZ9","mark":{"name":""}}', 31951, "mark.name"),
    "media without payload": ('{"event":"media","streamSid":"MZ9","media":{}}', 31951, "media lacks payload"),
    "payload of a wrong type": ('{"event":"media","streamSid":"MZ9","media":{"payload":[1]}}', 31951, "media.payload"),
    "empty payload": ('{"event":"media","streamSid":"MZ9","media":{"payload":""}}', 31951, "media.payload"),
    "media with a track": (
        '{"event":"media","streamSid":"MZ9","media":{"payload":"AP8=","track":"outbound"}}',
        31951,
        "media has unexpected fields: track",
    ),
    "broken base64": ('{"event":"media","streamSid":"MZ9","media":{"payload":"AP8"}}', 31951, "not base64"),
    "base64 with a line break": ('{"event":"media","streamSid":"MZ9","media":{"payload":"AP\\n8="}}', 31951, "base64"),
    "payload beyond ASCII": ('{"event":"media","streamSid":"MZ9","media":{"payload":"é"}}', 31951, "not base64"),
    "WAV header": (f'{{"event":"media","streamSid":"MZ9","media":{{"payload":"{RIFF}"}}}}', 31951, "header"),
}


@pytest.mark.parametrize("name", BREACHES)
def test_every_breach_has_its_code_and_says_what_is_wrong(name: str) -> None:
    message, code, part = BREACHES[name]
    with pytest.raises(Breach) as caught:
        read(message, "MZ9")
    assert caught.value.code == code
    assert part in caught.value.sentence


def test_a_breach_quotes_no_more_than_a_little_of_what_was_sent() -> None:
    with pytest.raises(Breach) as caught:
        read(json.dumps({"event": "x" * 10_000}), "MZ9")
    assert len(caught.value.sentence) < 150


def test_levels_are_those_of_the_error_dictionary() -> None:
    assert [level(code) for code in (31930, 31950, 31951)] == ["warning"] * 3
    assert [level(code) for code in (31901, 31902, 31903, 31910, 31920, 31921, 31922, 31924)] == ["error"] * 8
