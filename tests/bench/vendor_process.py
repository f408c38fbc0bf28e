"""The simulated vendors of a benchmark: in a process of their own, with the script that all runs share."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from pydantic import TypeAdapter

from tests.bench.figures import tokens_to_first_clause
from tests.bench.machine import MEASURING_CORE, Meters, running
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
START_MS, FIRST_TOKEN_MS, TOKEN_MS, FIRST_BYTE_MS = 80.0, 350.0, 10.0, 150.0
NEVER_MS = 1e6


@dataclass(frozen=True, slots=True)
class Delays:
    """When the recogniser is sure of the end, and when it is fairly sure (`eager_ms`), after the last voice."""

    end_ms: float = 300.0
    eager_ms: float = NEVER_MS

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


def script(delays: Delays) -> Script:
    listening = Listening((Utterance(SAID),), start_ms=START_MS, eager_ms=delays.eager_ms, end_ms=delays.end_ms)
    speaking = Speaking(first_byte_ms=FIRST_BYTE_MS, character_ms=40)
    return Script(
        DeepgramScript((listening,)),
        OpenAIScript((Reply(REPLY, first_token_ms=FIRST_TOKEN_MS, token_ms=TOKEN_MS),)),
        ElevenLabsScript((speaking,), (speaking,)),
    )


@dataclass(frozen=True, slots=True)
class VendorProcess:
    """`urls` by vendor; OpenAI's with /v1."""

    meters: Meters
    urls: dict[str, str]
    script: Script
    delays: Delays

    def environment(self) -> dict[str, str]:
        """The settings that point a host at the vendors."""
        keys = {"deepgram": self.script.deepgram.api_key, "openai": self.script.openai.api_key}
        keys["elevenlabs"] = self.script.elevenlabs.api_key
        settings = {f"{vendor.upper()}_API_KEY": key for vendor, key in keys.items()}
        return settings | {f"{vendor.upper()}_BASE_URL": url for vendor, url in self.urls.items()}

    def told(self, vendor: str) -> dict[str, Any]:
        """The vendor's meters: counters, refusals, and `moments` as [monotonic s, number, what]."""
        url = self.urls[vendor].removesuffix("/v1") + METERS_PATH
        told: dict[str, Any] = httpx.get(url, trust_env=False, timeout=30).json()
        return told

    def moments(self, vendor: str, what: str, since_s: float) -> dict[int, list[float]]:
        """When `what` happened, by the number of the connection or request."""
        found: dict[int, list[float]] = {}
        for at_s, number, happened in self.told(vendor)["moments"]:
            if happened == what and at_s >= since_s:
                found.setdefault(number, []).append(at_s)
        return found


@contextmanager
def vendors(delays: Delays, folder: Path) -> Iterator[VendorProcess]:
    told = script(delays)
    path = folder / "script.json"
    path.write_bytes(TypeAdapter(Script).dump_json(told, exclude={"openai": {"think"}}))
    command = [sys.executable, "-m", "tests.vendors", "--script", str(path)]
    with running(command, os.environ, MEASURING_CORE, subprocess.PIPE, folder / "vendors.log") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the simulated vendors did not start; see {folder / 'vendors.log'}")
        yield VendorProcess(Meters(process.pid), json.loads(line), told, delays)
