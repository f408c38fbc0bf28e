"""What a call cost, as a table for the terminal and rows for the page, out of `call.json`'s "cost"."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

KINDS: Mapping[str, str] = {
    "telephony": "the call",
    "media-stream": "its audio stream",
    "recogniser": "hearing",
    "model": "thinking",
    "speech": "speaking",
    "realtime": "speech to speech",
    "live": "speech to speech",
}
UNPRICED = "unpriced"


@dataclass(frozen=True, slots=True)
class CostRow:
    """`price` is "$0.0170" or "unpriced"; `note` says what makes it doubtful, and when the price was last checked."""

    what: str
    whose: str
    amount: str
    price: str
    note: str


def cost_rows(cost: Mapping[str, Any]) -> list[CostRow]:
    """One row for each part of the cost."""
    return [
        CostRow(
            KINDS.get(part["kind"], part["kind"]),
            f"{part['vendor']} {part['model']}",
            amounts_in_words(part["amounts"]),
            UNPRICED if part["usd"] is None else in_dollars(part["usd"]),
            _note(part),
        )
        for part in cost["parts"]
    ]


def total_in_words(cost: Mapping[str, Any]) -> str:
    """ "$0.0489", "$0.0489, and what is unpriced", "about $0.0489"; what is unpriced alone is never $0."""
    total = in_dollars(cost["usd"])
    if not cost["isWhole"]:
        return f"{total}, and what is {UNPRICED}" if Decimal(cost["usd"]) else UNPRICED
    return f"about {total}" if cost["isEstimated"] else total


def doubts(cost: Mapping[str, Any]) -> list[str]:
    """Sentences about what the sum leaves out, and how it compares with what vendors say themselves."""
    told: list[str] = list(cost["warnings"])
    for bill in cost["bills"]:
        sentence = f"{bill['vendor'].capitalize()} itself says {in_dollars(bill['theirsUsd'])}"
        if bill["differenceUsd"] is not None:
            difference = Decimal(bill["differenceUsd"])
            sentence += (
                f", {in_dollars(str(abs(difference)))} {'more' if difference >= 0 else 'less'} than reckoned here"
            )
        told.append(f"{sentence}.")
    return told


def cost_table(cost: Mapping[str, Any]) -> Table:
    """The parts and their sum."""
    table = Table(title="What it cost", title_justify="left", box=SIMPLE_HEAD, pad_edge=False, show_footer=True)
    table.add_column("for", "altogether")
    table.add_column("whose", overflow="fold")
    table.add_column("how much", justify="right", overflow="fold")
    table.add_column("price", total_in_words(cost), justify="right", no_wrap=True)
    table.add_column("", overflow="fold", style="dim")
    for row in cost_rows(cost):
        price = Text(row.price, style="yellow" if row.price == UNPRICED else "")
        table.add_row(row.what, row.whose, row.amount, price, row.note)
    return table


def in_dollars(usd: str) -> str:
    """Four places, half up: "$0.0170"; less than that, but not nothing, is "<$0.0001"."""
    exact = Decimal(usd)
    rounded = exact.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return "<$0.0001" if exact > 0 and not rounded else f"${rounded}"


def amounts_in_words(amounts: Mapping[str, int]) -> str:
    """ "1 min 30 s", "3 times", "200 characters", "1,000 tokens in (750 cached), 100 out"."""
    if "milliseconds" in amounts:
        minutes, seconds = divmod(round(amounts["milliseconds"] / 1000), 60)
        return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    if "uses" in amounts:
        return "once" if amounts["uses"] == 1 else f"{amounts['uses']:,} times"
    if "characters" in amounts:
        return f"{amounts['characters']:,} characters"
    cached = amounts.get("text-in-cached", 0) + amounts.get("audio-in-cached", 0)
    out = amounts.get("text-out", 0) + amounts.get("audio-out", 0)
    came_in = sum(amounts.values()) - out
    return f"{came_in:,} tokens in ({cached:,} cached), {out:,} out"


def _note(part: Mapping[str, Any]) -> str:
    notes = []
    if part["unpriced"]:
        notes.append(part["unpriced"])
    if part["isEstimated"]:
        notes.append("estimated in part")
    if part["rate"]:
        stale = "stale, " if part["isStale"] else ""
        notes.append(f"{stale}price of {part['rate']['checkedOn']}")
    return "; ".join(notes)
