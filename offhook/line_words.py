"""What the Twilio box tells of a line, in plain words. Pure."""

from collections.abc import Callable, Mapping

from calls.twilio_codes import is_routine
from offhook.box.box import BoxEvent

_STREAM = {
    "stream-started": "the audio stream started",
    "stream-stopped": "the audio stream stopped",
    "stream-error": "the audio stream broke",
}
_VERBS = {"Connect": "", "Redirect": "", "Pause": "", "Hangup": "Twilio hangs up", "Reject": "Twilio rejects the call"}


def sentence_of(event: BoxEvent) -> str:
    """Empty for what a person following the call has no use for."""
    words = _WORDS.get(event.kind)
    return words(event.detail) if words else f"{event.kind}: {event.detail}"


def _stream(detail: str) -> str:
    name, _, error = detail.partition(": ")
    return _STREAM.get(name, name) + (f": {error}" if error else "")


def _is_routine(alert: str) -> bool:
    code, _, sentence = alert.partition(" ")
    return code.isdigit() and is_routine(int(code), sentence)


_WORDS: Mapping[str, Callable[[str], str]] = {
    "status": lambda detail: f"the call is {detail}",
    "verb": lambda detail: _VERBS.get(detail, f"Twilio runs <{detail}>"),
    "stream": _stream,
    "recognised": lambda detail: f"<Gather> heard “{detail}”" if detail else "<Gather> heard nothing",
    "digits": lambda detail: f"keys pressed: {detail}",
    "dial": lambda detail: f"connecting to {detail}" if detail.startswith("+") else detail,
    "alert": lambda detail: "" if _is_routine(detail) else f"Twilio's debugger: {detail}",
    "document": lambda _detail: "",
    "caller": lambda _detail: "",
}


def is_bad(event: BoxEvent) -> bool:
    if event.kind == "alert":
        return not _is_routine(event.detail)
    return event.kind == "stream" and event.detail.startswith("stream-error")
