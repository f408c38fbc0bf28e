"""Fixed words in a Live call: spoken from memory in place of the model, one after the other. Taken back, they stop."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from calls.errors import ProviderFailed
from streamer.engines.live_talk import LiveTalk, Out, SayFixed
from streamer.engines.ports import Speaker
from streamer.events import ReplyDone, ReplySpoken, ReplyWorded
from streamer.metering import making as billed_to

log = logging.getLogger(__name__)

MOST_WAITING = 8


class FixedWords:
    """`give` takes what comes out of it."""

    def __init__(self, speaker: Speaker, talk: LiveTalk, give: Callable[[list[Out]], None]) -> None:
        self._speaker, self._talk, self._give = speaker, talk, give
        self._waiting: asyncio.Queue[SayFixed] = asyncio.Queue(MOST_WAITING)
        self._saying: tuple[SayFixed, asyncio.Task[None]] | None = None

    def say(self, order: SayFixed) -> None:
        try:
            self._waiting.put_nowait(order)
        except asyncio.QueueFull:
            log.error("too many fixed words at once; some are left unsaid")

    def look(self) -> None:
        """An order came: what is being said may not be wanted any more."""
        if self._saying is not None and not self._talk.is_fixed(self._saying[0].reply_id):
            self._saying[1].cancel()

    async def run(self) -> None:
        """Own the speaking until cancelled."""
        while True:
            order = await self._waiting.get()
            if not self._talk.is_fixed(order.reply_id):
                continue
            task = asyncio.create_task(self._say(order), name=f"reply {order.reply_id}")
            self._saying = order, task
            try:
                await asyncio.wait([task])
            finally:
                self._saying = None
                task.cancel()
            if not task.cancelled():
                task.result()

    async def _say(self, order: SayFixed) -> None:
        billed_to(order.reply_id)
        self._give([ReplyWorded(order.reply_id, order.text)])
        try:
            async with contextlib.aclosing(self._speaker.speak(order.text)) as pieces:
                async for piece in pieces:
                    self._talk.fixed(piece.mulaw, _now_ms())
                    self._give([ReplySpoken(order.reply_id, piece.mulaw, piece.text)])
        except ProviderFailed as failed:
            log.warning("fixed words cannot be spoken: %s; the model is asked to", failed.failure.code)
            self._give(self._talk.no_fixed(order))
            return
        self._give([ReplyDone(order.reply_id, None)])


def _now_ms() -> int:
    return round(asyncio.get_running_loop().time() * 1000)
