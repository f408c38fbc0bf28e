import json
from dataclasses import replace

from calls.call_cost import call_cost, to_plain, turn_usd
from calls.conversation import Conversation
from calls.cost import twilio_bill
from calls.rate_card import standard
from calls.record import CallRecord, Direction, Mode, Status, StreamUse
from calls.usage import Kind, Unit, Usage

AT_MS = 1_795_305_600_000  # 2026-11-22T00:00:00Z
RECORD = CallRecord(
    "01A",
    Direction.INBOUND,
    "default",
    "+14155550100",
    "+12025550123",
    AT_MS,
    "CA1",
    Status.COMPLETED,
    answered_at_ms=AT_MS,
    ended_at_ms=AT_MS + 90_000,
    streams=(StreamUse(1, Mode.PIPELINE, AT_MS, opened_at_ms=AT_MS),),
)
HEARD = Usage("s-u1", "deepgram", "flux-general-en", Kind.RECOGNISER, {Unit.MILLISECONDS: 60_000}, "", AT_MS)
THOUGHT = Usage(
    "s-u2",
    "openai",
    "gpt-6-luna",
    Kind.MODEL,
    {Unit.TEXT_IN: 250, Unit.TEXT_IN_CACHED: 750, Unit.TEXT_OUT: 100},
    "s-r2",
    AT_MS,
)
SPOKEN = Usage("s-u3", "elevenlabs", "eleven_flash_v2_5", Kind.SPEECH, {Unit.CHARACTERS: 200}, "s-r2", AT_MS)
USED = (HEARD, replace(HEARD, id="s-u4"), THOUGHT, SPOKEN)


def test_a_call_of_ninety_seconds_costs_its_two_minutes_and_what_it_used() -> None:
    plain = to_plain(call_cost(RECORD, Conversation(), USED, standard(), AT_MS))
    assert {part["kind"]: part["usd"] for part in plain["parts"]} == {
        "telephony": "0.017000",
        "media-stream": "0.008800",
        "recogniser": "0.013000",
        "model": "0.000082",
        "speech": "0.008000",
    }
    assert (plain["usd"], plain["isWhole"], plain["isEstimated"]) == ("0.046882", True, False)
    assert plain["cachedShare"] == 0.75
    assert json.loads(json.dumps(plain)) == plain


def test_a_part_adds_up_what_was_measured_in_pieces_and_says_whose_price_it_is() -> None:
    plain = to_plain(call_cost(RECORD, Conversation(), USED, standard(), AT_MS))
    (part,) = (one for one in plain["parts"] if one["kind"] == "recogniser")
    assert part["amounts"] == {"milliseconds": 120_000}
    assert (part["isStale"], part["unpriced"]) == (False, "")
    assert part["rate"]["checkedOn"] == "2026-11-04"
    assert part["rate"]["source"].startswith("https://")


def test_a_turn_costs_what_was_used_for_it() -> None:
    cost = call_cost(RECORD, Conversation(), USED, standard(), AT_MS)
    assert turn_usd(cost) == {"s-r2": "0.008082"}
    unknown = replace(THOUGHT, id="x", model="gpt-7", turn="s-r3")
    assert turn_usd(call_cost(RECORD, Conversation(), (*USED, unknown), standard(), AT_MS)) == {
        "s-r2": "0.008082",
        "s-r3": None,
    }


def test_what_has_no_price_is_null_and_named() -> None:
    abroad = replace(RECORD, to_number="+4930123456")
    plain = to_plain(call_cost(abroad, Conversation(), USED, standard(), AT_MS))
    assert (plain["isWhole"], plain["parts"][0]["usd"], plain["parts"][0]["rate"]) == (False, None, None)
    assert plain["warnings"] == ["Unpriced: no rate for twilio inbound-local-DE (telephony)."]


def test_twilios_own_price_is_shown_with_the_difference() -> None:
    bill = twilio_bill("-0.0195", "USD", AT_MS)
    assert bill is not None
    plain = to_plain(call_cost(RECORD, Conversation(), (*USED, bill), standard(), AT_MS))
    assert plain["usd"] == "0.046882"
    assert plain["bills"] == [
        {"vendor": "twilio", "theirsUsd": "0.019500", "oursUsd": "0.017000", "differenceUsd": "0.002500"}
    ]
