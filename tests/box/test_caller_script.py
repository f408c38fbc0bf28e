import wave
from pathlib import Path

import pytest

from offhook.box.caller_script import CallerScript, HangUp, Press, Say, ScriptInvalid, Step, Wait, parse_script


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, frames in (("one.wav", 1), ("two.wav", 2)):
        with wave.open(str(tmp_path / name), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(bytes(320 * frames))
    return tmp_path


def parsed(folder: Path, text: str) -> CallerScript:
    (folder / "caller.toml").write_text(text)
    return parse_script(folder / "caller.toml")


def test_every_action_and_moment(folder: Path) -> None:
    script = parsed(
        folder,
        """
        patience_s = 8.5
        linger_s = 2
        [[step]]
        say = "one.wav"
        [[step]]
        say = ["one.wav", "two.wav"]
        when = "agent-speaking"
        after_ms = 800
        [[step]]
        press = "12#"
        when = "now"
        patience_s = 1
        [[step]]
        wait_ms = 800
        [[step]]
        hang_up = true
        """,
    )
    assert script == CallerScript(
        steps=(
            Step(Say(b"\xff" * 160), "agent-done", 0, 8500),
            Step(Say(b"\xff" * 480), "agent-speaking", 800, 8500),
            Step(Press("12#"), "now", 0, 1000),
            Step(Wait(800), "agent-done", 0, 8500),
            Step(HangUp(), "agent-done", 0, 8500),
        ),
        linger_ms=2000,
    )


def test_defaults_are_twenty_and_thirty_seconds(folder: Path) -> None:
    script = parsed(folder, "[[step]]\nhang_up = true")
    assert script.steps[0].patience_ms == 20_000
    assert script.linger_ms == 30_000


INVALID: dict[str, tuple[str, str]] = {
    "no TOML": ("[[step", "not TOML"),
    "no step": ("linger_s = 1", "step: a list"),
    "step is a table": ("[step]\npress = '1'", "step: a list"),
    "unknown field of the script": ("pace = 1\n[[step]]\npress = '1'", "pace: unknown field"),
    "unknown field of a step": (
        "[[step]]\npress = '1'\n[[step]]\npress = '1'\nafter = 2",
        "step 2: after: unknown field",
    ),
    "no action": (
        "[[step]]\nwhen = 'now'",
        "step 1: exactly one of say, press, wait_ms, hang_up is needed; found none",
    ),
    "two actions": ("[[step]]\nsay = 'one.wav'\nwait_ms = 1", "step 1: exactly one of .* found say and wait_ms"),
    "unknown moment": ("[[step]]\npress = '1'\nwhen = 'later'", "step 1: when: one of agent-done"),
    "moment of a wrong type": ("[[step]]\npress = '1'\nwhen = ['now']", "step 1: when"),
    "after_ms alone": ("[[step]]\npress = '1'\nafter_ms = 5", "step 1: after_ms: only with"),
    "negative after_ms": ("[[step]]\npress = '1'\nwhen = 'agent-speaking'\nafter_ms = -1", "step 1: after_ms: a whole"),
    "wait of a wrong type": ("[[step]]\nwait_ms = 1.5", "step 1: wait_ms: a whole number"),
    "wait that is a truth": ("[[step]]\nwait_ms = true", "step 1: wait_ms"),
    "endless wait": ("[[step]]\nwait_ms = 600001", "step 1: wait_ms: a whole number from 0 to 600000"),
    "no key": ("[[step]]\npress = 'x'", "step 1: press: keys"),
    "no keys at all": ("[[step]]\npress = ''", "step 1: press: keys"),
    "a number for keys": ("[[step]]\npress = 12", "step 1: press: keys"),
    "no hang-up": ("[[step]]\nhang_up = false", "step 1: hang_up: only true"),
    "missing file": ("[[step]]\nsay = 'none.wav'", "step 1: say: none.wav cannot be read: No such file"),
    "missing file in a list": ("[[step]]\nsay = ['one.wav', 'none.wav']", "step 1: say: none.wav cannot be read"),
    "not a WAV": ("[[step]]\nsay = 'caller.toml'", "step 1: say: caller.toml: not a WAV file"),
    "nothing to say": ("[[step]]\nsay = []", "step 1: say: a file name"),
    "say of a wrong type": ("[[step]]\nsay = 5", "step 1: say: a file name"),
    "patience of a wrong type": (
        "[[step]]\npress = '1'\npatience_s = 'long'",
        "step 1: patience_s: a number of seconds",
    ),
    "linger of a wrong type": ("linger_s = -1\n[[step]]\npress = '1'", "linger_s: a number of seconds"),
}


@pytest.mark.parametrize("name", INVALID)
def test_what_is_wrong_is_named_with_file_step_and_field(folder: Path, name: str) -> None:
    text, message = INVALID[name]
    with pytest.raises(ScriptInvalid, match=rf"caller\.toml: .*{message}"):
        parsed(folder, text)


def test_a_missing_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScriptInvalid, match=r"none\.toml: cannot be read"):
        parse_script(tmp_path / "none.toml")
