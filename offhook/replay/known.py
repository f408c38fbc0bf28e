"""What is known of a recording beside its sound: a `call.json`, the call's record in a table, or what the streamer left
beside the caller's audio (`streamer.caller_audio`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calls.errors import CallNotFound
from calls.record import EndReason
from offhook.box.line import DIGITS
from offhook.call_file import call_file, iso_utc, origin_of, zero_of
from offhook.calls_table import opened
from offhook.kept import WAV
from offhook.replay.sound import Span
from offhook.why.source import kept_call, read_file

_KEYS = "[keys "
_KEY_MS = 200


@dataclass(frozen=True, slots=True)
class Known:
    """Times are ms since the recording began. `hung_up_ms` is None where the caller did not end the call, or nobody
    knows. `call` is a `call.json`, empty where there is none; `origin` is as `call_file.origin_of` has it, empty where
    nobody says whose call it is."""

    agent: str = ""
    mode: str = ""
    keys: tuple[tuple[str, int], ...] = ()
    agent_spans: tuple[Span, ...] = ()
    hung_up_ms: int | None = None
    call: Mapping[str, Any] = field(default_factory=dict)
    origin: Mapping[str, Any] = field(default_factory=dict)


def beside(wav: Path, record: str, out: Path) -> Known:
    """What is known of a WAV file. `record` names a `call.json`, or a call of the table; empty for neither. Raises what
    reading them raises; KeyError, TypeError or ValueError where a file is none of Offhook's."""
    told = wav.with_suffix(".json")
    if record:
        return of_call(recorded(record, out))
    if wav.name == WAV and told.is_file():
        return of_call(read_file(told))
    if told.is_file() and "agentSpans" in (stream := read_file(told)):
        return of_stream(stream)
    return Known()


def recorded(record: str, out: Path) -> Mapping[str, Any]:
    """The `call.json` of that path; of a callId or CallSid, what `out` keeps of it, or what the table knows."""
    if Path(record).suffix == ".json":
        return read_file(Path(record))
    if kept := kept_call(record, out):
        return kept
    store = opened(out)
    found = store.by_sid(record) if record.startswith("CA") else store.by_call_id(record)
    if found is None:
        raise CallNotFound(f"There is no call {record} in the table, nor in {out}.")
    return call_file(found, store.conversation(found.call_id), zero_of(found))


def of_call(call: Mapping[str, Any]) -> Known:
    """Of a `call.json`."""
    length_ms = call.get("recordingMs")
    if length_ms is None and call["turns"]:
        length_ms = call["turns"][-1]["endedMs"]
    by_caller = call.get("hungUpBy", "") == "caller" or call.get("endReason") == EndReason.CALLER_HUNG_UP.value
    modes = call.get("modes") or [{"mode": ""}]
    return Known(
        agent=str(call["agent"]),
        mode=str(modes[0]["mode"]),
        keys=_keys(call),
        agent_spans=tuple(
            (int(turn["startedMs"]), int(turn["endedMs"]))
            for turn in call["turns"]
            if turn["role"] == "agent" and turn["heard"]
        ),
        hung_up_ms=int(length_ms) if by_caller and length_ms is not None else None,
        call=call,
        origin=origin_of(call),
    )


def of_stream(stream: Mapping[str, Any]) -> Known:
    """Of what stands beside a stream's audio."""
    until_ms = stream.get("keepUntilMs")
    return Known(
        agent=str(stream["agent"]),
        mode=str(stream["mode"]),
        keys=tuple((str(one["key"]), int(one["atMs"])) for one in stream["keys"]),
        agent_spans=tuple((int(from_ms), int(until_ms)) for from_ms, until_ms in stream["agentSpans"]),
        hung_up_ms=int(stream["lengthMs"]) if stream["callerLeft"] else None,
        origin=origin_of({"callId": str(stream["callId"]), "keepUntil": iso_utc(int(until_ms)) if until_ms else None}),
    )


def _keys(call: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    """From the line where it was kept, else from the turns, which know when the first key of several was pressed."""
    if "keys" in call:
        return tuple((str(one["key"]), int(one["atMs"])) for one in call["keys"])
    found: list[tuple[str, int]] = []
    for turn in call["turns"]:
        if turn["role"] == "caller" and turn["said"].startswith(_KEYS):
            pressed = [key for key in turn["said"].removeprefix(_KEYS) if key in DIGITS]
            found += [(key, int(turn["startedMs"]) + number * _KEY_MS) for number, key in enumerate(pressed)]
    return tuple(found)
