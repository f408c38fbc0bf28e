"""The table of Deepgram's faults: at the start of the call, and in the middle of an utterance."""

from collections.abc import Sequence

from calls.agent import Agent
from calls.errors import Blame
from streamer.providers.deepgram_recogniser import Patience
from streamer.providers.vendor_socket import VendorSockets
from tests.streamer.faults.caller import Utterance
from tests.streamer.faults.row import AT_ONCE_S, Row, default_of
from tests.streamer.faults.scene import ASKED, FLUX_AGENT, GREETING, NOVA_AGENT, Call, listening, script
from tests.vendors.script import DeepgramScript, Fault

OPEN_S = default_of(VendorSockets, "open_timeout_s")
STALLED_S = default_of(Patience, "speaking_stalled_s")
MID_MS = 1_300
"""After the connection: the first utterance, when it is the long one, lasts from about 850 to 2050 ms."""
LATER_MS = 3_400
"""The second utterance, when it is the long one, lasts from about 2900 to 4100 ms."""
SHORT, LONG, VERY_LONG = Utterance((600,)), Utterance((1_200,)), Utterance((4_000,))
REFUSED = DeepgramScript(refused=True)
RECOGNISERS = {"flux": FLUX_AGENT, "nova": NOVA_AGENT}


def _call(agent: Agent, *faults: Fault | None, first: Utterance = SHORT, second: Utterance = SHORT) -> Call:
    return Call(script(deepgram=listening(*faults)), agent, (first, second))


def _at_the_start(name: str, agent: Agent) -> list[Row]:
    """Nobody hears the caller: the call is handed over before much is said. One bad connection is made good at once."""

    def lost(what: str, code: str, *faults: Fault, blame: Blame = Blame.PROVIDER) -> Row:
        call = _call(agent, *faults)
        return Row(f"{name}, start: {what}", call, hears=(), may_begin=GREETING, asked=(), code=code, blame=blame)

    def well(what: str, fault: Fault) -> Row:
        return Row(f"{name}, start: {what} once", _call(agent, fault, None))

    return [
        lost("401", "deepgram-unauthorised", Fault("status", status=401), blame=Blame.CONFIGURATION),
        lost("429", "deepgram-limit", Fault("status", status=429)),
        lost("429 with Retry-After", "deepgram-limit", Fault("status", status=429, retry_after_s=2)),
        lost("500 for ever", "deepgram-unreachable", Fault("status", status=500)),
        lost("close 1011 for ever", "deepgram-lost", Fault("close")),
        well("500", Fault("status", status=500)),
        well("reset", Fault("reset")),
        well("drop", Fault("drop")),
        well("garbage", Fault("garbage")),
        well("close 1011", Fault("close")),
        well("error message", Fault("error")),
    ]


def _in_the_middle(name: str, agent: Agent) -> list[Row]:
    """A new connection hears the utterance again: nothing is lost, nothing comes twice."""

    def well(what: str, fault: Fault) -> Row:
        return Row(f"{name}, middle: {what}", _call(agent, fault, None, first=LONG))

    return [
        well("reset", Fault("reset", after_ms=MID_MS)),
        well("drop", Fault("drop", after_ms=MID_MS)),
        well("garbage", Fault("garbage", after_ms=MID_MS)),
        well("close 1011", Fault("close", after_ms=MID_MS)),
        well("error message", Fault("error", after_ms=MID_MS)),
    ]


def _only_one(name: str, agent: Agent) -> list[Row]:
    refused = Call(script(deepgram=REFUSED), agent)
    stalls = Call(script(deepgram=listening(Fault("stall"))), agent, (VERY_LONG,))
    drops = [Fault("drop", after_ms=MID_MS)] * 2 + [Fault("drop", after_ms=500)]
    return [
        Row(
            f"{name}, start: refused",
            refused,
            hears=(),
            may_begin=GREETING,
            asked=(),
            code="deepgram-unreachable",
        ),
        Row(
            f"{name}, middle: drop for ever",
            _call(agent, *drops, first=VERY_LONG),
            asked=(),
            hears=(GREETING,),
            code="deepgram-lost",
        ),
        Row(
            f"{name}, start: no answer to the handshake",
            stalls,
            hears=(GREETING,),
            asked=(),
            code="deepgram-unreachable",
        ),
    ]


def _second_utterance(name: str, agent: Agent) -> list[Row]:
    """What was confirmed before the connection broke is not heard again."""
    left = listening(None, asked=ASKED[1:]).connections
    rows = []
    for what, kind_at_ms in (("later utterance", LATER_MS), ("under the answer", 2_000)):
        broken = listening(Fault("drop", after_ms=kind_at_ms)).connections
        call = Call(script(deepgram=DeepgramScript(broken + left)), agent, (SHORT, LONG))
        rows.append(Row(f"{name}, {what}: drop", call))
    return rows


def _stalls() -> Sequence[Row]:
    stall = Fault("stall", after_ms=MID_MS)
    return (
        Row(
            "flux, middle: stall",
            _call(FLUX_AGENT, stall, None, first=LONG),
            waits_s=STALLED_S + AT_ONCE_S,
        ),
        Row(
            "nova, middle: stall",
            _call(NOVA_AGENT, stall, None, first=LONG),
            waits_s=STALLED_S + AT_ONCE_S,
        ),
    )


ROWS = [
    *(row for name, agent in RECOGNISERS.items() for row in _at_the_start(name, agent)),
    *(row for name, agent in RECOGNISERS.items() for row in _in_the_middle(name, agent)),
    *(row for name, agent in RECOGNISERS.items() for row in _only_one(name, agent)),
    *(row for name, agent in RECOGNISERS.items() for row in _second_utterance(name, agent)),
    *_stalls(),
]
