"""A post-mortem in the terminal and as a page."""

import re
from dataclasses import replace
from io import StringIO

from rich.console import Console

from calls.call_cost import call_cost
from calls.conversation import Conversation
from calls.cost import twilio_bill
from calls.latency import Waterfall
from calls.post_mortem import PostMortem, post_mortem
from calls.rate_card import standard
from offhook.why.page import page
from offhook.why.terminal import rendered, signed_clock
from tests.offhook.calls_made import ANSWERED_MS, CONVERSATION, CUT_ANSWER, QUESTION, RECORD

COST = call_cost(RECORD, CONVERSATION, (), standard(), ANSWERED_MS)
TOLD = post_mortem(RECORD, CONVERSATION, COST, [(31904, "raw")])


def shown(told: PostMortem) -> str:
    text = StringIO()
    Console(width=140, file=text).print(rendered(told))
    return text.getvalue()


def test_the_terminal_begins_with_the_cause() -> None:
    lines = shown(TOLD).splitlines()
    assert lines[0].startswith("The call fell from pipeline to traditional mode: the stream broke off. Look at")
    text = "\n".join(lines)
    assert "to act: Offhook" in text
    assert "We open [unheard: at nine.]" in text
    assert "endpointing 540" in text
    assert "31904: The streamer could not be reached" in text
    assert "$0.0184" in text
    assert "+1555" not in text


def test_twilios_own_price_stands_beside_ours_and_a_cost_that_is_not_known_is_said() -> None:
    bill = twilio_bill("-0.0204", "USD", ANSWERED_MS)
    assert bill is not None
    told = post_mortem(RECORD, CONVERSATION, call_cost(RECORD, CONVERSATION, (bill,), standard(), ANSWERED_MS))
    assert "Twilio itself says $0.0204, $0.0064 more than reckoned here." in shown(told)
    assert "What it cost is not known" in shown(post_mortem(RECORD, CONVERSATION))


def test_words_of_the_call_are_no_markup() -> None:
    loud = replace(QUESTION, heard="[red]When?[/red] <b>now</b>")
    told = post_mortem(RECORD, Conversation((loud,)))
    assert "[red]When?[/red] <b>now</b>" in shown(told)
    assert "&lt;b&gt;now&lt;/b&gt;" in page(told)


def test_a_slow_answer_stands_out() -> None:
    slow = replace(CUT_ANSWER, latency=Waterfall(total=4400, model=4000))
    assert "heard 4,400 ms after the caller's last sound" in shown(post_mortem(RECORD, Conversation((QUESTION, slow))))


def test_the_page_holds_everything_and_leads_nowhere() -> None:
    html = page(TOLD)
    assert "<h1>The call fell from pipeline to traditional mode: the stream broke off.</h1>" in html
    assert 'title="not heard"> at nine.</s>' in html
    assert 'title="endpointing 540 ms"' in html
    assert "What it cost: $0.0184" in html
    assert "31904: The streamer could not be reached" in html
    assert not re.search(r"https?://|src=|href=|url\(", html)
    assert "default-src 'none'" in html


def test_the_page_of_a_call_of_which_little_is_known() -> None:
    html = page(post_mortem(replace(RECORD, modes=(), failures=(), streams=()), Conversation()))
    assert "What failed" not in html
    assert "What it cost" not in html


def test_the_clock_runs_before_the_answer_too() -> None:
    assert [signed_clock(ms) for ms in (0, 61_250, -900, -4000, -50)] == [
        "0:00.0",
        "1:01.2",
        "-0:00.9",
        "-0:04.0",
        "0:00.0",
    ]
