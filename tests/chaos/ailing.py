"""The simulated vendors of the chaos calls: what they hear and say, and how they may be made to ail in mid-call."""

import re
from dataclasses import dataclass, field, replace
from typing import SupportsIndex, TypeVar, overload

from tests.vendors.script import (
    DeepgramScript,
    ElevenLabsScript,
    Fault,
    Listening,
    Messages,
    OpenAIScript,
    Reply,
    Script,
    Speaking,
    ToolCall,
    Utterance,
)
from tests.vendors.script_speech import (
    ANSWER_NOW,
    Heard,
    LiveConnection,
    LiveScript,
    RealtimeConnection,
    RealtimeScript,
    SpokenReply,
)

ASKED = ("What are your hours?", "Is there parking?", "Thank you, goodbye.")
FOR_A_PERSON = "Can I speak to a person, please?"
ANSWERS = (
    "We are open from nine to five. On Saturday we close at one.",
    "There is, behind the house.",
    "You are welcome.",
    "We are always glad to help you with that.",
    "That is all that I can tell you.",
)
GOODBYE = "Goodbye then, and thank you."
TRANSFERRING = "I am putting you through to a colleague, who will help you."
FIRST_TOKEN_MS, FIRST_SPEECH_MS, FIRST_AUDIO_MS = 250, 150, 350
"""What the simulated model, voice and speech-to-speech model take for themselves."""

Entry = TypeVar("Entry")


class Swappable(tuple[Entry, ...]):
    """The one entry of a script's list, which may be another for the connections to come."""

    instead: Entry | None = None

    @overload
    def __getitem__(self, at: SupportsIndex, /) -> Entry: ...
    @overload
    def __getitem__(self, at: slice, /) -> tuple[Entry, ...]: ...
    def __getitem__(self, at: SupportsIndex | slice, /) -> Entry | tuple[Entry, ...]:
        if self.instead is not None and not isinstance(at, slice):
            return self.instead
        return super().__getitem__(at)


@dataclass(slots=True)
class Ailing:
    """`script` is for the vendors. `asks_for_person`: the caller's first words are, whatever they sound like."""

    asks_for_person: bool = False
    _thinking: Fault | None = None
    _listening: Swappable[Listening] = field(init=False)
    _speaking: Swappable[Speaking] = field(init=False)
    _realtime: Swappable[RealtimeConnection] = field(init=False)
    _live: Swappable[LiveConnection] = field(init=False)

    def __post_init__(self) -> None:
        self._listening = Swappable((Listening(tuple(Utterance(text) for text in ASKED)),))
        self._speaking = Swappable((Speaking(first_byte_ms=FIRST_SPEECH_MS),))
        self._realtime = Swappable((RealtimeConnection(tuple(Heard(text) for text in ASKED)),))
        self._live = Swappable((LiveConnection(tuple(Heard(text) for text in ASKED)),))

    @property
    def script(self) -> Script:
        realtime = RealtimeScript(self._realtime, think=self._speak)
        live = LiveScript(self._live, think=self._speak)
        return Script(
            DeepgramScript(self._listening),
            OpenAIScript(think=self._think, realtime=realtime, live=live),
            ElevenLabsScript(self._speaking, self._speaking),
        )

    def ail(self, vendor: str, fault: Fault) -> None:
        """From its next connection (OpenAI's chat: from the next request) on."""
        match vendor:
            case "deepgram":
                self._listening.instead = replace(next(iter(self._listening)), fault=fault)
            case "elevenlabs":
                self._speaking.instead = replace(next(iter(self._speaking)), fault=fault)
            case "realtime":
                self._realtime.instead = replace(next(iter(self._realtime)), fault=fault)
            case "live":
                self._live.instead = replace(next(iter(self._live)), fault=fault)
            case _:
                self._thinking = fault

    def mend(self) -> None:
        self._listening.instead = self._speaking.instead = self._realtime.instead = self._live.instead = None
        self._thinking, self.asks_for_person = None, False

    def _think(self, messages: Messages) -> Reply:
        turn = _turns(messages)
        if self.asks_for_person and turn == 1:
            return Reply(TRANSFERRING, (ToolCall("transfer"),), FIRST_TOKEN_MS, fault=self._thinking)
        return Reply(ANSWERS[min(turn, len(ANSWERS)) - 1], (), FIRST_TOKEN_MS, fault=self._thinking)

    def _speak(self, messages: Messages) -> SpokenReply:
        turn = _turns(messages)
        if self.asks_for_person and turn == 1:
            return SpokenReply(TRANSFERRING, (ToolCall("transfer"),), first_audio_ms=FIRST_AUDIO_MS)
        if turn >= len(ASKED):
            return SpokenReply(GOODBYE, (ToolCall("end_call"),), first_audio_ms=FIRST_AUDIO_MS)
        return SpokenReply(ANSWERS[turn - 1], (), first_audio_ms=FIRST_AUDIO_MS)


def _turns(messages: Messages) -> int:
    """The number of the caller's turn that is answered, from 1. On Live two turns with nothing said between them are
    one message, with a sentence of each, and to be told to answer is one more, which is no turn."""
    said = [str(message.get("content")) for message in messages if message.get("role") == "user"]
    said = [text for text in said if not re.search(ANSWER_NOW, text)]
    return max(1, len(said), sum(text.count(sentence) for text in said for sentence in ASKED))
