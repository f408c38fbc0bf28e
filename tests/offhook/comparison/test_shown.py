"""A comparison in the terminal, for programs and as a page."""

import csv
import json
import re
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from calls.comparison import By, Comparison
from calls.rate_card import standard
from offhook.comparison import figures
from offhook.comparison.page import page
from offhook.comparison.period import Period
from offhook.comparison.reading import Wanted, read
from offhook.comparison.report import Report, to_csv, to_plain
from offhook.comparison.terminal import notes, rendered
from tests.offhook.comparison.hundred_calls import FIRST_MS, PLANTED, hundred, store_of


@pytest.fixture(scope="module")
def report() -> Report:
    comparison = Comparison()
    read(store_of(hundred()), comparison, Wanted(), standard(), FIRST_MS)
    period = Period(since_ms=FIRST_MS)
    return Report(By.MODE, period, "", comparison.rows, comparison.whole, is_cut=False, made_at_ms=FIRST_MS)


def shown(report: Report, width: int = 150) -> str:
    text = StringIO()
    Console(width=width, file=text, highlight=False).print(rendered(report))
    return text.getvalue()


def test_the_terminal_shows_the_table_and_what_went_wrong(report: Report) -> None:
    text = shown(report)
    assert "100 calls from 2026-11-18 11:06 UTC" in text
    row = next(line for line in text.splitlines() if line.startswith(" pipeline"))
    assert re.sub(r" +", " ", row).startswith(
        " pipeline 89 100% 94% 21% p50 1,050 p50 400 p50 200 $0.0186 openai-quota"
    )
    for (code, _), calls in PLANTED.items():
        assert re.search(rf"{code} .* {calls} ", text)


def test_where_the_tables_do_not_fit_no_figure_is_cut_short(report: Report) -> None:
    text = shown(report, 80)
    lines = [re.sub(r" +", " ", line).strip() for line in text.splitlines()]
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80
    pipeline = lines[lines.index("pipeline: 89 calls") :]
    assert pipeline[1:5] == [
        "connected 100%",
        "completed 94%",
        "fell 21%",
        "answer, ms p50 1,050 p95 1,450 p99 1,490 max 1,490 n 89",
    ]
    assert pipeline[7:9] == ["per minute $0.0186", "most common failure openai-quota (the configuration), 9 calls"]
    assert "all: 100 calls" in lines
    assert "openai-quota, 9 calls; to act: the configuration" in lines
    assert "one of them: offhook why 01KHUNDRED0000000000000008" in lines


def test_what_is_not_known_is_a_dash_and_never_nothing(report: Report) -> None:
    none = next(line for line in shown(report).splitlines() if line.startswith(" none"))
    assert none.split()[:9] == ["none", "7", "0%", "–", "–", "–", "–", "–", "–"]


def test_json_is_whole_and_says_null(report: Report) -> None:
    plain = json.loads(json.dumps(to_plain(report)))
    pipeline, traditional, _ = plain["rows"]
    assert pipeline["latencyMs"] == {"n": 89, "p50": 1050, "p95": 1450, "p99": 1490, "max": 1490}
    assert (pipeline["fellShare"], pipeline["cost"]["usdPerMinute"]) == (0.2135, "0.018550")
    assert traditional["latencyMs"] is None
    assert {(one["code"], one["blame"]): one["calls"] for one in plain["all"]["failures"]} == {
        (code, blame.value): calls for (code, blame), calls in PLANTED.items()
    }
    assert (plain["since"], plain["until"], plain["agent"]) == ("2026-11-18T11:06:40.000Z", None, None)


def test_csv_has_a_line_a_row_and_one_for_all(report: Report) -> None:
    rows = list(csv.DictReader(StringIO(to_csv(report))))
    assert [row["mode"] for row in rows] == ["pipeline", "traditional", "none", "all"]
    assert (rows[0]["latencyMs_p95"], rows[0]["mostCommonFailure"], rows[0]["blame"]) == (
        "1450",
        "openai-quota",
        "configuration",
    )
    assert rows[1]["latencyMs_p95"] == ""


def test_the_page_has_its_charts_inside_and_leads_nowhere(report: Report) -> None:
    html = page(report)
    assert html.count('<img src="data:image/svg+xml;base64,') == 2
    assert not re.search(r"https?://|href=", html)
    assert page(report) == html, "the same report gives the same page"
    for code, _ in PLANTED:
        assert f"<code>{code}</code>" in html


def test_the_page_of_no_calls() -> None:
    empty = Comparison()
    html = page(Report(By.AGENT, Period(), "nobody", empty.rows, empty.whole, is_cut=False, made_at_ms=0))
    assert "<img" not in html
    assert "0 calls compared by agent" in html


def test_names_are_no_markup(report: Report) -> None:
    odd = replace(report, rows=(replace(report.rows[0], name="[red]<b>"),), agent="[bold]x")
    assert "[red]<b>" in shown(odd)
    assert "&lt;b&gt;" in page(odd)


def test_the_notes_say_what_the_figures_leave_out(report: Report) -> None:
    whole = replace(report.whole, open_calls=1)
    told = list(notes(replace(report, is_cut=True, whole=whole)))
    assert told[0] == "Only the newest 101 were read; give --most for more."
    assert told[1] == "1 call not over yet, counted in what went wrong alone."
    assert figures.UNTIMED in told


@pytest.mark.parametrize(
    ("part", "text"), [(None, "–"), (0.0, "0%"), (1.0, "100%"), (0.999, "99.9%"), (0.001, "0.1%"), (0.5, "50%")]
)
def test_shares_round_to_all_or_nothing_only_where_it_is(part: float | None, text: str) -> None:
    assert figures.share(part) == text


def test_a_minute_without_a_price_is_unpriced_and_an_estimate_says_so(report: Report) -> None:
    row = report.rows[0]
    assert figures.per_minute(replace(row, total=replace(row.total, unpriced_calls=3))) == "$0.0186 + unpriced"
    assert (
        figures.per_minute(replace(row, total=replace(row.total, unpriced_calls=3, usd=row.total.usd * 0)))
        == "unpriced"
    )
    assert figures.per_minute(replace(row, total=replace(row.total, estimated_calls=3))) == "about $0.0186"
