"""The agent of the chaos calls in each mode: the shipped one with few words, a person to transfer to, and spares for
what can be lost."""

import json
from pathlib import Path

from calls.record import Mode
from tests.whole.scene import AGENTS

COLLEAGUE = "+14155550188"
"""Whom a tool puts the caller through to."""
GREETING = "Hello, this is Maple Street."
CLOSING = "Thank you. Goodbye!"
BRIDGE = "One moment, please."
TROUBLE = "something is wrong on our side"
"""What the shipped agent says."""
_LADDERS = {
    Mode.REALTIME: ("realtime", "pipeline", "traditional"),
    Mode.PIPELINE: ("pipeline", "traditional"),
    Mode.TRADITIONAL: ("traditional",),
}
_MODELS = """[models]
recogniser = "deepgram/flux-general-en"
recogniser_fallbacks = ["deepgram/nova-3"]
speech = "elevenlabs/eleven_flash_v2_5"
speech_fallbacks = ["elevenlabs/eleven_turbo_v2_5"]
"""
_REPLIES = {
    # Below the realtime rung replies come from the desk: with OpenAI gone altogether, something is left to fall to.
    Mode.REALTIME: 'reply = "scripted"',
    Mode.PIPELINE: 'reply = "openai/gpt-6-luna"\nreply_fallbacks = ["openai/gpt-5.4-mini"]',
    Mode.TRADITIONAL: 'reply = "scripted"',
}


_LIVE = 'realtime = "openai/gpt-live-1"\n'


def agents(folder: Path, mode: Mode, *, is_live: bool = False) -> Path:
    """A folder with `default.toml` alone, whose ladder begins with `mode`; `is_live`: with OpenAI Live."""
    before, rest = (AGENTS / "default.toml").read_text(encoding="utf-8").split("[models]", 1)
    _, after = rest.split("[limits]", 1)
    instead = {
        "modes": json.dumps(_LADDERS[mode]),
        "greeting": f'"{GREETING}"',
        "closing": f'"{CLOSING}"',
    }
    top = [_line(line, instead) for line in before.splitlines()]
    number = f'transfer_number = "{COLLEAGUE}"'
    folder.mkdir(exist_ok=True)
    text = "\n".join((number, *top, f"{_MODELS}{_LIVE if is_live else ''}{_REPLIES[mode]}\n", f"[limits]{after}"))
    (folder / "default.toml").write_text(text, encoding="utf-8")
    return folder


def _line(line: str, instead: dict[str, str]) -> str:
    name = line.partition(" =")[0]
    return f"{name} = {instead[name]}" if name in instead else line
