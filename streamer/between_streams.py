"""What the caller may have said between two streams of a call, which nobody heard. No I/O.

The caller, who has said it, and the agent, who goes on from the conversation so far, would wait for each other: after a
silence the agent asks again.
"""

import math
from dataclasses import dataclass

from streamer.dialogue import Dialogue
from streamer.events import Effect

ASK_AGAIN_MS = 2_500
"""Of silence, after a call came from another stream."""


@dataclass(slots=True)
class BetweenStreams:
    """`silent_since_ms` is None where nothing can have been lost, or the agent has gone on or asked since."""

    silent_since_ms: int | None = None

    @property
    def due_at_ms(self) -> float:
        return math.inf if self.silent_since_ms is None else self.silent_since_ms + ASK_AGAIN_MS

    def heard(self, *, is_bridge: bool, now_ms: int) -> None:
        """A reply was heard to its end. The bridge phrase only asks the caller to wait."""
        if self.silent_since_ms is not None:
            self.silent_since_ms = now_ms if is_bridge else None

    def ask(self, dialogue: Dialogue, now_ms: int) -> list[Effect]:
        """The question, once it is due. Whoever speaks or waits for an answer begins the silence anew."""
        if self.silent_since_ms is None:
            return []
        if dialogue.voice.reply or dialogue.floor.caller_speaks or dialogue.conversation.unanswered:
            self.silent_since_ms = now_ms
        elif now_ms >= self.due_at_ms:
            self.silent_since_ms = None
            return dialogue.voice.say(dialogue.agent.phrases.ask_again, now_ms)
        return []
