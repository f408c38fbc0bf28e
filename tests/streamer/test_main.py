"""The streamer's process, where it cannot start: it ends with one sentence that says what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
KEYS = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:offhook/test"
IN_ECS = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/credentials"}
WHAT_TO_DO = (
    "Look at the AWS credentials: in ECS at the task's role, elsewhere at AWS_ACCESS_KEY_ID, "
    "AWS_SECRET_ACCESS_KEY and AWS's files."
)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (KEYS, "Agent ann needs DEEPGRAM_API_KEY, which is not set."),
        (
            {"OFFHOOK_SECRET": ARN, **IN_ECS},
            f"Secrets Manager could not be asked (CredentialRetrievalError). {WHAT_TO_DO}",
        ),
        (
            {"OFFHOOK_SECRET": ARN, "AWS_ENDPOINT_URL": "http://127.0.0.1:1", **KEYS},
            "Secrets Manager could not be asked (EndpointConnectionError). "
            "Look at the way to it: subnets, security groups, and NAT or a VPC endpoint.",
        ),
        (
            {"AWS_ACCESS_KEY_ID": "none"},
            f"The table could not be asked (PartialCredentialsError). {WHAT_TO_DO}",
        ),
    ],
    ids=["an agent's key is missing", "no credentials in ECS", "no way to Secrets Manager", "half a credential"],
)
def test_one_sentence_says_why_it_does_not_start(settings: dict[str, str], sentence: str, tmp_path: Path) -> None:
    (tmp_path / "ann.toml").write_text(AGENT, encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ELSEWHERE)}
    environment = {
        **inherited,
        "PYTHONPATH": os.pathsep.join((str(ROOT / "functions"), str(ROOT))),
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "OFFHOOK_AGENTS": str(tmp_path),
        "OFFHOOK_STREAM_SECRET": "s" * 32,
        "OFFHOOK_TABLE": "calls",
        "OFFHOOK_BIND": "127.0.0.1",
        "PORT": "0",
        **settings,
    }
    command = [sys.executable, "-m", "streamer"]
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (2, f"streamer: {sentence}\n")
