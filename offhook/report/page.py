"""The page around the pictures. A function of `call.json`'s values and the recording."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from calls.plain_words import BLAMES, END_REASONS
from calls.twilio_codes import is_routine, meaning_of
from offhook.cost_table import cost_rows, doubts, total_in_words
from offhook.outcome_table import field_rows, kind_in_words
from offhook.report import palette
from offhook.report.pictures import extent_ms, interruptions_ms, is_measured, waterfall_svg, waveform_svg
from offhook.words import clock, unheard_rest


def page(call: Mapping[str, Any], caller_mulaw: bytes, agent_mulaw: bytes, *, wav_name: str = "call.wav") -> str:
    """The whole report as HTML with its pictures, style and script inside: no address in it leaves the file, but for
    `wav_name` beside it. The tracks are 8 kHz mu-law from answer to hang-up; empty when there is no recording."""
    environment = Environment(
        loader=PackageLoader("offhook.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clock"] = clock
    return environment.get_template("report.html.j2").render(
        call=call,
        wav_name=wav_name if caller_mulaw else "",
        wave=data_uri(waveform_svg(call, caller_mulaw, agent_mulaw)) if caller_mulaw else "",
        wave_alt=wave_alt(call),
        began=datetime.fromisoformat(call["startedAt"]).strftime("%-d %B %Y, %H:%M:%S UTC"),
        fall=data_uri(fall) if (fall := waterfall_svg(call)) else "",
        fall_alt=fall_alt(call),
        facts=facts(call),
        cost=_cost_view(call.get("cost")),
        outcome=_outcome_view(call),
        verdict=END_REASONS.get(call["endReason"] or "", "It has not ended."),
        untimed=any(_is_untimed(turn) for turn in call["turns"]),
        turns=[_turn_view(number, turn) for number, turn in enumerate(call["turns"], 1)],
        wrong=[a for a in call["alerts"] if not is_routine(a["code"], a["sentence"])],
        routine=[a for a in call["alerts"] if is_routine(a["code"], a["sentence"])],
        meaning_of=meaning_of,
        blames=BLAMES,
        stages=palette.STAGES,
        stage_means=palette.STAGE_MEANS,
        palette=palette,
    )


def _cost_view(cost: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {"rows": cost_rows(cost), "total": total_in_words(cost), "doubts": doubts(cost)} if cost else None


def _outcome_view(call: Mapping[str, Any]) -> dict[str, Any] | None:
    if (outcome := call.get("outcome")) is None:
        return None
    return {"summary": outcome["summary"], "kind": kind_in_words(outcome), "rows": field_rows(outcome, call["turns"])}


def facts(call: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The summary as label and value, what matters first."""
    totals = [t["latencyMs"]["total"] for t in call["turns"] if t["latencyMs"]["total"] is not None]
    by = {role: sum(t["role"] == role for t in call["turns"]) for role in ("caller", "agent")}
    rows = [
        ("Status", call["status"]),
        ("Direction", call["direction"]),
        ("Agent", call["agent"]),
        ("Modes", " → ".join(rung["mode"] for rung in call["modes"]) or "none"),
        ("Turns", f"{by['caller']} caller, {by['agent']} agent"),
        ("Interruptions", str(len(interruptions_ms(call["turns"])))),
    ]
    if call["recordingMs"] is not None:
        rows.insert(1, ("Length", clock(call["recordingMs"])))
    if totals:
        rows.append(("Answer heard after", f"{round(median(totals)):,} ms (median), {max(totals):,} ms (longest)"))
    return rows


def wave_alt(call: Mapping[str, Any]) -> str:
    """The waveform in words, for a reader who cannot see it."""
    cuts = [t for t in call["turns"] if t["cut"]]
    told = ", ".join(f"at {clock(t['endedMs'])}" for t in cuts)
    ending = f"Answers cut short: {len(cuts)}, {told}." if cuts else "No answer was cut short."
    return f"Sound of both sides over time, caller above, agent below, {len(call['turns'])} turns shaded. {ending}"


def fall_alt(call: Mapping[str, Any]) -> str:
    """The waterfall in words."""
    bars = [
        f"turn {number} {extent_ms(turn['latencyMs'])} ms"
        for number, turn in enumerate(call["turns"], 1)
        if turn["latencyMs"]["total"] is not None
    ]
    return f"Time from the caller's last sound to the first sound of the answer: {', '.join(bars)}."


def _is_untimed(turn: Mapping[str, Any]) -> bool:
    """Spoken by Twilio, with nobody on the line to tell when; never so where the line is this machine's own."""
    if turn["mode"] != "traditional" or turn["role"] != "agent" or not turn["heard"]:
        return False
    latency = turn["latencyMs"]
    return turn["startedMs"] == turn["endedMs"] or (latency["model"] is not None and latency["total"] is None)


def _turn_view(number: int, turn: Mapping[str, Any]) -> dict[str, Any]:
    rest = unheard_rest(turn["said"], turn["heard"]) if turn["role"] == "agent" else ""
    return {**turn, "number": number, "rest": rest, "measured": is_measured(turn["latencyMs"]), "bar": _bar(turn)}


def _bar(turn: Mapping[str, Any]) -> Sequence[tuple[str, int, float]]:
    """The known stages of a turn: name, ms, and percent of the bar's length."""
    latency = turn["latencyMs"]
    known = [(stage, latency[stage]) for stage in palette.STAGES if latency.get(stage)]
    return [(stage, ms, round(100 * ms / extent_ms(latency), 2)) for stage, ms in known]


def data_uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
