from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from calls.cost import cost_of
from calls.errors import ConfigurationInvalid
from calls.openai_models import DEFAULT_MODEL
from calls.rate_card import STALE_AFTER_DAYS, RateCard, parse, standard
from calls.usage import Kind, Unit, Usage

CARD = """
vendor = "openai"

[[rate]]
kind = "model"
model = ["small", "tiny"]
million = { text-in = 0.10, text-out = 2 }
valid_from = 2026-01-01
checked_on = 2026-03-01
source = "https://prices.example/small"
evidence = "vendor's page"

[[rate]]
kind = "model"
model = "small"
million = { text-in = 0.05 }
valid_from = 2026-06-01
checked_on = 2026-06-01
source = "https://prices.example/small"
evidence = "vendor's page"

[[rate]]
kind = "live"
model = "live"
per = { unit = "milliseconds", amount = 60_000, usd = 0.06 }
rounded_up_to = 60_000
valid_from = 2026-01-01
checked_on = 2026-01-01
source = "https://prices.example/live"
evidence = "vendor's page"
"""


@pytest.fixture
def card() -> RateCard:
    return RateCard(tuple(parse(CARD, "openai.toml")))


@pytest.mark.parametrize(
    ("model", "on", "usd"),
    [
        ("small", date(2026, 5, 31), "0.0000001"),
        ("small", date(2026, 6, 1), "0.00000005"),
        ("tiny", date(2027, 1, 1), "0.0000001"),
        ("small-2026-02-03", date(2026, 5, 31), "0.0000001"),
    ],
)
def test_the_price_of_a_day_is_the_one_that_held_then(card: RateCard, model: str, on: date, usd: str) -> None:
    rate = card.find("openai", Kind.MODEL, model, on)
    assert rate is not None
    assert rate.usd[Unit.TEXT_IN] == Decimal(usd)


@pytest.mark.parametrize(
    ("vendor", "kind", "model", "on"),
    [
        ("openai", Kind.MODEL, "small", date(2025, 12, 31)),
        ("openai", Kind.MODEL, "smaller", date(2026, 6, 1)),
        ("openai", Kind.REALTIME, "small", date(2026, 6, 1)),
        ("deepgram", Kind.MODEL, "small", date(2026, 6, 1)),
    ],
)
def test_what_is_not_listed_has_no_rate(card: RateCard, vendor: str, kind: Kind, model: str, on: date) -> None:
    assert card.find(vendor, kind, model, on) is None


def test_a_unit_that_the_rate_does_not_name_has_no_price(card: RateCard) -> None:
    rate = card.find("openai", Kind.MODEL, "small", date(2026, 6, 1))
    assert rate is not None
    assert rate.cost(Unit.TEXT_OUT, 10) is None
    assert rate.cost(Unit.TEXT_IN, 1_000_000) == Decimal("0.05")


@pytest.mark.parametrize(
    ("lasted_ms", "usd"), [(0, "0"), (1, "0.06"), (60_000, "0.06"), (60_001, "0.12"), (125_000, "0.18")]
)
def test_minutes_are_billed_whole_where_the_vendor_does(card: RateCard, lasted_ms: int, usd: str) -> None:
    rate = card.find("openai", Kind.LIVE, "live", date(2026, 6, 1))
    assert rate is not None
    assert rate.cost(Unit.MILLISECONDS, lasted_ms) == Decimal(usd)


def test_a_price_that_changed_is_the_one_of_the_day() -> None:
    days = (date(2026, 10, 3), date(2026, 10, 4))
    rates = [standard().find("elevenlabs", Kind.SPEECH, "eleven_flash_v2_5", day) for day in days]
    assert [rate and rate.cost(Unit.CHARACTERS, 1_000) for rate in rates] == [Decimal("0.05"), Decimal("0.04")]


def test_a_price_that_nobody_looked_at_for_long_is_stale(card: RateCard) -> None:
    rate = card.find("openai", Kind.MODEL, "tiny", date(2026, 6, 1))
    assert rate is not None
    last = rate.checked_on + timedelta(STALE_AFTER_DAYS)
    assert (rate.is_stale(last), rate.is_stale(last + timedelta(1))) == (False, True)


@pytest.mark.parametrize(
    ("was", "becomes", "names"),
    [
        ('vendor = "openai"', "", "vendor"),
        ('kind = "live"', 'kind = "dead"', "rate 3"),
        ("million = { text-in = 0.05 }", "million = { text-in = 0 }", "rate 2"),
        ("million = { text-in = 0.05 }", "million = { smells = 1 }", "rate 2"),
        ("million = { text-in = 0.05 }", "", "rate 2"),
        ("checked_on = 2026-03-01", 'checked_on = "March"', "rate 1"),
        ("checked_on = 2026-03-01", "", "rate 1"),
        ('vendor = "openai"', "vendor = ", "rate card"),
    ],
)
def test_a_card_that_is_wrong_is_refused_with_its_place(was: str, becomes: str, names: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"openai\.toml") as refused:
        parse(CARD.replace(was, becomes, 1), "openai.toml")
    assert names in str(refused.value)


# --- the card that comes with Offhook


def test_every_price_says_where_and_when_it_was_read() -> None:
    for rate in standard().rates:
        assert rate.source.startswith("https://"), rate.model
        assert rate.evidence, rate.model
        assert rate.valid_from <= rate.checked_on, rate.model


def test_no_model_has_two_prices_from_the_same_day() -> None:
    keys = [(rate.vendor, rate.kind, rate.model, rate.valid_from) for rate in standard().rates]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("vendor", "kind", "model"),
    [
        ("openai", Kind.MODEL, DEFAULT_MODEL),
        ("openai", Kind.REALTIME, "gpt-realtime-2.1"),
        ("openai", Kind.LIVE, "gpt-live-1"),
        ("deepgram", Kind.RECOGNISER, "flux-general-en"),
        ("deepgram", Kind.RECOGNISER, "nova-3"),
        ("elevenlabs", Kind.SPEECH, "eleven_flash_v2_5"),
        ("twilio", Kind.TELEPHONY, "inbound-local-US"),
        ("twilio", Kind.MEDIA_STREAM, "media-streams"),
        ("twilio", Kind.RECOGNISER, "gather-speech"),
        ("twilio", Kind.SPEECH, "say-standard"),
        ("twilio", Kind.SPEECH, "say-neural"),
        ("twilio", Kind.SPEECH, "say-generative"),
    ],
)
def test_what_offhook_uses_by_default_has_a_price(vendor: str, kind: Kind, model: str) -> None:
    assert standard().find(vendor, kind, model, date(2026, 11, 22)) is not None


@pytest.mark.parametrize("on", [date(2026, 11, 30), date(2027, 6, 1), date(2030, 1, 1)])
def test_what_has_a_price_keeps_it_with_time_and_says_when_it_is_doubtful(on: date) -> None:
    at_ms = int(datetime.combine(on, time(), UTC).timestamp()) * 1_000
    for rate in standard().rates:
        used = [Usage("u", rate.vendor, rate.model, rate.kind, dict.fromkeys(rate.usd, 1_000), at_ms=at_ms)]
        cost = cost_of(used, standard(), at_ms)
        assert cost.usd > 0, rate.model
        (line,) = cost.lines
        assert line.rate is not None
        doubtful = on > line.rate.checked_on + timedelta(STALE_AFTER_DAYS)
        assert (f"last checked on {line.rate.checked_on}" in " ".join(cost.warnings)) is doubtful, rate.model
