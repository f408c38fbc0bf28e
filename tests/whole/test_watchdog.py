"""What becomes of a call when the parts before its first word fail: real processes, sockets and time, light speech."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from calls.record import Mode
from handlers.lifeline import APOLOGY, GOODBYE
from offhook.box.caller_script import CallerScript
from offhook.box.calls import Hook
from offhook.box.settings import Number
from tests.fakes.box_parts import DeafEars, ToneMouth
from tests.whole.scene import CALLEE, Scene, UnderWay, scene, script


def listener(folder: Path, duration_ms: int) -> CallerScript:
    """Somebody who says nothing, and hangs up after a while."""
    return script(folder, f'when = "now"\nwait_ms = {duration_ms}', 'when = "now"\nhang_up = true')


@pytest.fixture
def nobody() -> Iterator[str]:
    """A streamer's address where connections are taken and nothing is ever answered."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}"


async def test_no_stream_and_the_call_is_led_on_between_3_and_5_s_after_its_answer(tmp_path: Path, nobody: str) -> None:
    mouth = ToneMouth()
    light = "tests.fakes.light_streamer"
    async with scene(tmp_path, DeafEars(), mouth, stream_url=nobody, streamer_module=light) as here:
        ended = await (await here.call(listener(tmp_path, 6_000))).ended()
    answered_ms = ended.call.answered_at_ms
    assert answered_ms is not None
    (stream,) = ended.record.streams
    assert stream.given_up_at_ms is not None
    assert 3_000 <= stream.given_up_at_ms - answered_ms <= 5_000
    assert ended.line.agent_spans[0][0] <= 5_000
    assert [use.mode for use in ended.record.modes] == [Mode.PIPELINE, Mode.TRADITIONAL]
    assert mouth.said[0].startswith("Hello")
    assert [failure.code for failure in ended.record.failures] == ["stream-never-came"]


@pytest_asyncio.fixture
async def light(tmp_path: Path) -> AsyncIterator[tuple[Scene, ToneMouth]]:
    mouth = ToneMouth()
    async with scene(tmp_path, DeafEars(), mouth, streamer_module="tests.fakes.light_streamer") as here:
        yield here, mouth


async def test_a_stream_that_comes_and_then_a_webhook_and_a_table_that_do_not(
    light: tuple[Scene, ToneMouth], tmp_path: Path
) -> None:
    here, mouth = light
    await _is_left_alone(here, tmp_path)
    await _falls_to_the_lifeline(here, mouth, tmp_path)
    await _streams_without_a_table(here, tmp_path)


async def _is_left_alone(here: Scene, folder: Path) -> None:
    ended = await (await here.call(listener(folder, 5_000))).ended()
    (stream,) = ended.record.streams
    assert stream.opened_at_ms is not None
    assert stream.arrived_at_ms is not None
    assert (stream.given_up_at_ms, ended.record.failures) == (None, ())


async def _falls_to_the_lifeline(here: Scene, mouth: ToneMouth, folder: Path) -> None:
    number = here.stack.from_number
    configured = here.box.numbers[number]
    here.box.numbers[number] = Number(Hook(f"{here.stack.public_url}/twilio/nothing"), configured.fallback)
    call = here.ring(listener(folder, 20_000))
    await here.box.ended(call.call)
    here.box.numbers[number] = configured
    assert mouth.said == [f"{APOLOGY} {GOODBYE}"]
    assert call.call.hung_up_by == "application"


async def _streams_without_a_table(here: Scene, folder: Path) -> None:
    await here.stack.kill_store()
    call = UnderWay(here, here.box.place_inbound(here.stack.from_number, CALLEE, listener(folder, 3_000)))
    async with asyncio.timeout(60):
        await here.box.ended(call.call)
    assert call.call.stats.streams == 1
    assert call.line.agent_spans
