"""Documents of TwiML: their verbs one after the other, redirects, and documents that fail."""

import httpx
import pytest

from offhook.box.calls import Hook
from offhook.box.interpreter import APOLOGY, IDLE_DOCUMENTS, IDLE_PAUSE_MS
from offhook.box.ports import LineEnded
from tests.box.stage import BASE, Stage


async def test_say_pause_and_the_end_of_the_document_hang_up() -> None:
    stage = Stage()
    await stage.run("<Say>Hello</Say><Pause length='2'/><Say loop='2'>Bye</Say>")
    assert stage.mouth.said == ["Hello", "Bye"]
    assert stage.line.hung_up
    (hello, bye) = stage.line.agent_spans
    assert hello == (20, 120)
    assert 2120 <= bye[0] < bye[0] + 120 <= bye[1] <= stage.line.now_ms <= 2400


async def test_nothing_runs_after_hangup() -> None:
    stage = Stage()
    await stage.run("<Hangup/><Say>Never</Say>")
    assert stage.mouth.said == []


async def test_redirect_is_relative_to_the_document() -> None:
    stage = Stage(pages={"/b/next": "<Say>Here</Say>", "/b/start": '<Redirect method="POST">next</Redirect>'})
    await stage.run("<Redirect>/b/start</Redirect><Say>Never</Say>")
    assert stage.paths == ["/voice", "/b/start", "/b/next"]
    assert stage.mouth.said == ["Here"]


async def test_a_document_that_redirects_to_itself_is_paced_and_ended() -> None:
    stage = Stage()
    await stage.run("<Redirect>/voice</Redirect>")
    assert stage.paths == ["/voice"] * (IDLE_DOCUMENTS + 1)
    assert stage.alerts == [11215]
    assert stage.mouth.said == [APOLOGY]
    assert stage.log.spoken[0].start_ms >= (IDLE_DOCUMENTS - 2) * IDLE_PAUSE_MS
    assert stage.line.hung_up


async def test_a_loop_that_waits_is_none() -> None:
    stage = Stage()
    stage.line.listen(lambda _mulaw, now_ms: stage.line.hang_up() if now_ms >= 150_000 else None, lambda _digit: None)
    with pytest.raises(LineEnded):
        await stage.run("<Pause length='1'/><Redirect>/voice</Redirect>")
    assert stage.alerts == []
    assert len(stage.paths) > IDLE_DOCUMENTS


async def test_a_single_redirect_is_not_held_up() -> None:
    stage = Stage(pages={"/next": "<Say>Here</Say>"})
    await stage.run("<Redirect>/next</Redirect>")
    assert stage.log.spoken[0].start_ms < IDLE_PAUSE_MS


async def test_play_of_digits_is_heard() -> None:
    stage = Stage()
    await stage.run('<Play digits="12w3"/>')
    assert stage.line.agent_spans[-1][1] >= 900


async def test_play_of_something_else_than_a_sound() -> None:
    stage = Stage(pages={"/a.wav": httpx.Response(200, content=b"ID3")})
    await stage.run("<Play>/a.wav</Play><Say>On</Say>")
    assert stage.alerts == [13420]
    assert stage.mouth.said == ["On"]


async def test_what_a_caller_who_leaves_heard_is_kept() -> None:
    stage = Stage()
    stage.line.listen(lambda _mulaw, now_ms: stage.line.hang_up() if now_ms >= 500 else None, lambda _digit: None)
    with pytest.raises(LineEnded):
        await stage.run(f"<Say>{'a' * 500}</Say><Say>Never</Say>")
    [cut] = stage.log.spoken
    assert (cut.start_ms, cut.whole_ms, cut.cut) == (20, 10_000, True)
    assert cut.end_ms * 8 == len(stage.line.recording().agent)


async def test_the_fallback_is_told_what_failed() -> None:
    stage = Stage(pages={"/fallback": "<Say>Sorry</Say>"}, fallback=Hook(f"{BASE}/fallback"))
    await stage.run("<Redirect>/gone</Redirect>")
    told = stage.form("/fallback")
    assert (told["ErrorCode"], told["ErrorUrl"]) == ("11200", f"{BASE}/gone")
    assert stage.mouth.said == ["Sorry"]
    assert stage.alerts == [11200]


async def test_without_a_fallback_the_caller_hears_the_apology() -> None:
    stage = Stage()
    await stage.run("<Redirect>/gone</Redirect>")
    assert stage.mouth.said == [APOLOGY]
    assert stage.line.hung_up


async def test_a_fallback_that_fails_too_ends_the_call() -> None:
    stage = Stage(pages={"/fallback": httpx.Response(500)}, fallback=Hook(f"{BASE}/fallback"))
    await stage.run("<Redirect>/gone</Redirect>")
    assert stage.mouth.said == [APOLOGY]
    assert stage.alerts == [11200, 11200]


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("application/json", "<Response/>", 12300),
        ("audio/mpeg", "<Response/>", 12300),
        ("text/xml", "<Response>", 12100),
        ("text/xml", "", 11770),
        ("application/xml; charset=utf-8", "<Request/>", 12102),
    ],
)
async def test_answers_that_are_no_twiml(content_type: str, body: str, code: int) -> None:
    stage = Stage(pages={"/bad": httpx.Response(200, text=body, headers={"content-type": content_type})})
    await stage.run("<Redirect>/bad</Redirect>")
    assert stage.alerts == [code]


async def test_plain_text_is_said() -> None:
    page = httpx.Response(200, text="Hello there", headers={"content-type": "text/plain"})
    stage = Stage(pages={"/text": page})
    await stage.run("<Redirect>/text</Redirect>")
    assert stage.mouth.said == ["Hello there"]


async def test_what_is_wrong_in_a_document_is_in_the_debugger_and_the_rest_runs() -> None:
    stage = Stage()
    await stage.run("<Foo/><Say>On</Say>")
    assert stage.alerts == [12200]
    assert stage.mouth.said == ["On"]
