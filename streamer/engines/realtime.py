"""The realtime engine: one speech-to-speech session hears, thinks and speaks.

The call's session decides who speaks; here is what it takes to obey. A vendor's session that ends, by its limit or
broken, is followed by another that knows what was heard. Every one belongs to this engine's tasks and ends with them.
"""

import asyncio
import binascii
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any

from calls.agent import Agent
from calls.conversation import Conversation
from calls.errors import ProviderFailed
from streamer.engines.caller_turns import CallerTurns
from streamer.engines.ports import PhraseSpeaker
from streamer.engines.realtime_replies import Replies
from streamer.engines.realtime_talk import Talk
from streamer.engines.succession import Succession
from streamer.engines.told_history import ToldHistory
from streamer.engines.unknown_events import UnknownEvents
from streamer.events import (
    Answer,
    CancelReply,
    EngineEvent,
    EngineLost,
    EngineOrder,
    Fill,
    Say,
    TurnTaken,
    TurnWorded,
)
from streamer.metering import UsageMeter
from streamer.providers import openai_realtime_failures as failures
from streamer.providers.openai_realtime_messages import session_update
from streamer.providers.openai_realtime_sessions import RealtimeSession
from streamer.providers.sent_audio import KeptAudio
from streamer.providers.vendor_socket import ConnectionLost
from streamer.twilio_stream import Media

log = logging.getLogger(__name__)

UPDATED_WITHIN_S = 3.0
KEPT_MS = 10_000
RESENT_MS = 400
"""How much audio before its end a session may not have told of: it broke, or a voice had only just begun."""
_LOOK_S = 0.2
_MOST_UNWORDED = 16
_EARLY_ORDERS = 16

Take = Callable[[], Awaitable[RealtimeSession]]
"""An established session, kept or new. Raises ProviderFailed."""


class RealtimeEngine:
    """Implements `streamer.engines.engine.Engine`. `speaker` speaks fixed words in the model's voice, and `meter` tells
    what it uses; `so_far` is the call's conversation as it stands; `today` the date at the agent's desk; `now_s` any
    steady clock."""

    def __init__(
        self,
        agent: Agent,
        take: Take,
        speaker: PhraseSpeaker,
        so_far: Callable[[], Conversation] = Conversation,
        today: Callable[[], date] | None = None,
        now_s: Callable[[], float] = time.monotonic,
        meter: UsageMeter | None = None,
    ) -> None:
        self.unknown, self._meter = UnknownEvents(), meter or UsageMeter()
        self._agent, self._take, self._speaker = agent, take, speaker
        self._so_far, self._today, self._now_s = so_far, today, now_s
        self.kept = KeptAudio(KEPT_MS)
        self._newest_ms = 0
        self._resend_from_ms = 0
        self._emit: Callable[[EngineEvent], None] | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._replies: Replies | None = None
        self._early: list[EngineOrder] = []
        self._talk: Talk | None = None
        self._spare: Talk | None = None
        self._succession = Succession()
        self._history: ToldHistory | None = None
        self._unworded: dict[str, TurnTaken] = {}
        self._lost: asyncio.Future[ProviderFailed] | None = None

    # --- the port ----------------------------------------------------------------------------------------------------

    def hear(self, frame: Media) -> None:
        self.kept.add(frame.mulaw, frame.media_ms)
        self._newest_ms = frame.media_ms
        if self._talk is not None:
            self._talk.hear(frame.payload, len(frame.mulaw), frame.media_ms)

    def order(self, order: EngineOrder) -> None:
        """Carried out at once; those that come before `run` wait for it."""
        replies = self._replies
        if replies is None:
            self._early = [*self._early, order][-_EARLY_ORDERS:]
            return
        match order:
            case Say(reply_id, text):
                replies.say(reply_id, text)
            case Answer(reply_id, conversation):
                replies.answer(reply_id, conversation.turns)
            case Fill(reply_id, text):
                replies.fill(reply_id, text)
            case CancelReply(reply_id, played_ms, heard):
                replies.cancel(reply_id, played_ms, heard)

    async def run(self, emit: Callable[[EngineEvent], None]) -> None:
        self._emit = emit
        self._meter.tell(emit)
        self._lost = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                self._replies = Replies(self._agent, self._speaker, emit, tasks, self._now_s)
                tasks.create_task(self._speaker.run(), name="speaker")
                tasks.create_task(self._serve(is_spare=False), name="session")
                tasks.create_task(self._watch(), name="watch")
                early, self._early = self._early, []
                for order in early:
                    self.order(order)
                raise await self._lost
        except* ProviderFailed:  # nobody else in here raises one: a speaker's are its replies'
            emit(EngineLost(self._lost.result().failure))
        finally:
            if self._talk is not None:
                self._talk.leave()

    # --- a session's life --------------------------------------------------------------------------------------------

    async def _serve(self, *, is_spare: bool) -> None:
        """One session from its opening to its end; what it means for the call is `_ended`'s."""
        try:
            session = await self._take()
        except ProviderFailed as failed:
            self._ended(None, failed, is_spare=is_spare)
            return
        talk = Talk(session, self._agent, CallerTurns(self._agent.realtime, self.kept), self, self._now_s)
        try:
            talk.client.send(session_update(self._agent, "configure", self._today() if self._today else None))
            async with asyncio.timeout(UPDATED_WITHIN_S):
                while not talk.is_ready:
                    talk.take(await session.receive())
            self._ready(talk, is_spare=is_spare)
            await session.deliver(talk.take)
        except TimeoutError:
            failure: ProviderFailed = failures.stalled("no answer to session.update", UPDATED_WITHIN_S)
        except ProviderFailed as failed:
            failure = failed
        finally:
            session.close()
        self._ended(talk, talk.failed or failure, is_spare=is_spare)

    def _ready(self, talk: Talk, *, is_spare: bool) -> None:
        if is_spare:
            self._spare, self._succession.is_sparing = talk, False
        else:
            self._adopt(talk, self._resend_from_ms)

    def _adopt(self, talk: Talk, resend_from_ms: int) -> None:
        """The call goes on with this session, which hears first what came from `resend_from_ms` on."""
        assert self._replies is not None, "sessions live inside run"
        self._talk = talk
        conversation = self._so_far()
        self._history = ToldHistory(talk.client)
        self._history.begin(conversation)
        for ref, turn in list(self._unworded.items()):
            self._hand_on(talk, ref, turn)
        known = {turn.id.rpartition("-r")[2] for turn in conversation.turns}
        self._replies.stand_on(talk, self._history, lambda reply_id: str(reply_id) in known)
        for mulaw, media_ms in self.kept.since(resend_from_ms):
            talk.hear(_base64(mulaw), len(mulaw), media_ms)
        left_s = talk.session.expires_at_s - time.time() if talk.session.expires_at_s else 0.0
        self._succession.began(self._now_s(), max(0.0, left_s), self._agent.realtime.longest_s)

    def _hand_on(self, talk: Talk, ref: str, turn: TurnTaken) -> None:
        """A turn whose words the last session did not write down: the next one is given its sound."""
        first_ms, last_ms = turn.first_voice_media_ms, turn.last_voice_media_ms
        sound = b"".join(mulaw for mulaw, media_ms in self.kept.since(first_ms) if media_ms <= last_ms)
        if sound:
            talk.client.enter_audio(_base64(sound))
        self.turn_worded(TurnWorded(ref, ""))

    def _ended(self, talk: Talk | None, failed: ProviderFailed, *, is_spare: bool) -> None:
        """A session is over, or never began. One that the call has left means nothing."""
        if talk is not None and talk is self._talk:
            self._died(talk, failed)
        elif is_spare and (talk is None or talk is self._spare or not talk.is_ready):
            log.warning("no second session yet: %s", failed.failure.code)
            self._spare = None
            self._succession.no_spare(self._now_s())
        elif talk is None or not talk.is_ready:
            self._replace(failed, is_worth_it=isinstance(failed, ConnectionLost))

    def _died(self, talk: Talk, failed: ProviderFailed) -> None:
        """The session that the call was on."""
        assert self._replies is not None, "sessions live inside run"
        log.warning("a realtime session was lost: %s", failed.failure.code)
        since_ms, taken_ms = talk.turns.speaks_since_ms, talk.turns.taken_until_ms
        unheard_ms = self._newest_ms - RESENT_MS if since_ms is None else since_ms
        self._resend_from_ms = max(0, taken_ms, unheard_ms)
        self._talk = self._history = None
        talk.leave()
        self._replies.leave(failed)
        spare, self._spare = self._spare, None
        if spare is not None:
            self._adopt(spare, self._resend_from_ms)
        else:
            self._replace(failed, is_worth_it=failed.failure.retryable)

    def _replace(self, failed: ProviderFailed, *, is_worth_it: bool) -> None:
        """One new session at once; where another was needed just before, the engine is lost."""
        assert self._tasks is not None, "sessions live inside run"
        assert self._lost is not None, "sessions live inside run"
        if is_worth_it and self._succession.may_replace(self._now_s()):
            self._tasks.create_task(self._serve(is_spare=False), name="session")
        elif not self._lost.done():
            self._lost.set_result(failed)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            if self._talk is not None:
                self._talk.look()
                self._look_ahead(self._talk)
            if self._talk is not None and self._replies is not None:
                self._talk.answer_unasked(wanted=self._replies.is_quiet)

    def _look_ahead(self, talk: Talk) -> None:
        """Before a session's limit the next one is made ready, and takes over between two turns."""
        now_s = self._now_s()
        if not self._succession.is_due(now_s):
            return
        if self._spare is None:
            if self._tasks is not None and self._succession.may_spare(now_s):
                self._tasks.create_task(self._serve(is_spare=True), name="next session")
        elif self._may_swap(talk, is_urgent=self._succession.is_urgent(now_s)):
            spare, self._spare = self._spare, None
            self._adopt(spare, max(talk.turns.taken_until_ms, self._newest_ms - RESENT_MS))
            talk.session.close()

    def _may_swap(self, talk: Talk, *, is_urgent: bool) -> bool:
        """Nobody speaks, nothing is in the making, and every turn has its words; where it is urgent, a turn's words
        are not waited for and what was given out may go on sounding."""
        assert self._replies is not None, "sessions live inside run"
        if talk.turns.caller_speaks or not talk.responses.is_idle or self._replies.is_making:
            return False
        return is_urgent or (self._replies.is_quiet and not self._unworded)

    # --- what a talk tells (`realtime_talk.Owner`) -------------------------------------------------------------------

    def emit(self, event: EngineEvent) -> None:
        assert self._emit is not None, "sessions live inside run"
        self._emit(event)

    def turn_taken(self, turn: TurnTaken) -> None:
        self._unworded[turn.ref] = turn
        if len(self._unworded) > _MOST_UNWORDED:
            del self._unworded[next(iter(self._unworded))]
        self.emit(turn)

    def turn_worded(self, worded: TurnWorded) -> None:
        self._unworded.pop(worded.ref, None)
        self.emit(worded)

    def reply_worded(self, reply_id: int, text: str, *, is_spoken: bool) -> None:
        if self._replies:
            self._replies.worded(reply_id, text, is_spoken=is_spoken)

    def reply_sounded(self, reply_id: int, mulaw: bytes) -> None:
        if self._replies:
            self._replies.sounded(reply_id, mulaw)

    def response_over(self, reply_id: int, response: Mapping[str, Any]) -> None:
        if self._replies and self._talk:
            self._replies.over(reply_id, response, self._talk.session.model)

    def reply_refused(self, reply_id: int, failed: ProviderFailed) -> None:
        if self._replies:
            self._replies.refused(reply_id, failed)


def _base64(mulaw: bytes) -> str:
    return binascii.b2a_base64(mulaw, newline=False).decode("ascii")
