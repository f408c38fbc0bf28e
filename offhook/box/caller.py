"""A caller with a script: when each step is due, as a function of what was heard, and a thin runner on the line.

The script's form and its reading are in `caller_script`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from offhook.box.caller_script import CallerScript, HangUp, Press, Say, ScriptInvalid, Step, Wait, parse_script
from offhook.box.line import PhoneLine
from offhook.box.ports import LineEnded

__all__ = ["CallerScript", "Person", "ScriptInvalid", "parse_script", "run_script"]

AGENT_DONE_MS = 700
"""Silence after which a polite caller takes the agent to have finished; shorter pauses are inside its utterance."""

TALKED_ON_MS = 1500
"""An agent that keeps talking this long after the caller's words has answered them in its way: it did not yield."""

_AUDIBLE_GAP_MS = 300
_POLL_MS = 40
_KEY_MS = 200

Span = tuple[int, int]

Person = CallerScript | Callable[[PhoneLine], Awaitable[None]]
"""Who is at the other end: somebody with a script, or anything that plays a caller on the line until the call ends."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a caller knows when deciding. Times are ms on the line's clock.

    `agent_spans` are the times the agent was heard, the last one possibly going on; `agent_audible` is whether its
    audio is still being played. The caller's last words or keys lasted from `acted_from_ms` to `acted_until_ms` (both 0
    before the first), and the step at hand has been next since `waiting_from_ms`.
    """

    now_ms: int
    agent_spans: Sequence[Span]
    agent_audible: bool
    acted_from_ms: int
    acted_until_ms: int
    waiting_from_ms: int


def is_due(step: Step, moment: Moment) -> bool:
    """Whether the caller takes the step now: its `when` has come, or its patience has run out."""
    if step.when == "now" or moment.now_ms - moment.waiting_from_ms >= step.patience_ms:
        return True
    if step.when == "agent-speaking":
        return _is_agent_speaking(moment, step.after_ms)
    return _is_agent_done(moment)


def _is_agent_done(moment: Moment) -> bool:
    """The agent was heard after the caller's last act, and has been silent since. What it was saying when interrupted
    is no answer, unless it talked on."""
    if not moment.agent_spans or moment.now_ms - moment.agent_spans[-1][1] < AGENT_DONE_MS:
        return False
    from_ms, until_ms = moment.agent_spans[-1]
    began_after = from_ms >= moment.acted_from_ms and until_ms > moment.acted_until_ms
    return began_after or until_ms >= moment.acted_until_ms + TALKED_ON_MS


def _is_agent_speaking(moment: Moment, after_ms: int) -> bool:
    """The agent's utterance began `after_ms` ago, and is still going on."""
    if not moment.agent_spans or not moment.agent_audible:
        return False
    if moment.now_ms - moment.agent_spans[-1][1] > _AUDIBLE_GAP_MS:
        return False
    return moment.now_ms - _utterance_start_ms(moment.agent_spans) >= after_ms


def _utterance_start_ms(spans: Sequence[Span]) -> int:
    """Where the last utterance began: pauses too short for the agent to be done are inside it."""
    start_ms = spans[-1][0]
    for from_ms, until_ms in reversed(spans[:-1]):
        if start_ms - until_ms >= AGENT_DONE_MS:
            break
        start_ms = from_ms
    return start_ms


async def run_person(person: Person, line: PhoneLine) -> None:
    """Play whoever it is to the end of the call."""
    await (run_script(person, line) if isinstance(person, CallerScript) else person(line))


async def run_script(script: CallerScript, line: PhoneLine) -> None:
    """Play the caller to the end of the call. After the last step the caller stays on the line, silent, hanging up
    after `script.linger_ms`. Returns when the call has ended, whoever ended it; needs `line.run()` beside it."""
    caller = _Caller(line)
    try:
        for step in script.steps:
            await caller.take(step)
        await line.pause(script.linger_ms)
        line.hang_up()
    except LineEnded:
        return


class _Caller:
    def __init__(self, line: PhoneLine) -> None:
        self._line = line
        self._acted_from_ms = 0
        self._acted_until_ms = 0

    async def take(self, step: Step) -> None:
        waiting_from_ms = self._line.now_ms
        while not is_due(step, self._moment(waiting_from_ms)):
            await self._line.pause(_POLL_MS)
        match step.action:
            case Say(mulaw):
                await self._say(mulaw)
            case Press(digits):
                await self._press(digits)
            case Wait(duration_ms):
                await self._line.pause(duration_ms)
            case HangUp():
                self._line.hang_up()

    def _moment(self, waiting_from_ms: int) -> Moment:
        return Moment(
            now_ms=self._line.now_ms,
            agent_spans=self._line.agent_spans,
            agent_audible=self._line.agent_audible,
            acted_from_ms=self._acted_from_ms,
            acted_until_ms=self._acted_until_ms,
            waiting_from_ms=waiting_from_ms,
        )

    async def _say(self, mulaw: bytes) -> None:
        """The caller has spoken until the last sound: silence at a recording's end is the caller waiting already."""
        self._acted_from_ms = self._line.now_ms
        self._line.caller_say(mulaw)
        await self._line.caller_quiet()
        spoken = [end_ms for _, end_ms in self._line.caller_spans[-1:]]
        self._acted_until_ms = max([self._acted_from_ms, *spoken])

    async def _press(self, digits: str) -> None:
        self._acted_from_ms = self._line.now_ms
        for digit in digits:
            self._line.press(digit)
            self._acted_until_ms = self._line.now_ms
            await self._line.pause(_KEY_MS)
