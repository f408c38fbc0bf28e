"""What is left of whole calls: summary, fields, cost, latency, the team's webhook and an event."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from calls.record import Mode
from offhook.embedded import EmbeddedEars, EmbeddedMouth
from streamer.providers.embedded_models import EmbeddedModels
from tests.whole.aftermath import check_exchanged
from tests.whole.bus import BUS, Bus
from tests.whole.receiver import SECRET, Receiver, receiving
from tests.whole.scene import AGENTS, Ended, Scene, scene, script
from tests.whole.summing_up import SummingUp, summing_up

HOURS = 'say = ["REC/hello.wav", "REC/hours.wav"]'
BOOKING = 'say = ["REC/digits/day-2.wav", "REC/digits/at.wav", "REC/digits/3.wav", "REC/digits/oclock.wav"]'
GOODBYE = 'say = ["REC/auth-thankyou.wav", "REC/goodbye.wav"]'
ASKS = """
[after_call]
model = "openai"
[after_call.fields.weekday]
type = "string"
[after_call.fields.number]
format = "phone"
"""
TOLD_WITHIN_S = 20.0

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def team() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def openai() -> Iterator[SummingUp]:
    with summing_up() as played:
        yield played


@pytest.fixture(scope="module")
def agents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agents that ship, and one that has its calls summed up by a model."""
    folder = tmp_path_factory.mktemp("agents")
    default = (AGENTS / "default.toml").read_text("utf-8")
    (folder / "default.toml").write_text(default, "utf-8")
    asking = default.replace('name = "default"', 'name = "asking"') + ASKS
    (folder / "asking.toml").write_text(asking, "utf-8")
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here(
    models: EmbeddedModels,
    team: Receiver,
    openai: SummingUp,
    agents: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Scene]:
    extra = {
        "OFFHOOK_INBOUND_AGENT": "asking",
        "OPENAI_API_KEY": "sk-whole-calls",
        "OPENAI_BASE_URL": openai.url,
        "OFFHOOK_WEBHOOK_URL": team.url,
        "OFFHOOK_WEBHOOK_SECRET": SECRET,
        "OFFHOOK_EVENT_BUS": BUS,
    }
    folder = tmp_path_factory.mktemp("after")
    async with scene(folder, EmbeddedEars(models), EmbeddedMouth(models), agents=agents, extra=extra) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def calls(here: Scene, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    folder = tmp_path_factory.mktemp("scripts")
    under_way = {
        "pipeline": await here.call(script(folder, HOURS, BOOKING, GOODBYE)),
        "traditional": await here.call(script(folder, HOURS, BOOKING, GOODBYE), Mode.TRADITIONAL),
        "pipeline, other words": await here.call(script(folder, HOURS, GOODBYE)),
        "traditional, other words": await here.call(script(folder, HOURS, GOODBYE), Mode.TRADITIONAL),
        "by a model": here.ring(script(folder, HOURS, BOOKING, GOODBYE)),
        "silent": await here.call(script(folder, "hang_up = true"), Mode.TRADITIONAL),
    }
    ended = await asyncio.gather(*(call.ended() for call in under_way.values()))
    return dict(zip(under_way, ended, strict=True))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bus(here: Scene) -> Bus:
    return await asyncio.to_thread(Bus, here.stack.settings.aws_endpoint_url)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def told(bus: Bus, calls: dict[str, Ended], team: Receiver) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """By call: its webhook and its event."""

    async def of(ended: Ended) -> tuple[dict[str, Any], dict[str, Any]]:
        call_id = ended.record.call_id
        async with asyncio.timeout(TOLD_WITHIN_S):
            while not (webhook := team.of_call(call_id)):  # noqa: ASYNC110 - another process sends it
                await asyncio.sleep(0.1)
            while not (event := await asyncio.to_thread(bus.of_call, call_id)):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.1)
        return webhook, event

    return {name: await of(ended) for name, ended in calls.items()}


async def test_a_call_is_told_once_to_the_team_and_to_the_bus(told: Any, team: Receiver) -> None:
    assert len(team.deliveries) == len(set(team.deliveries)) == len(told)
    assert team.refused == 0
    for webhook, event in told.values():
        assert webhook["type"] == event["detail-type"] == "call.ended"
        assert event["source"] == "offhook"
        assert event["detail"] == {name: v for name, v in webhook["data"].items() if name != "transcript"}


@pytest.mark.parametrize("mode", ["pipeline", "traditional"])
async def test_a_call_is_told_with_summary_fields_cost_and_latency(told: Any, calls: Any, mode: str) -> None:
    data = told[mode][0]["data"]
    outcome, ended = data["outcome"], calls[mode]
    assert (data["status"], data["endReason"], data["modes"]) == ("completed", "caller-goodbye", [mode])
    assert outcome["kind"] == "extractive"
    said = [turn["heard"] for turn in data["transcript"] if turn["role"] == "caller"]
    assert said == [turn.heard for turn in ended.conversation.turns if turn.role.value == "caller"]
    assert any(words in outcome["summary"] for words in said)
    request = outcome["fields"]["request"]
    assert request["value"] == "book"
    by_id = {turn["id"]: turn for turn in data["transcript"]}
    assert "Tuesday" in " ".join(by_id[turn_id]["heard"] for turn_id in outcome["fields"]["day"]["evidence"])
    assert outcome["fields"]["time"]["value"] == "15:00"
    assert outcome["fields"]["phone"] == {"value": None, "evidence": [], "support": "unknown"}
    assert outcome["fields"]["noted"]["value"] is None
    assert float(data["cost"]["usd"]) > 0
    assert data["latencyMs"][mode]["model"]["n"] > 0
    assert any("model" in turn["latencyMs"] for turn in data["transcript"])


@pytest.mark.parametrize("mode", ["pipeline", "traditional"])
async def test_other_words_leave_another_outcome(told: Any, mode: str) -> None:
    """Realtime's are in test_realtime_outcomes."""
    said, exchanged = told[mode][0]["data"], told[f"{mode}, other words"][0]["data"]
    assert exchanged["modes"] == [mode]
    assert all(field["value"] is None for field in exchanged["outcome"]["fields"].values())
    check_exchanged(said, exchanged)


async def test_nothing_is_invented_for_a_caller_who_said_nothing(told: Any) -> None:
    data = told["silent"][0]["data"]
    assert (data["outcome"]["kind"], data["outcome"]["summary"]) == ("nobody-spoke", "Nobody spoke.")
    assert all(field["value"] is None for field in data["outcome"]["fields"].values())


async def test_a_model_sums_up_what_was_heard_and_what_nobody_said_is_unknown(told: Any, openai: SummingUp) -> None:
    data = told["by a model"][0]["data"]
    outcome, transcript = data["outcome"], data["transcript"]
    (asked,) = openai.asked
    read = asked["messages"][1]["content"].splitlines()
    assert read == [f"{n} {turn['role']}: {turn['heard']}" for n, turn in enumerate(transcript, 1)]
    assert (outcome["kind"], outcome["model"]) == ("model", "gpt-6-luna")
    weekday = outcome["fields"]["weekday"]
    assert (weekday["value"], weekday["support"]) == ("Tuesday", "found")
    assert ["Tuesday" in turn["heard"] for turn in transcript if turn["id"] in weekday["evidence"]] == [True]
    assert outcome["fields"]["number"] == {"value": None, "evidence": [], "support": "unknown"}
    assert "gpt-6-luna" in [part["model"] for part in data["cost"]["parts"]]
