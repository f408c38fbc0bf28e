"""The streamer's settings, read once from the environment and refused with one sentence."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StreamerSettings:
    """`stream_url` is the wss base that Twilio dials; where it is empty the upgrade's signature is not checked."""

    stream_url: str
    stream_secret: str
    twilio_auth_token: str
    table: str
    agents: Path
    aws_endpoint_url: str
    bind: str
    port: int
    max_calls: int
    drain_s: float
