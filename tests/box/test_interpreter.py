"""TwiML on a real line whose clock runs as fast as it can, with a network that answers from a table."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import httpx
import pytest

from offhook.box import sound
from offhook.box.calls import BoxCall, CallPlan, Hook
from offhook.box.documents import Documents, NoDocument
from offhook.box.interpreter import APOLOGY, IDLE_DOCUMENTS, IDLE_PAUSE_MS, Behaviour, Interpreter, Surroundings
from offhook.box.line import PhoneLine
from offhook.box.line_log import LineLog, Spoken
from offhook.box.ports import Alert, CallIdentity, Line, LineEnded, StreamEvent
from offhook.box.verbs import Stream
from offhook.box.webhooks import Request, Timings, Webhooks
from tests.box.speech import FakeEars, FakeMouth, spoken

BASE = "http://app.example"
MOMENT = datetime(2026, 11, 22, tzinfo=UTC)
STREAM = '<Connect action="/resume"><Stream url="ws://127.0.0.1:9/stream" name="s"/></Connect><Say>Next</Say>'


@dataclass
class Stage:
    """A call with everything around it faked but the line, the documents and the interpreter."""

    pages: dict[str, str | httpx.Response] = field(default_factory=dict)
    fallback: Hook | None = None
    behaviour: Behaviour = field(default_factory=Behaviour)
    stream_opens: bool = True
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    alerts: list[int] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    streamed: list[StreamEvent] = field(default_factory=list)
    line: PhoneLine = field(default_factory=PhoneLine)
    mouth: FakeMouth = field(default_factory=FakeMouth)
    ears: FakeEars = field(default_factory=FakeEars)
    log: LineLog = field(default_factory=LineLog)
    partials: list[Request] = field(default_factory=list)

    def network(self, request: httpx.Request) -> httpx.Response:
        form = dict(parse_qsl(request.content.decode(), keep_blank_values=True))
        self.asked.append((request.url.path, form))
        page = self.pages.get(request.url.path, httpx.Response(404))
        if isinstance(page, httpx.Response):
            return page
        return httpx.Response(200, text=f"<Response>{page}</Response>", headers={"content-type": "text/xml"})

    async def run_stream(
        self,
        stream: Stream,
        identity: CallIdentity,
        line: Line,
        tell: Callable[[StreamEvent], None],
        alert: Callable[[Alert], None],
    ) -> None:
        assert identity.auth_token == "token"
        if self.stream_opens:
            tell(StreamEvent("stream-started", "MZ1", stream.name))
            tell(StreamEvent("stream-stopped", "MZ1", stream.name))
        else:
            alert(Alert(31920, "error", identity.call_sid, "not a 101"))
            tell(StreamEvent("stream-error", "MZ1", stream.name, "not a 101", 31920))

    async def run(self, first: str) -> None:
        """Run this document's verbs, found at /voice, to the end of the call."""
        self.pages["/voice"] = first
        plan = CallPlan("+15005550006", "+14155550100", "inbound", fallback=self.fallback)
        call = BoxCall("AC1", plan, MOMENT, log=self.log)
        webhooks = Webhooks("token", Timings(retries=0), httpx.MockTransport(self.network))
        documents = Documents(call, webhooks, lambda alert: self.alerts.append(alert.code))
        around = Surroundings(
            call=call,
            identity=CallIdentity("AC1", call.sid, "token"),
            line=self.line,
            ears=self.ears,
            mouth=self.mouth,
            webhooks=webhooks,
            documents=documents,
            run_stream=self.run_stream,
            stream_event=lambda _stream, event, _url: self.streamed.append(event),
            alert=lambda alert: self.alerts.append(alert.code),
            note=lambda kind, detail: self.notes.append((kind, detail)),
            behaviour=self.behaviour,
            partial_result=self.partials.append,
        )
        async with hurried(self.line), asyncio.timeout(5):
            try:
                page = await documents.request(f"{BASE}/voice", "POST")
            except NoDocument:
                page = None
            await Interpreter(around).run(page)
        await webhooks.aclose()

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def form(self, path: str) -> dict[str, str]:
        return next(form for asked, form in self.asked if asked == path)


@asynccontextmanager
async def hurried(line: PhoneLine) -> AsyncIterator[None]:
    """The line's time flies, with a few turns of the loop to every 20 ms."""

    async def fly() -> None:
        while not line.hung_up:
            line.tick()
            for _ in range(5):
                await asyncio.sleep(0)

    flying = asyncio.create_task(fly())
    try:
        yield
    finally:
        flying.cancel()
        await asyncio.gather(flying, return_exceptions=True)


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


# Gather


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


async def test_what_a_caller_who_leaves_heard_is_kept() -> None:
    stage = Stage()
    stage.line.listen(lambda _mulaw, now_ms: stage.line.hang_up() if now_ms >= 500 else None, lambda _digit: None)
    with pytest.raises(LineEnded):
        await stage.run(f"<Say>{'a' * 500}</Say><Say>Never</Say>")
    [cut] = stage.log.spoken
    assert (cut.start_ms, cut.whole_ms, cut.cut) == (20, 10_000, True)
    assert cut.end_ms * 8 == len(stage.line.recording().agent)


# Streams and dialling


async def test_after_a_stream_the_action_is_asked() -> None:
    stage = Stage(pages={"/resume": "<Say>Back</Say>"})
    await stage.run(STREAM)
    assert stage.mouth.said == ["Back"]
    assert [event.event for event in stage.streamed] == ["stream-started", "stream-stopped"]


async def test_after_a_stream_without_action_the_next_verb_runs() -> None:
    stage = Stage()
    await stage.run('<Connect><Stream url="ws://127.0.0.1:9/stream"/></Connect><Say>Next</Say>')
    assert stage.mouth.said == ["Next"]


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (Behaviour(), ["Back"]),
        (Behaviour(after_failed_stream="next-verb"), ["Next"]),
        (Behaviour(after_failed_stream="hang-up"), []),
    ],
)
async def test_a_stream_that_never_opened(behaviour: Behaviour, said: list[str]) -> None:
    stage = Stage(pages={"/resume": "<Say>Back</Say>"}, stream_opens=False, behaviour=behaviour)
    await stage.run(STREAM)
    assert stage.mouth.said == said
    assert stage.alerts == [31920]


async def test_a_query_string_is_a_handshake_error_and_nothing_is_opened() -> None:
    stage = Stage(pages={"/resume": "<Say>Back</Say>"})
    await stage.run(STREAM.replace("/stream", "/stream?token=x"))
    assert stage.alerts == [31920]
    assert [(event.event, event.error_code) for event in stage.streamed] == [("stream-error", 31920)]
    assert stage.mouth.said == ["Back"]


async def test_dial_reaches_somebody_and_tells_the_action() -> None:
    stage = Stage(pages={"/dialled": "<Hangup/>"}, behaviour=Behaviour(dial_says="Desk", dial_talk_ms=1900))
    await stage.run('<Dial action="/dialled">+14155550111</Dial>')
    form = stage.form("/dialled")
    assert form["DialCallStatus"] == "completed"
    assert form["DialCallDuration"] == "2"
    assert form["DialCallSid"].startswith("CA")
    assert stage.mouth.said == ["Desk"]


async def test_dial_that_nobody_answers() -> None:
    stage = Stage(pages={"/dialled": "<Hangup/>"}, behaviour=Behaviour(dial_answers=False))
    await stage.run('<Dial action="/dialled" timeout="3">+14155550111</Dial>')
    assert stage.form("/dialled")["DialCallStatus"] == "no-answer"
    assert stage.line.now_ms >= 3000


# Documents that fail


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
