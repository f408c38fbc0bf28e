"""How the figures of a comparison are written for a person. What is not known is "–", never 0. Pure."""

from calls.comparison import Row
from calls.percentiles import Percentiles
from calls.plain_words import BLAMES
from offhook.cost_table import in_dollars

NOT_KNOWN = "–"

MEANINGS: tuple[tuple[str, str], ...] = (
    ("connected", "of the calls that ended, those that were answered"),
    ("completed", "of the connected ones, those that ended with a goodbye or a transfer"),
    ("fell", "of the connected ones, those that went on in a lower mode than they were in"),
    ("answer", "from the caller's last sound to the first sound of the answer they heard, of the turns in that mode"),
    ("greeting", "from the answer to its first sound, as marks prove it"),
    ("barge-in", "from the caller's first sound to the agent's last one, in answers that were cut"),
    ("per minute", "of talk, at list prices; what has no price is left out, and named"),
)
UNTIMED = (
    "In traditional mode Twilio speaks by itself, and tells no times: greeting and barge-in are of streams alone, and "
    "answers are known of calls whose line was this machine's own."
)


def share(part: float | None) -> str:
    """ "97%", "99.8%"; only what is whole is "100%"."""
    if part is None:
        return NOT_KNOWN
    percent = f"{part * 100:.0f}%"
    return f"{part * 100:.1f}%" if percent in {"0%", "100%"} and part not in {0, 1} else percent


def percentile_lines(found: Percentiles | None) -> str:
    """A line a figure, n and max beneath the percentiles."""
    if found is None:
        return NOT_KNOWN
    named = (("p50", found.p50_ms), ("p95", found.p95_ms), ("p99", found.p99_ms), ("max", found.max_ms), ("n", found.n))
    return "\n".join(f"{name} {value:>6,}" for name, value in named)


def per_minute(row: Row) -> str:
    """ "$0.0184", "$0.0184 + unpriced" where calls hold something without a price; unpriced alone is never $0."""
    usd = row.total.usd_per_minute
    if usd is None:
        return NOT_KNOWN
    if not row.total.unpriced_calls:
        return ("about " if row.total.estimated_calls else "") + in_dollars(str(usd))
    return f"{in_dollars(str(usd))} + unpriced" if usd else "unpriced"


def unpriced_line(row: Row) -> str:
    """How many calls hold something without a price, to stand below; empty where none does."""
    return f"in {row.total.unpriced_calls:,} of {row.calls:,} calls" if row.total.unpriced_calls else ""


def worst(row: Row) -> str:
    """ "openai-quota (the configuration), 3 calls"."""
    if not row.faults:
        return "none" if row.calls or row.open_calls else NOT_KNOWN
    fault = row.faults[0]
    return f"{fault.code} ({BLAMES[fault.blame]}), {counted(fault.calls)}"


def counted(calls: int) -> str:
    return f"{calls:,} call{'' if calls == 1 else 's'}"
