"""What a call used of its vendors: measured amounts, each written once, as the ground for its cost. Pure values.

Amounts are whole numbers and no two units of one `Usage` overlap: tokens that came from the vendor's cache are counted
under the cached unit and taken off the plain one (those written to it likewise), so that a cost is the sum of amount
times price.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What was used; together with vendor and model it finds the rate."""

    RECOGNISER = "recogniser"
    """Audio listened to; for a realtime session's transcription of the caller too, where that is billed apart."""
    MODEL = "model"
    """A text model asked for a reply."""
    SPEECH = "speech"
    """Characters handed over to be spoken."""
    REALTIME = "realtime"
    """A response of a speech-to-speech session, in text and audio tokens."""
    LIVE = "live"
    """Time of a full-duplex session."""
    TELEPHONY = "telephony"
    """The call itself, as its operator bills it."""
    MEDIA_STREAM = "media-stream"
    """Time of a stream of the call's audio."""


class Unit(StrEnum):
    """What an amount counts."""

    TEXT_IN = "text-in"
    TEXT_IN_CACHED = "text-in-cached"
    TEXT_IN_CACHE_WRITE = "text-in-cache-write"
    TEXT_OUT = "text-out"
    AUDIO_IN = "audio-in"
    AUDIO_IN_CACHED = "audio-in-cached"
    AUDIO_OUT = "audio-out"
    CHARACTERS = "characters"
    MILLISECONDS = "milliseconds"
    USES = "uses"
    """Times that something was used which has a price each time, however long it took."""
    BILLED_MICRO_USD = "billed-micro-usd"
    """Millionths of a dollar that the vendor itself says it takes: compared with our reckoning, never added to it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """One measurement; it never changes once written.

    `id` is unique in the call and chosen by the writer, so that writing the same usage twice changes nothing. `turn`
    is the id of the agent's turn that it was used for, empty where it belongs to the call as a whole; a reply that
    nobody heard has no turn of that id in the conversation. `at_ms` is epoch milliseconds, when it was measured.
    `is_estimated`: the vendor gave no figure (a reply that was broken off), so this one was worked out.
    """

    id: str
    vendor: str
    model: str
    kind: Kind
    amounts: Mapping[Unit, int]
    turn: str = ""
    at_ms: int = 0
    is_estimated: bool = False

    def amount(self, unit: Unit) -> int:
        """How much of `unit`; 0 where there is none."""
        return self.amounts.get(unit, 0)


def token_amounts(
    *,
    text_in: int = 0,
    text_in_cached: int = 0,
    text_in_cache_write: int = 0,
    text_out: int = 0,
    audio_in: int = 0,
    audio_in_cached: int = 0,
    audio_out: int = 0,
) -> dict[Unit, int]:
    """Amounts of tokens as vendors give them, where what was cached, or written to the cache, is counted within
    what came in; units of which there are none are left out. More cached than came in counts as all of it, and less
    than none as none."""
    text_in_cached = min(max(0, text_in_cached), max(0, text_in))
    text_in_cache_write = min(max(0, text_in_cache_write), max(0, text_in) - text_in_cached)
    audio_in_cached = min(max(0, audio_in_cached), max(0, audio_in))
    amounts = {
        Unit.TEXT_IN: text_in - text_in_cached - text_in_cache_write,
        Unit.TEXT_IN_CACHED: text_in_cached,
        Unit.TEXT_IN_CACHE_WRITE: text_in_cache_write,
        Unit.TEXT_OUT: text_out,
        Unit.AUDIO_IN: audio_in - audio_in_cached,
        Unit.AUDIO_IN_CACHED: audio_in_cached,
        Unit.AUDIO_OUT: audio_out,
    }
    return {unit: amount for unit, amount in amounts.items() if amount > 0}


def to_plain(usage: Usage) -> dict[str, Any]:
    """JSON-ready and stable: what is stored, and what `from_plain` reads back to an equal usage."""
    return {
        "id": usage.id,
        "vendor": usage.vendor,
        "model": usage.model,
        "kind": usage.kind.value,
        "amounts": {unit.value: amount for unit, amount in usage.amounts.items()},
        "turn": usage.turn,
        "atMs": usage.at_ms,
        "isEstimated": usage.is_estimated,
    }


def from_plain(plain: Mapping[str, Any]) -> Usage:
    """The inverse of `to_plain`; numbers may be ints or whole Decimals (as DynamoDB gives them back)."""
    return Usage(
        id=plain["id"],
        vendor=plain["vendor"],
        model=plain["model"],
        kind=Kind(plain["kind"]),
        amounts={Unit(unit): int(amount) for unit, amount in plain["amounts"].items()},
        turn=plain["turn"],
        at_ms=int(plain["atMs"]),
        is_estimated=bool(plain["isEstimated"]),
    )
