"""What Twilio bills for a call, out of its record and turns: the call itself, its streams, its hearing and speaking.

Twilio tells none of this while the call runs, so it is worked out from what the record knows; `cost.twilio_bill` is its
own word afterwards. A call that nobody answered costs nothing; what is still going on counts up to now.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import phonenumbers

from calls.conversation import Conversation, Role, Turn
from calls.record import CallRecord, Direction, EndReason, Mode
from calls.usage import Kind, Unit, Usage

TWILIO = "twilio"
STREAM_MODEL = "media-streams"
GATHER_MODEL = "gather-speech"
SAY_MODEL = "say"
TRANSFER_MODEL = "transferred-leg"
NORTH_AMERICA = 1
SAID_BY_CHARS = 100

_FREE = frozenset({"man", "woman"})
_SAID_BY = {
    "say-generative": re.compile(r"Polly\.\w+-Generative|Google\.[\w-]+-Chirp3-HD-\w+"),
    "say-neural": re.compile(r"Polly\.\w+-Neural|Google\.[\w-]+-(Neural2|Wavenet)-\w+"),
    "say-standard": re.compile(r"Polly\.\w+|Google\.[\w-]+-Standard-\w+"),
}
_KEYS_ALONE = re.compile(r"\[keys [0-9A-D*#]+\]")


def telephony(record: CallRecord, conversation: Conversation, now_ms: int) -> tuple[Usage, ...]:
    """Usage that Twilio will bill. `now_ms` ends what has not ended."""
    if record.answered_at_ms is None:
        return ()
    end_ms = record.ended_at_ms or now_ms
    call = _lasted("call", Kind.TELEPHONY, line_of(record), record.answered_at_ms, end_ms)
    streams = _streams(record, end_ms)
    return (call, *streams, *_transferred(record, end_ms), *_spoken_over_twiml(record, conversation))


def line_of(record: CallRecord) -> str:
    """Which of Twilio's prices the call has: "inbound-local-US", "inbound-toll-free-US", "outbound-US"; the country is
    that of our number where we are called, and that of the number called where we call. "??" for an unknown one."""
    if record.direction is Direction.OUTBOUND:
        return f"outbound-{_country(record.to_number)}"
    kind = "toll-free" if _is_toll_free(record.to_number) else "local"
    return f"inbound-{kind}-{_country(record.to_number)}"


def _country(number: str) -> str:
    """A number of +1 that belongs to no country that we know of (toll-free, a new area code) is priced as the USA's."""
    parsed = _parsed(number)
    region = phonenumbers.region_code_for_number(parsed) if parsed else None
    if parsed and region in {None, "001"} and parsed.country_code == NORTH_AMERICA:
        return "US"
    return region if region and region != "001" else "??"


def _is_toll_free(number: str) -> bool:
    parsed = _parsed(number)
    return parsed is not None and phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.TOLL_FREE


def _parsed(number: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None


def _streams(record: CallRecord, end_ms: int) -> Iterable[Usage]:
    """Each stream from when its socket stood; where the record keeps none, each rung that streams."""
    for stream in record.streams:
        if (began_ms := stream.opened_at_ms or stream.arrived_at_ms) is not None:
            name = f"stream-{stream.number}"
            yield _lasted(name, Kind.MEDIA_STREAM, STREAM_MODEL, began_ms, stream.ended_at_ms or end_ms)
    if record.streams:
        return
    for number, use in enumerate(record.modes, 1):
        if use.mode is not Mode.TRADITIONAL:
            name = f"rung-{number}"
            yield _lasted(name, Kind.MEDIA_STREAM, STREAM_MODEL, use.started_at_ms, use.left_at_ms or end_ms)


def _transferred(record: CallRecord, end_ms: int) -> Iterable[Usage]:
    """The other leg of a transfer is a call of its own, whose price depends on whom it reached: it has none here."""
    if record.end_reason is EndReason.TRANSFERRED and record.modes:
        left_ms = record.modes[-1].left_at_ms or end_ms
        usage = _lasted("transfer", Kind.TELEPHONY, TRANSFER_MODEL, left_ms, end_ms)
        yield replace(usage, is_estimated=True)


def _lasted(name: str, kind: Kind, model: str, began_ms: int, ended_ms: int) -> Usage:
    lasted_ms = max(0, ended_ms - began_ms)
    return Usage(f"twilio-{name}", TWILIO, model, kind, {Unit.MILLISECONDS: lasted_ms}, "", ended_ms)


def _spoken_over_twiml(record: CallRecord, conversation: Conversation) -> Iterable[Usage]:
    """`<Gather>`'s recogniser, a use for each turn of the caller's voice, and `<Say>`'s voice. What was interrupted was
    synthesised; words that privacy took out count as they are kept."""
    turns = [turn for turn in conversation.turns if turn.mode == Mode.TRADITIONAL.value]
    for turn in turns:
        if turn.role is Role.CALLER and not _KEYS_ALONE.fullmatch(turn.said):
            yield _estimated(turn, GATHER_MODEL, Kind.RECOGNISER, {Unit.USES: 1})
    if model := say_model(record.say_voice):
        said = [turn for turn in turns if turn.role is Role.AGENT and turn.said]
        for turn, characters in zip(said, _billed([len(turn.said) for turn in said]), strict=True):
            yield _estimated(turn, model, Kind.SPEECH, {Unit.CHARACTERS: characters})


def _billed(characters: Sequence[int]) -> Iterable[int]:
    """What Twilio adds up over a call and bills in whole hundreds, rounded down, one at the least, shared out among
    what was said. https://www.twilio.com/docs/voice/twiml/say/text-speech#pricing"""
    total = sum(characters)
    billed = max(1, total // SAID_BY_CHARS) * SAID_BY_CHARS
    so_far = 0
    for length in characters:
        yield billed * (so_far + length) // total - billed * so_far // total
        so_far += length


def _estimated(turn: Turn, model: str, kind: Kind, amounts: Mapping[Unit, int]) -> Usage:
    return Usage(f"twilio-{turn.id}", TWILIO, model, kind, amounts, turn.id, turn.ended_at_ms, is_estimated=True)


def say_model(voice: str) -> str:
    """Which of Twilio's four prices a voice of `<Say>` has: "say-standard", "say-neural" or "say-generative"; "say" for
    a voice that is of none of the kinds known, "" for the basic voices, which are free of charge."""
    if voice in _FREE:
        return ""
    return next((model for model, shape in _SAID_BY.items() if shape.fullmatch(voice)), SAY_MODEL)
