import asyncio
import audioop
import struct

from offhook.box.caller import Moment, is_due, run_script
from offhook.box.caller_script import CallerScript, HangUp, Press, Say, Step, Wait
from offhook.box.line import PhoneLine
from offhook.box.playout import SILENCE

VOICE = audioop.lin2ulaw(struct.pack("<2h", 4000, -4000) * 80, 2)
TONE = audioop.lin2ulaw(struct.pack("<2h", 2000, -2000) * 80, 2)

DONE = Step(HangUp())
SPEAKING = Step(HangUp(), "agent-speaking", after_ms=800)
NOW = Step(HangUp(), "now")


def moment(
    now_ms: int,
    spans: tuple[tuple[int, int], ...] = (),
    *,
    audible: bool = False,
    acted: tuple[int, int] = (0, 0),
    waiting_from_ms: int = 0,
) -> Moment:
    return Moment(now_ms, spans, audible, acted[0], acted[1], waiting_from_ms)


def test_now_is_always_due() -> None:
    assert is_due(NOW, moment(0))


def test_the_first_step_waits_for_the_greeting_and_700_ms_after_it() -> None:
    assert not is_due(DONE, moment(5000))
    assert not is_due(DONE, moment(2699, ((500, 2000),)))
    assert is_due(DONE, moment(2700, ((500, 2000),)))


def test_the_agent_must_have_spoken_since_the_callers_last_act() -> None:
    greeting = (500, 2000)
    assert not is_due(DONE, moment(9000, (greeting,), acted=(2700, 4000)))
    assert is_due(DONE, moment(9000, (greeting, (5000, 8300)), acted=(2700, 4000)))


def test_what_an_interrupted_agent_was_saying_is_no_answer() -> None:
    interrupted = (1000, 4300)
    assert not is_due(DONE, moment(6000, (interrupted,), acted=(4000, 4900)))
    assert not is_due(DONE, moment(6000, ((1000, 3900), (4100, 4300)), acted=(4000, 4900)))
    assert is_due(DONE, moment(8000, (interrupted, (5500, 7000)), acted=(4000, 4900)))


def test_an_agent_that_talked_on_over_the_caller_counts_as_having_spoken() -> None:
    assert not is_due(DONE, moment(9000, ((1000, 6399),), acted=(4000, 4900)))
    assert is_due(DONE, moment(9000, ((1000, 6400),), acted=(4000, 4900)))


def test_patience_ends_every_wait() -> None:
    assert not is_due(DONE, moment(20_999, waiting_from_ms=1000))
    assert is_due(DONE, moment(21_000, waiting_from_ms=1000))
    assert is_due(SPEAKING, moment(21_000, waiting_from_ms=1000))


def test_speaking_is_due_after_ms_into_an_utterance_that_still_goes_on() -> None:
    assert not is_due(SPEAKING, moment(1799, ((1000, 1799),), audible=True))
    assert is_due(SPEAKING, moment(1800, ((1000, 1800),), audible=True))
    assert not is_due(SPEAKING, moment(1800, ((1000, 1800),), audible=False))
    assert not is_due(SPEAKING, moment(2200, ((1000, 1800),), audible=True))
    assert not is_due(SPEAKING, moment(1800, (), audible=True))


def test_a_pause_between_sentences_does_not_restart_the_utterance() -> None:
    assert is_due(SPEAKING, moment(2000, ((1000, 1200), (1700, 2000)), audible=True))
    assert not is_due(SPEAKING, moment(2400, ((1000, 1200), (1900, 2400)), audible=True))


async def called(script: CallerScript, line: PhoneLine, ticks: int) -> asyncio.Task[None]:
    """Run the script for this long, on ticks instead of a clock."""
    running = asyncio.create_task(run_script(script, line))
    for _ in range(ticks):
        for _ in range(3):
            await asyncio.sleep(0)
        line.tick()
    for _ in range(3):
        await asyncio.sleep(0)
    return running


async def test_a_caller_greets_presses_waits_and_hangs_up() -> None:
    line = PhoneLine()
    keys: list[tuple[str, int]] = []
    line.listen(lambda *_: None, lambda key: keys.append((key, line.now_ms)))
    line.enqueue(TONE * 10)
    script = CallerScript(
        steps=(
            Step(Say(VOICE * 5)),
            Step(Press("1#"), "now"),
            Step(Wait(100), "now"),
            Step(HangUp(), "now"),
        )
    )
    running = await called(script, line, 120)
    await running
    assert line.agent_spans == ((20, 220),)
    ((from_ms, until_ms),) = line.caller_spans
    assert 920 <= from_ms <= 980
    assert until_ms - from_ms == 100
    assert keys == [("1", until_ms), ("#", until_ms + 200)]
    assert line.now_ms == until_ms + 500


async def test_a_caller_interrupts_while_the_agent_speaks() -> None:
    line = PhoneLine()
    line.enqueue(TONE * 100)
    running = await called(CallerScript((Step(Say(VOICE), "agent-speaking", after_ms=600),)), line, 60)
    assert not running.done()
    ((from_ms, _),) = line.caller_spans
    assert 620 <= from_ms <= 680
    line.hang_up()
    await running


async def test_silence_after_the_callers_words_is_waiting_already() -> None:
    line = PhoneLine()
    script = CallerScript((Step(Say(VOICE + SILENCE * 50), "now"), Step(HangUp())))
    line.enqueue(SILENCE * 10 + TONE * 10)
    running = await called(script, line, 60)
    await running
    assert line.hung_up


async def test_after_the_last_step_the_caller_stays_until_the_linger_is_over() -> None:
    line = PhoneLine()
    script = CallerScript((Step(Wait(0), "now"),), linger_ms=400)
    running = await called(script, line, 19)
    assert not line.hung_up
    line.tick()
    await running
    assert line.hung_up


async def test_a_call_that_ends_first_ends_the_caller_too() -> None:
    line = PhoneLine()
    running = await called(CallerScript((Step(Say(VOICE * 50), "now"),)), line, 5)
    line.hang_up()
    await running
    assert line.now_ms == 100
