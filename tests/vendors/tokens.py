"""Text as a model's tokens: near enough to byte-pair pieces for pace and cost; joined they are the text. Pure."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

_PIECE = re.compile(r" ?[^\W_]+(?:['’][^\W_]+)*|\s|.", re.DOTALL)
_PER_MESSAGE = 4


def pieces(text: str) -> list[str]:
    """A word with the space before it, or a single other character, each."""
    return _PIECE.findall(text)


@lru_cache(maxsize=4096)
def count(text: str) -> int:
    return sum(1 for _ in _PIECE.finditer(text))


def count_messages(messages: Iterable[Mapping[str, Any]]) -> int:
    """What a request's messages come to: their texts, and a few for each message's frame."""
    return sum(_PER_MESSAGE + sum(count(text) for text in texts_of(message)) for message in messages)


def texts_of(message: Mapping[str, Any]) -> list[str]:
    """The texts of a chat message or of a Responses input item, whatever shape its content has."""
    found = [message[key] for key in ("arguments", "output") if isinstance(message.get(key), str)]
    content = message.get("content")
    if isinstance(content, str):
        found.append(content)
    elif isinstance(content, list):
        found += [part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)]
    for call in message.get("tool_calls") or ():
        found.append(call["function"]["arguments"])
    return found
