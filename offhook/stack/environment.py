"""What the processes of the stack find in their environment. Pure."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

REGION = "us-east-1"
# Engines on one machine check no signature, but SDKs will not send a request without a key; this one opens nothing.
LOCAL_KEY = "local"
LOOPBACK = "127.0.0.1"
# How long calls may go on when the stack is taken down; whoever stops it is waiting.
DRAIN_S = 3
# A machine that runs everything, speech models too, is late at times; a caller of its own is not sent away for that.
MAX_LAG_MS = 1_000
# How long a call is left to settle before it is summed up; a person is waiting here, and the streamer is near.
AFTER_CALL_S = 1
_LOOPBACK_HOSTS = "127.0.0.1,localhost"
_OURS = ("AWS_", "OFFHOOK_", "TWILIO_")

# With these, no process of the stack ever reads the configuration of a real account.
_AWS = {
    "AWS_ACCESS_KEY_ID": LOCAL_KEY,
    "AWS_SECRET_ACCESS_KEY": LOCAL_KEY,
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that the parts of the stack share; the README explains each."""

    public_url: str
    stream_url: str
    table: str
    stream_secret: str
    agents: str
    account_sid: str
    auth_token: str
    twilio_base_url: str
    aws_endpoint_url: str
    api_key: str
    from_number: str


def local(inherited: Mapping[str, str]) -> dict[str, str]:
    """`inherited` for a child on this machine: AWS, Twilio and Offhook settings of the parent taken out, stand-in
    AWS credentials and a way to loopback past any proxy put in."""
    kept = {name: value for name, value in inherited.items() if not name.startswith(_OURS)}
    return {**kept, **_AWS, "NO_PROXY": _LOOPBACK_HOSTS, "no_proxy": _LOOPBACK_HOSTS, "PYTHONUNBUFFERED": "1"}


def shared(settings: Settings) -> dict[str, str]:
    """What handlers and streamer are both told, by the settings' names."""
    return {
        "OFFHOOK_PUBLIC_URL": settings.public_url,
        "OFFHOOK_STREAM_URL": settings.stream_url,
        "OFFHOOK_TABLE": settings.table,
        "OFFHOOK_STREAM_SECRET": settings.stream_secret,
        "OFFHOOK_AGENTS": settings.agents,
        "OFFHOOK_API_KEYS": settings.api_key,
        "OFFHOOK_FROM_NUMBER": settings.from_number,
        "TWILIO_ACCOUNT_SID": settings.account_sid,
        "TWILIO_AUTH_TOKEN": settings.auth_token,
        "TWILIO_BASE_URL": settings.twilio_base_url,
        "AWS_ENDPOINT_URL": settings.aws_endpoint_url,
    }


def of_part(inherited: Mapping[str, str], settings: Settings, port: int, extra: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of the handlers or the streamer serving on `port`; `extra` has the last word."""
    return {
        **local(inherited),
        **shared(settings),
        "OFFHOOK_BIND": LOOPBACK,
        "OFFHOOK_DRAIN_S": str(DRAIN_S),
        "OFFHOOK_AFTER_CALL_S": str(AFTER_CALL_S),
        "OFFHOOK_MAX_LAG_MS": str(MAX_LAG_MS),
        "PORT": str(port),
        **extra,
    }
