"""What AWS takes a month for so many calls a day, line by line. Pure, but for the price list beside it."""

import statistics
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from offhook.capacity.arrivals import HOURLY_SHARE
from offhook.capacity.fleet import Size, enough

HOURS = 730
DAYS = 30.4
KB_PER_GB = 1_000_000
METRICS = 72
"""Of one agent, at most: docs/metrics.md."""
ALARMS = 16
"""Those of the templates, and two that the tracking of a target makes for itself."""
SECRETS = 2
"""Yours, and what the stacks make: with a domain one less."""
PRICES = Path(__file__).with_name("aws.toml")


@dataclass(frozen=True, slots=True)
class PerCall:
    """What one streamed call asks of AWS: estimates from reading the code, none of them counted. A write in a
    transaction counts twice.

    `wire_kb_per_s`: between Twilio and a task, base64 in JSON: 16.5 all the time to us, 11.5 back while the agent
    speaks, which is not half of it. `out_kb_per_s`: what leaves AWS, so the latter and the caller's audio on its way to
    the recogniser, 8 as it is; to a speech-to-speech model it is base64 in JSON again, and 22 in all.
    """

    writes_at_ends: int = 24
    writes_per_turn: int = 4
    reads: int = 12
    webhooks: int = 8
    webhook_gb_s: float = 0.06
    wire_kb_per_s: float = 22.0
    out_kb_per_s: float = 14.0
    log_kb: float = 14.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the month's bill; `amount` in the words of `what`."""

    what: str
    amount: str
    usd: float


@cache
def prices() -> Mapping[str, float]:
    table = tomllib.loads(PRICES.read_text("utf-8"))
    return {name: entry["usd"] for name, entry in table.items() if isinstance(entry, dict)}


def tasks_for(calls_per_hour: float, mean_s: float, size: Size) -> int:
    """Tasks in such an hour, where no more than `scale_at_percent` of their room is taken on average."""
    at_once = calls_per_hour * mean_s / 3600
    return max(size.min_tasks, enough(at_once / (size.calls_per_task * size.scale_at_percent / 100)))


def average_tasks(calls_per_day: float, mean_s: float, size: Size) -> float:
    """Over the hours of a day, each with the tasks that it needs."""
    return statistics.mean(tasks_for(calls_per_day * share, mean_s, size) for share in HOURLY_SHARE)


def month(calls_per_day: float, mean_s: float, turns: float, size: Size, per_call: PerCall = PerCall()) -> list[Line]:
    """For calls of `mean_s` seconds and `turns` turns of the caller, all of them streamed."""
    p, calls = prices(), calls_per_day * DAYS
    tasks = average_tasks(calls_per_day, mean_s, size)
    wire_gb, out_gb = (kb * mean_s * calls / KB_PER_GB for kb in (per_call.wire_kb_per_s, per_call.out_kb_per_s))
    writes = calls * (per_call.writes_at_ends + per_call.writes_per_turn * turns)
    requests = calls * per_call.webhooks
    table_usd = (writes * p["table-million-writes"] + calls * per_call.reads * p["table-million-reads"]) / 1e6
    functions_usd = (
        requests * p["function-million-requests"] / 1e6 + calls * per_call.webhook_gb_s * p["function-gb-second"]
    )
    log_gb = calls * per_call.log_kb / KB_PER_GB
    watched = METRICS * p["metric-month"] + ALARMS * p["alarm-month"] + p["dashboard-month"]
    units = max(1.0, wire_gb / HOURS)
    return [
        Line("tasks", f"{tasks:.1f} on average", tasks * HOURS * (p["fargate-vcpu-hour"] + 2 * p["fargate-gb-hour"])),
        Line("public addresses", f"{tasks + 2:.1f}", (tasks + 2) * HOURS * p["public-address-hour"]),
        Line(
            "load balancer",
            f"{units:.1f} units",
            HOURS * (p["load-balancer-hour"] + units * p["load-balancer-unit-hour"]),
        ),
        Line("traffic out", f"{out_gb:,.1f} GB", out_gb * p["traffic-out-gb"]),
        Line("functions", f"{requests:,.0f} requests", functions_usd),
        Line("HTTP API", f"{requests:,.0f} requests", requests * p["api-million-requests"] / 1e6),
        Line("table", f"{writes:,.0f} writes", table_usd),
        Line("logs", f"{log_gb:,.2f} GB", log_gb * p["log-gb"]),
        Line("metrics, alarms, dashboard", f"{METRICS}, {ALARMS}, 1", watched),
        Line("secrets", f"{SECRETS}", SECRETS * p["secret-month"]),
    ]
