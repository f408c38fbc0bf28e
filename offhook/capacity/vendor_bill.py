"""What Twilio and the vendors take for a minute of talk in each mode, by the rate cards. Pure, but for the cards."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from calls.rate_card import RateCard, standard
from calls.record import Mode
from calls.telephony import GATHER_MODEL
from calls.usage import Kind, Unit

MINUTE_MS = 60_000
TURNS, CHARACTERS = 4, 420
"""Of a minute: the caller's turns, and what is said in answer to them."""

Used = tuple[str, Kind, str, Mapping[Unit, int]]
"""Vendor, kind, model and amounts of one minute."""

_LINE: Used = ("twilio", Kind.TELEPHONY, "inbound-local-US", {Unit.MILLISECONDS: MINUTE_MS})
_STREAM: Used = ("twilio", Kind.MEDIA_STREAM, "media-streams", {Unit.MILLISECONDS: MINUTE_MS})
_REPLIES: Used = (
    "openai",
    Kind.MODEL,
    "gpt-6-luna",
    {Unit.TEXT_IN: 2_400, Unit.TEXT_IN_CACHED: 3_600, Unit.TEXT_OUT: 160},
)

A_MINUTE: Mapping[Mode, tuple[Used, ...]] = {
    Mode.TRADITIONAL: (
        _LINE,
        ("twilio", Kind.RECOGNISER, GATHER_MODEL, {Unit.USES: TURNS}),
        _REPLIES,
        ("twilio", Kind.SPEECH, "say-standard", {Unit.CHARACTERS: CHARACTERS}),
    ),
    Mode.PIPELINE: (
        _LINE,
        _STREAM,
        ("deepgram", Kind.RECOGNISER, "flux-general-en", {Unit.MILLISECONDS: MINUTE_MS}),
        _REPLIES,
        ("elevenlabs", Kind.SPEECH, "eleven_flash_v2_5", {Unit.CHARACTERS: CHARACTERS}),
    ),
    Mode.REALTIME: (
        _LINE,
        _STREAM,
        (
            "openai",
            Kind.REALTIME,
            "gpt-realtime-2.1",
            {
                Unit.TEXT_IN: 300,
                Unit.TEXT_IN_CACHED: 2_400,
                Unit.AUDIO_IN: 500,
                Unit.AUDIO_IN_CACHED: 3_500,
                Unit.AUDIO_OUT: 560,
                Unit.TEXT_OUT: 160,
            },
        ),
    ),
}
"""A minute with four answers of seven seconds, on a prompt of 1,200 tokens. Audio of the caller is 10 tokens a second,
of the model 20; what was said before is read from the cache. Traditional mode hears and speaks with Twilio: a
`<Gather>` is paid by the turn, and costs more than any recogniser that is paid by the minute."""


def per_minute(mode: Mode, on: date, card: RateCard | None = None) -> dict[str, Decimal]:
    """US dollars by vendor, Twilio among them. Raises LookupError where something has no price."""
    found: dict[str, Decimal] = {}
    for vendor, kind, model, amounts in A_MINUTE[mode]:
        rate = (card or standard()).find(vendor, kind, model, on)
        for unit, amount in amounts.items():
            usd = rate.cost(unit, amount) if rate else None
            if usd is None:
                raise LookupError(f"{vendor} {model} has no price for {unit.value}")
            found[vendor] = found.get(vendor, Decimal(0)) + usd
    return found
