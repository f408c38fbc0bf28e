import re
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from calls.errors import ConfigurationInvalid
from calls.record import Mode
from calls.stream_token import verify
from offhook.cli import app, exits
from offhook.missing import MissingPart

NO_DEPLOYMENT = {"OFFHOOK_PUBLIC_URL": ""}
SECRET = "the streamer's own"


def run(arguments: Sequence[str], stdin: str = "", secret: str = SECRET) -> Result:
    return CliRunner().invoke(app, arguments, input=stdin, env={"OFFHOOK_STREAM_SECRET": secret, "COLUMNS": "200"})


@pytest.mark.parametrize(
    "command",
    [
        ["demo"],
        ["up"],
        ["call"],
        ["agents", "check"],
        ["twilio", "set-up"],
        ["capacity"],
        ["token"],
        ["box"],
        ["doctor"],
        ["report"],
        ["why"],
    ],
)
def test_help_teaches_with_an_example(command: list[str]) -> None:
    shown = run([*command, "--help"])
    assert shown.exit_code == 0
    assert f"offhook {' '.join(command)}" in shown.output.replace("OFFHOOK_STREAM_SECRET=... ", "")


def test_a_token_that_the_streamer_accepts() -> None:
    shown = run(["token", "01K", "CA1", "--agent", "default", "--mode", "pipeline", "--lifetime-s", "60"])
    assert shown.exit_code == 0
    grant = verify(SECRET, shown.stdout.strip(), "01K", "CA1", time.time())
    assert (grant.agent, grant.mode) == ("default", Mode.PIPELINE)
    assert 50 < grant.expires_at_s - time.time() <= 60


def test_a_token_a_line_from_standard_input() -> None:
    shown = run(["token", "-", "--agent", "default", "--mode", "pipeline"], stdin="01K CA1\n\n01L CA2\n")
    first, second = shown.stdout.split()
    assert (
        verify(SECRET, first, "01K", "CA1", time.time()).nonce
        != verify(SECRET, second, "01L", "CA2", time.time()).nonce
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["token", "01K", "--agent", "a", "--mode", "pipeline"], "give the CallSid after the callId"),
        (["token", "01K", "CA1", "--agent", "a", "--mode", "loud"], "'loud' is not one of"),
        (["token", "-", "CA1", "--agent", "a", "--mode", "pipeline"], "come from standard input"),
        (["call", "12"], "write it like"),
        (["call", "+15551230101", "--inbound", "--mode", "traditional"], "on its own ladder"),
        (["box", "--number", "+15005550006"], "go together"),
        (["box", "--ring"], "no number to ring"),
        (["box", "--status-url", "http://127.0.0.1:1/status"], "give --number"),
        (["box", "--number", "12", "--voice-url", "http://127.0.0.1:1/voice"], "for --number"),
        (["box", "--account-sid", "AC1"], "account_sid must be AC"),
        (["demo", "--mode", "loud"], "'loud' is not one of"),
        (["doctor", "--public-url", "https://a.example", "--only", "dance"], "there is no check 'dance'"),
        (["doctor", "--public-url", "https://a.example", "--to", "12"], "write it like"),
        (["report", "--since", "yesterday"], "write it like 7d"),
        (["report", "--json", "--csv"], "give one of --json and --csv"),
        (["report", "--by", "colour"], "'colour' is not one of"),
        (["dance"], "No such command"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_to_do(arguments: list[str], said: str, tmp_path: Path) -> None:
    out = ["--out", str(tmp_path)] if arguments[0] in {"box", "demo"} else []
    shown = run([*arguments, *out])
    assert shown.exit_code == exits.WRONG_USE
    assert said in _one_line(shown.output)


def test_a_line_that_is_no_pair_is_named() -> None:
    shown = run(["token", "-", "--agent", "a", "--mode", "pipeline"], stdin="01K CA1\n01L\n")
    assert shown.exit_code == exits.WRONG_USE
    assert 'line 2 is not "CALL_ID TWILIO_SID"' in _one_line(shown.output)


def test_a_token_needs_the_secret() -> None:
    shown = run(["token", "01K", "CA1", "--agent", "a", "--mode", "pipeline"], secret="")
    assert shown.exit_code == exits.WRONG_USE
    assert "set OFFHOOK_STREAM_SECRET" in _one_line(shown.output)


def test_the_agents_that_ship_are_right() -> None:
    shown = run(["agents", "check"])
    assert shown.exit_code == 0
    assert "default" in shown.output


def test_every_problem_of_every_agent_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text("name = 1\n")
    (tmp_path / "two.toml").write_text("name = \n")
    shown = run(["agents", "check", str(tmp_path)])
    assert shown.exit_code == exits.FAILED
    assert "one.toml: " in shown.output
    assert "two.toml: " in shown.output


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (MissingPart("Nothing runs here."), exits.FAILED, "offhook: Nothing runs here.\n"),
        (KeyboardInterrupt(), exits.INTERRUPTED, "offhook: Stopped.\n"),
    ],
)
def test_an_expected_error_is_one_sentence(
    error: BaseException, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks() -> None:
        raise error

    with pytest.raises(SystemExit) as left:
        exits.run(breaks)
    assert left.value.code == status
    assert capsys.readouterr().err == said


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_a_doctor_with_nothing_to_look_at_cannot_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match="there is nothing to look at"):
        CliRunner().invoke(app, ["doctor", "--out", str(tmp_path)], catch_exceptions=False, env=NO_DEPLOYMENT)


def test_a_mode_that_needs_a_key_says_so_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    shown = run(["demo", "--mode", "realtime", "--agent", "concierge", "--out", str(tmp_path)])
    assert isinstance(shown.exception, ConfigurationInvalid)
    assert "set OPENAI_API_KEY" in str(shown.exception)
