"""The moments of a call at which something may happen to it, found on the line as it goes."""

import asyncio
from enum import StrEnum

from offhook.box.line import PhoneLine

POLL_S = 0.02
REACHED_WITHIN_S = 30.0
LAST_WORDS = 3
"""The caller's goodbye is the third thing said."""


class Moment(StrEnum):
    """A tool is running while the agent says that it puts the caller through, which the model has asked for by then and
    which is done behind the last word."""

    BEFORE_GREETING = "before greeting"
    CALLER_SPEAKING = "caller speaking"
    MODEL_THINKING = "model thinking"
    AGENT_SPEAKING = "agent speaking"
    TOOL_RUNNING = "tool running"
    GOODBYE = "goodbye"


_SOUNDS_MS = {Moment.TOOL_RUNNING: 100, Moment.GOODBYE: 100}
"""How long the answer has sounded by then; these two may be short."""


class Watcher:
    """Follows a line by looking: how often the caller began to speak, and since when who speaks."""

    def __init__(self, line: PhoneLine) -> None:
        self._line = line
        self._was_speaking = False
        self.utterances = 0
        self.changed_ms = 0

    def look(self) -> None:
        speaking = self._line.caller_speaking
        if speaking is not self._was_speaking:
            self.utterances += speaking
            self.changed_ms = self._line.now_ms
            self._was_speaking = speaking

    def is_there(self, moment: Moment) -> bool:
        line, since_ms = self._line, self._line.now_ms - self.changed_ms
        answers = [span for span in line.agent_spans if span[0] > self.changed_ms]
        answering = bool(answers) and line.agent_audible and line.now_ms - answers[-1][0] >= _SOUNDS_MS.get(moment, 500)
        match moment:
            case Moment.BEFORE_GREETING:
                return line.now_ms > 0
            case Moment.CALLER_SPEAKING:
                return self.utterances == 1 and line.caller_speaking and since_ms >= 400
            case Moment.MODEL_THINKING:
                return self.utterances == 1 and not line.caller_speaking and since_ms >= 350 and not answers
            case Moment.AGENT_SPEAKING | Moment.TOOL_RUNNING:
                return self.utterances == 1 and not line.caller_speaking and answering
            case Moment.GOODBYE:
                return self.utterances == LAST_WORDS and not line.caller_speaking and answering


async def reach(moment: Moment, line: PhoneLine) -> bool:
    """Returns when the moment has come; false where it has not come in time, or the call has ended."""
    watcher = Watcher(line)
    try:
        async with asyncio.timeout(REACHED_WITHIN_S):
            while not line.hung_up:
                watcher.look()
                if watcher.is_there(moment):
                    return True
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        return False
    return False
