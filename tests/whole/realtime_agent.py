"""The agent of the calls that go through OpenAI Realtime: the shipped one, on its realtime rung."""

from pathlib import Path

from tests.whole.scene import AGENTS

MODES = 'modes = ["realtime", "traditional"]'


def agents_on_realtime(folder: Path, more: str = "", modes: str = MODES) -> Path:
    """A folder with `default.toml` alone; `more` is TOML at its end."""
    text = (AGENTS / "default.toml").read_text(encoding="utf-8")
    lines = [modes if line.startswith("modes =") else line for line in text.splitlines()]
    folder.mkdir(exist_ok=True)
    (folder / "default.toml").write_text("\n".join((*lines, more, "")), encoding="utf-8")
    return folder
