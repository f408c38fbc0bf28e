"""How long a lost engine has kept the caller waiting, where the engine leads: no reply is ordered that would tell."""

from calls.errors import Blame, Failure
from calls.record import Mode
from streamer.events import (
    ChangeEngine,
    EngineLost,
    ReplyDone,
    ReplySpoken,
    Say,
    SpeechStarted,
    SpeechStopped,
    TurnTaken,
    TurnWorded,
)
from streamer.ladder import Ladder
from streamer.session import Session
from tests.fakes.agents import AGENT

START = 1_000_000
MODES = (Mode.REALTIME, Mode.PIPELINE, Mode.TRADITIONAL)
LOST = EngineLost(Failure("openai-live-lost", Blame.PROVIDER, "It is gone.", retryable=True))


def session() -> Session:
    """On a model that leads, its greeting heard."""
    s = Session(AGENT, Mode.REALTIME, "MZ1", START, ladder=Ladder(MODES, Mode.REALTIME, START))
    s.dialogue.engine_leads = True
    (say,) = s.begin(START)
    assert isinstance(say, Say)
    s.on_engine(ReplySpoken(say.reply_id, b"\x10" * 800, "Hello."), START + 20)
    s.on_engine(ReplyDone(say.reply_id, None), START + 40)
    s.on_mark("r1-1", START + 130)
    assert s.dialogue.voice.reply is None
    return s


def mode_after_loss(s: Session, now_ms: int) -> Mode:
    changes = [one for one in s.on_engine(LOST, now_ms) if isinstance(one, ChangeEngine)]
    return changes[0].mode


def spoken(s: Session) -> None:
    """The caller's turn is over at 2 s."""
    s.on_engine(TurnTaken("live-1", 1_000, 1_500), START + 2_000)
    s.on_engine(TurnWorded("live-1", "Are you open?"), START + 2_200)


def test_a_caller_who_has_waited_long_for_an_answer_does_not_wait_for_the_same_model_again() -> None:
    s = session()
    spoken(s)
    assert mode_after_loss(s, START + 6_000) is Mode.PIPELINE


def test_a_session_that_breaks_as_the_turn_ends_is_tried_again() -> None:
    s = session()
    spoken(s)
    assert mode_after_loss(s, START + 2_500) is Mode.REALTIME


def test_nobody_waits_whose_turn_was_answered() -> None:
    s = session()
    assert mode_after_loss(s, START + 9_000) is Mode.PIPELINE, "it has told of nobody's turn yet"
    s = session()
    s.on_engine(TurnTaken("live-1", 1_000, 1_500), START + 2_000)
    assert mode_after_loss(s, START + 9_000) is Mode.REALTIME, "words that never came are nothing to answer"


def test_our_own_ear_does_not_prove_that_a_model_hears() -> None:
    s = session()
    s.on_engine(SpeechStarted(1_000), START + 1_100)
    s.on_engine(SpeechStopped(), START + 2_200)
    assert mode_after_loss(s, START + 4_000) is Mode.PIPELINE
