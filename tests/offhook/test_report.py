import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

from calls.call_cost import call_cost
from calls.conversation import Conversation
from calls.latency import Waterfall
from calls.outcome import Field, Outcome, Support, to_plain
from calls.outcome import Kind as OutcomeKind
from calls.rate_card import standard
from calls.record import CallRecord, Direction
from calls.usage import Kind, Unit, Usage
from offhook.call_file import AlertLine, call_file
from offhook.report.page import fall_alt, page, wave_alt
from offhook.report.pictures import interruptions_ms, waterfall_svg, waveform_svg
from tests.offhook.calls_made import ANSWERED_MS, CONVERSATION, CUT_ANSWER, QUESTION, RECORD

CALL = call_file(
    RECORD,
    CONVERSATION,
    ANSWERED_MS,
    recording_ms=12_000,
    alerts=[AlertLine(31921, "warning", "The stream closed early.")],
)
SECOND = bytes(range(256)) * 31 + b"\xff" * 64
SOUND = SECOND * 12


class Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.alts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in {"src", "href", "action", "poster", "srcset"}]
        self.alts += [value or "" for name, value in attrs if name == "alt"]


def read(html: str) -> Addresses:
    parser = Addresses()
    parser.feed(html)
    return parser


def test_the_page_needs_nothing_but_the_recording_beside_it() -> None:
    html = page(CALL, SOUND, SOUND)
    outside = [address for address in read(html).found if not address.startswith("data:")]
    assert outside == ["call.wav"]
    assert re.findall(r"https?:|//[a-z]|@import|url\(", html) == []


def test_the_page_tells_what_came_of_the_call() -> None:
    found = Field("caller_name", "<Ann>", ("t1", "t3"), Support.NOT_FOUND)
    outcome = to_plain(Outcome(OutcomeKind.EXTRACTIVE, "An extract.", (found, Field("day"))))
    html = page(call_file(RECORD, CONVERSATION, ANSWERED_MS, outcome=outcome), b"", b"")
    told = html[html.index('<h2 id="outcome">') :]
    assert "<td>caller name</td><td>&lt;Ann&gt;</td><td>turn 2, 4</td>" in told
    assert "doubtful: its words are not in that turn" in told
    assert "<td>day</td><td>unknown</td><td></td>" in told
    assert 'id="outcome"' not in page(CALL, SOUND, SOUND)


def test_the_page_tells_what_the_call_cost_part_by_part() -> None:
    used = [Usage("u", "openai", "gpt-0", Kind.MODEL, {Unit.TEXT_IN: 100}, "t0", ANSWERED_MS)]
    cost = call_cost(RECORD, CONVERSATION, used, standard(), ANSWERED_MS)
    html = page(call_file(RECORD, CONVERSATION, ANSWERED_MS, cost=cost), b"", b"")
    told = html[html.index('<h2 id="cost">') :]
    assert re.findall(r'<td class="n">(\$[0-9.]+|unpriced)</td>', told) == ["$0.0140", "$0.0044", "unpriced"]
    assert "<b>$0.0184, and what is unpriced</b>" in told
    assert "Unpriced: no rate for openai gpt-0 (model)." in told
    assert 'id="cost"' not in page(CALL, SOUND, SOUND)


def test_both_pictures_have_words_for_who_cannot_see_them() -> None:
    assert read(page(CALL, SOUND, SOUND)).alts == [wave_alt(CALL), fall_alt(CALL)]
    assert "Answers cut short: 1, at 0:03.4." in wave_alt(CALL)
    assert "turn 3 800 ms" in fall_alt(CALL)


def test_the_unheard_rest_is_struck_through() -> None:
    assert 'We open<s class="unheard" title="not heard"> at nine.</s>' in page(CALL, SOUND, SOUND)


def test_what_was_said_cannot_become_markup() -> None:
    spoken = replace(QUESTION, said="<script>alert(1)</script>", heard="<script>alert(1)</script>")
    html = page(call_file(RECORD, Conversation((spoken,)), ANSWERED_MS), b"", b"")
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_rungs_failures_and_alerts_are_told_in_words() -> None:
    html = page(CALL, SOUND, SOUND)
    assert "the stream broke off" in html
    assert "The stream broke off." in html
    assert "warning 31921: The stream closed early." in html


def test_a_routine_alert_is_no_fault() -> None:
    alert = AlertLine(31921, "error", "the server closed the connection with code 1000")
    record = replace(RECORD, failures=())
    html = page(call_file(record, CONVERSATION, ANSWERED_MS, alerts=[alert]), b"", b"")
    assert "What went wrong" not in html
    assert "which is routine" in html


def test_a_call_nobody_answered_has_a_page_without_pictures() -> None:
    record = CallRecord("id", Direction.INBOUND, "default", "+15551230100", "+15551230101", created_at_ms=1000)
    html = page(call_file(record, Conversation(), 1000), b"", b"")
    assert "There is no recording of this call." in html
    assert "Nobody said a word." in html
    assert "<img" not in html


def test_the_same_call_gives_the_same_picture() -> None:
    assert waveform_svg(CALL, SOUND, SOUND) == waveform_svg(CALL, SOUND, SOUND)


def test_a_long_call_is_drawn_in_rows() -> None:
    short, long = waveform_svg(CALL, SOUND, SOUND), waveform_svg(CALL, SECOND * 100, SECOND * 100)
    assert _height(long) > 2 * _height(short)


def test_a_call_without_measured_answers_has_no_waterfall() -> None:
    assert waterfall_svg({"turns": CALL["turns"][:2]}) is None


def test_a_part_of_an_answer_alone_is_in_the_table_and_not_drawn() -> None:
    answer = replace(CUT_ANSWER, latency=Waterfall(model=7), mode="traditional")
    call = call_file(RECORD, Conversation((answer,)), ANSWERED_MS)
    assert waterfall_svg(call) is None
    html = page(call, b"", b"")
    assert '<td class="n">7</td>' in html
    assert "only the thinking is known" in html


def test_an_interruption_is_where_the_caller_began_over_a_cut_answer() -> None:
    turns: list[dict[str, Any]] = CALL["turns"]
    assert interruptions_ms(turns) == [3200]
    assert interruptions_ms(turns[:2]) == []


def _height(svg: str) -> float:
    found = re.search(r'height="([0-9.]+)pt"', svg)
    assert found
    return float(found[1])
