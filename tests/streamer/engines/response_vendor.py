"""A vendor's session as far as its responses go, pure: what it is sent it takes in order, what it tells is kept in
order, and whoever holds it decides when either arrives.

It refuses what the real one refuses: a second response while one is active, a truncation beyond what it has sent, and
what is about items that it does not have.
"""

import base64
from collections import Counter, deque
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

BYTES_PER_MS = 8
SILENT_FOR_S = 1.5
"""The longest that an active response, or one that is late, tells nothing."""


class Kind(Enum):
    FAITHFUL = auto()
    UNFAITHFUL = auto()
    """It says that it answers turns unasked, and does not."""
    LATE = auto()
    """It says only after a while that it began to answer a turn."""
    PLAIN = auto()
    """It answers nothing unasked, and says so; and it keeps no metadata."""


@dataclass
class Item:
    response_id: str
    made_ms: int = 0
    is_cut: bool = False


@dataclass
class Made:
    """A response. `knows`: how many changes of the conversation came before it; `turns`: how many turns."""

    number: int
    label: str | None
    words: bool
    knows: int
    turns: int
    sign_at_s: float
    is_unasked: bool = False
    audio_ms: int = 0
    items: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"resp-{self.number}"

    @property
    def metadata(self) -> dict[str, str] | None:
        return None if self.label is None else {"offhook_reply": self.label}


class ModelVendor:
    """`out` are the events on their way, each with the time at which it was told."""

    def __init__(self, kind: Kind) -> None:
        self.kind, self.now_s = kind, 0.0
        self.out: deque[tuple[float, dict[str, Any]]] = deque()
        self.made: dict[str, Made] = {}
        self.active: Made | None = None
        self.late: Made | None = None
        self.items: dict[str, Item] = {}
        self.texts: set[str] = set()
        self.knows = self.turns = 0
        self.complaints: list[str] = []
        self.refusals: list[tuple[str, Made]] = []
        self.seen: Counter[str] = Counter()
        self._answers_unasked = False

    def say(self, kind: str, **fields: Any) -> None:
        self.out.append((self.now_s, {"type": kind, **fields}))

    def _error(self, code: str, event_id: str | None) -> None:
        self.say("error", error={"type": "invalid_request_error", "code": code, "message": "", "event_id": event_id})

    # --- the caller --------------------------------------------------------------------------------------------------

    def turn(self) -> None:
        """The caller's turn is over."""
        self.turns += 1
        self.say("input_audio_buffer.committed", item_id=f"user-{self.turns}")
        if not self._answers_unasked or self.kind is Kind.UNFAITHFUL:
            return
        if self.active or self.late:
            self._error("conversation_already_has_active_response", None)
        elif self.kind is Kind.LATE:
            self.late = self._new(None, words=False, is_unasked=True)
        else:
            self._begin(self._new(None, words=False, is_unasked=True))

    def begin_late(self) -> None:
        late, self.late = self.late, None
        if late:
            late.sign_at_s = self.now_s
            self._begin(late)

    # --- its responses -----------------------------------------------------------------------------------------------

    def _new(self, label: str | None, *, words: bool, is_unasked: bool = False) -> Made:
        made = Made(len(self.made) + 1, label, words, self.knows, self.turns, self.now_s, is_unasked)
        self.made[made.id] = made
        return made

    def _begin(self, made: Made) -> None:
        self.active = made
        self.seen["unasked" if made.is_unasked else "asked"] += 1
        self.say("response.created", response={"id": made.id, "metadata": made.metadata})

    def speak(self, sound_ms: int, *, in_new_item: bool = False) -> None:
        made = self.active
        if made is None:
            return
        if not made.items or in_new_item:
            made.items.append(f"item-{made.number}-{len(made.items)}")
            self.items[made.items[-1]] = Item(made.id)
        item_id = made.items[-1]
        if item_id in self.items and not self.items[item_id].is_cut:
            self.items[item_id].made_ms += sound_ms
        made.audio_ms += sound_ms
        made.sign_at_s = self.now_s
        delta = base64.b64encode(bytes([made.number % 256]) * (sound_ms * BYTES_PER_MS)).decode()
        where = {"response_id": made.id, "item_id": item_id, "content_index": 0}
        self.say("response.output_audio.delta", **where, delta=delta)

    def finish(self, status: str = "completed") -> None:
        made, self.active = self.active, None
        if made:
            output = [{"id": item_id} for item_id in made.items]
            usage = {"output_token_details": {"text_tokens": 1}}
            told = {"status": status, "metadata": made.metadata, "output": output, "usage": usage}
            self.say("response.done", response={"id": made.id, **told})

    def keep_on(self, silent_for_s: float = SILENT_FOR_S) -> None:
        """Nothing takes longer than `silent_for_s`."""
        if self.late and self.now_s - self.late.sign_at_s > silent_for_s:
            self.begin_late()
        if self.active and self.now_s - self.active.sign_at_s > silent_for_s:
            if self.active.audio_ms:
                self.finish()
            else:
                self.speak(100)

    # --- what it is sent ---------------------------------------------------------------------------------------------

    def take(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "session.update":
                self._update(event["session"])
            case "response.create":
                self._create(event["event_id"], event["response"])
            case "response.cancel" if self.active and self.active.id == event["response_id"]:
                self.finish("cancelled")
            case "response.cancel":
                self._error("response_cancel_not_active", event["event_id"])
            case "conversation.item.create":
                self.texts.add(event["item"]["id"])
                self.knows += 1
            case "conversation.item.truncate":
                self._truncate(event["item_id"], event["audio_end_ms"])
                self.knows += 1
            case "conversation.item.delete":
                self._delete(event["item_id"])
                self.knows += 1

    def _update(self, session: dict[str, Any]) -> None:
        detection = session["audio"]["input"]["turn_detection"]
        if self.kind is Kind.PLAIN:
            detection["create_response"] = False
        self._answers_unasked = detection["create_response"]
        self.say("session.updated", session=session)

    def _create(self, event_id: str, asked: dict[str, Any]) -> None:
        active = self.active or self.late
        if active:
            self.refusals.append((event_id, active))
            self._error("conversation_already_has_active_response", event_id)
        else:
            label = None if self.kind is Kind.PLAIN else asked["metadata"]["offhook_reply"]
            self._begin(self._new(label, words="input" in asked))

    def _truncate(self, item_id: str, end_ms: int) -> None:
        item = self.items.get(item_id)
        if item is None:
            self.complaints.append(f"{item_id} is not there to be truncated")
        elif end_ms > item.made_ms:
            self.complaints.append(f"{item_id} is already shorter than {end_ms} ms")
        else:
            item.made_ms, item.is_cut = end_ms, True
            self.seen["cut"] += 1

    def _delete(self, item_id: str) -> None:
        if item_id in self.texts:
            self.texts.remove(item_id)
        elif self.items.pop(item_id, None) is None:
            self.complaints.append(f"{item_id} is not there to be deleted")
        else:
            self.seen["forgotten"] += 1
