"""What a reply of a chat model used: as OpenAI tells it at the very end, or worked out where there was no end. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calls.openai_chat import Chunks, Usage
from calls.usage import Kind, Unit, token_amounts
from calls.usage import Usage as CallUsage

CHARACTERS_PER_TOKEN = 4.0
"""Of English, as OpenAI puts it: https://help.openai.com/en/articles/4936856-what-are-tokens-and-how-to-count-them."""


@dataclass(frozen=True, slots=True)
class ReplyUsage:
    """`is_estimated`: the reply was broken off, so that OpenAI never said what it bills."""

    model: str
    amounts: Mapping[Unit, int]
    is_estimated: bool

    def unnamed(self) -> CallUsage:
        """For whoever writes it down: it has no id yet."""
        return CallUsage("", "openai", self.model, Kind.MODEL, self.amounts, is_estimated=self.is_estimated)


@dataclass(slots=True)
class TokenRatio:
    """How many characters a token has in this call, learnt from the replies that were measured."""

    asked: float = CHARACTERS_PER_TOKEN
    answered: float = CHARACTERS_PER_TOKEN

    def of(self, body: Mapping[str, Any], chunks: Chunks) -> ReplyUsage:
        """What the reply to the request `body` used, from whatever came of it."""
        asked_characters = characters(body)
        if chunks.usage is None:
            return ReplyUsage(
                chunks.model,
                token_amounts(
                    text_in=math.ceil(asked_characters / self.asked),
                    text_out=math.ceil(chunks.characters / self.answered),
                ),
                is_estimated=True,
            )
        self._learn(chunks.usage, asked_characters, chunks.characters)
        return ReplyUsage(chunks.model, measured(chunks.usage), is_estimated=False)

    def _learn(self, usage: Usage, asked_characters: int, answered_characters: int) -> None:
        if usage.input_tokens and asked_characters:
            self.asked = asked_characters / usage.input_tokens
        if usage.output_tokens and answered_characters:
            self.answered = answered_characters / usage.output_tokens


def measured(usage: Usage) -> dict[Unit, int]:
    """OpenAI's own figures; reasoning counts as output there."""
    return token_amounts(
        text_in=usage.input_tokens,
        text_in_cached=usage.cached_tokens,
        text_in_cache_write=usage.cache_written_tokens,
        text_out=usage.output_tokens,
    )


def characters(body: Mapping[str, Any]) -> int:
    """The characters of a request's messages. The functions offered count into what is learnt, as they are the same in
    every request of a call."""
    return sum(len(message["content"]) for message in body["messages"])
