"""One phone line: both directions of a call's audio on one true 20 ms clock (the port is `ports.Line`).

Slot k is the line's time from 20k to 20k + 20 ms. The tick that ends slot k hands that slot's caller frame to the
listeners, and starts the next agent frame, which sounds in slot k + 1: the recording holds both where they were heard.
"""

import asyncio
import heapq
import time
from collections.abc import Callable
from contextlib import suppress

from offhook.box.line_stats import Lateness, LineStats, VoicedSpans
from offhook.box.playout import FRAME_BYTES, FRAME_MS, SILENCE, Playout
from offhook.box.ports import LineEnded
from offhook.box.recording import Recording

DIGITS = frozenset("0123456789*#ABCD")

LIMIT_MS = 14_400_000
"""Twilio ends a call after four hours unless its TimeLimit says otherwise."""

_SPEECH_LIMIT_BYTES = 30 * 60 * 8000
_EARLY_S = 0.001
"""Some event loops round timers to the millisecond and fire early; such a tick counts as on time."""

OnFrame = Callable[[bytes, int], None]
OnDigit = Callable[[str], None]


class PhoneLine:
    """Implements `ports.Line`, with the caller's side beside it. Not thread-safe: one event loop owns it.

    `run` answers the call and keeps its clock; `tick` is one step of it, for who keeps time otherwise.
    `play` and `enqueue` share one playout buffer: a call runs one TwiML verb at a time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, limit_ms: int = LIMIT_MS) -> None:
        self._clock = clock
        self._limit_ms = limit_ms
        self._now_ms = 0
        self._playout = Playout()
        self._to_say = bytearray()
        self._caller_track = bytearray()
        self._agent_track = bytearray(SILENCE)
        self._caller_voice = VoicedSpans()
        self._agent_voice = VoicedSpans()
        self._listeners: tuple[tuple[OnFrame, OnDigit], ...] = ()
        self._waiters: set[asyncio.Future[None]] = set()
        self._alarms: list[tuple[int, int, asyncio.Future[None]]] = []
        self._alarms_set = 0
        self._until_quiet: list[asyncio.Future[None]] = []
        self._ended = asyncio.Event()
        self._answered_at: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._fault: Exception | None = None
        self._tick_lateness = Lateness()
        self._late_ticks = 0
        self._outbound_lateness = Lateness()

    # The clock

    async def run(self) -> None:
        """Answer, and keep the clock until the call ends. Cancelling it hangs up. Raises what a listener raised (the
        call ends then), and RuntimeError when run twice."""
        if self._answered_at is not None:
            raise RuntimeError("a line is answered once")
        self._answered_at = self._clock()
        try:
            self._schedule()
            await self._ended.wait()
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self.hang_up()
        if self._fault is not None:
            raise self._fault

    def _due_at(self) -> float:
        return (self._answered_at or 0.0) + (self._now_ms + FRAME_MS) / 1000

    def _schedule(self) -> None:
        if not self.hung_up:
            delay_s = max(0.0, self._due_at() - self._clock())
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._on_time)

    def _on_time(self) -> None:
        """Every tick that is due by now: one as a rule, several after a stall. None is skipped."""
        try:
            while not self.hung_up and (late_s := self._clock() - self._due_at()) >= -_EARLY_S:
                self.tick(late_s * 1000)
        except Exception as fault:
            # Handed to run(), which raises it: a timer has nobody else to tell.
            self._fault = fault
            self.hang_up()
        self._schedule()

    def tick(self, late_ms: float = 0.0) -> None:
        """End the current slot, `late_ms` after it was due. A call that has ended has no more slots."""
        if self.hung_up:
            return
        at_ms = self._now_ms
        self._tick_lateness.add(late_ms)
        self._late_ticks += late_ms > FRAME_MS
        heard = self._next_caller_frame(at_ms)
        self._play_next_frame(at_ms + FRAME_MS, late_ms)
        self._now_ms = at_ms + FRAME_MS
        for on_frame, _ in self._listeners:
            on_frame(heard, at_ms)
        self._wake()
        if self._now_ms >= self._limit_ms:
            self.hang_up()

    def _next_caller_frame(self, at_ms: int) -> bytes:
        if not self._to_say:
            self._caller_track += SILENCE
            return SILENCE
        frame = bytes(self._to_say[:FRAME_BYTES]).ljust(FRAME_BYTES, b"\xff")
        del self._to_say[:FRAME_BYTES]
        self._caller_track += frame
        self._caller_voice.add(frame, at_ms, at_ms + FRAME_MS)
        return frame

    def _play_next_frame(self, from_ms: int, late_ms: float) -> None:
        frame = self._playout.next_frame()
        self._agent_track += frame
        if frame is not SILENCE:
            self._outbound_lateness.add(max(0.0, late_ms) + self._playout.delay_ms)
            self._agent_voice.add(frame, from_ms, from_ms + FRAME_MS)

    def _wake(self) -> None:
        while self._alarms and self._alarms[0][0] <= self._now_ms:
            _release(heapq.heappop(self._alarms)[2])
        if self._until_quiet and not self._to_say:
            for waiter in self._until_quiet:
                _release(waiter)
            self._until_quiet.clear()

    # Both sides

    @property
    def now_ms(self) -> int:
        return self._now_ms

    @property
    def hung_up(self) -> bool:
        return self._ended.is_set()

    def listen(self, on_frame: OnFrame, on_digit: OnDigit) -> Callable[[], None]:
        listener = (on_frame, on_digit)
        self._listeners = (*self._listeners, listener)

        def stop() -> None:
            self._listeners = tuple(other for other in self._listeners if other is not listener)

        return stop

    def hang_up(self) -> None:
        if self.hung_up:
            return
        self._ended.set()
        self._listeners = ()
        self._to_say.clear()
        self._playout.drop()
        self._alarms.clear()
        self._until_quiet.clear()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(LineEnded("the call has ended"))

    async def ended(self) -> None:
        await self._ended.wait()

    async def pause(self, duration_ms: int) -> None:
        waiter = self._waiter()
        self._alarms_set += 1
        heapq.heappush(self._alarms, (self._now_ms + duration_ms, self._alarms_set, waiter))
        if duration_ms <= 0:
            _release(waiter)
        await self._wait(waiter)

    def _waiter(self) -> asyncio.Future[None]:
        if self.hung_up:
            raise LineEnded("the call has ended")
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        return waiter

    async def _wait(self, waiter: asyncio.Future[None]) -> None:
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)

    # The agent's side

    @property
    def agent_audible(self) -> bool:
        return self._playout.audible

    @property
    def agent_silent_for_ms(self) -> int:
        """How long the agent has not been heard (by energy), since answer if it never was."""
        return max(0, self._now_ms - self._agent_voice.last_end_ms)

    def agent_spoke_since(self, since_ms: int) -> bool:
        """True when the agent was heard (by energy) at any time after `since_ms`."""
        return self._agent_voice.last_end_ms > since_ms

    async def play(self, mulaw: bytes) -> None:
        """Raises PlayoutFull beyond half an hour of audio."""
        waiter = self._waiter()
        try:
            self._playout.enqueue(mulaw)
            self._playout.mark("", lambda _: _release(waiter))
            await waiter
        except asyncio.CancelledError:
            self._playout.drop()
            raise
        finally:
            self._waiters.discard(waiter)

    def enqueue(self, mulaw: bytes) -> None:
        """Raises PlayoutFull beyond half an hour of unplayed audio. Nothing happens once the call has ended."""
        if not self.hung_up:
            self._playout.enqueue(mulaw)

    def mark(self, name: str, on_played: Callable[[str], None]) -> None:
        """Raises PlayoutFull when too many are waiting. Nothing happens once the call has ended."""
        if not self.hung_up:
            self._playout.mark(name, on_played)

    def clear(self) -> None:
        self._playout.clear()

    # The caller's side

    def caller_say(self, mulaw: bytes) -> None:
        """Queue the caller's speech, from the next slot on; the last frame is filled up with silence. Raises ValueError
        beyond half an hour of it. Nothing happens once the call has ended."""
        if len(self._to_say) + len(mulaw) > _SPEECH_LIMIT_BYTES:
            raise ValueError("the caller has more than 30 minutes to say")
        if not self.hung_up:
            self._to_say += mulaw.ljust(-len(mulaw) % FRAME_BYTES + len(mulaw), b"\xff")

    @property
    def caller_speaking(self) -> bool:
        return bool(self._to_say)

    async def caller_quiet(self) -> None:
        """Return when all that was queued has been said. Raises LineEnded when the call ends first."""
        waiter = self._waiter()
        if self.caller_speaking:
            self._until_quiet.append(waiter)
        else:
            _release(waiter)
        await self._wait(waiter)

    def press(self, digit: str) -> None:
        """The caller presses a key: one of 0-9, *, #, A-D, else ValueError. Its tone is not put on the line."""
        if len(digit) != 1 or digit not in DIGITS:
            raise ValueError(f"not a key of a phone: {digit!r}")
        for _, on_digit in self._listeners:
            on_digit(digit)

    # What is known afterwards

    @property
    def caller_spans(self) -> tuple[tuple[int, int], ...]:
        """When the caller was audible, as (start_ms, end_ms)."""
        return self._caller_voice.spans

    @property
    def agent_spans(self) -> tuple[tuple[int, int], ...]:
        """When the agent was audible, as (start_ms, end_ms)."""
        return self._agent_voice.spans

    def recording(self) -> Recording:
        """Both sides from answer to now, sample-aligned and of equal length; the first slot, in silence, of a call that
        ended within it."""
        caller = bytes(self._caller_track) or SILENCE
        return Recording(caller=caller, agent=bytes(self._agent_track[: len(caller)]))

    @property
    def stats(self) -> LineStats:
        return LineStats(
            ticks=self._tick_lateness.count,
            late_ticks=self._late_ticks,
            lateness_ms=self._tick_lateness.percentiles(),
            frames_played=self._playout.frames_played,
            underruns=self._playout.underruns,
            underrun_ms=self._playout.underrun_ms,
            outbound_lateness_ms=self._outbound_lateness.percentiles(),
        )


def _release(waiter: asyncio.Future[None]) -> None:
    with suppress(asyncio.InvalidStateError):
        waiter.set_result(None)
