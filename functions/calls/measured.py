"""What is told of calls while they go on, as measures: of one turn, one stream, one failure, one step on the ladder.
Pure; who tells which of them, and when, is in `calls.metrics`, and what is told of a call that is over in
`calls.measured_end`, so that no webhook loads what prices are reckoned with."""

from calls import metrics
from calls.conversation import Role, Turn
from calls.errors import Failure
from calls.metrics import STAGES, Measure, measure
from calls.record import Mode, StreamUse

_LIMITS = ("-limit", "-rate-limited", "-quota")
"""How the codes of failures end that mean a vendor's limit: 429, too many at once, credit used up."""
_RESTING = "-resting"
"""How the code of a failure ends that nobody was asked for."""


def of_turn(turn: Turn, agent: str) -> list[Measure]:
    """An answer of the agent's, as far as it was timed; a turn of the caller's is none. In traditional mode nobody
    tells when an answer was heard, so there is no TurnLatency: only its parts."""
    if turn.role is not Role.AGENT:
        return []
    stages = {metric: getattr(turn.latency, stage) for stage, metric in STAGES.items()}
    told = [measure(metric, took_ms, mode=turn.mode) for metric, took_ms in stages.items() if took_ms is not None]
    if turn.latency.total is not None and turn.mode != Mode.TRADITIONAL.value:
        told.append(measure(metrics.TURN_LATENCY, turn.latency.total, mode=turn.mode, agent=agent))
    return told


def of_step(mode: Mode) -> list[Measure]:
    """A call goes on on the rung `mode`, with another engine or in another mode."""
    return [measure(metrics.LADDER_STEPS, 1, rung=mode.value)]


def of_vendor_failure(provider: str, failure: Failure) -> list[Measure]:
    """`provider` as agents name it ("deepgram/nova-3"), or only the vendor. One that is left alone for a while has not
    failed again."""
    if failure.code.endswith(_RESTING):
        return []
    vendor = provider.partition("/")[0]
    told = [measure(metrics.VENDOR_ERRORS, 1, vendor=vendor)]
    if failure.code.endswith(_LIMITS):
        told.append(measure(metrics.VENDOR_LIMITS, 1, vendor=vendor))
    return told


def of_unknown_events(provider: str, events: int) -> list[Measure]:
    """`provider` as agents name it."""
    return [measure(metrics.VENDOR_UNKNOWN, events, vendor=provider.partition("/")[0])]


def of_stream_opened(stream: StreamUse) -> list[Measure]:
    """Twilio has said that the stream's socket stands."""
    assert stream.opened_at_ms is not None, "it has just been marked"
    return [
        measure(metrics.SET_UP, 100),
        measure(metrics.SET_UP_TIME, max(0, stream.opened_at_ms - stream.served_at_ms)),
    ]


def of_stream_missed() -> list[Measure]:
    """A stream that was asked for never stood."""
    return [measure(metrics.SET_UP, 0)]


def of_redirect() -> list[Measure]:
    """The watchdog has led a call on without its stream."""
    return [*of_stream_missed(), measure(metrics.WATCHDOG, 1)]


def of_apology() -> list[Measure]:
    """A caller hears an apology in place of what a webhook should have answered."""
    return [measure(metrics.APOLOGIES, 1)]


def of_stale_secrets() -> list[Measure]:
    """Secrets Manager did not give the secret, and what was known of it serves on."""
    return [measure(metrics.SECRETS_STALE, 1)]
