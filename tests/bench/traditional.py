"""How long a caller waits for an answer in traditional mode: `python -m tests.bench.traditional [desk|model] [calls]`.

Whole calls on this machine through the Twilio box, with embedded speech as its ears and mouth. "model" answers from a
simulated OpenAI whose first token takes 600 ms and every other one 10 ms. Times are from the last sound of the caller
to the first of the answer, as the box's line carried them.
"""

import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from calls.conversation import Conversation, Role
from calls.record import Mode
from offhook.embedded import EmbeddedEars, EmbeddedMouth
from offhook.line_truth import true_to_line
from streamer.providers.embedded_models import EmbeddedModels
from tests.vendors.script import OpenAIScript, Reply, Script
from tests.vendors.vendors import Vendors
from tests.whole.scene import AGENTS, Ended, Scene, scene, script
from tests.whole.vendor_agent import keys_for

CONSOLE = Console(width=200, highlight=False)
DESK = '[models]\nrecogniser = "embedded"\nreply = "scripted"\nspeech = "embedded"\n'
REPLY = (
    "We are open from nine to five, Monday to Friday, and on Saturday until one. What day and what time would suit you?"
)
REPLIES = tuple(Reply(REPLY, first_token_ms=600, token_ms=10) for _ in range(4))
STEPS = (
    'say = ["REC/hello.wav", "REC/hours.wav"]',
    'say = ["REC/digits/day-2.wav", "REC/digits/at.wav", "REC/digits/3.wav", "REC/digits/oclock.wav"]',
    'say = ["REC/digits/5.wav", "REC/digits/5.wav", "REC/digits/5.wav", "REC/digits/0.wav", "REC/digits/1.wav"]',
    'say = "REC/one-moment-please.wav"',
    'say = ["REC/auth-thankyou.wav", "REC/goodbye.wav"]',
)


def agents_on_model(folder: Path) -> Path:
    """The shipped agent, its replies from OpenAI."""
    text = (AGENTS / "default.toml").read_text("utf-8")
    before, rest = text.split("[models]", 1)
    _, after = rest.split("[limits]", 1)
    folder.mkdir()
    models = DESK.replace('"scripted"', '"openai/gpt-5.4-mini"')
    (folder / "default.toml").write_text(f"{before}{models}\n[limits]{after}", "utf-8")
    return folder


def true_conversation(ended: Ended) -> Conversation:
    at_ms = ended.call.answered_at_ms
    return ended.conversation if at_ms is None else true_to_line(ended.conversation, ended.call.log, at_ms)


async def run(kind: str, calls: int) -> list[int]:
    """The waits of every turn, in ms."""
    with tempfile.TemporaryDirectory() as name:
        folder, models = Path(name), await asyncio.to_thread(EmbeddedModels.load)
        ears, mouth = EmbeddedEars(models), EmbeddedMouth(models)
        try:
            if kind == "desk":
                async with scene(folder, ears, mouth) as here:
                    return await _waits(here, folder, calls)
            async with Vendors(Script(openai=OpenAIScript(REPLIES, by="turn"))) as vendors:
                agents, keys = agents_on_model(folder / "agents"), keys_for(vendors)
                async with scene(folder, ears, mouth, agents=agents, extra=keys) as here:
                    waits = await _waits(here, folder, calls)
                CONSOLE.print(f"asked of the model: {vendors.meters.openai.requests}")
                return waits
        finally:
            models.close()


async def _waits(here: Scene, folder: Path, calls: int) -> list[int]:
    waits: list[int] = []
    for _ in range(calls):
        ended = await (await here.call(script(folder, *STEPS), Mode.TRADITIONAL)).ended()
        for turn in true_conversation(ended).turns:
            shown = turn.latency if turn.role is Role.AGENT else ""
            CONSOLE.print(f"{turn.role.value:6} {turn.said[:60]:60} {shown}", markup=False)
        waits += [turn.latency.total for turn in true_conversation(ended).turns if turn.latency.total is not None]
    return waits


def main() -> None:
    kind, calls = (sys.argv[1:2] or ["model"])[0], int((sys.argv[2:3] or ["1"])[0])
    waits = asyncio.run(run(kind, calls))
    CONSOLE.print(f"{kind}: median {statistics.median(waits):.0f} ms of {len(waits)} turns: {sorted(waits)}")


if __name__ == "__main__":
    main()
