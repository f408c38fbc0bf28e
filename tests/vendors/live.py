"""OpenAI's `/v1/live/sessions` (GPT-Live) on one accepted socket: a primary WebSocket.

Taken from the SDK's types and the guides on Live; from clients' reports where they say that they measured: a socket
hears nothing before session.start; the session's clock is the audio that the client appends, so without it the model
does not speak and appends are not acknowledged; output audio goes on in silence, in pieces of 100 ms; usage comes about
every 15 s. Not documented, and assumed here:

- the wording of errors, and these codes: session_not_started, session_already_started, invalid_delegation_id,
  invalid_delegation, audio_fixture_active; a refused session.start leaves the socket open
- a caller who speaks makes the model fall silent after `yield_ms`: what it was saying, and an answer that it has not
  begun, is lost; what it is told to say waits for the end of the turn
- commentary is spoken word for word (clients report so; the SDK promises no wording); thinking only is acknowledged;
  instructions are spoken where they demand words in quotes (a greeting), and answered where they ask for an answer
- keys have no event here: transport.dtmf.* belong to SIP calls, on a sideband socket (so the SDK's types say)
- usage counts the audio received; the context window fills by 1 % a minute
- after session.closed the socket is closed with 1000, at expiry too
- no automatic acknowledgement of a delegation is spoken, so acknowledgement_delay_ms has no effect. Decisions,
  forking, sideband sockets and triggers are not simulated. Responses delegation: live_backend
"""

import asyncio
import itertools
import re
import time
from typing import Any

from tests.vendors.live_backend import Backend
from tests.vendors.live_config import PCM, check_delegation_id, started, updated
from tests.vendors.live_mouth import Mouth, Speech, speech_of
from tests.vendors.live_shapes import EVENTS
from tests.vendors.live_turns import LiveTurns
from tests.vendors.meters import SessionMeters
from tests.vendors.openai_errors import Complaint, no_model
from tests.vendors.realtime_answers import Answers
from tests.vendors.realtime_audio import Format, encoded
from tests.vendors.realtime_says import Teller
from tests.vendors.script_speech import LiveConnection, LiveScript, SpokenReply
from tests.vendors.speech_inbox import Inbox, Later
from tests.vendors.speech_tone import SILENCE
from tests.vendors.web_socket import Socket

_MOST_FIXTURE_MS = 30_000
_CONTEXT_A_SECOND = 0.01 / 60


class Live:
    """Runs by the socket's callbacks until the socket is gone."""

    def __init__(
        self, socket: Socket, script: LiveScript, connection: LiveConnection, meters: SessionMeters, number: int
    ) -> None:
        self._script, self._connection, self._meters, self._number = script, connection, meters, number
        self._loop = asyncio.get_running_loop()
        self._ids = itertools.count(1)
        self._tell = Teller(socket, connection.fault, connection.unknown_every, meters, number, "client_event_id")
        self._answers = Answers(script, connection)
        self._session: dict[str, Any] | None = None
        self._started_s = 0.0
        self._format = Format(PCM)
        self._mouth = Mouth(connection, self._sound, self._word)
        self._turns = LiveTurns(connection, self._mouth, self._hear_word, self._turn_over)
        self._said: list[dict[str, Any]] = []
        self._acknowledged: list[tuple[str, str | None]] = []
        self._delegations: set[str] = set()
        self._backend = Backend(self._say_backend, self._new_id)
        self._fixture = self._muted = self._heard_sound = False
        self._used_s = 0.0
        self._later = Later()
        append, ignored = "session.input_audio.append", connection.ignored
        Inbox(self._tell, EVENTS, append, self._act, ignored, self._check_order).read(socket)
        self._tell.begin()

    def stop(self) -> None:
        """The socket is gone."""
        if self._session is not None:
            self._meters.sessions_open -= 1
            self._meters.session_s += self._loop.time() - self._started_s
        self._tell.moment("closed")
        self._turns.ear.stop()
        self._tell.stop()
        self._later.stop()

    def _new_id(self, kind: str) -> str:
        return f"{kind}_{self._number:06d}{next(self._ids):08d}"

    def _check_order(self, kind: str) -> None:
        if (kind == "session.start") == (self._session is not None):
            if self._session is None:
                what = "The session has not started: send session.start first."
                raise Complaint(400, what, param="type", code="session_not_started")
            raise Complaint(400, "The session has already started.", param="type", code="session_already_started")

    def _act(self, kind: str, event: dict[str, Any]) -> None:
        client_id = event.get("event_id")
        match kind:
            case "session.input_audio.append":
                self._append(event["audio"])
            case "session.start":
                self._start(event["session"], client_id)
            case "session.commentary.append" | "session.thinking.append" | "session.instructions.append":
                self._add_context(kind.split(".")[1], event, client_id)
            case "session.input_audio.mute" | "session.input_audio.unmute":
                self._muted = kind.endswith(".mute")
                self._acknowledge(f"{kind}d", client_id)
            case "session.update":
                self._update(event["session"], client_id)
            case "session.output_audio.fixture.play":
                self._play(event["audio"], client_id)
            case "session.close":
                self._later(self._connection.closed_ms, self._close, "close_requested", client_id)
            case _:
                self._check_responses(kind)
                self._backend.take(event)

    def _start(self, config: dict[str, Any], client_id: str | None) -> None:
        if config["model"] not in self._script.models:
            raise no_model(config["model"])
        expires_at = int(time.time() + self._connection.expires_s)
        self._session = started(config, self._new_id("live_sess"), expires_at)
        self._format = Format(self._session["audio"]["format"])
        self._said += [{"role": one["role"], "content": one["content"][0]["text"]} for one in config.get("input", ())]
        self._backend.configure(self._session["delegation"].get("responses"), self._connection.backend_ms)
        self._started_s = self._loop.time()
        self._meters.sessions_opened += 1
        self._meters.sessions_open += 1
        self._later(self._connection.started_ms, self._tell_started, client_id)
        self._later(self._connection.expires_s * 1000, self._close, "expired", None)

    def _tell_started(self, client_id: str | None) -> None:
        self._tell.moment("session.started")
        self._acknowledge("session.started", client_id, session=self._session)

    def _acknowledge(self, kind: str, client_id: str | None, **fields: Any) -> None:
        named = {} if client_id is None else {"client_event_id": client_id}
        self._tell.say(kind, **fields, **named)

    def _append(self, given: str) -> None:
        audio = self._format.decoded(given, "audio")
        mulaw = self._format.to_mulaw(audio)
        self._meters.appended_ms += len(audio) / self._format.bytes_per_ms
        self._meters.audio_s_received += len(audio) / self._format.bytes_per_ms / 1000
        self._turns.ear.hear(SILENCE * len(mulaw) if self._muted or self._fixture else mulaw)
        clock_ms = round(self._turns.ear.received_ms)
        for kind, client_id in self._acknowledged:
            self._acknowledge(kind, client_id, start_ms=clock_ms, end_ms=clock_ms)
        self._acknowledged.clear()
        self._backend.advance(self._turns.ear.received_ms)
        self._mouth.advance(self._turns.ear.received_ms)
        if clock_ms / 1000 >= self._used_s + self._connection.usage_every_s:
            self._used_s = clock_ms / 1000
            window = {"usage_ratio": min(1.0, self._used_s * _CONTEXT_A_SECOND)}
            self._tell.say("session.usage.updated", usage={"seconds": self._used_s}, context_window=window)

    def _sound(self, mulaw: bytes, spoken: bool) -> None:
        if not spoken and self._connection.silence == "omitted":
            return
        if spoken and not self._heard_sound:
            self._tell.moment("first audio")
        self._heard_sound = spoken
        self._meters.audio_s_sent += len(mulaw) / 8000
        self._tell.send({"type": "session.output_audio.delta", "delta": encoded(self._format.from_mulaw(mulaw))})

    def _word(self, token: str, start_ms: int, end_ms: int) -> None:
        self._said_more("assistant", token)
        self._meters.tokens_out += 1
        self._tell.say("session.output_transcript.delta", delta=token, start_ms=start_ms, end_ms=end_ms)

    def _hear_word(self, token: str, start_ms: int, end_ms: int) -> None:
        self._said_more("user", token)
        self._tell.say("session.input_transcript.delta", delta=token, start_ms=start_ms, end_ms=end_ms)

    def _said_more(self, role: str, token: str) -> None:
        if not self._said or self._said[-1]["role"] != role:
            self._said.append({"role": role, "content": ""})
        self._said[-1]["content"] += token

    def _turn_over(self, due_ms: float) -> None:
        """The caller has said something and is silent."""
        self._tell.moment("turn over")
        self._answer(None, due_ms)

    def _answer(self, asked: dict[str, Any] | None, due_ms: float) -> None:
        """To what was said, and to what was `asked` in another way."""
        assert self._session is not None
        told = [{"role": "system", "content": self._session["instructions"]}, *self._said]
        reply = self._answers.reply_to(told if asked is None else [*told, asked])
        self._tell.expect(reply.fault)
        if reply.is_audio and reply.text:
            self._say(reply, reply.text, due_ms + reply.first_audio_ms, is_answer=True)
        if reply.tool_calls:
            self._delegate(reply, due_ms)

    def _say(self, reply: SpokenReply, words: str, start_ms: float, *, is_answer: bool = False) -> None:
        self._meters.responses_created += 1
        self._mouth.say(speech_of(reply, words, start_ms, is_answer=is_answer))

    def _delegate(self, reply: SpokenReply, due_ms: float) -> None:
        assert self._session is not None
        target = self._session["delegation"]["type"]
        delegation = {"id": self._new_id("del"), "type": "delegation", "target": target}
        self._delegations.add(delegation["id"])
        if target == "responses":
            delegation["response_id"] = self._backend.delegate(delegation["id"], reply, due_ms)
        self._tell.moment("delegation")
        self._tell.say("session.delegation.created", delegation=delegation, offset_ms=round(due_ms))

    def _say_backend(self, event: dict[str, Any], delegation_id: str) -> None:
        self._tell.say("response.event", event=event, delegation_id=delegation_id)
        if event["type"] == "response.output_text.done":
            self._say(self._answers.upcoming, event["text"], self._turns.ear.received_ms)

    def _check_responses(self, kind: str) -> None:
        assert self._session is not None
        if self._session["delegation"]["type"] != "responses":
            raise Complaint(400, f"{kind} requires Responses delegation.", param="type", code="invalid_delegation")

    def _add_context(self, kind: str, event: dict[str, Any], client_id: str | None) -> None:
        assert self._session is not None
        if self._fixture:
            raise Complaint(400, "An audio fixture is active.", param="type", code="audio_fixture_active")
        check_delegation_id(self._session, event["delegation_id"], self._delegations)
        self._acknowledged.append((f"session.{kind}.appended", client_id))
        self._tell.moment(f"{kind}.append")
        now_ms, reply, connection = self._turns.ear.received_ms, self._answers.upcoming, self._connection
        demanded = self._answers.told_to_say(event["content"])
        if kind == "commentary":
            self._say(reply, demanded or event["content"], now_ms + connection.commentary_ms)
        elif kind == "instructions" and demanded is not None:
            self._say(reply, demanded, now_ms + connection.instructions_ms)
        elif kind == "instructions" and connection.answer and re.search(connection.answer, event["content"]):
            self._answer({"role": "user", "content": event["content"]}, now_ms + connection.instructions_ms)

    def _update(self, change: dict[str, Any], client_id: str | None) -> None:
        assert self._session is not None
        self._session = updated(self._session, change)
        self._backend.configure(self._session["delegation"].get("responses"), self._connection.backend_ms)
        self._acknowledge("session.updated", client_id, session=self._session)

    def _play(self, given: str, client_id: str | None) -> None:
        if self._fixture:
            raise Complaint(400, "An audio fixture is active.", param="type", code="audio_fixture_active")
        fixture = Format(PCM)
        audio = fixture.decoded(given, "audio")
        if len(audio) % 2 or not 0 < len(audio) / fixture.bytes_per_ms <= _MOST_FIXTURE_MS:
            what = "An audio fixture is raw PCM16 at 24 kHz of at most 30 seconds."
            raise Complaint(400, what, param="audio", code="invalid_value")
        self._fixture = True
        self._mouth.fall_silent()
        self._acknowledge("session.output_audio.fixture.playing", client_id)

        def played() -> None:
            self._fixture = False
            self._acknowledge("session.output_audio.fixture.played", client_id)

        self._mouth.say(Speech(self._turns.ear.received_ms, fixture.to_mulaw(audio), [], ended=played))

    def _close(self, reason: str, client_id: str | None) -> None:
        usage = {"seconds": round(self._turns.ear.received_ms / 1000, 3)}
        self._tell.moment(f"session.closed {reason}")
        self._acknowledge("session.closed", client_id, reason=reason, session=self._session, usage=usage)
        self._tell.close(1000)
