import asyncio
import audioop
import struct
from collections.abc import Callable, Coroutine

import pytest

from offhook.box.line import PhoneLine
from offhook.box.playout import SILENCE, PlayoutFull
from offhook.box.ports import Line, LineEnded

VOICE = audioop.lin2ulaw(struct.pack("<2h", 4000, -4000) * 80, 2)
TONE = audioop.lin2ulaw(struct.pack("<2h", 2000, -2000) * 80, 2)


def ignore(*_: object) -> None:
    return None


def ticked(line: PhoneLine, ticks: int) -> None:
    for _ in range(ticks):
        line.tick()


def as_line(line: PhoneLine) -> Line:
    return line


def test_frames_reach_every_listener_with_their_media_time_until_it_stops() -> None:
    line = PhoneLine()
    first: list[tuple[bytes, int]] = []
    second: list[int] = []
    stop = line.listen(lambda frame, at_ms: first.append((frame, at_ms)), ignore)
    line.listen(lambda _, at_ms: second.append(at_ms), ignore)
    line.caller_say(VOICE)
    ticked(line, 2)
    stop()
    stop()
    line.tick()
    assert first == [(VOICE, 0), (SILENCE, 20)]
    assert second == [0, 20, 40]
    assert line.now_ms == 60


def test_what_the_caller_says_is_queued_and_filled_up_to_whole_frames() -> None:
    line = PhoneLine()
    heard: list[bytes] = []
    line.listen(lambda frame, _: heard.append(frame), ignore)
    line.caller_say(VOICE + VOICE[:10])
    line.caller_say(TONE)
    assert line.caller_speaking
    ticked(line, 3)
    assert not line.caller_speaking
    assert heard == [VOICE, VOICE[:10] + b"\xff" * 150, TONE]


def test_a_caller_has_half_an_hour_to_say_at_most() -> None:
    line = PhoneLine()
    line.caller_say(bytes(30 * 60 * 8000))
    with pytest.raises(ValueError, match="30 minutes"):
        line.caller_say(b"\x00")


def test_both_sides_are_recorded_where_they_were_heard() -> None:
    line = PhoneLine()
    line.caller_say(VOICE)
    line.enqueue(TONE * 2)
    ticked(line, 4)
    recording = line.recording()
    assert recording.caller == VOICE + SILENCE * 3
    assert recording.agent == SILENCE + TONE * 2 + SILENCE
    assert line.caller_spans == ((0, 20),)
    assert line.agent_spans == ((20, 60),)


def test_a_call_that_ended_as_it_began_has_one_slot_of_silence_as_its_recording() -> None:
    line = PhoneLine()
    line.caller_say(VOICE)
    line.hang_up()
    assert (line.recording().caller, line.recording().agent) == (SILENCE, SILENCE)


def test_how_long_the_agent_has_been_silent_is_judged_by_ear_not_by_buffer() -> None:
    line = PhoneLine()
    ticked(line, 5)
    assert line.agent_silent_for_ms == 100
    assert not line.agent_spoke_since(0)
    line.enqueue(TONE + SILENCE * 4)
    line.tick()
    assert (line.agent_audible, line.agent_silent_for_ms) == (True, 0)
    ticked(line, 4)
    assert (line.agent_audible, line.agent_silent_for_ms) == (True, 60)
    assert line.agent_spoke_since(139)
    assert not line.agent_spoke_since(140)
    line.tick()
    assert not line.agent_audible


def test_marks_and_clear_go_through_the_playout_buffer() -> None:
    line = as_line(PhoneLine())
    returned: list[str] = []
    line.enqueue(TONE)
    line.mark("end", returned.append)
    assert returned == []
    line.clear()
    assert returned == ["end"]


def test_keys_reach_listeners_and_nothing_else_is_a_key() -> None:
    line = PhoneLine()
    keys: list[str] = []
    line.listen(ignore, keys.append)
    for key in "1#":
        line.press(key)
    for wrong in ("x", "12", ""):
        with pytest.raises(ValueError, match="not a key"):
            line.press(wrong)
    assert keys == ["1", "#"]


def test_after_the_end_nothing_is_kept_or_told() -> None:
    line = PhoneLine()
    told: list[object] = []
    line.listen(lambda *args: told.append(args), told.append)
    line.enqueue(TONE)
    line.mark("end", told.append)
    line.hang_up()
    line.hang_up()
    line.enqueue(TONE)
    line.caller_say(TONE)
    line.mark("late", told.append)
    line.press("1")
    line.clear()
    assert told == []
    assert line.hung_up
    assert not line.agent_audible
    assert not line.caller_speaking


def test_a_call_ends_at_its_limit() -> None:
    line = PhoneLine(limit_ms=60)
    ticked(line, 2)
    assert not line.hung_up
    line.tick()
    assert line.hung_up


def test_stats_tell_late_ticks_and_what_they_did_to_outbound_frames() -> None:
    line = PhoneLine()
    line.enqueue(TONE)
    line.tick(late_ms=3.0)
    line.tick(late_ms=25.0)
    line.enqueue(TONE)
    line.tick(late_ms=0.0)
    stats = line.stats
    assert (stats.ticks, stats.late_ticks, stats.lateness_ms.max) == (3, 1, 25.0)
    assert (stats.frames_played, stats.underruns, stats.underrun_ms) == (2, 1, 20)
    assert (stats.outbound_lateness_ms.p50, stats.outbound_lateness_ms.max) == (3.0, 20.0)


async def waiting(line: PhoneLine, awaited: Callable[[], Coroutine[None, None, None]], ticks: int) -> bool:
    """Whether `awaited` is still pending after this many ticks."""
    task = asyncio.create_task(awaited())
    for _ in range(ticks):
        await asyncio.sleep(0)
        line.tick()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    pending = not task.done()
    task.cancel()
    await asyncio.wait({task})
    return pending


async def test_play_returns_when_the_last_frame_has_sounded() -> None:
    assert await waiting(line := PhoneLine(), lambda: line.play(TONE * 3), 3)
    assert not await waiting(line := PhoneLine(), lambda: line.play(TONE * 3), 4)
    assert not await waiting(line := PhoneLine(), lambda: line.play(b""), 0)


async def test_play_refuses_more_than_half_an_hour_and_stays_usable() -> None:
    line = PhoneLine()
    with pytest.raises(PlayoutFull):
        await line.play(bytes(30 * 60 * 8000 + 1))
    assert not line.agent_audible
    line.hang_up()


async def test_cancelling_play_stops_the_sound_at_the_next_tick() -> None:
    line = PhoneLine()
    assert await waiting(line, lambda: line.play(TONE * 50), 2)
    ticked(line, 2)
    assert line.recording().agent == SILENCE + TONE * 2 + SILENCE
    assert not line.agent_audible


async def test_pause_and_caller_quiet_follow_the_lines_clock() -> None:
    assert await waiting(line := PhoneLine(), lambda: line.pause(50), 2)
    assert not await waiting(line := PhoneLine(), lambda: line.pause(50), 3)
    assert not await waiting(line := PhoneLine(), lambda: line.pause(0), 0)
    line = PhoneLine()
    line.caller_say(VOICE * 2)
    assert await waiting(line, line.caller_quiet, 1)
    assert not await waiting(line, line.caller_quiet, 1)
    assert not await waiting(line, line.caller_quiet, 0)


async def test_the_end_wakes_every_waiter_and_refuses_new_ones() -> None:
    line = PhoneLine()
    line.caller_say(VOICE * 50)
    tasks = [asyncio.create_task(each) for each in (line.play(TONE), line.pause(1000), line.caller_quiet())]
    ended = asyncio.create_task(line.ended())
    await asyncio.sleep(0)
    line.hang_up()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [LineEnded] * 3
    await ended
    with pytest.raises(LineEnded):
        await line.pause(10)
    with pytest.raises(LineEnded):
        await line.play(TONE)


async def test_the_clock_runs_true_and_without_drift() -> None:
    line = PhoneLine()
    running = asyncio.create_task(line.run())
    loop = asyncio.get_running_loop()
    began = loop.time()
    await line.pause(400)
    assert 0.38 <= loop.time() - began <= 0.48
    line.hang_up()
    await running
    assert line.stats.ticks == line.now_ms // 20


async def test_a_stall_is_caught_up_without_skipping_a_frame() -> None:
    times = [100.0]
    line = PhoneLine(clock=lambda: times[0])
    seen: list[int] = []
    line.listen(lambda _, at_ms: seen.append(at_ms), ignore)
    running = asyncio.create_task(line.run())
    await asyncio.sleep(0)
    times[0] = 100.105
    await asyncio.sleep(0.03)
    assert seen == [0, 20, 40, 60, 80]
    assert line.stats.late_ticks == 4
    times[0] = 100.1191
    await asyncio.sleep(0.03)
    assert seen == [0, 20, 40, 60, 80, 100]
    line.hang_up()
    await running


async def test_a_fault_in_a_listener_ends_the_call_and_is_raised_by_run() -> None:
    line = PhoneLine()

    def fail(_frame: bytes, _at_ms: int) -> None:
        raise ZeroDivisionError("listener")

    line.listen(fail, ignore)
    with pytest.raises(ZeroDivisionError, match="listener"):
        await line.run()
    assert line.hung_up


async def test_cancelling_run_hangs_up_and_a_line_is_answered_once() -> None:
    line = PhoneLine()
    running = asyncio.create_task(line.run())
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="answered once"):
        await line.run()
    assert not line.hung_up
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert line.hung_up
