"""The part of an agent file that says what is kept of a call: `[keep]`."""

from dataclasses import dataclass

from calls.fields import Fields


@dataclass(frozen=True, slots=True)
class Keep:
    """`caller_audio`: whether the caller's own voice may be kept, where there is a place for it, so that the call can
    be replayed. It is a person's voice, so nothing of it is kept unless this is asked for."""

    caller_audio: bool = False


def keep(fields: Fields) -> Keep:
    """The table `[keep]`; what is wrong with it is noted in `fields`."""
    kept = Keep(caller_audio=fields.flag("caller_audio", False))
    fields.finish()
    return kept
