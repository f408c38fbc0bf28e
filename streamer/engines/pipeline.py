"""The pipeline engine: a recogniser hears, a thinker thinks, a speaker speaks, all at the same time.

While a clause is being spoken the next is being thought: the thinker's words are cut into clauses (the first one as
soon as it stands), made speakable, and handed to the speaker over a queue of a few; what was spoken is told in the
words as they were written. At most one reply is in the making; ordering a new one or cancelling stops the old. What was
given to the voice is spoken even if the thinker breaks off: only then is the reply told as lost.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from calls.conversation import Conversation
from calls.errors import Blame, Failure, ProviderFailed
from calls.reply import Action, ExpectKeys, Words
from streamer.engines.clauses import Clauses
from streamer.engines.originals import Originals
from streamer.engines.ports import Recogniser, Speaker, Spoken, Thinker
from streamer.events import (
    Answer,
    EngineEvent,
    EngineLost,
    EngineOrder,
    Fill,
    ReplyDone,
    ReplyFilled,
    ReplyLost,
    ReplySpoken,
    ReplyWorded,
    Say,
)
from streamer.metering import UsageMeter, making
from streamer.twilio_stream import Media

log = logging.getLogger(__name__)

_CLAUSES_AHEAD = 8
_UNSPOKEN = b"\xff" * 160  # 20 ms of silence that carries signs no voice speaks
_ORDERS = 32


@dataclass(slots=True)
class _Thought:
    """What came of thinking, beside the words. `failure`: it broke off in the middle."""

    action: Action | None = None
    keys: int = 0
    has_clause: bool = False
    failure: Failure | None = None


class PipelineEngine:
    """Implements `streamer.engines.engine.Engine`. `meter` is the one that its providers tell what they use."""

    def __init__(
        self, recogniser: Recogniser, thinker: Thinker, speaker: Speaker, meter: UsageMeter | None = None
    ) -> None:
        self._meter = meter
        self._recogniser = recogniser
        self._thinker = thinker
        self._speaker = speaker
        self._orders: asyncio.Queue[EngineOrder] = asyncio.Queue(_ORDERS)
        self._reply: asyncio.Task[None] | None = None
        self._filling: asyncio.Task[None] | None = None
        self._begin: Callable[[EngineOrder], None] | None = None

    def hear(self, frame: Media) -> None:
        self._recogniser.hear(frame.mulaw, frame.media_ms)

    def order(self, order: EngineOrder) -> None:
        """Begun at once, where nothing has to be stopped first. A session orders a few times a turn, so a full queue
        means the loop has stopped; the order is dropped and the session's own deadline for a reply brings the call on.
        """
        if self._begin is not None and self._orders.empty() and (isinstance(order, Fill) or not self._making()):
            self._begin(order)
            return
        try:
            self._orders.put_nowait(order)
        except asyncio.QueueFull:
            log.error("engine does not take orders; dropped one of kind %s", type(order).__name__)

    async def run(self, emit: Callable[[EngineEvent], None]) -> None:
        if self._meter:
            self._meter.tell(emit)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hear(emit), name="recogniser")
                tasks.create_task(self._speaker.run(), name="speaker")
                while True:
                    self._begin = partial(self._begin_in, tasks, emit)
                    order = await self._orders.get()
                    self._begin = None
                    if not isinstance(order, Fill):
                        await self._stop_reply()
                    self._begin_in(tasks, emit, order)
        except* ProviderFailed as lost:
            emit(EngineLost(_first_failure(lost)))
        finally:
            self._begin = None

    async def _hear(self, emit: Callable[[EngineEvent], None]) -> None:
        await self._recogniser.run(emit)
        raise ProviderFailed("The recogniser ended on its own.", code="recogniser-ended", retryable=True)

    def _begin_in(self, tasks: asyncio.TaskGroup, emit: Callable[[EngineEvent], None], order: EngineOrder) -> None:
        """What was in the making has been stopped."""
        match order:
            case Fill(reply_id):
                self._filling = _task(tasks, self._fill(order, emit), f"filler {reply_id}")
            case Say(reply_id, text):
                self._reply = _task(tasks, self._say(reply_id, text, emit), f"reply {reply_id}")
            case Answer(reply_id, conversation):
                self._reply = _task(tasks, self._answer(reply_id, conversation, emit), f"reply {reply_id}")

    def _making(self) -> list[asyncio.Task[None]]:
        return [task for task in (self._reply, self._filling) if task and not task.done()]

    async def _stop_reply(self) -> None:
        making = self._making()
        self._reply = self._filling = None
        for task in making:
            task.cancel()
        if making:
            await asyncio.wait(making)

    async def _fill(self, order: Fill, emit: Callable[[EngineEvent], None]) -> None:
        """A filler that cannot be spoken is done without."""
        making(order.reply_id)
        try:
            async with contextlib.aclosing(self._speaker.speak(order.text)) as pieces:
                mulaw = b"".join([piece.mulaw async for piece in pieces])
        except ProviderFailed as error:
            log.warning("no filler: %s", error.failure.code)
            return
        emit(ReplyFilled(order.reply_id, mulaw, order.text))

    async def _say(self, reply_id: int, text: str, emit: Callable[[EngineEvent], None]) -> None:
        making(reply_id)
        emit(ReplyWorded(reply_id, text, has_clause=True))
        originals = Originals()
        try:
            await self._speak(reply_id, self._speaker.speak(originals.add(text)), originals, emit)
        except ProviderFailed as error:
            emit(ReplyLost(reply_id, error.failure))
            return
        emit(ReplyDone(reply_id, None))

    async def _answer(self, reply_id: int, conversation: Conversation, emit: Callable[[EngineEvent], None]) -> None:
        making(reply_id)
        clauses: asyncio.Queue[str | None] = asyncio.Queue(_CLAUSES_AHEAD)
        originals = Originals()
        try:
            async with asyncio.TaskGroup() as tasks:
                speaking = self._speaker.speak_all(_spoken_forms(clauses, originals))
                tasks.create_task(self._speak(reply_id, speaking, originals, emit))
                thought = await self._think(reply_id, conversation, clauses, emit)
        except* ProviderFailed as lost:
            emit(ReplyLost(reply_id, _first_failure(lost)))
        else:
            if thought.failure:
                emit(ReplyLost(reply_id, thought.failure))
            else:
                emit(ReplyDone(reply_id, thought.action, thought.keys))

    async def _think(
        self,
        reply_id: int,
        conversation: Conversation,
        clauses: "asyncio.Queue[str | None]",
        emit: Callable[[EngineEvent], None],
    ) -> _Thought:
        """A reply that breaks off once something of it was given to the voice is spoken as far as it was given; one
        that breaks off before raises ProviderFailed."""
        cutter, thought = Clauses(), _Thought()
        try:
            async with contextlib.aclosing(self._thinker.reply(conversation)) as parts:
                async for part in parts:
                    match part:
                        case Words(text):
                            found = cutter.feed(text)
                            emit(ReplyWorded(reply_id, text, has_clause=bool(found) and not thought.has_clause))
                            thought.has_clause = thought.has_clause or bool(found)
                            for clause in found:
                                await clauses.put(clause)
                        case ExpectKeys(count):
                            thought.keys = count
                        case _:
                            thought.action = part
        except ProviderFailed as failed:
            if not thought.has_clause:
                raise
            thought.failure = failed.failure
        if not thought.failure and (rest := cutter.rest()).strip():
            if not thought.has_clause:
                emit(ReplyWorded(reply_id, "", has_clause=True))
            await clauses.put(rest)
        await clauses.put(None)
        return thought

    async def _speak(
        self,
        reply_id: int,
        speaking: AsyncGenerator[Spoken, None],
        originals: Originals,
        emit: Callable[[EngineEvent], None],
    ) -> None:
        async with contextlib.aclosing(speaking) as pieces:
            async for piece in pieces:
                emit(ReplySpoken(reply_id, piece.mulaw, originals.of(piece.text)))
        if rest := originals.rest():
            emit(ReplySpoken(reply_id, _UNSPOKEN, rest))


async def _spoken_forms(clauses: "asyncio.Queue[str | None]", originals: Originals) -> AsyncGenerator[str, None]:
    """What to say for each clause, as they come; a clause with nothing to say is passed over."""
    while (clause := await clauses.get()) is not None:
        spoken = originals.add(clause)
        if spoken:
            yield spoken


def _task(tasks: asyncio.TaskGroup, making: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None] | None:
    try:
        return tasks.create_task(making, name=name)
    except RuntimeError:  # the engine is ending, and its session is about to be told
        making.close()
        return None


def _first_failure(group: BaseExceptionGroup[ProviderFailed]) -> Failure:
    for error in group.exceptions:
        if isinstance(error, ProviderFailed):
            return error.failure
        if isinstance(error, BaseExceptionGroup):
            return _first_failure(error)
    return Failure("provider-failed", Blame.PROVIDER, "A provider failed.", retryable=True)
