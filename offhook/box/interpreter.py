"""Runs TwiML on a line, verb after verb, document after document, until the call ends or nothing is left to do."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, Protocol
from urllib.parse import urljoin

from offhook.box import listening, sound
from offhook.box.calls import BoxCall, new_sid
from offhook.box.documents import Documents, NoDocument, Page
from offhook.box.line_log import FRAME_MS, Understood, spoken
from offhook.box.nouns import stream_fault
from offhook.box.ports import Alert, CallIdentity, Ears, Line, LineEnded, Mouth, StreamEvent
from offhook.box.sound import SoundError
from offhook.box.verbs import (
    Connect,
    Dial,
    Gather,
    Hangup,
    HttpMethod,
    Pause,
    Play,
    Redirect,
    Reject,
    Say,
    Stream,
    Verb,
)
from offhook.box.webhooks import Request, WebhookFailure, Webhooks

IDLE_MS = 100
"""A document that takes less time on the line than this, its requests aside, took none."""

IDLE_PAUSE_MS = 100
IDLE_DOCUMENTS = 100
"""So many in a row are a loop. Twilio documents the code for it (11215), not its bound; its own requests pace it."""

APOLOGY = "We are sorry. An application error has occurred. Goodbye."


class RunStream(Protocol):
    """`media_stream.run_stream`: the Twilio end of one `<Connect><Stream>`, until its socket is closed."""

    async def __call__(
        self,
        stream: Stream,
        identity: CallIdentity,
        line: Line,
        tell: Callable[[StreamEvent], None],
        alert: Callable[[Alert], None],
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What Twilio leaves open, and the person that a `<Dial>` reaches.

    `after_failed_stream`: what runs when a stream's socket could not be opened is documented nowhere. "action"
    requests `<Connect action>` as after any stream (the next verb when there is none), "next-verb" skips the action,
    "hang-up" ends the call.
    """

    after_failed_stream: Literal["action", "next-verb", "hang-up"] = "action"
    dial_ring_ms: int = 1500
    dial_answers: bool = True
    dial_says: str = "Hello, you have reached the front desk. How can I help you?"
    dial_talk_ms: int = 3000


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a running document may touch. `note(kind, detail)` tells the live view."""

    call: BoxCall
    identity: CallIdentity
    line: Line
    ears: Ears
    mouth: Mouth
    webhooks: Webhooks
    documents: Documents
    run_stream: RunStream
    stream_event: Callable[[Stream, StreamEvent, str], None]
    alert: Callable[[Alert], None]
    note: Callable[[str, str], None]
    behaviour: Behaviour
    partial_result: Callable[[Request], None] = lambda _: None


class _End(Enum):
    CALL = auto()


class Interpreter:
    """The application's side of one answered call. Every wait in it raises LineEnded when the call ends."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._line = around.line
        self._asking_ms = 0

    async def run(self, page: Page | None) -> None:
        """Run from this page to the end of the last document, then hang up. None is a document that could not be
        had: the caller hears Twilio's apology. Cancelling leaves the line open, for another document."""
        failed = page is None
        try:
            idle = 0
            while page is not None:
                began_ms, self._asking_ms = self._line.now_ms, 0
                url, page = page.url, await self._page(page)
                took_ms = self._line.now_ms - began_ms - self._asking_ms
                idle = idle + 1 if took_ms < IDLE_MS else 0
                if page is not None and idle > 1:
                    await self._pace(idle, url)
        except NoDocument:
            failed = True
        if failed:
            await self._say(Say(APOLOGY))
        self._line.hang_up()

    async def _pace(self, idle: int, url: str) -> None:
        """Between documents that do nothing but lead to the next. NoDocument, told in the debugger, once they are a
        loop."""
        if idle >= IDLE_DOCUMENTS:
            sentence = f"Too many redirects: {idle} documents in a row had nothing to say, to play or to wait for."
            self._alert(11215, "error", sentence, url)
            raise NoDocument(sentence)
        await self._line.pause(IDLE_PAUSE_MS)

    async def _page(self, page: Page) -> Page | None:
        """The page that takes over; None at the end of the call."""
        for verb in page.verbs:
            step = await self._verb(verb, page)
            if isinstance(step, Page):
                return step
            if step is _End.CALL:
                return None
        return None

    async def _verb(self, verb: Verb, page: Page) -> Page | _End | None:
        around = self._around
        around.call.stats.verbs += 1
        around.note("verb", type(verb).__name__)
        match verb:
            case Say():
                await self._say(verb)
            case Play():
                await self._play(verb, page)
            case Pause():
                await self._line.pause(verb.length_s * 1000)
            case Gather():
                return await self._gather(verb, page)
            case Redirect():
                return await self._request(verb.url, verb.method, page)
            case Connect():
                return await self._connect(verb, page)
            case Dial():
                return await self._dial(verb, page)
            case Hangup() | Reject():  # a Reject after the answer hangs up
                return _End.CALL
        return None

    async def _request(self, url: str, method: HttpMethod, page: Page, extra: dict[str, str] | None = None) -> Page:
        asked_ms = self._line.now_ms
        next_page = await self._around.documents.request(urljoin(page.url, url), method, extra)
        self._asking_ms += self._line.now_ms - asked_ms
        return next_page

    async def _say(self, say: Say) -> None:
        mulaw = await self._around.mouth.synthesise(say.text, say.voice, say.language)
        await self._repeat(mulaw, say.loop, say.text)

    async def _play(self, play: Play, page: Page) -> None:
        if play.digits:
            await self._repeat(sound.tones(play.digits), play.loop)
            return
        url = urljoin(page.url, play.url)
        try:
            mulaw = sound.from_wav((await self._around.webhooks.fetch(url)).body)
        except WebhookFailure as failure:
            self._alert(failure.code, "error", failure.sentence, url)
        except SoundError as error:
            self._alert(13420, "error", f"Play: Invalid Content-Type: {error}.", url)
        else:
            await self._repeat(mulaw, play.loop)

    async def _repeat(self, mulaw: bytes, loop: int, text: str = "") -> None:
        rounds = 0
        while mulaw and (loop == 0 or rounds < loop):
            await self._aloud(mulaw, text)
            rounds += 1

    async def _aloud(self, mulaw: bytes, text: str) -> None:
        """Play it, and keep how much of a text was played, however that ended."""
        line = self._line
        if line.hung_up:
            raise LineEnded("the call has ended")
        # What is handed over in one slot sounds from the next one on, and a slot that has begun sounds to its end.
        start_ms = line.now_ms + FRAME_MS
        try:
            await line.play(mulaw)
        finally:
            if text:
                end_ms = line.now_ms + (0 if line.hung_up else FRAME_MS)
                self._around.call.log.spoken.append(spoken(text, mulaw, start_ms, end_ms))

    async def _gather(self, verb: Gather, page: Page) -> Page | None:
        async def prompts() -> None:
            for prompt in verb.prompts:
                await self._verb(prompt, page)

        def tell_partial(extra: dict[str, str]) -> None:
            url = urljoin(page.url, verb.partial_result_callback)
            around.partial_result(Request(url, verb.partial_result_method, around.call.form(extra)))

        around = self._around
        heard = await listening.gather(verb, self._line, around.ears, prompts, tell_partial)
        if heard.speech or heard.digits:
            times_ms = (heard.start_ms, heard.end_ms, heard.decided_ms)
            around.call.log.understood.append(Understood(heard.speech, heard.digits, *times_ms))
        if heard.speech:
            around.call.stats.recognised.append(heard.speech)
            around.note("recognised", heard.speech)
        elif heard.digits:
            around.note("digits", heard.digits)
        elif not verb.action_on_empty_result:
            return None
        extra = heard.form()
        if not extra and "dtmf" in verb.inputs:
            extra = {"Digits": ""}
        asked_ms = self._line.now_ms
        next_page = await self._request(verb.action, verb.method, page, extra)
        if heard.speech or heard.digits:
            around.call.log.answered(asked_ms, self._line.now_ms)
        return next_page

    async def _connect(self, connect: Connect, page: Page) -> Page | _End | None:
        opened = await self._stream(connect.stream, page)
        option = self._around.behaviour.after_failed_stream
        if not opened and option == "hang-up":
            return _End.CALL
        if connect.action and (opened or option == "action"):
            return await self._request(connect.action, connect.method, page)
        return None

    async def _stream(self, stream: Stream, page: Page) -> bool:
        """Whether the stream ever started."""
        around, started = self._around, False

        def tell(event: StreamEvent) -> None:
            nonlocal started
            started = started or event.event == "stream-started"
            around.note("stream", event.event if not event.error else f"{event.event}: {event.error}")
            around.stream_event(stream, event, page.url)

        fault = stream_fault(stream)
        if fault is not None:
            code, sentence = fault
            self._alert(code, "error", sentence, stream.url)
            tell(StreamEvent("stream-error", new_sid("MZ"), stream.name, sentence, code))
            return False
        around.call.stats.streams += 1
        await around.run_stream(stream, around.identity, self._line, tell, around.alert)
        if self._line.hung_up:
            raise LineEnded("the call ended during a stream")
        return started

    async def _dial(self, dial: Dial, page: Page) -> Page | None:
        """A callee that answers after a moment, says something and hangs up; or one that never answers."""
        behaviour, extra = self._around.behaviour, {"DialCallSid": new_sid("CA"), "DialBridged": "false"}
        self._around.note("dial", dial.number)
        if behaviour.dial_answers and behaviour.dial_ring_ms <= dial.timeout_s * 1000:
            await self._line.pause(behaviour.dial_ring_ms)
            began_ms = self._line.now_ms
            try:
                async with asyncio.timeout(dial.time_limit_s):
                    await self._say(Say(behaviour.dial_says))
                    await self._line.pause(behaviour.dial_talk_ms)
            except TimeoutError:
                self._around.note("dial", "the time limit ended it")
            talked_s = -(-(self._line.now_ms - began_ms) // 1000)
            extra |= {"DialCallStatus": "completed", "DialCallDuration": str(talked_s), "DialBridged": "true"}
        else:
            await self._line.pause(dial.timeout_s * 1000)
            extra["DialCallStatus"] = "no-answer"
        if not dial.action:
            return None
        return await self._request(dial.action, dial.method, page, extra)

    def _alert(self, code: int, level: str, sentence: str, url: str) -> None:
        self._around.alert(Alert(code, level, self._around.call.sid, sentence, url))
