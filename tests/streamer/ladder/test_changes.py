"""Speech to speech is lost in every moment of a call, and the pipeline goes on, on the same Twilio socket."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from calls.agent import Agent
from calls.conversation import Role
from calls.cost import Cost, cost_of
from calls.rate_card import standard
from calls.record import Mode
from calls.usage import Kind
from tests.streamer.faults.caller import Utterance
from tests.streamer.faults.row import Batch, Row, made_of
from tests.streamer.faults.scene import ANSWERS, ASKED, GREETING, Call, Outcome, answering, listening, script
from tests.streamer.faults.speech_row import GOOD, ON_LIVE, ON_REALTIME, PHRASES, reply
from tests.vendors.meters import AllMeters
from tests.vendors.script import Fault, OpenAIScript, ToolCall
from tests.vendors.script_speech import LiveConnection, LiveScript, RealtimeConnection, RealtimeScript
from tests.whole.aftermath import ONE_CENT_PER_HUNDRED_CALLS, live_usd, realtime_usd

AUDIBLE_WITHIN_S, ANSWERED_WITHIN_S = 0.5, 1.5
SCRIPTED_S = 0.5
"""End of turn, model and voice of the pipeline, as the vendors are scripted."""
LONG = "First take every second street, before walking along beautiful rivers, passing several bridges."
BRIDGE = ON_REALTIME.phrases.bridge
KEY_REFUSED = Fault("status", status=401)
SHORT, LONG_SPEECH, AFTER_A_WHILE = Utterance(), Utterance((1_200,)), Utterance(quiet_s=2.5)
LIVE = LiveConnection(
    GOOD.heard, tuple(map(reply, ANSWERS)), end_ms=250, word_ms=100, transcript_ms=50, commentary_ms=100
)


@dataclass(frozen=True, slots=True)
class Change:
    """`still_to_hear` is what the pipeline's recogniser has for the voice that it hears. The pipeline's model answers
    by the number of the caller's turns in its request: it says the right thing only when it was told them."""

    name: str
    first: RealtimeConnection | LiveConnection
    still_to_hear: tuple[str, ...] = ASKED[1:]
    utterances: tuple[Utterance, ...] = (SHORT, SHORT)
    hears: tuple[str, ...] = (GREETING, *ANSWERS)
    is_bridged: bool = False

    @property
    def agent(self) -> Agent:
        return ON_LIVE if isinstance(self.first, LiveConnection) else ON_REALTIME

    @property
    def row(self) -> Row:
        """The key is refused from the second session on, so nothing but the pipeline is left."""
        refused = replace(GOOD, fault=KEY_REFUSED)
        replies = answering().replies
        if isinstance(self.first, LiveConnection):
            live = LiveScript((self.first, replace(LIVE, fault=KEY_REFUSED)))
            openai = OpenAIScript(replies, by="turn", live=live, realtime=RealtimeScript((GOOD,) * PHRASES))
        else:
            sessions = (*(GOOD,) * PHRASES, self.first, refused)
            openai = OpenAIScript(replies, by="turn", realtime=RealtimeScript(sessions))
        vendors = script(listening(asked=self.still_to_hear), openai)
        return Row(self.name, Call(vendors, self.agent, self.utterances, mode=Mode.REALTIME, stays_s=25))


def _first(**changes: Any) -> RealtimeConnection:
    return replace(GOOD, **changes)


CHANGES = [
    Change("at the start", _first(fault=KEY_REFUSED), still_to_hear=ASKED),
    Change("while nobody speaks", _first(fault=Fault("drop", after_ms=3_500)), utterances=(SHORT, AFTER_A_WHILE)),
    Change(
        "while the caller speaks",
        _first(fault=Fault("drop", after_ms=1_300)),
        still_to_hear=ASKED,
        utterances=(LONG_SPEECH, SHORT),
    ),
    Change(
        "while the model thinks",
        _first(replies=(reply("Never heard.", first_audio_ms=3_000, fault=Fault("drop", after_ms=700)),)),
        is_bridged=True,
    ),
    Change(
        "in mid-sentence",
        _first(replies=(reply(LONG, times_realtime=1.5, fault=Fault("drop", after_ms=900)),)),
        is_bridged=True,
    ),
    Change(
        "while a function is called",
        _first(
            replies=(
                reply("", tool_calls=(ToolCall("lookup"),), first_audio_ms=2_000, fault=Fault("drop", after_ms=500)),
            )
        ),
        is_bridged=True,
    ),
    Change("live, at the start", replace(LIVE, fault=KEY_REFUSED), still_to_hear=ASKED),
    Change(
        "live, while nobody speaks",
        replace(LIVE, fault=Fault("drop", after_ms=4_500)),
        utterances=(SHORT, Utterance(quiet_s=3.5)),
    ),
    Change(
        "live, while the caller speaks",
        replace(LIVE, fault=Fault("drop", after_ms=1_500)),
        still_to_hear=ASKED,
        utterances=(LONG_SPEECH, SHORT),
    ),
    Change(
        "live, while the model thinks",
        replace(LIVE, end_ms=2_500, fault=Fault("drop", after_ms=2_600)),
        is_bridged=True,
    ),
]
ROWS = [change.row for change in CHANGES]
BROKEN_OFF = ("while the model thinks", "in mid-sentence", "while a function is called")
"""Where a response of OpenAI Realtime is under way when its socket breaks."""


@pytest.fixture(scope="module")
def batch(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """All calls that a selected test asks for, at the same time: they wait more than they work."""
    return made_of(ROWS, request, tmp_path_factory, "change")


each = pytest.mark.parametrize("change", CHANGES, ids=[change.name for change in CHANGES])


@each
def test_the_call_goes_on_in_its_socket_with_every_turn_once(change: Change, batch: Batch) -> None:
    outcome = batch.of(change.row)
    assert (outcome.caller.close_code, outcome.record.next_step) == (None, None)
    assert outcome.said_by(Role.CALLER) == list(ASKED)
    for sentence in change.hears:
        counts = outcome.heard(sentence)
        assert counts == [1] * len(counts), sentence
    assert max(outcome.heard(BRIDGE)) == (1 if change.is_bridged else 0)


@each
def test_the_record_has_both_rungs_and_why(change: Change, batch: Batch) -> None:
    record = batch.of(change.row).record
    (failure,) = record.failures
    assert [use.mode for use in record.modes] == [Mode.REALTIME, Mode.PIPELINE]
    assert record.modes[0].why_left == failure.sentence
    assert failure.code.endswith("-unauthorised")


@each
def test_the_caller_hears_somebody_at_once(change: Change, batch: Batch) -> None:
    """From the change on, where an answer was wanted; no silence after it is longer than the pipeline takes."""
    outcome = batch.of(change.row)
    if change.is_bridged:
        assert _silence_after_change_s(outcome) <= AUDIBLE_WITHIN_S
    assert outcome.caller.longest_pause_s <= ANSWERED_WITHIN_S + SCRIPTED_S or not change.is_bridged
    assert outcome.caller.longest_wait_s <= ANSWERED_WITHIN_S + SCRIPTED_S


def _silence_after_change_s(outcome: Outcome) -> float:
    """`record.modes` are epoch ms, what was heard is the loop's time."""
    caller = outcome.caller
    changed_s = caller.began_s + (outcome.record.modes[1].started_at_ms - caller.began_at_ms) / 1000
    return next(at_s for at_s in caller.ear.audible_at_s if at_s >= changed_s - 0.05) - changed_s


@each
def test_the_call_costs_what_the_vendors_of_both_rungs_counted(change: Change, batch: Batch) -> None:
    """An answer whose socket broke is reckoned from what was received, and marked: the simulated vendor bills none."""
    outcome = batch.of(change.row)
    cost = cost_of(outcome.used, standard(), outcome.caller.began_at_ms)
    assert cost.is_whole, cost.warnings
    broken_off = [line for line in cost.lines if line.usage.is_estimated and line.usage.kind is Kind.REALTIME]
    measured = Cost(tuple(line for line in cost.lines if line not in broken_off))
    theirs = vendors_usd(outcome.meters) - vendors_usd(outcome.warmed)
    assert abs(measured.usd - theirs) <= ONE_CENT_PER_HUNDRED_CALLS
    assert theirs > 25 * ONE_CENT_PER_HUNDRED_CALLS
    assert len(broken_off) == (1 if change.name in BROKEN_OFF else 0)


def vendors_usd(meters: AllMeters) -> Decimal:
    """By hand: the vendors' own counters times the prices of November 2026."""
    deepgram = Decimal(meters.deepgram.audio_s_received) / 60 * Decimal("0.0065")
    openai = (meters.openai.tokens_in * Decimal("0.75") + meters.openai.tokens_out * Decimal("4.50")) / 1_000_000
    elevenlabs = meters.elevenlabs.characters * Decimal("0.04") / 1_000
    speech_to_speech = realtime_usd(meters.realtime.billed, {}) + live_usd(meters.live.appended_ms)
    return deepgram + openai + elevenlabs + speech_to_speech
