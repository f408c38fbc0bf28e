"""A post-mortem in the terminal."""

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from calls.conversation import Role, Turn
from calls.plain_words import BLAMES
from calls.post_mortem import PostMortem, blame_in_words
from calls.time_line import Event, EventKind
from offhook.cost_table import cost_table, doubts
from offhook.turn_table import waterfall_bar
from offhook.words import unheard_rest

NO_COST = "What it cost is not known: it is not in what was kept of the call."

_COLOURS = {
    EventKind.STREAM: "cyan",
    EventKind.MODE: "magenta",
    EventKind.INTERRUPTION: "yellow",
    EventKind.END: "bold",
}


def rendered(told: PostMortem) -> RenderableType:
    """Everything, the most likely cause first."""
    return Group(*_parts(told))


def _parts(told: PostMortem) -> Iterator[RenderableType]:
    yield Text(told.headline, style="bold red" if told.is_fault else "bold green")
    yield Text(facts(told), style="dim")
    if line := at_its_end(told):
        yield Text(line, style="dim")
    for cause in told.causes[1:]:
        to_act = f" [{blame_in_words(cause)}]" if cause.blame else ""
        yield Text(f"also: {cause.sentence}{to_act} {cause.what_to_do}")
    yield Text()
    yield _time_line(told)
    if told.failures:
        yield _failures(told)
    for alert in told.alerts:
        yield Text(f"Twilio's debugger: {alert}")
    if told.cost:
        yield cost_table(told.cost)
        yield from map(Text, doubts(told.cost))
    else:
        yield Text(NO_COST, style="dim")


def at_its_end(told: PostMortem) -> str:
    """One line on the post-mortem that was written when the call ended; empty where there is none."""
    if told.at_its_end is None:
        return ""
    made = datetime.fromtimestamp(told.at_its_end["madeAtMs"] / 1000, UTC)
    headline = told.at_its_end["headline"]
    said = "the same" if headline == told.headline else f'"{headline}"'
    return f"Written after the call, {made:%Y-%m-%d %H:%M} UTC: {said}."


def facts(told: PostMortem) -> str:
    """One line: which call, whose, how it ended, and who has to act."""
    record = told.record
    parts = [record.call_id, record.twilio_sid, record.direction.value, f"agent {record.agent}", record.status.value]
    parts.append(record.end_reason.value if record.end_reason else "")
    blame = blame_in_words(told.causes[0])
    parts.append(f"to act: {blame}" if blame and told.is_fault else "")
    return ", ".join(filter(None, parts))


def signed_clock(ms: int) -> str:
    """61250 -> "1:01.2", -900 -> "-0:00.9"."""
    tenths = abs(ms) // 100
    return f"{'-' if ms < 0 and tenths else ''}{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


def _time_line(told: PostMortem) -> Table:
    table = Table(title="What happened", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("at", justify="right", no_wrap=True)
    table.add_column("what", no_wrap=True)
    table.add_column("", overflow="fold", ratio=1)
    table.add_column("waterfall", no_wrap=True)
    longest_ms = max((turn.latency.total or 0 for turn in told.conversation.turns), default=0)
    for event in told.events:
        turn = told.conversation.turns[event.turn - 1] if event.turn else None
        bar = waterfall_bar(turn.latency, longest_ms) if turn else Text()
        style = "red" if event.is_bad else _COLOURS.get(event.kind, "")
        table.add_row(
            signed_clock(event.at_ms - told.zero_ms),
            Text(turn.role.value if turn else event.kind.value, style=style),
            _spoken(turn, event) if turn else Text(event.sentence, style=style),
            bar,
        )
    return table


def _spoken(turn: Turn, event: Event) -> Text:
    """The words of a turn, and what of them was not heard."""
    if turn.role is Role.CALLER:
        return Text(turn.heard)
    rest = unheard_rest(turn.said, turn.heard)
    text = Text(turn.heard)
    if rest:
        text.append(f" [unheard: {rest.strip()}]", style="dim strike")
    if event.is_bad and turn.latency.total is not None:
        text.append(f" heard {turn.latency.total:,} ms after the caller's last sound", style="red")
    return text


def _failures(told: PostMortem) -> Table:
    table = Table(title="What failed", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("failure", no_wrap=True)
    table.add_column("to act", no_wrap=True)
    table.add_column("what happened", overflow="fold", ratio=1)
    table.add_column("what to do", overflow="fold", ratio=1)
    for one in told.failures:
        table.add_row(one.failure.code, BLAMES[one.failure.blame], Text(one.sentence), Text(one.what_to_do))
    return table
