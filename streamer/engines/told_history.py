"""What a speech-to-speech session has been told in text of a conversation that it did not hear: turns of before it,
fixed phrases, keys pressed. No I/O.

The session's own turns are in it as audio and are not entered again. A phrase is entered as it begins to sound and put
right when it is cut: the model is to know what was heard, not what was meant to be said.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from calls.conversation import BROKEN_OFF, Conversation, Role, Turn

MOST_TURNS = 120
_KEYS = "[keys "


class Told(Protocol):
    """A session that can be told."""

    def enter_text(self, role: Role, text: str, after: str | None = None) -> str: ...

    def delete(self, item_id: str) -> None: ...


class ToldHistory:
    """One session's. `reply_id` are the session's numbers of replies."""

    def __init__(self, session: Told) -> None:
        self._session = session
        self._known: set[str] = set()
        self._phrases: dict[int, tuple[str, str]] = {}

    def begin(self, conversation: Conversation) -> None:
        """Everything said before the session had the call; the oldest of very much is left out."""
        self._known.update(turn.id for turn in conversation.turns)
        for turn in [turn for turn in conversation.turns if turn.heard.strip()][-MOST_TURNS:]:
            self._session.enter_text(turn.role, turn.heard)

    def keys(self, turns: Iterable[Turn]) -> None:
        """Of the turns so far, those that no voice spoke."""
        for turn in turns:
            if turn.id not in self._known and turn.role is Role.CALLER and turn.heard.startswith(_KEYS):
                self._known.add(turn.id)
                self._session.enter_text(Role.CALLER, turn.heard)

    def broken_off(self, turns: Sequence[Turn]) -> None:
        """What has sounded of the answer that is asked for, where the engine before broke off in the middle of it."""
        if turns and turns[-1].id == BROKEN_OFF:
            self._session.enter_text(Role.AGENT, turns[-1].heard)

    def says(self, reply_id: int, text: str) -> None:
        """The agent says fixed words, or said them in another session."""
        if text.strip():
            self._phrases[reply_id] = self._session.enter_text(Role.AGENT, text), text

    def cut(self, reply_id: int, heard: str) -> None:
        """Of the words that it was told the reply says, no more than `heard` were heard."""
        item_id, text = self._phrases.pop(reply_id, ("", ""))
        if not item_id or len(heard) >= len(text.strip()):
            return
        if heard.strip():
            self._session.enter_text(Role.AGENT, heard, after=item_id)
        self._session.delete(item_id)
