"""A Realtime session's conversation: items in order, and what they count in tokens. Pure."""

from dataclasses import dataclass, field
from typing import Any

from tests.vendors.openai_errors import Complaint
from tests.vendors.tokens import count

_USER_AUDIO_MS_A_TOKEN = 100
_ASSISTANT_AUDIO_MS_A_TOKEN = 50
ROOT = "root"


@dataclass(slots=True)
class Item:
    """`wire`: as events show it, without audio. `audio`: the bytes of it, in the session's format."""

    wire: dict[str, Any]
    audio: bytes = b""
    audio_ms: float = 0.0
    heard: str = ""
    """What the caller said, for the script: known before the transcript comes."""
    is_cut: bool = False
    """Truncated: it gets no longer."""

    @property
    def id(self) -> str:
        return str(self.wire["id"])

    @property
    def version(self) -> tuple[str, float]:
        """Changes when the item is truncated."""
        return self.id, self.audio_ms

    @property
    def role(self) -> str:
        """Who it is from: user, assistant, system; of function calls and their outputs, their type."""
        return str(self.wire.get("role", self.wire["type"]))

    @property
    def words(self) -> str:
        parts = [part.get("text") or part.get("transcript") or "" for part in self.wire.get("content", ())]
        said = [self.heard] if self.heard else parts
        return " ".join(one for one in (*said, self.wire.get("arguments"), self.wire.get("output")) if one)

    @property
    def text_tokens(self) -> int:
        return 0 if self.audio_ms and self.role == "user" else count(self.words)

    @property
    def audio_tokens(self) -> int:
        each_ms = _USER_AUDIO_MS_A_TOKEN if self.role == "user" else _ASSISTANT_AUDIO_MS_A_TOKEN
        return audio_tokens(self.audio_ms, each_ms)


def audio_tokens(audio_ms: float, each_ms: int = _ASSISTANT_AUDIO_MS_A_TOKEN) -> int:
    return round(audio_ms / each_ms)


@dataclass(slots=True)
class Conversation:
    """The default conversation. `usage_of` remembers what was context before: that part is cached."""

    id: str
    items: list[Item] = field(default_factory=list)
    _seen: tuple[str, tuple[tuple[str, float], ...]] = ("", ())

    @property
    def last_id(self) -> str | None:
        return self.items[-1].id if self.items else None

    def find(self, item_id: str, doing: str) -> Item:
        """Raises Complaint, in the words of what was asked for: "truncate", "delete" or "retrieve"."""
        for item in self.items:
            if item.id == item_id:
                return item
        gerund = {"truncate": "truncating", "delete": "deleting", "retrieve": "retrieving"}[doing]
        what = f"Error {gerund} item: the item with id '{item_id}' does not exist."
        raise Complaint(400, what, param="item_id", code=f"item_{doing}_invalid_item_id")

    def add(self, item: Item, previous_id: str | None = None) -> str | None:
        """Puts it at the end, the beginning ("root") or after another; the id of the item before. Raises Complaint."""
        if any(one.id == item.id for one in self.items):
            what = f"Error adding item: an item with id '{item.id}' already exists."
            raise Complaint(400, what, param="item.id", code="item_create_duplicate_item_id")
        at = len(self.items)
        if previous_id == ROOT:
            at = 0
        elif previous_id is not None:
            places = [index for index, one in enumerate(self.items) if one.id == previous_id]
            if not places:
                what = f"Error adding item: the previous item with id '{previous_id}' does not exist."
                raise Complaint(400, what, param="previous_item_id", code="item_create_invalid_previous_item_id")
            at = places[0] + 1
        self.items.insert(at, item)
        return self.items[at - 1].id if at else None

    def before(self, item: Item) -> str | None:
        """The id of the item before; None too where the item is no longer there."""
        at = next((index for index, one in enumerate(self.items) if one is item), 0)
        return self.items[at - 1].id if at else None

    def has_call(self, call_id: str) -> bool:
        return any(one.wire["type"] == "function_call" and one.wire["call_id"] == call_id for one in self.items)

    def messages(self, instructions: str) -> list[dict[str, Any]]:
        """The conversation for a script's `think` and `answers`."""
        told = [{"role": item.role, "content": item.words} for item in self.items]
        return [{"role": "system", "content": instructions}, *told]

    def usage_of(self, context: list[Item], instructions: str, *, remembered: bool = True) -> dict[str, Any]:
        """The input side of a response's usage. The unchanged beginning of the last context counts as cached.

        `remembered`: this context is what the next one is compared with.
        """
        before, known = self._seen
        same = 0
        if before == instructions:
            while same < min(len(known), len(context)) and known[same] == context[same].version:
                same += 1
        fresh_text = 0 if before == instructions else count(instructions)
        cached_text = count(instructions) - fresh_text + sum(item.text_tokens for item in context[:same])
        cached_audio = sum(item.audio_tokens for item in context[:same])
        text = count(instructions) + sum(item.text_tokens for item in context)
        audio = sum(item.audio_tokens for item in context)
        if remembered:
            self._seen = (instructions, tuple(item.version for item in context))
        return {
            "text_tokens": text,
            "audio_tokens": audio,
            "image_tokens": 0,
            "cached_tokens": cached_text + cached_audio,
            "cached_tokens_details": {"text_tokens": cached_text, "audio_tokens": cached_audio, "image_tokens": 0},
        }
