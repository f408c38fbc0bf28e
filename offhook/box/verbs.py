"""TwiML as values: one frozen dataclass a verb or noun."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stream:
    """`<Stream>` inside `<Connect>`. `parameters` become `start.customParameters`."""

    url: str
    name: str
    track: str
    status_callback: str
    status_callback_method: str
    parameters: tuple[tuple[str, str], ...]
