"""What an agent keeps private, told in whole calls and said back by the agent: every place that keeps or sends
anything of a call is searched for it."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from calls.record import Mode
from offhook.keeper import Keeper
from offhook.stack.ministack import local_client
from tests.fakes.box_parts import ToneMouth
from tests.fakes.telling_streamer import TOLD, TRACES
from tests.handlers.test_after_call_traces import Collector
from tests.whole import terminal
from tests.whole.bus import BUS, Bus
from tests.whole.receiver import SECRET, Receiver, receiving
from tests.whole.scene import AGENTS, Ended, Scene, scene, script

KEPT_NO_MORE = ("[card]", "[email]", "[phone]")
PRIVATE = '\n[privacy]\nredact = ["card", "email", "phone"]\nkeep_days = 30\n'
SAYS = 'say = "REC/hello.wav"'
TOLD_WITHIN_S = 20.0
UNTELLING = re.compile(r"\b1[6-9]\d{11}(?:\d{6})?\b|\b(?=\d*[a-f])[0-9a-f]{16}(?:[0-9a-f]{16})?\b")
"""Moments in milliseconds and nanoseconds, and a trace's names: any digits stand in them by chance."""


class TellingEars:
    """What Twilio's own recogniser understands in traditional mode."""

    def __init__(self) -> None:
        self._left = [*TOLD, "Goodbye."]

    async def recognise(self, mulaw: bytes) -> str:
        return self._left.pop(0) if self._left else ""


def private_agents(folder: Path) -> Path:
    folder.mkdir()
    text = (AGENTS / "default.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^greeting = .*$", 'greeting = "Hello."', text)
    (folder / "default.toml").write_text(text + PRIVATE, encoding="utf-8")
    return folder


async def calls_made(here: Scene, folder: Path) -> list[Ended]:
    whole = script(folder, SAYS, SAYS, SAYS)
    under_way = [await here.call(whole), await here.call(whole, Mode.TRADITIONAL)]
    return await asyncio.gather(*(call.ended() for call in under_way))


@contextmanager
def collecting() -> Iterator[Collector]:
    with Collector() as collector:
        thread = Thread(target=collector.serve_forever)
        thread.start()
        yield collector
        collector.shutdown()
        thread.join(5)


async def traced(collector: Collector, calls: int) -> list[str]:
    async with asyncio.timeout(TOLD_WITHIN_S):
        while len(collector.got) < calls:  # noqa: ASYNC110 - another process sends them
            await asyncio.sleep(0.1)
    return [body.decode() for _, body in collector.got]


async def told(ended: Ended, team: Receiver, bus: Bus) -> tuple[dict[str, Any], dict[str, Any]]:
    async with asyncio.timeout(TOLD_WITHIN_S):
        while not (webhook := team.of_call(ended.record.call_id)):  # noqa: ASYNC110 - another process sends it
            await asyncio.sleep(0.1)
        while not (event := await asyncio.to_thread(bus.of_call, ended.record.call_id)):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.1)
    return webhook, event


def in_table(here: Scene) -> Mapping[str, Any]:
    client = local_client(here.stack.settings.aws_endpoint_url)
    items = client.scan(TableName=here.stack.settings.table)["Items"]
    return {f"{item['pk']['S']} {item['sk']['S']}": item for item in items}


def texts_in(*folders: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8", errors="replace")
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".wav"
    }


@dataclass(frozen=True, slots=True)
class Left:
    """What two calls left behind: the table's items by their key, and every place's text."""

    calls: Sequence[Ended]
    items: Mapping[str, Any]
    traces: Sequence[str]
    places: Mapping[str, str]


def settings_of(team: Receiver, collector: Collector) -> dict[str, str]:
    return {
        "OFFHOOK_WEBHOOK_URL": team.url,
        "OFFHOOK_WEBHOOK_SECRET": SECRET,
        "OFFHOOK_EVENT_BUS": BUS,
        "OFFHOOK_AFTER_CALL_S": "1",
        "OFFHOOK_TRACES_URL": collector.url,
        "OFFHOOK_TRACES_PERCENT": "100",
        "OFFHOOK_METRICS_NAMESPACE": "Offhook/private",
    }


async def kept(here: Scene, folder: Path, out: Path) -> list[Ended]:
    """The calls, when all that `offhook call` keeps of them is in `out`."""
    keeper = Keeper(out, here.stack.store, lambda _sid: (), lambda *_: None, outcome_within_s=10.0)
    here.box.on_call_ended(keeper.ended)
    calls = await calls_made(here, folder)
    for ended in calls:
        await keeper.kept(ended.call.sid, 20.0)
    await keeper.close()
    return calls


async def pages(here: Scene, out: Path, calls: Sequence[Ended]) -> list[str]:
    """What `report` and `why` print; their pages are in `out`."""
    asked: list[tuple[str, ...]] = [("report", "--html", str(out / "report.html"))]
    asked += [("why", e.record.call_id, "--html", str(out / f"why-{n}.html")) for n, e in enumerate(calls)]
    wide = partial(terminal.asked, here, columns=300)
    return [(await asyncio.to_thread(wide, *arguments, "--out", str(out))).output for arguments in asked]


async def left(folder: Path, capfd: pytest.CaptureFixture[str]) -> Left:
    out = folder / "out"
    out.mkdir()
    streamer = "tests.fakes.telling_streamer"
    with receiving() as team, collecting() as collector:
        agents, extra = private_agents(folder / "agents"), settings_of(team, collector)
        parts = scene(folder, TellingEars(), ToneMouth(), agents=agents, streamer_module=streamer, extra=extra)
        async with parts as here:
            bus = await asyncio.to_thread(Bus, here.stack.settings.aws_endpoint_url)
            calls = await kept(here, folder, out)
            sent = [await told(ended, team, bus) for ended in calls]
            traces = await traced(collector, len(calls))
            items = await asyncio.to_thread(in_table, here)
            texts = await pages(here, out, calls)
    printed = capfd.readouterr()
    places = {
        **{key: json.dumps(item, ensure_ascii=False) for key, item in items.items()},
        **{f"webhook {number}": json.dumps(one[0], ensure_ascii=False) for number, one in enumerate(sent)},
        **{f"event {number}": json.dumps(one[1], ensure_ascii=False) for number, one in enumerate(sent)},
        **{f"trace {number}": text for number, text in enumerate(traces)},
        **{f"shown {number}": text for number, text in enumerate(texts)},
        **await asyncio.to_thread(texts_in, folder / "logs", out),
        "stdout": printed.out,
        "stderr": printed.err,
    }
    return Left(calls, items, traces, places)


async def test_what_is_private_is_in_no_place_that_keeps_or_sends_anything(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    after = await left(tmp_path, capfd)
    calls, places = after.calls, after.places
    for ended in calls:
        heard = " ".join(turn.heard for turn in ended.conversation.turns)
        assert all(mark in heard for mark in KEPT_NO_MORE), heard
        assert ended.record.end_reason == "caller-goodbye"
    assert any("I have noted: It is Ann, my card is [card]" in turn.heard for turn in calls[0].conversation.turns)
    assert {"web.log", "streamer.log", "stdout", f"{calls[0].record.call_id}/call.json"} <= set(places)
    telling = {place: UNTELLING.sub("", text) for place, text in places.items()}
    assert not {place: trace for place, text in telling.items() for trace in TRACES if trace in text}
    assert all(ended.record.call_id in "".join(after.traces) for ended in calls)
    assert "CallsEnded" in places["web.log"], "metrics are lines of the log"
    elsewhere = {place: text for place, text in places.items() if place not in after.items}
    assert not [place for place, text in elsewhere.items() for e in calls if e.record.to_number in text]
    check_kept_no_longer_than_asked(after)


def check_kept_no_longer_than_asked(after: Left) -> None:
    calls, items = after.calls, after.items
    mine = [key for key in items if any(e.record.call_id in key or e.call.sid in key for e in calls)]
    assert {key.split(" ")[1].split("#")[0] for key in mine} >= {"META", "TURN", "STEP", "KEPT", "CALL"}
    ends = {key: datetime.fromtimestamp(int(items[key]["expiresAt"]["N"]), UTC) for key in mine}
    made = datetime.fromtimestamp(calls[0].record.created_at_ms / 1000, UTC)
    assert all((end - made).days <= 30 for end in ends.values())
