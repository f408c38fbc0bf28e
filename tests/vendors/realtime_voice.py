"""The responses of one Realtime session: made, interrupted, cancelled; transcripts of the caller; the idle time-out."""

import asyncio
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

from tests.vendors.openai_errors import Complaint
from tests.vendors.paced import Paced
from tests.vendors.realtime_answers import Answers, asked_of, check_response_voice
from tests.vendors.realtime_items import Conversation, Item
from tests.vendors.realtime_response import Response
from tests.vendors.realtime_says import Teller
from tests.vendors.script_speech import Heard, RealtimeConnection, RealtimeScript
from tests.vendors.tokens import count, pieces

_BILLED_BY_TIME = ("whisper-1", "gpt-realtime-whisper", "gpt-live-transcribe", "gpt-transcribe")


class RealtimeVoice:
    """At most one response of the default conversation is `active`; any number goes on out of band."""

    def __init__(
        self,
        script: RealtimeScript,
        connection: RealtimeConnection,
        tell: Teller,
        conversation: Conversation,
        new_id: Callable[[str], str],
        idled: Callable[[], None],
    ) -> None:
        self._script, self._connection, self._tell = script, connection, tell
        self._conversation, self._new_id, self._idled = conversation, new_id, idled
        self._answers = Answers(script, connection)
        self._heard = cycle(connection.heard)
        self._responses: dict[str, Response] = {}
        self._transcripts: list[Paced[str]] = []
        self._idle: asyncio.TimerHandle | None = None
        self._session: dict[str, Any] = {}
        self._tokens_left = script.tokens_a_minute
        self._requests_left = script.requests_a_minute
        self.has_spoken = False

    @property
    def active(self) -> Response | None:
        return next((one for one in self._responses.values() if one.is_default), None)

    def create(self, asked: dict[str, Any], session: dict[str, Any], since_s: float) -> None:
        """response.create, which came at `since_s` of `time.monotonic`. Raises Complaint."""
        active = self.active
        if active is not None and asked.get("conversation", "auto") == "auto":
            raise _already_active(active)
        check_response_voice(asked, session, voiced=self.has_spoken)
        self._session = session
        self.stop_waiting()
        made, reply = asked_of(asked, self._new_id("resp"), session, self._conversation, self._answers)
        self._tell.meters.responses_created += 1
        self._tell.moment("answer asked for", since_s)
        self._tell.expect(reply.fault)
        response = Response(made, self._tell, self._new_id, self._over)
        self._responses[response.id] = response
        self._tell_limits()
        response.begin(since_s)

    def create_by_turn(self, session: dict[str, Any], since_s: float) -> None:
        """The caller's turn is over since `since_s`: the model answers, if it is not still answering."""
        active = self.active
        if active is None:
            self._tell.meters.responses_unasked += 1
            self.create({}, session, since_s)
            return
        complaint = _already_active(active)
        self._tell.meters.remark(complaint.message)
        self._tell.complain(complaint)

    def interrupt(self) -> None:
        """The caller speaks."""
        active = self.active
        if active is not None:
            self._tell.meters.responses_cancelled += 1
            active.cancel("turn_detected")

    def cancel(self, response_id: str | None) -> None:
        """response.cancel. Raises Complaint."""
        response = self.active if response_id is None else self._responses.get(response_id)
        if response is None:
            raise Complaint(400, "Cancellation failed: no active response found", code="response_cancel_not_active")
        self._tell.meters.responses_cancelled += 1
        self._tell.moment("cancel")
        response.cancel("client_cancelled")

    def hear(self, item: Item, transcription: dict[str, Any] | None, *, voiced: bool) -> None:
        """What the script takes the caller to have said in `item`: nothing where there is no voice."""
        heard = self._understood(item.audio) if voiced else Heard("")
        item.heard = heard.text
        if transcription is not None:
            delay_ms = self._connection.transcript_ms if heard.transcript_ms is None else heard.transcript_ms
            self._transcribe(item, heard, transcription["model"], delay_ms)

    def _understood(self, audio: bytes) -> Heard:
        if self._script.ears is not None:
            return Heard(self._script.ears(audio))
        return next(self._heard, Heard(""))

    def stop_waiting(self) -> None:
        """The idle time-out is off."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def idle_ms(self, session: dict[str, Any]) -> float | None:
        """The idle time-out: the script's, or what the client asked for."""
        detection = session["audio"]["input"]["turn_detection"] or {}
        asked_ms: float | None = detection.get("idle_timeout_ms")
        return asked_ms if asked_ms is None or self._connection.idle_ms is None else self._connection.idle_ms

    def stop(self) -> None:
        """The socket is gone."""
        self.stop_waiting()
        for response in self._responses.values():
            response.stop()
        for transcript in self._transcripts:
            transcript.stop()

    def _over(self, response: Response) -> None:
        self._responses.pop(response.id, None)
        self.has_spoken = self.has_spoken or response.audio_ms > 0
        self._tokens_left = max(0, self._tokens_left - round(response.audio_ms / 50))
        idle_ms = self.idle_ms(self._session)
        if response.is_default and idle_ms is not None:
            self.stop_waiting()
            loop = asyncio.get_running_loop()
            self._idle = loop.call_later((response.audio_ms + idle_ms) / 1000, self._idled)

    def _tell_limits(self) -> None:
        self._requests_left = max(0, self._requests_left - 1)
        left = (
            ("requests", self._script.requests_a_minute, self._requests_left),
            ("tokens", self._script.tokens_a_minute, self._tokens_left),
        )
        limits = [
            {
                "name": name,
                "limit": limit,
                "remaining": remaining,
                "reset_seconds": round(60 * (1 - remaining / limit), 3),
            }
            for name, limit, remaining in left
        ]
        self._tell.say("rate_limits.updated", rate_limits=limits)

    def _transcribe(self, item: Item, heard: Heard, model: str, delay_ms: float) -> None:
        event, place = "conversation.item.input_audio_transcription", {"item_id": item.id, "content_index": 0}
        words = pieces(heard.text) if not heard.failed else []

        def word(delta: str) -> None:
            self._tell.say(f"{event}.delta", **place, delta=delta)

        def done() -> None:
            if heard.failed:
                error = {"type": "server_error", "code": None, "message": "Transcription failed.", "param": None}
                self._tell.say(f"{event}.failed", **place, error=error)
                return
            item.wire = {**item.wire, "content": [{"type": "input_audio", "transcript": heard.text}]}
            self._tell.moment("transcript")
            usage = _transcription_usage(item, heard.text, model)
            self._tell.meters.billed["transcribed ms"] += round(item.audio_ms)
            self._tell.say(f"{event}.completed", **place, transcript=heard.text, usage=usage)

        start_s = time.monotonic() + delay_ms / 1000
        timed = [(start_s + index * self._connection.word_ms / 1000, one) for index, one in enumerate(words)]
        if not timed:
            timed = [(start_s, "")]
        self._transcripts.append(Paced(timed, word if words else _no_word, done))


def _no_word(_: str) -> None:
    """Nothing was said: only the end of it is told."""


def _already_active(active: Response) -> Complaint:
    what = f"Conversation already has an active response in progress: {active.id}."
    what += " Wait until the response is finished before creating a new one."
    return Complaint(400, what, code="conversation_already_has_active_response")


def _transcription_usage(item: Item, text: str, model: str) -> dict[str, Any]:
    if model in _BILLED_BY_TIME:
        return {"type": "duration", "seconds": round(item.audio_ms / 1000, 3)}
    heard, said = item.audio_tokens, count(text)
    details = {"text_tokens": 0, "audio_tokens": heard}
    return {
        "type": "tokens",
        "total_tokens": heard + said,
        "input_tokens": heard,
        "input_token_details": details,
        "output_tokens": said,
    }
