"""What a Live call is to do besides talking: hang up, connect. No I/O.

The model delegates without saying what, so it is read from the words of both, a little later, as words may lag. The
action is carried out behind what the model says of it, or alone where nothing more is said.
"""

from dataclasses import dataclass

from calls import closing, tools
from calls.agent import Agent
from calls.record import EndReason
from calls.reply import Action, EndCall
from streamer.engines import live_delegation
from streamer.providers import openai_live_messages as messages

SETTLED_MS = 600
"""How long after a delegation the words that it is about may still come."""
ACT_AFTER_MS = 2_000
"""Where nothing more is said, an action is carried out after so long."""
_GOODBYE = EndCall(EndReason.CALLER_GOODBYE.value)


@dataclass(slots=True)
class Delegation:
    id: str
    at_ms: int


@dataclass(slots=True)
class LiveActions:
    """`now_ms` is any steady millisecond clock. `wanted` is what is to be done."""

    agent: Agent
    wanted: Action | None = None
    delegation: Delegation | None = None
    _wanted_at_ms: int = 0

    def take(self) -> Action | None:
        """What is to be done goes with what has just been said; it is done once."""
        wanted, self.wanted = self.wanted, None
        return wanted

    def is_due(self, now_ms: int) -> bool:
        """Nothing more will be said of it."""
        return self.wanted is not None and now_ms - self._wanted_at_ms >= ACT_AFTER_MS

    def settled(self, now_ms: int) -> Delegation | None:
        """What the model delegated, once the words about it must have come."""
        delegation = self.delegation
        if delegation is None or now_ms - delegation.at_ms < SETTLED_MS:
            return None
        self.delegation = None
        return delegation

    def decide(
        self, delegation: Delegation, caller_words: str, agent_words: str, now_ms: int
    ) -> tuple[list[bytes], bool]:
        """Read what is delegated from the last words of both, and want it. What the model is told, and whether there is
        anything to be done."""
        action = live_delegation.wanted(self.agent, caller_words, agent_words)
        if action is None:
            return messages.note_result(delegation.id, live_delegation.NOTHING_DONE), False
        self.wanted, self._wanted_at_ms = action, now_ms
        if agent_words.strip():
            return messages.note_result(delegation.id, live_delegation.BEING_DONE), True
        return messages.speak_result(delegation.id, tools.words_before(self.agent, action)), True

    def caller_said(self, text: str, now_ms: int) -> bool:
        """A plain goodbye ends the call without the model; who goes on talking takes it back. True for a goodbye."""
        if closing.caller_says_goodbye(text):
            self.wanted, self._wanted_at_ms = _GOODBYE, now_ms
            return True
        if self.wanted == _GOODBYE:
            self.wanted = None
        return False
