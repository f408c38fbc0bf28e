"""Gathers on a real line: what goes to the action, what falls through, and what is kept of what was heard."""

import pytest

from offhook.box import sound
from offhook.box.line_log import Spoken
from offhook.box.ports import LineEnded
from tests.box.speech import spoken
from tests.box.stage import BASE, Stage


async def test_what_the_caller_says_goes_to_the_action() -> None:
    stage = Stage(pages={"/turn": "<Hangup/>"})
    stage.line.caller_say(spoken(4000))
    await stage.run('<Gather input="speech" speechTimeout="auto" action="/turn"/>')
    form = stage.form("/turn")
    assert form["SpeechResult"] == "book a table please"
    assert form["Confidence"] == "0.9"
    assert "Digits" not in form
    assert ("recognised", "book a table please") in stage.notes


async def test_speech_cuts_the_prompt() -> None:
    stage = Stage(pages={"/turn": "<Hangup/>"})
    stage.line.caller_say(spoken(2000))
    await stage.run(f'<Gather input="speech" speechTimeout="auto" action="/turn"><Say>{"a" * 500}</Say></Gather>')
    assert stage.form("/turn")["SpeechResult"] == "goodbye"
    assert stage.line.agent_spans[-1][1] < 200


async def test_no_input_falls_through() -> None:
    stage = Stage()
    await stage.run(
        '<Gather input="speech dtmf" timeout="2" action="/turn"><Say>Hi</Say></Gather><Say>Still there?</Say>'
    )
    assert stage.paths == ["/voice"]
    assert stage.mouth.said == ["Hi", "Still there?"]


async def test_no_input_goes_to_the_action_when_asked_for() -> None:
    stage = Stage(pages={"/turn": "<Hangup/>"})
    await stage.run('<Gather timeout="1" action="/turn" actionOnEmptyResult="true"/>')
    assert stage.form("/turn")["Digits"] == ""


async def test_noise_without_words_is_no_input() -> None:
    stage = Stage()
    stage.line.caller_say(spoken(1000))
    await stage.run('<Gather input="speech" timeout="1" speechTimeout="auto" action="/turn"/>')
    assert len(stage.ears.heard_ms) == 1
    assert stage.paths == ["/voice"]


async def test_without_an_action_the_document_is_asked_again() -> None:
    stage = Stage()
    stage.line.caller_say(spoken(4000))
    await stage.run('<Gather input="speech" speechTimeout="auto" timeout="1"/>')
    assert stage.paths == ["/voice", "/voice"]
    assert stage.asked[1][1]["SpeechResult"] == "book a table please"


async def test_a_caller_who_hangs_up_in_a_gather() -> None:
    stage = Stage()
    stage.line.listen(lambda _mulaw, now_ms: stage.line.hang_up() if now_ms > 500 else None, lambda _digit: None)
    with pytest.raises(LineEnded):
        await stage.run("<Gather/>")


async def test_what_was_played_and_what_was_heard_is_kept() -> None:
    stage = Stage(pages={"/turn": "<Say>Bye</Say>"})
    stage.line.caller_say(sound.silence(400) + spoken(2000))
    prompt = "a" * 500
    await stage.run(
        f'<Say>Hi</Say><Gather input="speech" speechTimeout="auto" action="/turn"><Say>{prompt}</Say></Gather>'
    )
    hello, cut, bye = stage.log.spoken
    assert hello == Spoken("Hi", 20, 60, 40, 20, 60, cut=False)
    assert (cut.text, cut.whole_ms, cut.cut) == (prompt, 10_000, True)
    # The line counts the first two as one sound, so short is the pause between them.
    assert [(hello.start_ms, cut.end_ms), (bye.start_ms, bye.end_ms)] == list(stage.line.agent_spans)
    assert (bye.text, bye.cut) == ("Bye", False)
    [heard] = stage.log.understood
    assert (heard.speech, heard.digits) == ("goodbye", "")
    assert [(heard.start_ms, heard.end_ms)] == list(stage.line.caller_spans)
    assert heard.start_ms < cut.end_ms <= heard.start_ms + 200
    assert heard.decided_ms == heard.end_ms + 900


async def test_a_gather_tells_its_partial_results_with_the_calls_parameters() -> None:
    stage = Stage({"/turn": "<Hangup/>"})
    stage.line.caller_say(spoken(4000))
    await stage.run('<Gather input="speech" action="/turn" partialResultCallback="partial/1"/>')
    (partial,) = stage.partials
    assert (partial.url, partial.method) == (f"{BASE}/partial/1", "POST")
    assert partial.form["StableSpeechResult"] == "book a table please"
    assert partial.form["CallSid"].startswith("CA")
    (understood,) = stage.log.understood
    assert understood.decided_ms <= understood.asked_ms <= understood.answered_ms
