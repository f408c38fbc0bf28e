"""Two streamers behind one address are restarted one after the other while people talk: nobody may notice much.

python -m tests.whole.rolling [CALLS ROUNDS]
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from calls.conversation import Role
from calls.record import EndReason, Mode, Status
from tests.fakes.box_parts import NoEars, NoMouth
from tests.fakes.counting import TURNS_SETTING
from tests.whole.scene import Ended, Scene, scene, script
from tests.whole.silences import longest_silence_ms

STREAMERS = 2
DRAIN_S = 4
BETWEEN_S = 12.0
"""Streams of less than 10 s are taken for a fault when they come in a row; no deploy takes a task so soon again."""
TURN_S = 2.9
"""What a turn of these callers takes with its answer, at the least."""
START_S = 4.0
ACROSS = "This is what I say to ."
"""To a turn that began within a tenth of a second of the bridge phrase, and so stands before it in the conversation."""
FIRST_TURNS_S = 4.0


@dataclass(frozen=True, slots=True)
class Rolled:
    """Every call, whole, and what was wrong, in plain words."""

    calls: list[Ended]
    wrong: list[str]

    @property
    def dropped(self) -> list[Ended]:
        return [call for call in self.calls if not was_kept(call)]

    @property
    def handovers(self) -> int:
        return sum(len(call.record.streams) - 1 for call in self.calls)

    @property
    def longest_silences_ms(self) -> list[int]:
        return sorted(longest_silence_ms(call.line) for call in self.calls)


def was_kept(call: Ended) -> bool:
    """It ended with the goodbye that the caller said."""
    record = call.record
    return record.status is Status.COMPLETED and record.end_reason is EndReason.CALLER_GOODBYE


def check(call: Ended, turns: int) -> list[str]:
    """What is wrong with a call that was handed over, in plain words."""
    wrong: list[str] = []
    if not was_kept(call):
        wrong.append(f"ended as {call.record.status.value}, {call.record.end_reason}")
    expected = [*(f"turn {number}" for number in range(1, turns + 1)), "goodbye"]
    if (said := call.said_by(Role.CALLER)) != expected:
        wrong.append(f"of {len(expected)} turns of the caller {len(said)} are there")
    answers = [text for text in call.said_by(Role.AGENT) if text.startswith("This is what")]
    numbered = [text for text in answers if text != ACROSS]
    if len(numbered) != len(set(numbered)):
        wrong.append("an answer was given twice")
    if len(answers) < turns:
        wrong.append(f"{turns - len(answers)} turns were not answered")
    if sum(text.startswith("Hello") for text in call.said_by(Role.AGENT)) != 1:
        wrong.append("greeted more than once")
    if {use.mode for use in call.record.modes} != {Mode.PIPELINE}:
        wrong.append(f"left its rung: {[use.why_left for use in call.record.modes]}")
    handed_over = [stream.code for stream in call.record.streams[:-1]]
    if set(handed_over) - {"task-leaving"}:
        wrong.append(f"streams ended with {handed_over}")
    return wrong


async def roll(folder: Path, calls: int, rounds: int, between_s: float = BETWEEN_S) -> Rolled:
    """`calls` at once, every streamer restarted `rounds` times, `between_s` at least from one restart to the next."""
    turns = int((FIRST_TURNS_S + rounds * STREAMERS * max(between_s, DRAIN_S + START_S)) / TURN_S) + 1
    hello = script(folder, *['say = "REC/hello.wav"'] * (2 * turns + 1))
    async with counting_scene(folder, turns) as here:
        under_way = [await here.call(hello) for _ in range(calls)]
        await asyncio.sleep(FIRST_TURNS_S)
        await _restart_all(here, rounds, between_s)
        still = sum(not call.call.over for call in under_way)
        ended = await asyncio.gather(*(call.ended() for call in under_way))
    wrong = [f"call {at}: {what}" for at, call in enumerate(ended) for what in check(call, turns)]
    if still < calls:
        wrong.append(f"only {still} of {calls} calls saw every restart")
    return Rolled(list(ended), wrong)


def counting_scene(folder: Path, turns: int) -> AbstractAsyncContextManager[Scene]:
    """Two streamers, and callers who say goodbye after `turns`."""
    return scene(
        folder,
        NoEars(),
        NoMouth(),
        streamer_module="tests.fakes.counting_streamer",
        streamers=STREAMERS,
        extra={"OFFHOOK_DRAIN_S": str(DRAIN_S), TURNS_SETTING: str(turns)},
    )


async def _restart_all(here: Scene, rounds: int, between_s: float) -> None:
    for _ in range(rounds):
        for number in range(STREAMERS):
            began_s = time.monotonic()
            await here.stack.restart_streamer(number, DRAIN_S)
            await asyncio.sleep(max(0.0, between_s - (time.monotonic() - began_s)))


def main(arguments: Sequence[str]) -> int:
    calls, rounds = (int(argument) for argument in arguments or ("20", "5"))
    with tempfile.TemporaryDirectory() as folder:
        rolled = asyncio.run(roll(Path(folder), calls, rounds))
    silences = rolled.longest_silences_ms
    sys.stdout.write(
        f"{calls} calls, {rounds * STREAMERS} restarts: {len(rolled.dropped)} dropped, {rolled.handovers} handovers, "
        f"longest silence {silences[len(silences) // 2]} ms at the median, {silences[-1]} ms at most\n"
    )
    for sentence in rolled.wrong:
        sys.stdout.write(f"  {sentence}\n")
    return 1 if rolled.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
