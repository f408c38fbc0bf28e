"""Whole calls with a recorded human voice: in each mode and direction, several at once, and with the parts dying."""

import asyncio
import audioop
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from calls.conversation import Role
from calls.record import Direction, EndReason, Mode, Status
from offhook.box.caller_script import CallerScript
from offhook.embedded import EmbeddedEars, EmbeddedMouth
from streamer.providers.embedded_models import EmbeddedModels
from tests.whole.scene import Ended, Scene, UnderWay, scene, script

HOURS = 'say = ["REC/hello.wav", "REC/hours.wav"]'
INTERRUPT = (
    'when = "agent-speaking"\nafter_ms = 3000\n'
    'say = ["REC/digits/day-2.wav", "REC/digits/at.wav", "REC/digits/3.wav", "REC/digits/oclock.wav"]'
)
GOODBYE = 'say = ["REC/auth-thankyou.wav", "REC/goodbye.wav"]'
TRANSFER = 'say = "REC/pbx-transfer.wav"'

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here(models: EmbeddedModels, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with scene(tmp_path_factory.mktemp("scene"), EmbeddedEars(models), EmbeddedMouth(models)) as running:
        yield running


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CallerScript]:
    folder = tmp_path_factory.mktemp("scripts")
    return {
        "interrupting": script(folder, HOURS, INTERRUPT, GOODBYE),
        "patient": script(folder, HOURS, GOODBYE),
        "other words": script(folder, TRANSFER, GOODBYE),
    }


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def calls(here: Scene, scripts: dict[str, CallerScript]) -> dict[str, Ended]:
    """Four calls at once, to their ends."""
    under_way = {
        "pipeline": await here.call(scripts["interrupting"]),
        "traditional": await here.call(scripts["patient"], Mode.TRADITIONAL),
        "inbound": here.ring(scripts["patient"]),
        "other words": await here.call(scripts["other words"]),
    }
    ended = await asyncio.gather(*(call.ended() for call in under_way.values()))
    return dict(zip(under_way, ended, strict=True))


@pytest.mark.parametrize("name", ["pipeline", "traditional", "inbound", "other words"])
async def test_every_call_is_completed_with_a_real_goodbye(calls: dict[str, Ended], name: str) -> None:
    ended = calls[name]
    assert ended.record.status is Status.COMPLETED
    assert ended.record.end_reason is EndReason.CALLER_GOODBYE
    assert ended.record.failures == ()
    assert "thank you" in ended.said_by(Role.CALLER)[-1].lower()
    assert "Goodbye" in ended.said_by(Role.AGENT)[-1]
    assert ended.call.hung_up_by == "application"


async def test_each_call_stood_on_its_own_rung(calls: dict[str, Ended]) -> None:
    assert {name: ended.modes for name, ended in calls.items()} == {
        "pipeline": [Mode.PIPELINE],
        "traditional": [Mode.TRADITIONAL],
        "inbound": [Mode.PIPELINE],
        "other words": [Mode.PIPELINE],
    }
    assert calls["inbound"].record.direction is Direction.INBOUND
    assert calls["pipeline"].record.direction is Direction.OUTBOUND


@pytest.mark.parametrize("name", ["pipeline", "traditional", "inbound"])
async def test_the_words_are_what_the_voice_said(calls: dict[str, Ended], name: str) -> None:
    assert "hours" in calls[name].said_by(Role.CALLER)[0].lower()
    assert any("open" in said for said in calls[name].said_by(Role.AGENT))


async def test_another_recording_makes_another_conversation(calls: dict[str, Ended]) -> None:
    said = calls["other words"].said_by(Role.CALLER)
    assert "transfer" in said[0].lower()
    assert not any("hours" in words.lower() for words in said)
    assert calls["other words"].said_by(Role.AGENT)[1] != calls["pipeline"].said_by(Role.AGENT)[1]


async def test_an_interrupted_answer_keeps_only_what_was_heard(calls: dict[str, Ended]) -> None:
    cut = [turn for turn in calls["pipeline"].conversation.turns if turn.cut]
    assert len(cut) == 1
    assert 0 < len(cut[0].heard) < len(cut[0].said)
    assert cut[0].said.startswith(cut[0].heard)
    assert "tuesday" in calls["pipeline"].said_by(Role.CALLER)[1].lower()


async def test_the_recording_agrees_with_the_interruption_by_sample_count(calls: dict[str, Ended]) -> None:
    ended = calls["pipeline"]
    recording = ended.call.recording
    assert recording is not None
    assert len(recording.caller) == len(recording.agent)
    (cut,) = [turn for turn in ended.conversation.turns if turn.cut]
    zero_ms = ended.call.answered_at_ms
    assert zero_ms is not None
    spans = [span for span in ended.line.agent_spans if span[0] >= cut.started_at_ms - zero_ms - 150]
    first, last = spans[0][0], max(end for start, end in spans if start < cut.ended_at_ms - zero_ms)
    assert abs(first - (cut.started_at_ms - zero_ms)) <= 150
    assert 0 <= last - (cut.ended_at_ms - zero_ms) <= 400  # what was played after the last mark that came back
    silent_from = 8 * (last + 400)
    after = recording.agent[silent_from : silent_from + 8 * 400]
    assert audioop.rms(audioop.ulaw2lin(after, 2), 2) < 50


async def test_turns_stand_in_the_order_they_were_spoken(calls: dict[str, Ended]) -> None:
    for ended in calls.values():
        roles = [turn.role for turn in ended.conversation.turns]
        assert roles[0] is Role.AGENT
        assert roles[-1] is Role.AGENT
        starts = [turn.started_at_ms for turn in ended.conversation.turns]
        assert starts == sorted(starts)


async def test_every_answer_in_the_pipeline_has_its_waterfall(calls: dict[str, Ended]) -> None:
    answers = [turn for turn in calls["pipeline"].conversation.turns if turn.role is Role.AGENT][1:]
    for turn in answers:
        latency = turn.latency
        parts = (
            latency.endpointing,
            latency.model,
            latency.clause,
            latency.speech,
            latency.queue,
            latency.playout,
        )
        assert None not in parts
        assert latency.total is not None
        assert abs(latency.total - sum(part or 0 for part in parts)) <= 5


async def test_a_streamer_killed_in_mid_call_costs_the_stream_and_not_the_call(
    here: Scene, scripts: dict[str, CallerScript]
) -> None:
    call = await here.call(scripts["patient"])
    await call.until(_answering)
    await here.stack.kill_streamer()
    try:
        ended = await call.ended()
    finally:
        await here.stack.restart_streamer()
    assert ended.modes == [Mode.PIPELINE, Mode.TRADITIONAL]
    assert ended.record.modes[0].why_left
    assert ended.record.status is Status.COMPLETED
    assert ended.record.end_reason is EndReason.CALLER_GOODBYE
    assert "hours" in ended.said_by(Role.CALLER)[0].lower()
    assert "Goodbye" in ended.said_by(Role.AGENT)[-1]


def _answering(call: UnderWay) -> bool:
    """The caller has asked, and the agent is audible with its answer."""
    return bool(call.conversation().unanswered) and call.line.agent_audible


async def test_a_stream_that_never_arrives_leaves_a_call_in_traditional_mode(
    models: EmbeddedModels, tmp_path: Path, scripts: dict[str, CallerScript]
) -> None:
    ears, mouth = EmbeddedEars(models), EmbeddedMouth(models)
    nobody = "ws://127.0.0.1:9"
    async with scene(tmp_path, ears, mouth, stream_url=nobody, streamer_module="tests.fakes.light_streamer") as there:
        ended = await (await there.call(scripts["patient"])).ended()
    assert ended.modes == [Mode.PIPELINE, Mode.TRADITIONAL]
    assert ended.record.end_reason is EndReason.CALLER_GOODBYE
    assert "hours" in ended.said_by(Role.CALLER)[0].lower()
    assert ended.said_by(Role.AGENT)[0].startswith("Hello")
