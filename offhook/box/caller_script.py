"""A caller's script as TOML, read once and checked whole before the call.

patience_s = 20                    # optional: how long a step waits for its moment before it is taken anyway
linger_s = 30                      # optional: silence after the last step before the caller hangs up

[[step]]
say = "hello.wav"                  # or a list of files, joined; paths are relative to the script
when = "agent-done"                # default; or "agent-speaking" (with after_ms = 800), or "now"
patience_s = 5                     # optional, for this step

[[step]]
press = "12#"                      # or wait_ms = 800, or hang_up = true: one action a step
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from offhook.box.line import DIGITS
from offhook.box.recording import WavUnreadable, read_mulaw

When = Literal["agent-done", "agent-speaking", "now"]

_ACTIONS = ("say", "press", "wait_ms", "hang_up")
_STEP_FIELDS = {*_ACTIONS, "when", "after_ms", "patience_s"}
_SCRIPT_FIELDS = {"step", "patience_s", "linger_s"}
_LONGEST_MS = 600_000


class ScriptInvalid(ValueError):
    """The script cannot be followed. Names the file, the step (from 1) and the field."""


@dataclass(frozen=True, slots=True)
class Say:
    """Speak this recording, 8 kHz mono mu-law."""

    mulaw: bytes


@dataclass(frozen=True, slots=True)
class Press:
    """Press these keys, one after another."""

    digits: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Stay silent for a while."""

    duration_ms: int


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Step:
    """One action and its moment; `after_ms` counts from the agent's first sound, with `agent-speaking` only."""

    action: Say | Press | Wait | HangUp
    when: When = "agent-done"
    after_ms: int = 0
    patience_ms: int = 20_000


@dataclass(frozen=True, slots=True)
class CallerScript:
    steps: tuple[Step, ...]
    linger_ms: int = 30_000


def parse_script(path: Path) -> CallerScript:
    """Read a script and every recording it names. Raises ScriptInvalid."""
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScriptInvalid(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ScriptInvalid(f"{path}: not TOML: {error}") from error
    _refuse_unknown(str(path), fields, _SCRIPT_FIELDS)
    steps = fields.get("step")
    if not isinstance(steps, list) or not steps or not all(isinstance(step, dict) for step in steps):
        raise ScriptInvalid(f"{path}: step: a list of [[step]] is needed")
    patience_ms = _seconds_as_ms(str(path), fields, "patience_s", 20)
    return CallerScript(
        steps=tuple(_step(path, number, step, patience_ms) for number, step in enumerate(steps, start=1)),
        linger_ms=_seconds_as_ms(str(path), fields, "linger_s", 30),
    )


def _step(path: Path, number: int, fields: dict[str, Any], patience_ms: int) -> Step:
    where = f"{path}: step {number}"
    _refuse_unknown(where, fields, _STEP_FIELDS)
    actions = [name for name in _ACTIONS if name in fields]
    if len(actions) != 1:
        found = f"found {' and '.join(actions)}" if actions else "found none"
        raise ScriptInvalid(f"{where}: exactly one of {', '.join(_ACTIONS)} is needed; {found}")
    when = fields.get("when", "agent-done")
    if when not in get_args(When):
        raise ScriptInvalid(f"{where}: when: one of {', '.join(get_args(When))} is needed")
    if "after_ms" in fields and when != "agent-speaking":
        raise ScriptInvalid(f'{where}: after_ms: only with when = "agent-speaking"')
    return Step(
        action=_action(where, path.parent, actions[0], fields[actions[0]]),
        when=when,
        after_ms=_whole_ms(where, "after_ms", fields.get("after_ms", 0)),
        patience_ms=_seconds_as_ms(where, fields, "patience_s", patience_ms / 1000),
    )


def _action(where: str, folder: Path, name: str, value: object) -> Say | Press | Wait | HangUp:
    if name == "say":
        return Say(_recordings(where, folder, value))
    if name == "wait_ms":
        return Wait(_whole_ms(where, name, value))
    if name == "press":
        if not isinstance(value, str) or not value or not set(value) <= DIGITS:
            raise ScriptInvalid(f"{where}: press: keys out of 0-9, *, #, A-D are needed")
        return Press(value)
    if value is not True:
        raise ScriptInvalid(f"{where}: hang_up: only true has a meaning")
    return HangUp()


def _recordings(where: str, folder: Path, value: object) -> bytes:
    names: list[Any] = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ScriptInvalid(f"{where}: say: a file name or a list of them is needed")
    spoken = bytearray()
    for name in names:
        try:
            spoken += read_mulaw(folder / name)
        except OSError as error:
            raise ScriptInvalid(f"{where}: say: {name} cannot be read: {error.strerror}") from error
        except WavUnreadable as error:
            raise ScriptInvalid(f"{where}: say: {name}: {error}") from error
    return bytes(spoken)


def _refuse_unknown(where: str, fields: dict[str, Any], known: set[str]) -> None:
    if unknown := sorted(fields.keys() - known):
        raise ScriptInvalid(f"{where}: {unknown[0]}: unknown field")


def _whole_ms(where: str, name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LONGEST_MS:
        raise ScriptInvalid(f"{where}: {name}: a whole number from 0 to {_LONGEST_MS} is needed")
    return value


def _seconds_as_ms(where: str, fields: dict[str, Any], name: str, default_s: float) -> int:
    value = fields.get(name, default_s)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LONGEST_MS / 1000:
        raise ScriptInvalid(f"{where}: {name}: a number of seconds from 0 to {_LONGEST_MS // 1000} is needed")
    return round(value * 1000)
