"""A post-mortem as one HTML page that reads offline. A function of the post-mortem."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from calls.conversation import Role
from calls.plain_words import BLAMES
from calls.post_mortem import PostMortem, blame_in_words, to_plain
from calls.time_line import Event
from offhook.call_file import iso_utc
from offhook.cost_table import cost_rows, doubts, total_in_words
from offhook.report import palette
from offhook.report.pictures import extent_ms, is_measured
from offhook.why.terminal import facts, signed_clock
from offhook.words import unheard_rest


def page(told: PostMortem) -> str:
    """The whole page; no address in it leaves the file."""
    environment = Environment(
        loader=PackageLoader("offhook.why", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    plain = to_plain(told)
    longest_ms = max((extent_ms(turn["latencyMs"]) for turn in plain["turns"]), default=1)
    return environment.get_template("why.html.j2").render(
        call_id=told.record.call_id,
        began=iso_utc(told.zero_ms),
        facts=facts(told),
        is_fault=told.is_fault,
        first=told.causes[0],
        others=[(cause, blame_in_words(cause)) for cause in told.causes[1:]],
        events=[_event(told, event, plain["turns"], longest_ms) for event in told.events],
        failures=[(one, BLAMES[one.failure.blame]) for one in told.failures],
        alerts=told.alerts,
        cost=told.cost
        and {"rows": cost_rows(told.cost), "total": total_in_words(told.cost), "doubts": doubts(told.cost)},
        stages=palette.STAGES,
        stage_means=palette.STAGE_MEANS,
        palette=palette,
    )


def _event(told: PostMortem, event: Event, turns: list[dict[str, Any]], longest_ms: int) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "at": signed_clock(event.at_ms - told.zero_ms),
        "kind": event.kind.value,
        "sentence": event.sentence,
        "is_bad": event.is_bad,
        "turn": None,
    }
    if event.turn:
        turn = told.conversation.turns[event.turn - 1]
        rest = unheard_rest(turn.said, turn.heard) if turn.role is Role.AGENT else ""
        latency = turns[event.turn - 1]["latencyMs"]
        shown["turn"] = {
            "role": turn.role.value,
            "heard": turn.heard,
            "rest": rest,
            "total": turn.latency.total,
            "ours": turn.latency.ours,
            "bar": _bar(latency, longest_ms) if is_measured(latency) else [],
        }
    return shown


def _bar(latency: Mapping[str, int | None], longest_ms: int) -> list[tuple[str, int, float]]:
    """The known stages: name, ms, and percent of the longest bar of the call."""
    known = [(stage, ms) for stage in palette.STAGES if (ms := latency.get(stage))]
    return [(stage, ms, round(100 * ms / longest_ms, 2)) for stage, ms in known]
