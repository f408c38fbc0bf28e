import json
from dataclasses import replace

import pytest

from calls.record import Mode
from calls.reply import Reply
from handlers import resume, status, stream_status, turn, voice
from handlers.logs import log, masked
from tests.fakes.agents import AGENT
from tests.handlers.desk import AUTH_TOKEN, STREAM_SECRET, House, ScriptedReplies

SPEECH = "My name is Rosalind"


@pytest.mark.parametrize(("number", "shown"), [("+14155550123", "**********23"), ("7", "7"), ("", "")])
def test_only_the_last_two_digits_show(number: str, shown: str) -> None:
    assert masked(number) == shown


def test_a_line_is_json_with_what_is_told_beside_the_message(capsys: pytest.CaptureFixture[str]) -> None:
    log().warning("a stream's error", callId="01CALL", code="stream-cut")
    [line] = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["level"], told["message"], told["service"]) == ("WARNING", "a stream's error", "offhook")
    assert (told["callId"], told["code"]) == ("01CALL", "stream-cut")
    assert told["location"].startswith("test_a_line_is_json")


def test_a_call_leaves_no_speech_number_or_secret_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "offhook")
    house = House(ScriptedReplies(Reply("Hello Rosalind."), ValueError(SPEECH)))
    caller = {"From": "+14155550123", "To": "+14155550100"}
    streamed = house.post(voice, "/twilio/voice", caller).body
    house.post(stream_status, "/twilio/stream-status", {"StreamEvent": "stream-error", "StreamError": SPEECH})
    house.post(resume, "/twilio/resume", caller)
    house.post(turn, "/twilio/turn/1", {"SpeechResult": SPEECH, **caller})
    house.post(turn, "/twilio/turn/3", {"SpeechResult": SPEECH, **caller})
    house.post(turn, "/twilio/turn/5", {"SpeechResult": SPEECH}, signed="forged")
    house.post(status, "/twilio/status", {"CallStatus": "completed", **caller})
    lines = [vars(record) for record in caplog.records]
    assert {line["levelname"] for line in lines} == {"INFO", "WARNING", "ERROR"}
    assert any(line.get("callId") == house.only_record().call_id for line in lines)
    token = streamed.split('name="token" value="')[1].split('"')[0]
    text = json.dumps(lines, default=str)
    for secret in ("Rosalind", "5550123", "5550100", token, AUTH_TOKEN, STREAM_SECRET):
        assert secret not in text


def test_an_error_of_ours_is_logged_with_its_code(caplog: pytest.LogCaptureFixture) -> None:
    house = House(agents={"default": replace(AGENT, modes=(Mode.TRADITIONAL,))})
    house.store.down = True
    house.post(voice, "/twilio/voice", {"From": "+1", "To": "+2"})
    codes = [vars(record).get("code") for record in caplog.records]
    assert "store-unavailable" in codes
