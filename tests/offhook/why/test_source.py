"""Where a call is found, by what a person has of it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from calls.errors import CallNotFound, RequestRefused
from calls.post_mortem import POST_MORTEM, to_plain, written
from offhook.call_file import AlertLine, call_file
from offhook.missing import MissingPart
from offhook.why.source import of_file, of_store, told
from offhook.why.terminal import at_its_end
from tests.fakes.memory_store import MemoryCallStore
from tests.offhook.calls_made import ANSWERED_MS, CONVERSATION, RECORD

NOW_MS = ANSWERED_MS + 60_000
KEPT = call_file(RECORD, CONVERSATION, ANSWERED_MS, recording_ms=12_000, alerts=[AlertLine(31904, "error", "raw")])


@pytest.fixture
def store() -> MemoryCallStore:
    made = MemoryCallStore()
    made.create(RECORD)
    for turn in CONVERSATION.turns:
        made.append_turn(RECORD.call_id, turn)
    return made


@pytest.fixture(autouse=True)
def no_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OFFHOOK_TABLE", raising=False)


def keep(out: Path, text: str = "") -> Path:
    folder = out / RECORD.call_id
    folder.mkdir()
    (folder / "call.json").write_text(text or json.dumps(KEPT), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", [RECORD.call_id, RECORD.twilio_sid])
def test_by_either_name_from_the_table(store: MemoryCallStore, tmp_path: Path, name: str) -> None:
    found = of_store(store, name, tmp_path, NOW_MS)
    assert (found.record.call_id, len(found.conversation.turns)) == (RECORD.call_id, 4)
    assert found.cost is not None
    assert found.cost["usd"] == "0.018400"


def test_a_call_that_nobody_knows(store: MemoryCallStore, tmp_path: Path) -> None:
    with pytest.raises(CallNotFound, match="There is no call 01K"):
        of_store(store, "01K", tmp_path, NOW_MS)
    with pytest.raises(CallNotFound):
        of_store(store, "../01K", tmp_path, NOW_MS)


def test_what_the_box_kept_completes_what_the_table_has(store: MemoryCallStore, tmp_path: Path) -> None:
    keep(tmp_path)
    found = of_store(store, RECORD.twilio_sid, tmp_path, NOW_MS)
    assert found.alerts == ("31904: The streamer could not be reached for the audio stream.",)
    assert found.record == replace(RECORD, version=found.record.version)


def test_a_kept_call_alone_tells_the_same_causes_and_times() -> None:
    alone, whole = to_plain(of_file(KEPT)), to_plain(of_file(json.loads(json.dumps(KEPT))))
    assert alone == whole
    assert alone["causes"][0]["code"] == "stream-lost"
    assert [turn["startedMs"] for turn in alone["turns"]] == [100, 1100, 2400, 3200]
    assert alone["events"][-1]["atMs"] == 12_000


@pytest.mark.parametrize("inside", ["", "call.json"])
def test_a_folder_or_its_file_needs_no_table(tmp_path: Path, inside: str) -> None:
    assert told(str(keep(tmp_path) / inside), tmp_path, NOW_MS).record.call_id == RECORD.call_id


def test_a_kept_call_is_found_by_its_name_when_nothing_runs(tmp_path: Path) -> None:
    with pytest.raises(MissingPart, match="OFFHOOK_TABLE"):
        told(RECORD.call_id, tmp_path, NOW_MS)
    keep(tmp_path)
    assert told(RECORD.call_id, tmp_path, NOW_MS).record.call_id == RECORD.call_id


@pytest.mark.parametrize("text", ["no json", "[]", "{}", '{"startedAt": "never"}'])
def test_a_file_that_is_no_call_is_said(tmp_path: Path, text: str) -> None:
    with pytest.raises(RequestRefused, match="is no"):
        told(str(keep(tmp_path, text)), tmp_path, NOW_MS)
    with pytest.raises(RequestRefused, match="cannot be read"):
        told("nowhere.json", tmp_path, NOW_MS)


def test_a_call_that_nobody_answered_was_not_answered() -> None:
    unanswered = {**KEPT, "recordingMs": None, "turns": [], "endedAt": None, "endReason": None}
    assert of_file(unanswered).record.answered_at_ms is None


def test_what_was_written_when_the_call_ended_is_told_beside_what_is_known_now(
    store: MemoryCallStore, tmp_path: Path
) -> None:
    now = of_store(store, RECORD.call_id, tmp_path, NOW_MS)
    assert at_its_end(now) == ""
    store.keep_once(RECORD.call_id, POST_MORTEM, json.dumps(written(now, 1_795_000_100_000)))
    again = of_store(store, RECORD.call_id, tmp_path, NOW_MS)
    assert at_its_end(again) == "Written after the call, 2026-11-18 11:08 UTC: the same."
    assert to_plain(again)["atItsEnd"]["headline"] == now.headline
    keep(tmp_path)
    assert at_its_end(of_store(store, RECORD.call_id, tmp_path, NOW_MS)).endswith(": the same.")
    other = replace(again, at_its_end={"headline": "Nobody knew.", "madeAtMs": 1_795_000_100_000})
    assert at_its_end(other).endswith(': "Nobody knew.".')
