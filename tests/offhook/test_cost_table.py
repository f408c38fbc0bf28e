from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from offhook.cost_table import CostRow, amounts_in_words, cost_rows, cost_table, doubts, in_dollars, total_in_words

RATE = {
    "validFrom": "2026-09-22",
    "checkedOn": "2026-11-22",
    "source": "https://prices.example",
    "evidence": "vendor's page",
}
MODEL = {
    "kind": "model",
    "vendor": "openai",
    "model": "gpt-6-luna",
    "amounts": {"text-in": 200, "text-in-cached": 750, "text-in-cache-write": 50, "text-out": 100},
    "usd": "0.000082",
    "isEstimated": True,
    "isStale": False,
    "unpriced": "",
    "rate": RATE,
}
CALL = {
    "kind": "telephony",
    "vendor": "twilio",
    "model": "inbound-local-DE",
    "amounts": {"milliseconds": 90_400},
    "usd": None,
    "isEstimated": False,
    "isStale": False,
    "unpriced": "no rate for twilio inbound-local-DE (telephony)",
    "rate": None,
}
COST: dict[str, Any] = {
    "usd": "0.000082",
    "isWhole": False,
    "isEstimated": True,
    "cachedShare": 0.75,
    "parts": [CALL, MODEL],
    "warnings": ["Unpriced: no rate for twilio inbound-local-DE (telephony)."],
    "bills": [{"vendor": "twilio", "theirsUsd": "0.019500", "oursUsd": "0.017000", "differenceUsd": "0.002500"}],
}


def test_each_part_says_what_whose_how_much_and_how_sure() -> None:
    assert cost_rows(COST) == [
        CostRow(
            "the call",
            "twilio inbound-local-DE",
            "1 min 30 s",
            "unpriced",
            "no rate for twilio inbound-local-DE (telephony)",
        ),
        CostRow(
            "thinking",
            "openai gpt-6-luna",
            "1,000 tokens in (750 cached), 100 out",
            "$0.0001",
            "estimated in part; price of 2026-11-22",
        ),
    ]


def test_a_stale_price_is_called_that() -> None:
    (row,) = cost_rows({**COST, "parts": [{**MODEL, "isStale": True, "isEstimated": False}]})
    assert row.note == "stale, price of 2026-11-22"


@pytest.mark.parametrize(
    ("whole", "estimated", "words"),
    [
        (True, False, "$0.0500"),
        (True, True, "about $0.0500"),
        (False, True, "$0.0500, and what is unpriced"),
    ],
)
def test_the_sum_says_what_it_leaves_out(whole: bool, estimated: bool, words: str) -> None:
    assert total_in_words({**COST, "usd": "0.050000", "isWhole": whole, "isEstimated": estimated}) == words


def test_what_is_unpriced_alone_is_never_nothing() -> None:
    assert total_in_words({**COST, "usd": "0.000000", "isWhole": False}) == "unpriced"
    assert total_in_words({**COST, "usd": "0.000000", "isWhole": True, "isEstimated": False}) == "$0.0000"


@pytest.mark.parametrize(
    ("usd", "words"),
    [
        ("0.017000", "$0.0170"),
        ("0.000050", "$0.0001"),
        ("0.000049", "<$0.0001"),
        ("0.000000", "$0.0000"),
        ("12.5", "$12.5000"),
    ],
)
def test_money_is_never_rounded_to_nothing(usd: str, words: str) -> None:
    assert in_dollars(usd) == words


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        ({"milliseconds": 59_400}, "59 s"),
        ({"milliseconds": 59_600}, "1 min 0 s"),
        ({"characters": 1_200}, "1,200 characters"),
        ({"uses": 1}, "once"),
        ({"uses": 12}, "12 times"),
        ({"audio-in": 300, "audio-in-cached": 100, "audio-out": 480}, "400 tokens in (100 cached), 480 out"),
    ],
)
def test_amounts_are_told_in_their_own_unit(amounts: dict[str, int], words: str) -> None:
    assert amounts_in_words(amounts) == words


def test_what_makes_the_sum_doubtful_is_told_in_sentences() -> None:
    assert doubts(COST) == [
        "Unpriced: no rate for twilio inbound-local-DE (telephony).",
        "Twilio itself says $0.0195, $0.0025 more than reckoned here.",
    ]
    unsure = {**COST, "warnings": [], "bills": [{**COST["bills"][0], "oursUsd": None, "differenceUsd": None}]}
    assert doubts(unsure) == ["Twilio itself says $0.0195."]


def test_the_table_ends_with_the_sum() -> None:
    text = StringIO()
    Console(file=text, width=160).print(cost_table(COST))
    lines = [line.strip() for line in text.getvalue().splitlines() if line.strip()]
    assert lines[0] == "What it cost"
    assert lines[-1].startswith("altogether")
    assert "$0.0001, and what is unpriced" in lines[-1]
