"""The words for a person in which the ends and blames of calls are told. Pure."""

from collections.abc import Mapping

END_REASONS: Mapping[str, str] = {
    "caller-goodbye": "The caller said goodbye.",
    "agent-goodbye": "The agent said goodbye.",
    "limit": "The call reached its longest length.",
    "silence": "Nobody spoke for too long.",
    "transferred": "The caller was connected to a person.",
    "caller-hung-up": "The caller hung up.",
    "operator-hung-up": "It was ended from outside.",
    "not-connected": "Nobody answered.",
    "failed": "It failed.",
}

BLAMES: Mapping[str, str] = {
    "twilio": "Twilio",
    "offhook": "Offhook",
    "provider": "a provider",
    "caller": "the caller's side",
    "configuration": "the configuration",
}


def seconds(ms: int) -> str:
    """ "640 ms", "6.2 s"."""
    return f"{ms} ms" if abs(ms) < 1000 else f"{ms / 1000:.1f} s"
