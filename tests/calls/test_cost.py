from datetime import date
from decimal import Decimal

import pytest

from calls.cost import Bill, Line, cost_of, day_of, priced, twilio_bill
from calls.rate_card import Rate, RateCard
from calls.usage import Kind, Unit, Usage

AT_MS = 1_795_305_600_000  # 2026-11-22T00:00:00Z
MODEL = Rate(
    "openai",
    Kind.MODEL,
    "small",
    {Unit.TEXT_IN: Decimal("0.000002"), Unit.TEXT_IN_CACHED: Decimal("0.0000002"), Unit.TEXT_OUT: Decimal("0.00001")},
    0,
    date(2026, 11, 1),
    date(2026, 11, 1),
    "https://prices.example",
    "vendor's page",
)
MINUTES = Rate(
    "twilio",
    Kind.TELEPHONY,
    "inbound-local-US",
    {Unit.MILLISECONDS: Decimal("0.0085") / 60_000},
    60_000,
    date(2026, 1, 1),
    date(2026, 1, 1),
    "https://prices.example",
    "vendor's page",
)
CARD = RateCard((MODEL, MINUTES))

REPLY = Usage(
    "u1", "openai", "small", Kind.MODEL, {Unit.TEXT_IN: 100, Unit.TEXT_IN_CACHED: 900, Unit.TEXT_OUT: 50}, "r1", AT_MS
)
GUESS = Usage("u2", "openai", "small", Kind.MODEL, {Unit.TEXT_IN: 10}, "r2", AT_MS, is_estimated=True)
CALL = Usage("t", "twilio", "inbound-local-US", Kind.TELEPHONY, {Unit.MILLISECONDS: 61_000}, "", AT_MS)
UNKNOWN = Usage("u3", "openai", "big", Kind.MODEL, {Unit.TEXT_IN: 10}, "r1", AT_MS)


def test_a_reply_costs_its_tokens_with_the_cached_share_at_its_own_price() -> None:
    assert priced(REPLY, CARD, date(2026, 11, 22)) == Line(REPLY, Decimal("0.00088"), MODEL)


def test_a_call_is_the_sum_of_its_lines() -> None:
    cost = cost_of([REPLY, GUESS, CALL], CARD, AT_MS)
    assert round(cost.usd, 10) == Decimal("0.00088") + Decimal("0.00002") + Decimal("0.0170")
    assert (cost.is_whole, cost.is_estimated, cost.cached_share) == (True, True, 900 / 1010)


def test_the_sum_is_told_by_turn_and_by_kind() -> None:
    cost = cost_of([REPLY, GUESS, CALL, UNKNOWN], CARD, AT_MS)
    assert {turn: (len(part.lines), part.is_whole) for turn, part in cost.by_turn().items()} == {
        "r1": (2, False),
        "r2": (1, True),
        "": (1, True),
    }
    assert list(cost.by_kind()) == ["model", "telephony"]
    assert cost.by_kind()["model"].usd == Decimal("0.0009")


def test_an_unknown_model_is_unpriced_and_never_nothing() -> None:
    cost = cost_of([REPLY, UNKNOWN], CARD, AT_MS)
    assert (cost.usd, cost.is_whole) == (Decimal("0.00088"), False)
    assert cost.lines[1].usd is None
    assert cost.warnings == ("Unpriced: no rate for openai big (model).",)


def test_a_unit_without_a_price_makes_the_whole_line_unpriced() -> None:
    spoken = Usage("u", "openai", "small", Kind.MODEL, {Unit.TEXT_IN: 5, Unit.AUDIO_OUT: 7}, "", AT_MS)
    line = priced(spoken, CARD, date(2026, 11, 22))
    assert (line.usd, line.unpriced) == (None, "no price for audio-out of openai small")


def test_a_unit_that_was_not_used_needs_no_price() -> None:
    silent = Usage("u", "openai", "small", Kind.MODEL, {Unit.TEXT_IN: 5, Unit.AUDIO_OUT: 0}, "", AT_MS)
    assert priced(silent, CARD, date(2026, 11, 22)).usd == Decimal("0.00001")


def test_a_stale_price_counts_and_is_warned_of_once() -> None:
    cost = cost_of([CALL, CALL], CARD, AT_MS)
    assert round(cost.usd, 10) == Decimal("0.0340")
    assert cost.warnings == ("Stale: the price of twilio inbound-local-US was last checked on 2026-01-01.",)


def test_a_usage_is_priced_on_its_own_day_and_without_a_time_on_the_calls() -> None:
    early = Usage("u", "openai", "small", Kind.MODEL, {Unit.TEXT_IN: 5}, "", AT_MS - 40 * 86_400_000)
    timeless = Usage("v", "openai", "small", Kind.MODEL, {Unit.TEXT_IN: 5})
    cost = cost_of([early, timeless], CARD, AT_MS)
    assert [line.usd for line in cost.lines] == [None, Decimal("0.00001")]


def test_nothing_used_costs_nothing() -> None:
    cost = cost_of([], CARD, AT_MS)
    assert (cost.usd, cost.is_whole, cost.cached_share, cost.warnings) == (Decimal(0), True, None, ())


def test_a_day_is_the_one_of_utc() -> None:
    assert (day_of(AT_MS - 1), day_of(AT_MS)) == (date(2026, 11, 21), date(2026, 11, 22))


# --- Twilio's own price


def test_twilios_price_is_kept_beside_ours_and_not_added() -> None:
    bill = twilio_bill("-0.02550", "USD", AT_MS)
    assert bill is not None
    cost = cost_of([CALL, bill], CARD, AT_MS)
    assert len(cost.lines) == 1
    (told,) = cost.bills
    assert (told.vendor, told.theirs_usd) == ("twilio", Decimal("0.0255"))
    assert told.difference_usd is not None
    assert round(told.difference_usd, 10) == Decimal("0.0085")


def test_without_a_price_of_ours_there_is_no_difference() -> None:
    bill = twilio_bill("-0.0085", "USD", AT_MS)
    unknown = Usage("t", "twilio", "inbound-local-??", Kind.TELEPHONY, {Unit.MILLISECONDS: 61_000}, "", AT_MS)
    assert bill is not None
    (told,) = cost_of([CALL, unknown, bill], CARD, AT_MS).bills
    assert told == Bill("twilio", Decimal("0.0085"), None)
    assert told.difference_usd is None


@pytest.mark.parametrize(("price", "unit"), [(None, "USD"), ("", "USD"), ("-0.0085", "EUR")])
def test_a_price_that_is_not_there_yet_or_in_another_currency_is_none(price: str | None, unit: str) -> None:
    assert twilio_bill(price, unit, AT_MS) is None
