from dataclasses import replace

import pytest

from calls.conversation import Conversation, Role, Turn
from calls.record import CallRecord, Direction, EndReason, Mode, ModeUse, StreamUse
from calls.telephony import line_of, say_model, telephony
from calls.usage import Kind, Unit, Usage

CALL = CallRecord(
    "01A", Direction.INBOUND, "default", "+14155550100", "+12025550123", 1_000, "CA1", answered_at_ms=5_000
)
NOW_MS = 200_000


def amounts(used: tuple[Usage, ...]) -> list[tuple[Kind, str, dict[Unit, int]]]:
    return [(usage.kind, usage.model, dict(usage.amounts)) for usage in used]


@pytest.mark.parametrize(
    ("direction", "number", "line"),
    [
        (Direction.INBOUND, "+12025550123", "inbound-local-US"),
        (Direction.INBOUND, "+18005550123", "inbound-toll-free-US"),
        (Direction.INBOUND, "+15550001111", "inbound-local-US"),
        (Direction.INBOUND, "+442079460000", "inbound-local-GB"),
        (Direction.OUTBOUND, "+12025550123", "outbound-US"),
        (Direction.OUTBOUND, "+14165550123", "outbound-CA"),
        (Direction.OUTBOUND, "+18765550123", "outbound-JM"),
        (Direction.OUTBOUND, "+4930123456", "outbound-DE"),
        (Direction.OUTBOUND, "client:tom", "outbound-??"),
        (Direction.OUTBOUND, "", "outbound-??"),
    ],
)
def test_the_line_has_a_direction_and_a_country(direction: Direction, number: str, line: str) -> None:
    assert line_of(replace(CALL, direction=direction, to_number=number)) == line


def test_a_call_that_nobody_answered_costs_nothing() -> None:
    assert telephony(replace(CALL, answered_at_ms=None), Conversation(), NOW_MS) == ()


def test_a_call_is_billed_from_its_answer_to_its_end_and_its_streams_from_their_opening() -> None:
    streams = (
        StreamUse(1, Mode.PIPELINE, 5_000, opened_at_ms=5_200, ended_at_ms=40_200),
        StreamUse(2, Mode.PIPELINE, 41_000),
        StreamUse(3, Mode.PIPELINE, 45_000, arrived_at_ms=46_000),
    )
    used = telephony(replace(CALL, streams=streams, ended_at_ms=66_000), Conversation(), NOW_MS)
    assert amounts(used) == [
        (Kind.TELEPHONY, "inbound-local-US", {Unit.MILLISECONDS: 61_000}),
        (Kind.MEDIA_STREAM, "media-streams", {Unit.MILLISECONDS: 35_000}),
        (Kind.MEDIA_STREAM, "media-streams", {Unit.MILLISECONDS: 20_000}),
    ]
    assert len({usage.id for usage in used}) == 3


def test_what_goes_on_counts_up_to_now() -> None:
    assert amounts(telephony(CALL, Conversation(), NOW_MS)) == [
        (Kind.TELEPHONY, "inbound-local-US", {Unit.MILLISECONDS: 195_000})
    ]


def test_a_record_without_streams_counts_its_streaming_rungs() -> None:
    modes = (ModeUse(Mode.PIPELINE, 5_000, 30_000, "lost"), ModeUse(Mode.TRADITIONAL, 30_000, 60_000, "over"))
    used = telephony(replace(CALL, modes=modes, ended_at_ms=60_000), Conversation(), NOW_MS)
    assert amounts(used)[1:] == [(Kind.MEDIA_STREAM, "media-streams", {Unit.MILLISECONDS: 25_000})]


def test_what_twilio_hears_and_says_is_told_by_turn_and_estimated() -> None:
    turns = (
        Turn("a", Role.AGENT, "Hello.", "Hello.", False, 5_000, 6_000, "traditional"),
        Turn("b", Role.CALLER, "Hi", "Hi", False, 7_000, 7_000, "traditional"),
        Turn("c", Role.CALLER, "[keys 12#]", "[keys 12#]", False, 8_000, 8_000, "traditional"),
        Turn("d", Role.CALLER, "Yes [keys 1]", "Yes [keys 1]", False, 8_500, 8_500, "traditional"),
        Turn("e", Role.AGENT, "Goodbye.", "", True, 8_600, 8_900, "traditional"),
        Turn("f", Role.AGENT, "Streams.", "Streams.", False, 9_000, 9_500, "pipeline"),
    )
    call = replace(CALL, ended_at_ms=60_000, say_voice="Polly.Joanna")
    used = telephony(call, Conversation(turns), NOW_MS)[1:]
    assert amounts(used) == [
        (Kind.RECOGNISER, "gather-speech", {Unit.USES: 1}),
        (Kind.RECOGNISER, "gather-speech", {Unit.USES: 1}),
        (Kind.SPEECH, "say-standard", {Unit.CHARACTERS: 42}),
        (Kind.SPEECH, "say-standard", {Unit.CHARACTERS: 58}),
    ]
    assert [usage.turn for usage in used] == ["b", "d", "a", "e"]
    assert all(usage.is_estimated for usage in used)


def test_a_basic_voice_costs_nothing_and_one_that_nobody_wrote_down_is_named() -> None:
    said = Conversation((Turn("a", Role.AGENT, "Hello.", "Hello.", False, 5_000, 6_000, "traditional"),))
    assert telephony(replace(CALL, say_voice="woman"), said, NOW_MS)[1:] == ()
    assert amounts(telephony(CALL, said, NOW_MS))[1:] == [(Kind.SPEECH, "say", {Unit.CHARACTERS: 100})]


@pytest.mark.parametrize(
    ("lengths", "billed"),
    [((99,), 100), ((199,), 100), ((200,), 200), ((546,), 500), ((273, 273), 500), ((1, 1, 197), 100), ((300, 3), 300)],
)
def test_what_a_call_says_is_billed_in_whole_hundreds_one_at_the_least(lengths: tuple[int, ...], billed: int) -> None:
    said = [Turn("", Role.AGENT, "x" * length, "", False, 0, 0, "traditional") for length in lengths]
    turns = tuple(replace(turn, id=str(number)) for number, turn in enumerate(said))
    used = telephony(replace(CALL, say_voice="Polly.Joanna"), Conversation(turns), NOW_MS)[1:]
    assert sum(usage.amount(Unit.CHARACTERS) for usage in used) == billed
    assert len({usage.id for usage in used}) == len(lengths)


@pytest.mark.parametrize(
    ("voice", "model"),
    [
        ("Polly.Joanna", "say-standard"),
        ("Polly.Joanna-Neural", "say-neural"),
        ("Polly.Joanna-Generative", "say-generative"),
        ("Google.en-US-Standard-A", "say-standard"),
        ("Google.en-US-Wavenet-A", "say-neural"),
        ("Google.en-US-Neural2-C", "say-neural"),
        ("Google.en-US-Chirp3-HD-Aoede", "say-generative"),
        ("ElevenLabs.Rachel", "say"),
        ("Polly.Joanna-Telepathic", "say"),
        ("", "say"),
        ("man", ""),
    ],
)
def test_a_voice_is_priced_by_its_kind(voice: str, model: str) -> None:
    assert say_model(voice) == model


def test_the_other_leg_of_a_transfer_is_named() -> None:
    modes = (ModeUse(Mode.PIPELINE, 5_000, 30_000, "transfer"),)
    call = replace(CALL, modes=modes, ended_at_ms=60_000, end_reason=EndReason.TRANSFERRED)
    leg = telephony(call, Conversation(), NOW_MS)[-1]
    assert (leg.kind, leg.model, leg.amount(Unit.MILLISECONDS)) == (Kind.TELEPHONY, "transferred-leg", 30_000)
