"""Every metric that Offhook tells CloudWatch: its name, unit, dimensions and meaning. The one place that names them.

A metric is told once for each of its dimension sets, and each combination of values is a metric of its own on the bill:
so no dimension is ever a call, a number, a task or anything else that nobody can count beforehand. The table in
docs/metrics.md is made from this module, and a test holds dashboards and alarms to it. Pure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from calls.errors import Blame
from calls.record import EndReason, Mode


class Unit(StrEnum):
    """CloudWatch's words. It has none for money."""

    COUNT = "Count"
    MS = "Milliseconds"
    PERCENT = "Percent"
    NONE = "None"


class Teller(StrEnum):
    """Who tells a metric, and when."""

    TASK = "the streaming task, once a minute"
    TURN = "the streaming task, within 10 s of the turn; in traditional mode the function, with its answer"
    CALL = "the streaming task or a function, as it happens"
    FUNCTION = "a function, as it happens"
    END = "the after-call function, once for each call that is over"
    CLOUDWATCH = "CloudWatch itself, out of Lambda's reports in the functions' log"


SERVICE = "service"
CALLS, STREAMER = "calls", "streamer"
"""The values of the dimension `service`: what is told of all calls together, and of all tasks together."""

OTHER = "other"
"""In place of any value that is not among those of its dimension."""
VENDORS = ("openai", "deepgram", "elevenlabs")

DIMENSIONS: Mapping[str, frozenset[str] | None] = {
    SERVICE: frozenset((CALLS, STREAMER)),
    "mode": frozenset(mode.value for mode in Mode),
    "rung": frozenset(mode.value for mode in Mode),
    "vendor": frozenset(VENDORS),
    "reason": frozenset(reason.value for reason in EndReason),
    "blame": frozenset(blame.value for blame in Blame),
    "agent": None,
}
"""The values that each dimension may have; an agent's are the names of the agent files."""

_AGENT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ALL = (SERVICE,)


@dataclass(frozen=True, slots=True)
class Metric:
    """`by` are its dimension sets. `meaning` is for docs/metrics.md and for whoever reads a dashboard."""

    name: str
    unit: Unit
    by: tuple[tuple[str, ...], ...]
    teller: Teller
    meaning: str
    service: str = CALLS

    @property
    def labels(self) -> frozenset[str]:
        """What a value of it has to be told with."""
        return frozenset(name for names in self.by for name in names) - {SERVICE}


ACTIVE_CALLS = Metric(
    "ActiveCalls", Unit.COUNT, (_ALL,), Teller.TASK, "Streams that a task holds. Sum: all; SampleCount: tasks", STREAMER
)
ROOM_TAKEN = Metric(
    "RoomTaken",
    Unit.PERCENT,
    (_ALL,),
    Teller.TASK,
    "How much of CallsPerTask is taken; 100 while its event loop is late. Scaling follows the average",
    STREAMER,
)
LOOP_LAG = Metric(
    "LoopLagP95", Unit.MS, (_ALL,), Teller.TASK, "How late a task's event loop runs: its p95 over 3 s", STREAMER
)

TURN_LATENCY = Metric(
    "TurnLatency",
    Unit.MS,
    (_ALL, ("mode",), ("agent", "mode")),
    Teller.TURN,
    "From the caller's last sound to the first sound of the answer that they heard, proven by a mark",
)
ENDPOINTING = Metric("Endpointing", Unit.MS, (("mode",),), Teller.TURN, "Of it: until the turn was known to be over")
MODEL_TIME = Metric("ModelTime", Unit.MS, (("mode",),), Teller.TURN, "Of it: until the model's first words")
CLAUSE_TIME = Metric("ClauseTime", Unit.MS, (("mode",),), Teller.TURN, "Of it: until there was a clause to speak")
SPEECH_TIME = Metric("SpeechTime", Unit.MS, (("mode",),), Teller.TURN, "Of it: until the voice's first sound")
QUEUE_TIME = Metric("QueueTime", Unit.MS, (("mode",),), Teller.TURN, "Of it: until its first frame was sent to Twilio")
PLAYOUT_TIME = Metric("PlayoutTime", Unit.MS, (("mode",),), Teller.TURN, "Of it: until its first sound was heard")
OURS_TIME = Metric(
    "OursTime", Unit.MS, (("mode",),), Teller.TURN, "Of it: what no vendor was busy with, added by Offhook itself"
)

GREETING = Metric("Greeting", Unit.MS, (("mode",),), Teller.END, "From the answer to the first sound of the greeting")
BARGE_IN = Metric(
    "BargeIn", Unit.MS, (("mode",),), Teller.END, "From the first sound of an interruption to the agent's last one"
)

SET_UP = Metric(
    "SetUpSuccess",
    Unit.PERCENT,
    (_ALL,),
    Teller.FUNCTION,
    "100 for each stream that was asked for and stood, 0 for one that did not. Average: the share",
)
SET_UP_TIME = Metric(
    "SetUpTime",
    Unit.MS,
    (_ALL,),
    Teller.FUNCTION,
    "From the TwiML that asks for a stream to Twilio's word that it stands",
)
WATCHDOG = Metric(
    "WatchdogRedirects", Unit.COUNT, (_ALL,), Teller.FUNCTION, "Calls led on by the watchdog, as no stream came in time"
)
APOLOGIES = Metric(
    "Apologies",
    Unit.COUNT,
    (_ALL,),
    Teller.FUNCTION,
    "Voice webhooks that failed inside and answered with an apology, and a person where one is set",
)
LADDER_STEPS = Metric(
    "LadderSteps",
    Unit.COUNT,
    (_ALL, ("rung",)),
    Teller.CALL,
    "Calls that went on with another engine or in another mode, by the rung they went on on",
)
VENDOR_ERRORS = Metric(
    "VendorErrors",
    Unit.COUNT,
    (_ALL, ("vendor",)),
    Teller.CALL,
    "Failures of a vendor that calls met, also where a fallback made them good",
)
VENDOR_LIMITS = Metric(
    "VendorLimits",
    Unit.COUNT,
    (_ALL, ("vendor",)),
    Teller.CALL,
    "Of them: the vendor's limit was reached (429, concurrency, credit)",
)
VENDOR_UNKNOWN = Metric(
    "VendorUnknownEvents",
    Unit.COUNT,
    (_ALL, ("vendor",)),
    Teller.CALL,
    "Events that speech to speech was sent and does not know: passed over, a protocol that has grown; their kinds "
    "stand in the record (`vendor-events-unknown`)",
)

CALLS_ENDED = Metric(
    "CallsEnded", Unit.COUNT, (_ALL, ("reason",)), Teller.END, "Calls that are over, by why they ended"
)
CALL_FAULTS = Metric("CallFaults", Unit.COUNT, (_ALL, ("blame",)), Teller.END, "Failures in calls, by who has to act")
CALL_MINUTES = Metric("CallMinutes", Unit.NONE, (_ALL,), Teller.END, "Minutes from answer to end")
CALL_COST = Metric("CallCost", Unit.NONE, (_ALL, ("mode",)), Teller.END, "US dollars, of what has a price")
CALLS_UNPRICED = Metric(
    "CallsUnpriced",
    Unit.COUNT,
    (_ALL,),
    Teller.END,
    "Calls in which something has no price, so that CallCost is too low",
)

SECRETS_STALE = Metric(
    "SecretsStale",
    Unit.COUNT,
    (_ALL,),
    Teller.CALL,
    "Looks at the secret that failed; the last known values served on",
)

COLD_STARTS = Metric(
    "ColdStarts",
    Unit.MS,
    ((),),
    Teller.CLOUDWATCH,
    "How long a function took to start. SampleCount: how many did",
)

METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        *(ACTIVE_CALLS, ROOM_TAKEN, LOOP_LAG),
        *(TURN_LATENCY, ENDPOINTING, MODEL_TIME, CLAUSE_TIME, SPEECH_TIME, QUEUE_TIME, PLAYOUT_TIME, OURS_TIME),
        *(GREETING, BARGE_IN, SET_UP, SET_UP_TIME, WATCHDOG, APOLOGIES),
        *(LADDER_STEPS, VENDOR_ERRORS, VENDOR_LIMITS, VENDOR_UNKNOWN),
        *(CALLS_ENDED, CALL_FAULTS, CALL_MINUTES, CALL_COST, CALLS_UNPRICED, SECRETS_STALE, COLD_STARTS),
    )
}
"""All of them, by name."""

STAGES: Mapping[str, Metric] = {
    "endpointing": ENDPOINTING,
    "model": MODEL_TIME,
    "clause": CLAUSE_TIME,
    "speech": SPEECH_TIME,
    "queue": QUEUE_TIME,
    "playout": PLAYOUT_TIME,
    "ours": OURS_TIME,
}
"""The metrics of a `Waterfall`'s stages, by the stage's name."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One value of a metric. `labels` are (dimension, value), sorted, without the service."""

    metric: Metric
    value: float
    labels: tuple[tuple[str, str], ...] = ()


def measure(metric: Metric, value: float, **labels: str) -> Measure:
    """A value that is not among its dimension's becomes OTHER. ValueError for labels that the metric does not have, or
    lacks: a defect of whoever tells it."""
    if set(labels) != metric.labels:
        raise ValueError(f"{metric.name} is told by {sorted(metric.labels)}, not by {sorted(labels)}")
    return Measure(metric, value, tuple(sorted((name, _bounded(name, text)) for name, text in labels.items())))


def _bounded(dimension: str, text: str) -> str:
    allowed = DIMENSIONS[dimension]
    is_known = bool(_AGENT.fullmatch(text)) if allowed is None else text in allowed
    return text if is_known else OTHER
