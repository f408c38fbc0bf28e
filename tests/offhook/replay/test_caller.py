import asyncio

from offhook.box.line import PhoneLine
from offhook.replay.acts import Act, After, Cue
from offhook.replay.caller import LINGER_MS, TapeCaller
from offhook.replay.tape import Tape
from tests.offhook.replay.test_sound import tone

WORDS = tone(3000, 400)


async def ticked(line: PhoneLine, duration_ms: int) -> None:
    """Time on the line passes, and everybody acts on it."""
    for _ in range(duration_ms // 20):
        line.tick()
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def played(line: PhoneLine, *acts: Act) -> list[str]:
    keys: list[str] = []
    line.listen(lambda _mulaw, _at_ms: None, keys.append)
    playing = asyncio.create_task(TapeCaller(Tape("a", b"", acts))(line))
    line.enqueue(tone(3000, 1000))
    await ticked(line, 3000)
    line.enqueue(tone(3000, 2000))
    await ticked(line, 6000)
    line.hang_up()
    await playing
    return keys


async def test_acts_are_taken_when_their_cues_come() -> None:
    line = PhoneLine()
    keys = await played(
        line,
        Act(Cue(After.AGENT_DONE, 600, 1), 5000, WORDS, 400),
        Act(Cue(After.AGENT_BEGAN, 800, 1), 7000, WORDS, 400),
        Act(Cue(After.SELF, 500), 8000, key="1"),
        Act(Cue(After.SELF, 100), 8100, key="#"),
    )
    (first_ms, _), (second_ms, second_until_ms) = line.caller_spans
    (_, greeted_ms), (answer_ms, _) = line.agent_spans
    assert (first_ms - greeted_ms, second_ms - answer_ms) == (600, 800)
    assert second_until_ms - second_ms == 400
    assert keys == ["1", "#"]


async def test_a_caller_who_hung_up_hangs_up() -> None:
    line = PhoneLine()
    playing = asyncio.create_task(TapeCaller(Tape("a", b"", (Act(Cue(After.SELF, 300), 300),)))(line))
    await ticked(line, 400)
    assert line.hung_up
    await playing


async def test_a_caller_who_did_not_stays_for_a_while() -> None:
    line = PhoneLine()
    playing = asyncio.create_task(TapeCaller(Tape("a", b"", ()))(line))
    await ticked(line, LINGER_MS - 100)
    assert not line.hung_up
    await ticked(line, 200)
    assert line.hung_up
    await playing
