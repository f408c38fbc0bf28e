import asyncio
import json
import logging
import os
from pathlib import Path

import pytest

from streamer.voice_sweep import AT_ONCE, is_over, kept, sweep, swept

NOW_MS = 1_795_400_000_000


def voice(folder: Path, name: str, until_ms: object) -> Path:
    (folder / f"{name}.wav").write_bytes(b"RIFF")
    told = folder / f"{name}.json"
    told.write_text(json.dumps({"callId": name, "keepUntilMs": until_ms}))
    return told


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_voice_goes_when_its_time_has_come_and_no_sooner(tmp_path: Path) -> None:
    voice(tmp_path, "over", NOW_MS)
    voice(tmp_path, "later", NOW_MS + 1)
    voice(tmp_path, "ever", None)
    assert swept(kept(tmp_path), NOW_MS) == 1
    assert left(tmp_path) == ["ever.json", "ever.wav", "later.json", "later.wav"]
    assert swept(kept(tmp_path), NOW_MS + 1) == 1
    assert left(tmp_path) == ["ever.json", "ever.wav"]


@pytest.mark.parametrize("text", ["", "[1]", '{"a": 1}', '{"keepUntilMs": "1"}', '{"keepUntilMs": true'])
def test_a_file_that_is_none_of_ours_stays(tmp_path: Path, text: str) -> None:
    (tmp_path / "notes.json").write_text(text)
    assert swept(kept(tmp_path), NOW_MS) == 0
    assert left(tmp_path) == ["notes.json"]


def test_what_was_broken_off_is_ended(tmp_path: Path) -> None:
    voice(tmp_path, "half", NOW_MS)
    (tmp_path / "half.wav").unlink()
    assert swept(kept(tmp_path), NOW_MS) == 1
    assert left(tmp_path) == []


def test_what_was_never_written_to_its_end_goes_after_an_hour(tmp_path: Path) -> None:
    for name, age_s in (("old", 3_700), ("new", 60)):
        (tmp_path / f"{name}.part").write_bytes(b"RI")
        os.utime(tmp_path / f"{name}.part", (0, NOW_MS / 1000 - age_s))
    swept(kept(tmp_path), NOW_MS)
    assert left(tmp_path) == ["new.part"]


def test_what_another_streamer_has_just_deleted_is_no_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    gone = voice(tmp_path, "gone", NOW_MS)
    paths = [*kept(tmp_path), tmp_path / "gone.part"]
    gone.unlink()
    assert swept(paths, NOW_MS) == 0
    assert caplog.records == []


def test_what_cannot_be_deleted_is_logged_and_keeps_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stuck = voice(tmp_path, "a", NOW_MS)
    stuck.with_suffix(".wav").unlink()
    stuck.with_suffix(".wav").mkdir()
    voice(tmp_path, "b", NOW_MS)
    with caplog.at_level(logging.ERROR):
        assert swept(kept(tmp_path), NOW_MS) == 1
    assert "a caller's voice cannot be deleted" in caplog.text
    assert left(tmp_path) == ["a.json", "a.wav"]
    assert is_over(stuck, NOW_MS), "looked at again the next time"


async def test_no_folder_is_nothing_to_sweep(tmp_path: Path) -> None:
    assert kept(tmp_path / "none") == []
    async with asyncio.timeout(1):
        await sweep(None)


async def test_the_folder_is_swept_at_once_and_again_and_again(tmp_path: Path) -> None:
    for number in range(AT_ONCE + 1):
        voice(tmp_path, f"{number:03}", NOW_MS)
    sweeping = asyncio.create_task(sweep(tmp_path, every_s=0.01, rest_s=0, now_ms=lambda: NOW_MS))
    async with asyncio.timeout(5):
        while left(tmp_path):  # noqa: ASYNC110 - deleted by a thread
            await asyncio.sleep(0.01)
        voice(tmp_path, "next", NOW_MS)
        while left(tmp_path):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
    sweeping.cancel()
    await asyncio.wait([sweeping])
    assert sweeping.cancelled()
