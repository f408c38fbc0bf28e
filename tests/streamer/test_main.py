"""The streamer's process, where it cannot start."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
AGENT = """
name = "ann"
prompt = "You answer the telephone."
greeting = "Hello."

[models]
recogniser = "deepgram"
speech = "elevenlabs"
"""
ELSEWHERE = ("AWS_", "OFFHOOK_", "DEEPGRAM_")


def test_an_agent_whose_key_is_missing_keeps_it_from_starting_and_one_sentence_says_which(tmp_path: Path) -> None:
    (tmp_path / "ann.toml").write_text(AGENT, encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ELSEWHERE)}
    environment = {
        **inherited,
        "PYTHONPATH": os.pathsep.join((str(ROOT / "functions"), str(ROOT))),
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "OFFHOOK_AGENTS": str(tmp_path),
        "OFFHOOK_STREAM_SECRET": "s" * 32,
        "OFFHOOK_TABLE": "calls",
        "OFFHOOK_BIND": "127.0.0.1",
        "PORT": "0",
    }
    command = [sys.executable, "-m", "streamer"]
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (2, "streamer: Agent ann needs DEEPGRAM_API_KEY, which is not set.\n")
