"""A replay as a page that reads offline."""

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from calls.conversation import Role, Turn
from offhook.replay.difference import Column, Pair, aligned, figures, latency_range
from offhook.replay.terminal import remarks
from offhook.report import palette
from offhook.words import clock, unheard_rest


def page(columns: Sequence[Column]) -> str:
    """The whole page: no address in it leaves the file."""
    environment = Environment(
        loader=PackageLoader("offhook.replay", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sides = columns[-2:] if len(columns) > 1 else []
    pairs = aligned(*(column.first.turns for column in sides)) if sides else []
    return environment.get_template("replay.html.j2").render(
        columns=columns,
        figures=figures(columns),
        sides=sides,
        pairs=[_pair(pair, *sides) for pair in pairs],
        remarks=list(remarks(columns)),
        palette=palette,
    )


def _pair(pair: Pair, left: Column, right: Column) -> dict[str, Any]:
    who = pair.left or pair.right
    assert who is not None, "a pair has at least one turn"
    return {
        "role": who.role.value,
        "same": pair.same,
        "sides": [_turn(pair.left, left), _turn(pair.right, right)],
    }


def _turn(turn: Turn | None, column: Column) -> dict[str, str] | None:
    if turn is None:
        return None
    rest = unheard_rest(turn.said, turn.heard) if turn.role is Role.AGENT else ""
    bounds = latency_range(column, turn)
    took = "" if bounds is None else " to ".join(dict.fromkeys(f"{ms:,}" for ms in bounds)) + " ms"
    return {
        "at": clock(turn.started_at_ms),
        "heard": turn.said[: len(turn.said) - len(rest)],
        "rest": rest.strip(),
        "cut": clock(turn.ended_at_ms) if turn.cut else "",
        "took": took,
    }
