"""One speech-to-speech session's side of a call: server events in, client events and engine events out, at once.

Synchronous throughout: an answer that the session orders while a turn is being told goes out before `take` returns.
The engine that owns the talk decides what a finished response means (`Owner.response_over`) and what becomes of a
session that cannot go on.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from calls.agent import Agent
from calls.errors import ProviderFailed
from calls.usage import Usage
from streamer.engines.caller_turns import CallerTurns
from streamer.engines.client_events import ASKED, ClientEvents
from streamer.engines.rate_limits import RateLimits
from streamer.engines.realtime_events import FATAL, KNOWN, reply_of
from streamer.engines.responses import Command, Create, Responses, State
from streamer.engines.unasked import Unasked
from streamer.engines.unknown_events import UnknownEvents
from streamer.events import EngineEvent, TurnTaken, TurnWorded, Used
from streamer.providers import openai_realtime_failures as failures
from streamer.providers import openai_realtime_messages as messages
from streamer.providers import openai_realtime_usage as usage
from streamer.providers.openai_realtime_sessions import RealtimeSession, audio_of, parsed, table, tables

log = logging.getLogger(__name__)

FIRST_SOUND_WITHIN_S = 4.0
"""From asking to the first sign of a reply."""
NEXT_SIGN_WITHIN_S = 3.0
"""Between two events of an active response; also from a cancellation to its end."""
UNBLOCKED_WITHIN_S = 1.0
_GARBAGE_ALLOWED = 20


class Owner(Protocol):
    """The engine, as a talk sees it."""

    unknown: UnknownEvents

    def emit(self, event: EngineEvent) -> None: ...

    def turn_taken(self, turn: TurnTaken) -> None:
        """The caller's turn is over; its words come later."""

    def turn_worded(self, worded: TurnWorded) -> None: ...

    def reply_worded(self, reply_id: int, text: str, *, is_spoken: bool) -> None:
        """The next words of a reply; not `is_spoken`: no sound comes with them."""

    def reply_sounded(self, reply_id: int, mulaw: bytes) -> None: ...

    def response_over(self, reply_id: int, response: Mapping[str, Any]) -> None:
        """A response that somebody waited for has ended, well or not."""

    def reply_refused(self, reply_id: int, failed: ProviderFailed) -> None:
        """The vendor would not begin a response."""


class Talk:
    """`now_s` is any steady clock. `session` is closed by whoever opened it; `client` writes to it."""

    def __init__(
        self, session: RealtimeSession, agent: Agent, turns: CallerTurns, owner: Owner, now_s: Callable[[], float]
    ) -> None:
        self.session, self.turns = session, turns
        self.responses = Responses()
        self.client = ClientEvents(session, self._not_sent, self._told_more)
        self._agent, self._owner, self._now_s = agent, owner, now_s
        self.is_ready = False
        self.failed: ProviderFailed | None = None
        self.garbage = 0
        self._sign_at_s = now_s()
        self._unasked = Unasked()
        self._limits = RateLimits()
        self._last_used: Usage | None = None
        self._handlers: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "response.output_audio.delta": self._on_audio,
            "response.output_audio_transcript.delta": lambda event: self._worded(event, is_spoken=True),
            "response.output_text.delta": lambda event: self._worded(event, is_spoken=False),
            "response.created": self._on_created,
            "response.done": self._on_done,
            "input_audio_buffer.speech_started": self._on_speech_started,
            "input_audio_buffer.speech_stopped": lambda event: self.turns.stopped(event, self._now_s()),
            "input_audio_buffer.committed": self._on_committed,
            "conversation.item.input_audio_transcription.completed": self._on_words,
            "conversation.item.input_audio_transcription.failed": self._on_no_words,
            "session.updated": self._on_updated,
            "rate_limits.updated": self._on_limits,
            "error": self._on_error,
        }

    # --- what goes out -----------------------------------------------------------------------------------------------

    def hear(self, payload: str, size_bytes: int, media_ms: int) -> None:
        """The caller's next audio, as base64 of mu-law."""
        self.turns.sent(size_bytes, media_ms)
        if not self.session.send(messages.append(payload)):
            self._not_sent()

    def ask(self, reply_id: int, words: str = "") -> None:
        """For an answer to the conversation; with `words`, for exactly those."""
        self._sign_at_s = self._now_s()
        self._carry_out(self.responses.ask(reply_id, words))

    def answer_unasked(self, *, wanted: bool) -> None:
        """Whether the session is to answer the caller's turns unasked. It is left as it is while the caller speaks."""
        if self.turns.caller_speaks:
            return
        if (told := self._unasked.to_tell(wanted=wanted)) is not None:
            self.client.answer_unasked(self._agent, wanted=told)

    def cancel(self, reply_id: int, played_ms: int) -> None:
        self._carry_out(self.responses.cancel(reply_id, played_ms))

    def fail(self, failed: ProviderFailed) -> None:
        """The session cannot go on: its socket is closed, and `failed` says why."""
        self.failed = self.failed or failed
        self.session.close()

    def leave(self) -> None:
        """The session is left, or lost: what is being made is billed, and nobody will say how much it was."""
        for response_id, reply_id, sounded_ms in self.responses.being_made:
            made = usage.estimated(response_id, self.session.model, sounded_ms, self._last_used)
            self._owner.emit(Used(made, reply_id))

    def forget(self, reply_id: int, response: Mapping[str, Any]) -> None:
        """Nothing of the response, which is over, was heard: it is no part of the conversation."""
        self.responses.heard.forget(reply_id)
        self._forget_unheard(response)

    def _carry_out(self, commands: list[Command]) -> None:
        if any(isinstance(command, Create) for command in commands):
            self._sign_at_s = self._now_s()
        self.client.carry_out(commands)

    def _told_more(self) -> None:
        self.responses.told_more()
        self._unasked.told_more(self._now_s())

    def _not_sent(self) -> None:
        if self.failed is None and self.session.socket.is_open:
            self.fail(failures.not_taken())

    # --- time --------------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Call it a few times a second: nothing may be waited for longer than it should take."""
        now_s = self._now_s()
        if alarm := self.turns.false_alarm(now_s):
            self._owner.emit(alarm)
        if self.responses.is_offered and self._unasked.is_overdue(now_s):
            self._not_begun()
        waited_s = now_s - self._sign_at_s
        match self.responses.state:
            case State.ASKED if waited_s > FIRST_SOUND_WITHIN_S:
                self.fail(failures.stalled("no sign of a reply", FIRST_SOUND_WITHIN_S))
            case State.ACTIVE | State.CANCELLING if waited_s > self._patience_s:
                self.fail(failures.stalled("no more of a reply", self._patience_s))
            case State.BLOCKED if waited_s > UNBLOCKED_WITHIN_S:
                self._carry_out(self.responses.unblock())

    def _not_begun(self) -> None:
        log.warning("OpenAI Realtime did not answer a turn unasked: from here on this session is asked")
        self._unasked.broke_its_word()
        self.answer_unasked(wanted=False)
        self._carry_out(self.responses.not_begun())

    @property
    def _patience_s(self) -> float:
        has_begun = self.responses.has_sounded or self.responses.state is State.CANCELLING
        return NEXT_SIGN_WITHIN_S if has_begun else FIRST_SOUND_WITHIN_S

    # --- what comes in -----------------------------------------------------------------------------------------------

    def take(self, message: bytes) -> None:
        """The next message from the vendor. Unknown events are counted; so is garbage, up to a bound."""
        event = parsed(message)
        handler = self._handlers.get(event["type"]) if event else None
        if handler is not None:
            handler(event)
        elif not event:
            self.garbage += 1
            self._owner.unknown.note("")
            if self.garbage > _GARBAGE_ALLOWED:
                self.fail(failures.garbage())
        elif event["type"] not in KNOWN:
            self._owner.unknown.note(event["type"])
        elif self.responses.wanted_reply(str(event.get("response_id"))) is not None:
            self._sign_at_s = self._now_s()  # a function's arguments may be long in coming

    def _on_audio(self, event: Mapping[str, Any]) -> None:
        mulaw = audio_of(event)
        item_id, index = str(event.get("item_id")), event.get("content_index") or 0
        reply_id = self.responses.sounded(str(event.get("response_id")), item_id, index, len(mulaw))
        if reply_id is not None and mulaw:
            self._sign_at_s = self._now_s()
            self._owner.reply_sounded(reply_id, mulaw)

    def _worded(self, event: Mapping[str, Any], *, is_spoken: bool) -> None:
        reply_id = self.responses.wanted_reply(str(event.get("response_id")))
        text = event.get("delta")
        if reply_id is not None and isinstance(text, str):
            self._sign_at_s = self._now_s()
            self._owner.reply_worded(reply_id, text, is_spoken=is_spoken)

    def _on_created(self, event: Mapping[str, Any]) -> None:
        response = table(event, "response")
        self._sign_at_s = self._now_s()
        response_id, label = str(response.get("id")), reply_of(response)
        self._carry_out(self.responses.created(response_id, label, may_be_unasked=self._unasked.may_answer))

    def _on_done(self, event: Mapping[str, Any]) -> None:
        response = table(event, "response")
        response_id = str(response.get("id"))
        used = usage.of_response(response, self.session.model)
        if used:
            self._last_used = used
            made_for = self.responses.reply_of(response_id)
            self._owner.emit(Used(used, reply_of(response) if made_for is None else made_for))
        self._sign_at_s = self._now_s()
        reply_id, commands = self.responses.done(response_id)
        if reply_id is None:
            self._forget_unheard(response)
        self._carry_out(commands)
        if reply_id is not None:
            self._owner.response_over(reply_id, response)

    def _forget_unheard(self, response: Mapping[str, Any]) -> None:
        """What nobody wanted and nobody heard is no part of the conversation."""
        for item in tables(response, "output"):
            item_id = item.get("id")
            if isinstance(item_id, str) and item_id not in self.responses.heard.settled:
                self.client.delete(item_id)

    def _on_speech_started(self, event: Mapping[str, Any]) -> None:
        self._owner.emit(self.turns.started(event))

    def _on_words(self, event: Mapping[str, Any]) -> None:
        used = usage.of_transcription(event, self._agent.realtime.transcription)
        if used:
            self._owner.emit(Used(used))
        text = event.get("transcript")
        self._owner.turn_worded(TurnWorded(str(event.get("item_id")), text.strip() if isinstance(text, str) else ""))

    def _on_no_words(self, event: Mapping[str, Any]) -> None:
        code = table(event, "error").get("code")
        log.warning("a turn of the caller could not be written down", extra={"errorCode": str(code)[:64]})
        self._owner.turn_worded(TurnWorded(str(event.get("item_id")), ""))

    def _on_committed(self, event: Mapping[str, Any]) -> None:
        self._unasked.turn_over(self._now_s())
        self.responses.turn_over(is_answered=self._unasked.holds, knows_all=self._unasked.knew_all)
        self._owner.turn_taken(self.turns.committed(event))

    def _on_updated(self, event: Mapping[str, Any]) -> None:
        self.is_ready = True
        self._unasked.updated(event)

    @property
    def limited_for_s(self) -> float:
        """How long the vendor grants no more, as its limits stand; 0 where none is used up."""
        return self._limits.spent_for_s(self._now_s())

    def _on_limits(self, event: Mapping[str, Any]) -> None:
        if low := self._limits.told(tables(event, "rate_limits"), self._now_s()):
            log.warning("OpenAI Realtime: %s are left", low)

    def _on_error(self, event: Mapping[str, Any]) -> None:
        error = table(event, "error")
        code, about = str(error.get("code")), str(error.get("event_id") or "")
        failed = failures.said(error)
        log.warning("OpenAI Realtime reports an error", extra={"errorCode": code[:64], "about": about[:32]})
        if code == "conversation_already_has_active_response":
            self._on_active(is_of_turn=self._unasked.holds and not about)
        elif code == "response_cancel_not_active":
            pass  # it was over before the cancellation came; its end is under way
        elif about.startswith(ASKED):
            reply_id, commands = self.responses.refused()
            self._carry_out(commands)
            if reply_id is not None:
                self._owner.reply_refused(reply_id, failed)
        elif not self.is_ready or failed.failure.code in FATAL:
            self.fail(failed)

    def _on_active(self, *, is_of_turn: bool) -> None:
        """A response is active: what was asked for, or would be made of a turn unasked, is not."""
        if is_of_turn:
            self.responses.not_answered()
        else:
            self._sign_at_s = self._now_s()
            self.responses.not_now()
