"""An earlier call as far as it can be driven again: the caller's side of its sound, and what they did when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from calls.errors import CallNotFound, RequestRefused
from offhook.box.recording import WavUnreadable, read_sides
from offhook.kept import JSON, PLAIN_NAME, WAV
from offhook.replay.acts import BYTES_PER_MS, Act, acts_of, at_their_times, without_agent
from offhook.replay.known import Known, beside
from offhook.replay.sound import Span, audible
from offhook.why.source import kept_call, read_file

Side = Literal["left", "right"]
LOUD_SHARE = 0.9
LOUD_MS = 10_000
LONGEST_MS = 1_800_000


@dataclass(frozen=True, slots=True)
class Tape:
    """`name` is short, for a person. `caller` is mu-law from the answer on; `acts` are what the caller did in it, in
    order, with their cues. `agent` answered it, beginning in `mode`; both are empty where nobody knows. `call` is the
    call's `call.json`, empty where there is none; `origin` is `Known.origin`. `notes` say in
    sentences what the recording does not tell."""

    name: str
    caller: bytes
    acts: tuple[Act, ...]
    agent: str = ""
    mode: str = ""
    call: Mapping[str, Any] = field(default_factory=dict)
    origin: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def duration_ms(self) -> int:
        return len(self.caller) // BYTES_PER_MS


def read_tape(call: str, out: Path, *, record: str = "", side: Side = "left", strict: bool = False) -> Tape:
    """`call` is a callId or a CallSid of which `out` keeps the folder, such a folder, its `call.json`, or any WAV:
    one channel is the caller; of two, `side` is the caller and the other one the agent. `record` is the `call.json`, or
    the callId of a call in the table, that tells of a WAV what it does not: keys, who hung up, and when the agent
    spoke. `strict` leaves every act at its own time.

    CallNotFound; RequestRefused (code "no-recording", "file-invalid") where it cannot be driven again.
    """
    path = Path(call)
    if path.suffix.lower() != ".wav":
        path = _folder(call, out) / WAV
        if not path.is_file():
            raise RequestRefused(
                f"{path.parent} has no {WAV}: the call was not answered, or the file was taken away. Without the "
                "caller's sound there is nothing to drive again.",
                code="no-recording",
            )
    name = path.parent.name if path.name == WAV else path.stem
    try:
        known = beside(path, record, out)
    except (KeyError, TypeError, ValueError) as error:
        raise RequestRefused(f"{name}: its JSON is none of Offhook's: {error!r}.", code="file-invalid") from error
    return tape_of(name, _sides(path, side), known, strict=strict)


def tape_of(name: str, sides: Sequence[bytes], known: Known, *, strict: bool = False) -> Tape:
    """`sides` are the caller's and, where it is known, the agent's, from the answer on, as mu-law."""
    caller = sides[0]
    spoken = audible(caller)
    agent_spans = audible(sides[1]) if len(sides) > 1 else known.agent_spans
    acts = acts_of(caller, spoken, agent_spans, known.keys, known.hung_up_ms)
    notes = list(_notes(caller, spoken, acts))
    if not agent_spans:
        acts = without_agent(acts)
        notes.append(
            "The recording does not tell when the agent spoke: the caller answers as soon as it has finished. A "
            "recording with a channel for either side, or --record CALL.json, tells it."
        )
    tape = Tape(name, caller, acts, known.agent, known.mode, known.call, known.origin, tuple(notes))
    return replace(tape, acts=at_their_times(acts, caller), notes=()) if strict else tape


def _notes(caller: bytes, spoken: Sequence[Span], acts: Sequence[Act]) -> Sequence[str]:
    if not acts:
        return ["The caller never says or presses anything in this recording."]
    loud_ms = sum(until_ms - from_ms for from_ms, until_ms in spoken)
    if loud_ms > LOUD_MS and loud_ms > LOUD_SHARE * len(caller) / BYTES_PER_MS:
        return ["The caller's side is never silent, so where they speak cannot be told; --strict plays it as it is."]
    return []


def _sides(path: Path, side: Side) -> tuple[bytes, ...]:
    try:
        sides = read_sides(path)
    except OSError as error:
        raise RequestRefused(f"{path} cannot be read: {error.strerror}.", code="file-invalid") from error
    except WavUnreadable as error:
        raise RequestRefused(f"{path} cannot be played: {error}.", code="file-invalid") from error
    if len(sides[0]) > LONGEST_MS * BYTES_PER_MS:
        raise RequestRefused(f"{path} lasts longer than {LONGEST_MS // 60_000} minutes.", code="file-invalid")
    return sides[::-1] if side == "right" else sides


def _folder(call: str, out: Path) -> Path:
    path = Path(call)
    if path.suffix == ".json":
        return path.parent
    if path.is_dir():
        return path
    if kept_call(call, out) is not None:
        return out / call
    if PLAIN_NAME.fullmatch(call) and call.startswith("CA") and out.is_dir():
        for folder in sorted(out.iterdir()):
            if (folder / JSON).is_file() and read_file(folder / JSON).get("twilioSid") == call:
                return folder
    raise CallNotFound(
        f"{out} keeps no call {call}. `offhook demo` and `offhook call` keep theirs there; of any other call, give a "
        "WAV file, with --record where its record is."
    )


def how_long_kept(tapes: Sequence[Tape]) -> str:
    """What becomes of the callers' words and voices in the replays of `tapes`, in sentences."""
    nobodys = [tape.name for tape in tapes if not tape.origin]
    told = (
        "Replays have their callers' words and voices: they go with `offhook forget`, and when `keep_days` have passed."
    )
    if not nobodys:
        return told
    whose = "Of this recording" if len(tapes) == 1 else f"Of {len(nobodys)} of these recordings"
    left = f"{whose} nobody said whose it is (`offhook replay --record` can): delete its replays by hand."
    return left if len(nobodys) == len(tapes) else f"{told} {left}"
