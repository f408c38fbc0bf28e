"""What is left of a whole call: told to the team, and paid for."""

import asyncio
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from calls.call_cost import call_cost
from calls.conversation import Role
from calls.cost import Cost
from calls.rate_card import standard
from tests.vendors.prices import LIVE_A_MINUTE, REALTIME_PRICES, TRANSCRIPTION_A_MINUTE
from tests.whole.bus import BUS, Bus
from tests.whole.receiver import SECRET, Receiver
from tests.whole.scene import Ended, Scene

ONE_CENT_PER_HUNDRED_CALLS = Decimal("0.0001")
TOLD_WITHIN_S = 20.0


def telling(team: Receiver) -> dict[str, str]:
    """The settings that have a stack tell the team and its bus of its calls, a second after their end."""
    url = {"OFFHOOK_WEBHOOK_URL": team.url, "OFFHOOK_WEBHOOK_SECRET": SECRET}
    return {**url, "OFFHOOK_EVENT_BUS": BUS, "OFFHOOK_AFTER_CALL_S": "1"}


async def told(ended: Ended, team: Receiver, bus: Bus) -> Mapping[str, Any]:
    """The data of the call's webhook, once it is there and its event too, which says the same."""
    async with asyncio.timeout(TOLD_WITHIN_S):
        while not (webhook := team.of_call(ended.record.call_id)):  # noqa: ASYNC110 - another process sends it
            await asyncio.sleep(0.1)
        while not (event := await asyncio.to_thread(bus.of_call, ended.record.call_id)):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.1)
    assert event["detail"] == {name: value for name, value in webhook["data"].items() if name != "transcript"}
    return dict(webhook["data"])


def check_told(data: Mapping[str, Any], ended: Ended, cost: Cost, mode: str) -> None:
    """Summary, cost, times and transcript are this call's, and nothing is in them that nobody said."""
    said = [turn["heard"] for turn in data["transcript"] if turn["role"] == "caller"]
    assert said == ended.said_by(Role.CALLER)
    assert [turn["heard"] for turn in data["transcript"] if turn["role"] == "agent"] == ended.said_by(Role.AGENT)
    assert data["outcome"]["kind"] == "extractive"
    assert any(words in data["outcome"]["summary"] for words in said)
    assert all(field["value"] is None for field in data["outcome"]["fields"].values()), "the desk was not at work"
    assert data["modes"] == [mode]
    assert data["postMortem"] is None or not data["failures"], "what is told went wrong is what did"
    assert Decimal(data["cost"]["usd"]) == round(cost.usd, 6)
    assert data["latencyMs"][mode]["total"]["n"] > 0


async def bus_of(here: Scene) -> Bus:
    """A scene has one, made before its calls: an event that is put when there is a bus and no rule on it yet is
    lost."""
    return await asyncio.to_thread(Bus, here.stack.settings.aws_endpoint_url)


def check_exchanged(more: Mapping[str, Any], less: Mapping[str, Any]) -> None:
    """Of two calls that differ in their recordings, where `less` lacks one, all differs that is made of what was said;
    and it used less of everything that is paid for."""
    assert more["outcome"]["summary"] != less["outcome"]["summary"]
    assert more["outcome"]["fields"] != less["outcome"]["fields"]
    assert len(more["transcript"]) > len(less["transcript"])
    assert _measured(more) > _measured(less)
    used, used_less = _used(more), _used(less)
    assert used.keys() == used_less.keys()
    assert all(used[kind] > used_less[kind] for kind in used)


def _measured(data: Mapping[str, Any]) -> int:
    """How many times were taken, of all stages."""
    return sum(stage["n"] for stages in data["latencyMs"].values() for stage in stages.values())


def _used(data: Mapping[str, Any]) -> Mapping[str, int]:
    """By kind, all amounts together."""
    return {part["kind"]: sum(part["amounts"].values()) for part in data["cost"]["parts"]}


def cost_of_call(here: Scene, ended: Ended) -> Cost:
    used = here.stack.store.usage(ended.record.call_id)
    return call_cost(ended.record, ended.conversation, used, standard(), ended.record.ended_at_ms or 0)


def line_usd(ended: Ended) -> Decimal:
    """Whole minutes of an outbound call in the USA and of its stream, from the line's own clock."""
    return _minutes(ended) * (Decimal("0.0140") + Decimal("0.0044"))


def twiml_usd(ended: Ended) -> Decimal:
    """A call that never streamed: its minutes, what the box spoke in a standard voice, in whole hundreds of letters,
    and each time that it understood words."""
    hundreds = max(1, sum(len(spoken.text) for spoken in ended.call.log.spoken) // 100)
    understood = sum(bool(one.speech) for one in ended.call.log.understood)
    return _minutes(ended) * Decimal("0.0140") + hundreds * Decimal("0.0008") + understood * Decimal("0.02")


def _minutes(ended: Ended) -> int:
    assert ended.call.recording is not None
    return math.ceil(ended.call.recording.duration_ms / 60_000)


def realtime_usd(billed: Mapping[str, int], before: Mapping[str, int]) -> Decimal:
    """OpenAI Realtime's own counters, less what they were before the call, times the prices of November 2026."""
    used = {what: billed[what] - before.get(what, 0) for what in billed}
    tokens = sum((used.get(what, 0) * price for what, price in REALTIME_PRICES.items()), Decimal(0))
    return tokens / 1_000_000 + Decimal(used.get("transcribed ms", 0)) / 60_000 * TRANSCRIPTION_A_MINUTE


def live_usd(appended_ms: float) -> Decimal:
    """OpenAI Live's own counter times the price of November 2026. What is billed is the sessions' audio, as
    `session.usage.updated` has it: not the time for which they were open, which is longer by their handshake and their
    closing."""
    return Decimal(str(appended_ms)) / 60_000 * LIVE_A_MINUTE
