"""Keeps the caller's side of a stream, where the agent allows it (`[keep] caller_audio`) and there is a folder for it.

`<callId>-<streamSid>.wav` is what Twilio sent, on its media clock; the `.json` of the same name holds what `offhook
replay` needs beside it, and no word of what was said:

{"callId": "01K…", "agent": "default", "mode": "pipeline", "startedAtMs": 1795355662042, "lengthMs": 51000,
 "keepUntilMs": 1797947662042, "keys": [{"key": "1", "atMs": 37009}], "agentSpans": [[82, 5003], [7577, 11864]],
 "callerLeft": true}

`keepUntilMs` is null where the agent sets no `privacy.keep_days`; `voice_sweep` deletes both files then. All times but
`startedAtMs` and `keepUntilMs` (epoch) are ms since the stream started.
"""

import asyncio
import audioop
import json
import logging
import os
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from calls.agent import Agent
from calls.conversation import Role, Turn
from calls.stream_token import Grant
from streamer.twilio_stream import Media

log = logging.getLogger(__name__)

RATE_HZ = 8000
BYTES_PER_MS = 8
LONGEST_MS = 900_000
"""What comes later is not kept: a task holds the audio of all its calls in memory, 0.5 MB a minute each."""
MOST_KEYS = 1_000
DAY_MS = 86_400_000
SILENCE = b"\xff"


class CallerAudio:
    """One stream's. Give it every frame and key, then `write` once, when the stream is over."""

    def __init__(
        self, folder: Path, names: dict[str, Any], stream_sid: str, started_at_ms: int, keep_days: int | None = None
    ) -> None:
        """`names` are the call's `callId`, `agent` and `mode`."""
        self._path = folder / f"{names['callId']}-{stream_sid}.wav"
        self._names = names
        self._started_at_ms = started_at_ms
        self._keep_until_ms = None if keep_days is None else started_at_ms + keep_days * DAY_MS
        self._audio = bytearray()
        self._keys: list[dict[str, Any]] = []

    def hear(self, frame: Media) -> None:
        """One frame of the caller's, at its own time; what Twilio left out is silence."""
        at = frame.media_ms * BYTES_PER_MS
        if 0 <= at <= LONGEST_MS * BYTES_PER_MS - len(frame.mulaw):
            self._audio += SILENCE * (at - len(self._audio))
            self._audio[at : at + len(frame.mulaw)] = frame.mulaw

    def press(self, key: str, now_ms: int) -> None:
        if len(self._keys) < MOST_KEYS:
            self._keys.append({"key": key, "atMs": max(0, now_ms - self._started_at_ms)})

    def told(self, turns: Sequence[Turn], *, caller_left: bool) -> dict[str, Any]:
        """What stands beside the sound. `caller_left`: the stream was ended from the other side."""
        spans = [
            [max(0, turn.started_at_ms - self._started_at_ms), max(0, turn.ended_at_ms - self._started_at_ms)]
            for turn in turns
            if turn.role is Role.AGENT and turn.heard and turn.ended_at_ms > self._started_at_ms
        ]
        return {
            **self._names,
            "startedAtMs": self._started_at_ms,
            "lengthMs": len(self._audio) // BYTES_PER_MS,
            "keepUntilMs": self._keep_until_ms,
            "keys": self._keys,
            "agentSpans": spans,
            "callerLeft": caller_left,
        }

    async def write(self, turns: Sequence[Turn], *, caller_left: bool) -> None:
        """Both files, off the event loop, each whole or not at all. A folder that cannot be written to is logged: it
        ends no call."""
        try:
            await asyncio.to_thread(self._write, json.dumps(self.told(turns, caller_left=caller_left)))
        except OSError as error:
            log.error("the caller's audio cannot be kept in OFFHOOK_CALLER_AUDIO: %s", error.strerror)

    def _write(self, told: str) -> None:
        # A person's voice: for the streamer's own user alone.
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._path.with_suffix(".part")
        # What tells how long the voice is kept comes first: there is never a voice without it.
        with _private(part) as out:
            out.write(told.encode())
        part.replace(self._path.with_suffix(".json"))
        with _private(part) as out, wave.open(out) as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(audioop.ulaw2lin(bytes(self._audio), 2))
        part.replace(self._path)


def _private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def caller_audio(
    folder: Path | None, agent: Agent, grant: Grant, stream_sid: str, started_at_ms: int
) -> CallerAudio | None:
    """None where the agent does not allow it, nobody gave a folder, or there is no caller."""
    if folder is None or not agent.keep.caller_audio or grant.is_test:
        return None
    names = {"callId": grant.call_id, "agent": agent.name, "mode": grant.mode.value}
    return CallerAudio(folder, names, stream_sid, started_at_ms, agent.privacy.keep_days)
