"""The agent of the calls that go through the vendors: the shipped one, on Deepgram, OpenAI and ElevenLabs."""

from pathlib import Path

from tests.vendors.vendors import Vendors
from tests.whole.scene import AGENTS

MODELS = """[models]
recogniser = "{recogniser}"
reply = "openai/gpt-6-luna"
speech = "elevenlabs/eleven_flash_v2_5"
reply_fallbacks = ["openai/gpt-5.4-mini"]
"""


def agents_on_vendors(folder: Path, recogniser: str = "deepgram/flux-general-en") -> Path:
    """A folder with `default.toml` alone."""
    text = (AGENTS / "default.toml").read_text(encoding="utf-8")
    before, rest = text.split("[models]", 1)
    _, after = rest.split("[limits]", 1)
    folder.mkdir(exist_ok=True)
    (folder / "default.toml").write_text(
        f"{before}{MODELS.format(recogniser=recogniser)}\n[limits]{after}", encoding="utf-8"
    )
    return folder


def keys_for(vendors: Vendors) -> dict[str, str]:
    """The settings that point a streamer at the simulated vendors."""
    return {
        "DEEPGRAM_API_KEY": vendors.script.deepgram.api_key,
        "DEEPGRAM_BASE_URL": vendors.deepgram_url,
        "OPENAI_API_KEY": vendors.script.openai.api_key,
        "OPENAI_BASE_URL": vendors.openai_url,
        "ELEVENLABS_API_KEY": vendors.script.elevenlabs.api_key,
        "ELEVENLABS_BASE_URL": vendors.elevenlabs_url,
    }
