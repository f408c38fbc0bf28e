"""The simulated vendors of a benchmark: in a process of their own, with the script of the run."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import httpx
from pydantic import TypeAdapter

from tests.bench.attribution import Moments, Row, Rows, pipeline_rows
from tests.bench.figures import tokens_to_first_clause
from tests.bench.machine import VENDOR_CORE, Meters, running
from tests.bench.stages import Signs, stages
from tests.vendors.script import (
    DeepgramScript,
    ElevenLabsScript,
    Listening,
    OpenAIScript,
    Reply,
    Script,
    Speaking,
    Utterance,
)
from tests.vendors.vendors import METERS_PATH

REPLY = "The dentist has a free hour on Tuesday afternoon. Would you like to take it?"
SAID = "Tuesday would be good for me"
NUMBERED = "Tuesday at {connection} would be good for me"
"""On the pipeline: a request to the model holds the number of the recogniser's connection that heard the words."""
START_MS, FIRST_TOKEN_MS, TOKEN_MS, FIRST_BYTE_MS = 80.0, 350.0, 10.0, 150.0
CHARACTER_MS = 40
NEVER_MS = 1e6


class Scripted(Protocol):
    """What the simulated vendors of a run are told, and what follows from it. Milliseconds."""

    @property
    def overlapped_ms(self) -> float:
        """The scripted critical path, from the last voice to the first sound."""

    @property
    def voice_signs(self) -> Sequence[Row]:
        """A vendor's first sign of a voice over the agent: the first of these that it gives."""

    @property
    def ready_sign(self) -> Row | None:
        """The moment at which a vendor's connection is ready for a call, where one must be."""

    @property
    def stage_signs(self) -> Sequence[Row]:
        """What `staged` is given the moments of, in this order."""

    def rows(self, heard: Mapping[int, int], moments: Moments) -> dict[int, Rows]:
        """The moments of `stage_signs` by call. `heard`: by call, the connection that heard it."""

    def script(self) -> Script: ...

    def staged(self, ended_s: float, answered_s: float, rows: Rows) -> dict[str, float] | None:
        """Where one turn's time went; None where a moment is missing."""

    def told(self) -> str:
        """The script in one sentence."""


@dataclass(frozen=True, slots=True)
class Delays:
    """The pipeline's: when the recogniser is sure of the end, and when it is fairly sure (`eager_ms`), after the last
    voice."""

    end_ms: float = 300.0
    eager_ms: float = NEVER_MS
    voice_signs: ClassVar[Sequence[Row]] = (("deepgram", ("StartOfTurn",)), ("deepgram", ("results",)))
    ready_sign: ClassVar[Row | None] = None
    stage_signs: ClassVar[Sequence[Row]] = (
        ("deepgram", ("EndOfTurn", "speech_final")),
        ("openai", ("request",)),
        ("openai", ("first token",)),
        ("elevenlabs", ("text",)),
        ("elevenlabs", ("first audio",)),
    )

    @property
    def making_ms(self) -> float:
        """From the words to the first sound: the model up to the token that completes the first clause, the speech."""
        return FIRST_TOKEN_MS + (tokens_to_first_clause(REPLY) - 1) * TOKEN_MS + FIRST_BYTE_MS

    @property
    def serial_ms(self) -> float:
        """The scripted critical path without speculation, from the last voice to the first sound."""
        return self.end_ms + self.making_ms

    @property
    def overlapped_ms(self) -> float:
        """The same with it."""
        return max(self.end_ms, min(self.end_ms, self.eager_ms) + self.making_ms)

    def script(self) -> Script:
        listening = Listening((Utterance(NUMBERED),), start_ms=START_MS, eager_ms=self.eager_ms, end_ms=self.end_ms)
        speaking = Speaking(first_byte_ms=FIRST_BYTE_MS, character_ms=CHARACTER_MS)
        return Script(
            DeepgramScript((listening,)),
            OpenAIScript((Reply(REPLY, first_token_ms=FIRST_TOKEN_MS, token_ms=TOKEN_MS),)),
            ElevenLabsScript((speaking,), (speaking,)),
        )

    def rows(self, heard: Mapping[int, int], moments: Moments) -> dict[int, Rows]:
        return pipeline_rows(heard, moments, self.stage_signs)

    def staged(self, ended_s: float, answered_s: float, rows: Rows) -> dict[str, float] | None:
        clause_ms = (tokens_to_first_clause(REPLY) - 1) * TOKEN_MS
        return stages(ended_s, answered_s, Signs(*rows), self.end_ms, clause_ms)

    def told(self) -> str:
        return (
            f"the turn ends {self.end_ms:.0f} ms after the last voice, the model's first token comes after "
            f"{FIRST_TOKEN_MS:.0f}, the first clause is complete with token {tokens_to_first_clause(REPLY)} "
            f"({TOKEN_MS:.0f} each), speech begins after {FIRST_BYTE_MS:.0f}: {self.serial_ms:.0f} in all"
        )


@dataclass(frozen=True, slots=True)
class VendorProcess:
    """`urls` by vendor; OpenAI's with /v1."""

    meters: Meters
    urls: dict[str, str]
    script: Script
    delays: Scripted

    def environment(self) -> dict[str, str]:
        """The settings that point a host at the vendors."""
        keys = {"deepgram": self.script.deepgram.api_key, "openai": self.script.openai.api_key}
        keys["elevenlabs"] = self.script.elevenlabs.api_key
        settings = {f"{vendor.upper()}_API_KEY": key for vendor, key in keys.items()}
        return settings | {f"{vendor.upper()}_BASE_URL": url for vendor, url in self.urls.items()}

    def told(self, vendor: str) -> dict[str, Any]:
        """The vendor's meters: counters, refusals, and `moments` as [monotonic s, number, what]. "realtime" and "live"
        have some of their own."""
        below = "" if vendor in self.urls else f"/{vendor}"
        url = self.urls["openai" if below else vendor].removesuffix("/v1") + METERS_PATH + below
        told: dict[str, Any] = httpx.get(url, trust_env=False, timeout=30).json()
        return told

    def moments(self, since_s: float) -> Moments:
        """What happened since, each vendor asked once."""
        return Moments(self.told, since_s)

    def collect(self) -> None:
        """Between what is measured: what garbage there is goes now (`--hold-collector`)."""
        os.kill(self.meters.pid, signal.SIGUSR1)


_FUNCTIONS: Any = {"openai": {"think": True, "realtime": {"think"}, "live": {"think"}}}
"""What no file can hold."""


@contextmanager
def vendors(delays: Scripted, folder: Path) -> Iterator[VendorProcess]:
    told = delays.script()
    path = folder / "script.json"
    path.write_bytes(TypeAdapter(Script).dump_json(told, exclude=_FUNCTIONS))
    command = [sys.executable, "-m", "tests.vendors", "--script", str(path), "--hold-collector"]
    with running(command, os.environ, VENDOR_CORE, subprocess.PIPE, folder / "vendors.log") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the simulated vendors did not start; see {folder / 'vendors.log'}")
        yield VendorProcess(Meters(process.pid), json.loads(line), told, delays)
