"""Replies begun while the caller may still be speaking, in traditional mode: what is remembered of them. Pure.

Twilio tells what it understands of a caller as it goes (`<Gather partialResultCallback>`); a reply to words that turn
out to be all that was said need not be waited for. Two invocations share one, through the table's steps: `<key>` is
that of the turn's webhook, `<slot>` counts from 1.

    step                     answer
    -----------------------  ----------------------------------------------------------------------------------
    <key>-heard-<sequence>   nothing; that this partial result came, so that whoever holds an older one can tell
    <key>-ahead-<slot>       `Begun`: the reply to these words is being thought of
    <key>-ahead-<slot>-said  `Thought`: what came of it

Every step is written once, so a slot is both the claim of one invocation and the bound on how many there can be.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from calls.reply import Action, EndCall, Reply, Transfer
from calls.utterance import plain

MOST_BEGUN = 2
"""Replies that may be begun ahead for one turn: every one that the caller's next words make useless is paid for."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A reply that is being thought of: to which words (`sameness`), after how many turns, since when (epoch ms).
    `owner` names the invocation."""

    words: str
    turns: int
    at_ms: int
    owner: str


@dataclass(frozen=True, slots=True)
class Thought:
    """What came of it: the reply, without what it used, or None where none could be had; and how long that took."""

    reply: Reply | None
    took_ms: int


def heard_step(key: str, sequence: int) -> str:
    return f"{key}-heard-{sequence}"


def begun_step(key: str, slot: int) -> str:
    return f"{key}-ahead-{slot}"


def said_step(key: str, slot: int) -> str:
    return f"{key}-ahead-{slot}-said"


def partial_words(stable: str, unstable: str) -> str:
    """All that a partial result has understood. `unstable` is what follows the stable words, or all of them again."""
    stable, unstable = stable.strip(), unstable.strip()
    if plain(unstable).startswith(plain(stable)):
        return unstable or stable
    return f"{stable} {unstable}".strip()


def sameness(words: str) -> str:
    """A digest that two spellings of the same speech share; empty where there are no words."""
    said = plain(words)
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32] if said else ""


def begun_text(begun: Begun) -> str:
    return json.dumps({"words": begun.words, "turns": begun.turns, "at_ms": begun.at_ms, "owner": begun.owner})


def begun_of(text: str) -> Begun:
    return Begun(**json.loads(text))


def thought_text(thought: Thought) -> str:
    reply = thought.reply
    plain_reply = reply and {"text": reply.text, "keys": reply.keys, "action": _plain_action(reply.action)}
    return json.dumps({"reply": plain_reply, "took_ms": thought.took_ms}, ensure_ascii=False)


def thought_of(text: str) -> Thought:
    """The inverse of `thought_text`."""
    read = json.loads(text)
    reply = read["reply"]
    return Thought(reply and Reply(reply["text"], _action(reply["action"]), reply["keys"]), read["took_ms"])


def _plain_action(action: Action | None) -> dict[str, str] | None:
    match action:
        case EndCall(reason):
            return {"end": reason}
        case Transfer(number):
            return {"transfer": number}
        case None:
            return None


def _action(read: dict[str, Any] | None) -> Action | None:
    if read is None:
        return None
    return EndCall(read["end"]) if "end" in read else Transfer(read["transfer"])
