from pathlib import Path

from typer.testing import CliRunner

from offhook.cli.agents import app
from offhook.places import SHIPPED_AGENTS


def test_a_voice_that_the_model_may_not_have_is_told_with_those_it_has(tmp_path: Path) -> None:
    text = (SHIPPED_AGENTS / "default.toml").read_text(encoding="utf-8")
    lines = ['modes = ["realtime", "traditional"]' if line.startswith("modes =") else line for line in text.split("\n")]
    voiced = "\n".join(lines).replace("[voice]", '[voice]\nrealtime = "marvin"')
    (tmp_path / "default.toml").write_text(voiced, encoding="utf-8")
    shown = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert shown.exit_code == 0
    assert "voice.realtime is 'marvin', which gpt-realtime-2.1 is not known to have. Known: marin," in shown.output
