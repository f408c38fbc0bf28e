import asyncio
import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calls.after_call import OUTCOME
from calls.outcome import NOBODY_SPOKE, Kind, Outcome, to_plain
from calls.record import CallRecord, Status
from offhook.box.calls import BoxCall, CallPlan
from offhook.box.line_log import LineLog, Spoken
from offhook.box.ports import Alert
from offhook.box.recording import Recording
from offhook.call_file import iso_utc
from offhook.keeper import Keeper
from offhook.kept import Kept
from offhook.phone import CallNotKept
from tests.fakes.memory_store import MemoryCallStore
from tests.offhook.calls_made import ANSWERED_MS, CUT_ANSWER, RECORD

ENDED = BoxCall(
    "AC0123456789abcdef0123456789abcdef",
    CallPlan("+15551230101", "+15551230100", "outbound-api"),
    datetime(2026, 11, 18, tzinfo=UTC),
    sid=RECORD.twilio_sid,
    answered_at_ms=ANSWERED_MS - 250,
    recording=Recording(b"\xff" * 800, b"\xff" * 800),
)


class Told:
    def __init__(self) -> None:
        self.endings: list[tuple[Kept | None, str]] = []

    def __call__(self, _call: BoxCall, kept: Kept | None, why: str) -> None:
        self.endings.append((kept, why))


def keeper(out: Path, store: MemoryCallStore, told: Told) -> Keeper:
    alerts = [Alert(31921, "warning", ENDED.sid, "The stream closed early.")]
    return Keeper(out, store, lambda _sid: alerts, told)


async def test_a_call_is_kept_once_its_record_is_final(tmp_path: Path) -> None:
    store, told = MemoryCallStore(), Told()
    store.create(replace(RECORD, status=Status.IN_PROGRESS, version=0))
    store.append_turn(RECORD.call_id, CUT_ANSWER)
    keeping = keeper(tmp_path, store, told)
    waiting = asyncio.create_task(keeping.kept(ENDED.sid, 10.0))
    keeping.ended(ENDED)
    await asyncio.sleep(0.3)
    assert not waiting.done()

    def completed(record: CallRecord) -> CallRecord:
        return replace(record, status=Status.COMPLETED)

    store.change(RECORD.call_id, completed)
    kept = await waiting
    call = json.loads(kept.json.read_text())
    assert call["status"] == "completed"
    assert call["recordingMs"] == 100
    assert call["turns"][0]["startedMs"] == 2650, "counted from the line's own zero"
    assert call["alerts"] == [{"code": 31921, "level": "warning", "sentence": "The stream closed early."}]
    assert call["cost"]["parts"][0]["usd"] == "0.014000"
    assert told.endings == [(kept, "")]
    await keeping.close()


async def test_what_was_to_be_kept_no_longer_goes_with_the_next_call(tmp_path: Path) -> None:
    store, told = MemoryCallStore(), Told()
    store.create(replace(RECORD, version=0, keep_days=365))
    for name, until in {"past": "2020-01-01T00:00:00.000Z", "later": "2999-01-01T00:00:00.000Z"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "call.json").write_text(json.dumps({"keepUntil": until}), encoding="utf-8")
    (tmp_path / "replays").mkdir()
    shutil.copytree(tmp_path / "past", tmp_path / "replays" / "past")
    shutil.copytree(tmp_path / "later", tmp_path / "replays" / "later")
    keeping = keeper(tmp_path, store, told)
    keeping.ended(ENDED)
    kept = await keeping.kept(ENDED.sid, 10.0)
    assert sorted(os.listdir(tmp_path)) == sorted([RECORD.call_id, "later", "replays"])
    assert os.listdir(tmp_path / "replays") == ["later"]
    assert json.loads(kept.json.read_text("utf-8"))["keepUntil"] == iso_utc(
        (RECORD.created_at_ms // 1000 + 365 * 86_400) * 1000
    )


@pytest.mark.parametrize(("own_days", "until"), [(None, "2027-01-01T00:00:00.000Z"), (1, "2026-11-19T11:06:36.000Z")])
async def test_a_replay_says_which_call_it_was_and_is_kept_no_longer(
    tmp_path: Path, own_days: int | None, until: str
) -> None:
    store = MemoryCallStore()
    store.create(replace(RECORD, version=0, keep_days=own_days))
    keeping = keeper(tmp_path, store, Told())
    origin = {"callId": "01FIRST", "party": "p", "keepUntil": "2027-01-01T00:00:00.000Z"}
    keeping.is_replay(ENDED.sid, origin)
    keeping.ended(ENDED)
    call = json.loads((await keeping.kept(ENDED.sid, 10.0)).json.read_text("utf-8"))
    assert (call["replayOf"], call["keepUntil"]) == (origin, until)


async def test_a_call_is_kept_with_its_outcome_once_that_is_there(tmp_path: Path) -> None:
    store, told = MemoryCallStore(), Told()
    store.create(replace(RECORD, version=0))
    keeping = Keeper(tmp_path, store, lambda _sid: [], told, outcome_within_s=5.0)
    waiting = asyncio.create_task(keeping.kept(ENDED.sid, 10.0))
    keeping.ended(ENDED)
    await asyncio.sleep(0.8)
    assert not waiting.done()
    outcome = to_plain(Outcome(Kind.NOBODY_SPOKE, NOBODY_SPOKE))
    store.keep_once(RECORD.call_id, OUTCOME, json.dumps(outcome))
    assert json.loads((await waiting).json.read_text())["outcome"] == outcome
    await keeping.close()


async def test_a_line_that_never_ends_is_not_waited_for_longer_than_asked(tmp_path: Path) -> None:
    with pytest.raises(CallNotKept):
        await keeper(tmp_path, MemoryCallStore(), Told()).kept(ENDED.sid, 0.01)


async def test_closing_drops_what_still_waits_for_its_record(tmp_path: Path) -> None:
    store, told = MemoryCallStore(), Told()
    keeping = keeper(tmp_path, store, told)
    keeping.ended(ENDED)
    await keeping.close()
    assert told.endings == [(None, "it was not waited for")]
    assert os.listdir(tmp_path) == []


async def test_a_folder_that_cannot_be_written_is_a_plain_sentence(tmp_path: Path) -> None:
    store, told = MemoryCallStore(), Told()
    store.create(replace(RECORD, version=0))
    (tmp_path / "out").write_text("a file where the folder should be")
    keeping = keeper(tmp_path / "out", store, told)
    keeping.ended(ENDED)
    with pytest.raises(CallNotKept, match="cannot be written"):
        await keeping.kept(ENDED.sid, 10.0)
    await keeping.close()


async def test_the_file_is_true_to_the_line(tmp_path: Path) -> None:
    store, told = MemoryCallStore(), Told()
    store.create(replace(RECORD, version=0))
    at_ms = ANSWERED_MS + 700
    said = replace(CUT_ANSWER, heard=CUT_ANSWER.said, cut=False, mode="traditional", started_at_ms=at_ms)
    store.append_turn(RECORD.call_id, said)
    log = LineLog([Spoken("We open at nine.", 900, 1900, 1600, 960, 1880, cut=True)])
    keeping = keeper(tmp_path, store, told)
    keeping.ended(replace(ENDED, log=log))
    kept = await keeping.kept(ENDED.sid, 10.0)
    [turn] = json.loads(kept.json.read_text())["turns"]
    assert (turn["heard"], turn["cut"], turn["startedMs"], turn["endedMs"]) == ("We open at", True, 960, 1880)
    await keeping.close()
