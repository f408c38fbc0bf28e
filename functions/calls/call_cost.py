"""The whole cost of one call, from what is kept of it, and how it is told to programs. Pure."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from calls.conversation import Conversation
from calls.cost import Cost, Line, cost_of
from calls.rate_card import RateCard
from calls.record import CallRecord
from calls.telephony import telephony
from calls.usage import Usage


def call_cost(
    record: CallRecord, conversation: Conversation, used: Iterable[Usage], card: RateCard, now_ms: int
) -> Cost:
    """What the vendors measured and what Twilio bills; `used` is `CallStore.usage`, `now_ms` ends what is going on."""
    return cost_of((*telephony(record, conversation, now_ms), *used), card, record.created_at_ms)


def to_plain(cost: Cost) -> dict[str, Any]:
    """JSON-ready. Money is text with six places, in US dollars; null where there is no price, and `unpriced` says why.

    `usd` is the sum of what is priced, `isWhole` false where that is not all. `parts` are summed by kind, vendor and
    model; `bills` are what a vendor itself says it takes.
    """
    parts = cost.by(lambda line: "\0".join((line.usage.kind, line.usage.vendor, line.usage.model)))
    return {
        "usd": dollars(cost.usd),
        "isWhole": cost.is_whole,
        "isEstimated": cost.is_estimated,
        "cachedShare": None if cost.cached_share is None else round(cost.cached_share, 4),
        "parts": [_part(part) for part in parts.values()],
        "warnings": list(cost.warnings),
        "bills": [
            {
                "vendor": bill.vendor,
                "theirsUsd": dollars(bill.theirs_usd),
                "oursUsd": None if bill.ours_usd is None else dollars(bill.ours_usd),
                "differenceUsd": None if bill.difference_usd is None else dollars(bill.difference_usd),
            }
            for bill in cost.bills
        ],
    }


def turn_usd(cost: Cost) -> dict[str, str | None]:
    """By turn id, as in `to_plain`; None where something that the turn used has no price."""
    by_turn = cost.by_turn()
    return {turn: dollars(part.usd) if part.is_whole else None for turn, part in by_turn.items() if turn}


def dollars(usd: Decimal) -> str:
    return f"{usd:.6f}"


def _part(part: Cost) -> dict[str, Any]:
    """Lines of one kind, vendor and model, and the price that they were reckoned with."""
    first: Line = part.lines[0]
    rate = first.rate
    return {
        "kind": first.usage.kind.value,
        "vendor": first.usage.vendor,
        "model": first.usage.model,
        "amounts": {unit.value: amount for unit, amount in part.amounts().items()},
        "usd": dollars(part.usd) if part.is_whole else None,
        "isEstimated": part.is_estimated,
        "isStale": any(line.is_stale for line in part.lines),
        "unpriced": next((line.unpriced for line in part.lines if line.unpriced), ""),
        "rate": None
        if rate is None
        else {
            "validFrom": rate.valid_from.isoformat(),
            "checkedOn": rate.checked_on.isoformat(),
            "source": rate.source,
            "evidence": rate.evidence,
        },
    }
