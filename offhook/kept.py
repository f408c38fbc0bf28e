"""What is kept of a call on this machine: `<out>/<callId>/{call.wav,call.json,report.html}`."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from offhook.box.recording import Recording, write_wav
from offhook.report.page import page

WAV, JSON, REPORT = "call.wav", "call.json", "report.html"
PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a call's files are; `wav` is None for a call without a recording."""

    folder: Path
    wav: Path | None
    json: Path
    report: Path


def keep(out: Path, call: dict[str, Any], recording: Recording | None) -> Kept:
    """Write the files of `call` (the values of `call.json`), each whole or not at all, over what was there.

    ValueError for a callId that is no plain name: it becomes a folder's name.
    """
    if not PLAIN_NAME.fullmatch(call["callId"]):
        raise ValueError("this callId cannot be the name of a folder")
    folder = out / call["callId"]
    folder.mkdir(parents=True, exist_ok=True)
    heard = recording if recording is not None and recording.caller else None
    wav = _write_wav(folder / WAV, heard) if heard else None
    tracks = (heard.caller, heard.agent) if heard else (b"", b"")
    _write_text(folder / JSON, json.dumps(call, indent=2, ensure_ascii=False) + "\n")
    _write_text(folder / REPORT, page(call, *tracks, wav_name=WAV))
    return Kept(folder, wav, folder / JSON, folder / REPORT)


def forgotten(out: Path, call_id: str) -> Path | None:
    """Delete what this machine kept of a call, recordings too; the folder that is gone, or None. OSError."""
    folder = out / call_id
    if not PLAIN_NAME.fullmatch(call_id) or not folder.is_dir():
        return None
    shutil.rmtree(folder)
    return folder


def expired(out: Path, now: datetime) -> list[str]:
    """The callIds in `out` whose `keepUntil` has come."""
    found = []
    for call_id, call in every_call(out):
        try:
            if (until := call.get("keepUntil")) and datetime.fromisoformat(until) <= now:
                found.append(call_id)
        except (TypeError, ValueError):
            continue
    return found


def every_call(out: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name and the `call.json` of each folder in `out`. What cannot be read is no call's, and is left out."""
    for path in sorted(out.glob(f"*/{JSON}")):
        try:
            call = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(call, dict):
            yield path.parent.name, call


def _write_wav(path: Path, recording: Recording) -> Path:
    part = path.with_suffix(".part")
    write_wav(part, recording)
    os.replace(part, path)
    return path


def _write_text(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
