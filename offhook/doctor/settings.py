"""What `offhook doctor` is told: the deployment's own settings, by their own names, and how to look."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from offhook.places import SHIPPED_AGENTS

VENDOR_URLS = {
    "OPENAI": "https://api.openai.com/v1",
    "DEEPGRAM": "https://api.deepgram.com",
    "ELEVENLABS": "https://api.elevenlabs.io",
}


@dataclass(frozen=True, slots=True)
class Vendor:
    """`key` may be empty."""

    key: str = ""
    base_url: str = ""


@dataclass(frozen=True, slots=True)
class DoctorSettings:
    """Empty texts are settings that were not given. `is_local`: what `offhook up` runs on this machine, where plain
    http and ws are in order. `destinations` are numbers that the deployment means to call. `patience_s` is how long an
    idle stream is held, or None not to. `ca_file` replaces Mozilla's roots as the certificates that are trusted."""

    public_url: str
    stream_url: str = ""
    account_sid: str = ""
    auth_token: str = ""
    from_number: str = ""
    stream_secret: str = ""
    table: str = ""
    agents: Path = SHIPPED_AGENTS
    inbound_agent: str = "default"
    twilio_base_url: str = ""
    aws_endpoint_url: str = ""
    vendors: Mapping[str, Vendor] = field(default_factory=dict)
    destinations: tuple[str, ...] = ()
    patience_s: float | None = None
    ca_file: str = ""
    is_local: bool = False

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that must not be printed."""
        keys = (vendor.key for vendor in self.vendors.values())
        return tuple(secret for secret in (self.auth_token, self.stream_secret, *keys) if secret)


def read(source: Mapping[str, str], *, is_local: bool = False) -> DoctorSettings:
    """From settings by name (usually the environment), taken as they are: judging them is a check of its own."""

    def text(name: str, default: str = "") -> str:
        return source.get(name, "").strip() or default

    return DoctorSettings(
        public_url=text("OFFHOOK_PUBLIC_URL"),
        stream_url=text("OFFHOOK_STREAM_URL"),
        account_sid=text("TWILIO_ACCOUNT_SID"),
        auth_token=text("TWILIO_AUTH_TOKEN"),
        from_number=text("OFFHOOK_FROM_NUMBER"),
        stream_secret=text("OFFHOOK_STREAM_SECRET"),
        table=text("OFFHOOK_TABLE"),
        agents=Path(text("OFFHOOK_AGENTS", str(SHIPPED_AGENTS))),
        inbound_agent=text("OFFHOOK_INBOUND_AGENT", "default"),
        twilio_base_url=text("TWILIO_BASE_URL"),
        aws_endpoint_url=text("AWS_ENDPOINT_URL"),
        vendors={
            name.lower(): Vendor(text(f"{name}_API_KEY"), text(f"{name}_BASE_URL", default))
            for name, default in VENDOR_URLS.items()
        },
        ca_file=text("SSL_CERT_FILE"),
        is_local=is_local,
    )
