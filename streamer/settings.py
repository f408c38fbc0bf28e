"""The streamer's settings, read from the environment and refused with one sentence. Those that are secrets come from
Secrets Manager where OFFHOOK_SECRET names one, and then change while the streamer runs."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import calls
from calls.secret_versions import SecretVersions
from calls.settings_fields import SettingsFields
from streamer.providers.vendors import VendorSettings

SHIPPED_AGENTS = Path(calls.__file__).parent.parent / "agents"
SECRETS = (
    "DEEPGRAM_API_KEY",
    "ELEVENLABS_API_KEY",
    "OFFHOOK_STREAM_SECRET",
    "OPENAI_API_KEY",
    "TWILIO_AUTH_TOKEN",
)
"""What the secret holds for the streamer, by the names that the environment has elsewhere."""


@dataclass(frozen=True, slots=True)
class StreamerSettings:
    """`stream_url` is the wss base that Twilio dials; where it is empty the upgrade's signature is not checked. During
    a rotation `earlier_stream_secrets` and `earlier_auth_tokens` are those that are good beside the current one."""

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
    vendors: VendorSettings
    max_lag_ms: float = 100.0
    metrics_namespace: str = ""
    caller_audio: Path | None = None
    earlier_stream_secrets: tuple[str, ...] = ()
    earlier_auth_tokens: tuple[str, ...] = ()


def with_secrets(environment: Mapping[str, str], versions: SecretVersions, now_s: float) -> StreamerSettings:
    """The settings, with the secrets as they are at `now_s` (epoch). Raises ConfigurationInvalid, as `read`."""
    secrets = {name: versions.current[name] for name in SECRETS if name in versions.current}
    return replace(
        read({**environment, **secrets}),
        earlier_stream_secrets=versions.former("OFFHOOK_STREAM_SECRET", now_s),
        earlier_auth_tokens=versions.former("TWILIO_AUTH_TOKEN", now_s),
    )


def read(environment: Mapping[str, str]) -> StreamerSettings:
    """Raises ConfigurationInvalid, in one sentence that names every wrong setting.

    OFFHOOK_BIND is the address to listen on (every one, in a container); OFFHOOK_MAX_CALLS the calls one task takes;
    OFFHOOK_MAX_LAG_MS how late its event loop may run (95th percentile over 3 s) before it takes no more;
    OFFHOOK_DRAIN_S how long calls may go on after SIGTERM (Fargate kills at 120 s at the latest); OFFHOOK_PHRASES the
    folder that keeps fixed phrases as speech; OFFHOOK_METRICS_NAMESPACE where CloudWatch keeps what the task tells of
    its load (nothing is told where it is empty); OFFHOOK_CALLER_AUDIO the folder that keeps the callers' side of calls
    whose agent allows it (nothing is kept where it is empty).
    """
    fields = SettingsFields(environment)
    stream_url = fields.wss_url("OFFHOOK_STREAM_URL", "")
    settings = StreamerSettings(
        stream_url=stream_url,
        stream_secret=fields.secret("OFFHOOK_STREAM_SECRET"),
        twilio_auth_token=fields.secret("TWILIO_AUTH_TOKEN", None if stream_url else ""),
        table=fields.text("OFFHOOK_TABLE"),
        agents=Path(fields.text("OFFHOOK_AGENTS", str(SHIPPED_AGENTS))),
        aws_endpoint_url=fields.text("AWS_ENDPOINT_URL", ""),
        bind=fields.text("OFFHOOK_BIND", "0.0.0.0"),  # noqa: S104 - a container is reached from outside itself
        port=fields.port(),
        max_calls=fields.whole("OFFHOOK_MAX_CALLS", 100, 1, 10_000),
        drain_s=float(fields.whole("OFFHOOK_DRAIN_S", 100, 0, 110)),
        vendors=_vendors(fields),
        max_lag_ms=float(fields.whole("OFFHOOK_MAX_LAG_MS", 100, 1, 60_000)),
        metrics_namespace=fields.text("OFFHOOK_METRICS_NAMESPACE", ""),
        caller_audio=Path(folder) if (folder := fields.text("OFFHOOK_CALLER_AUDIO", "")) else None,
    )
    fields.finish()
    return settings


def _vendors(fields: SettingsFields) -> VendorSettings:
    return VendorSettings(
        deepgram_key=fields.text("DEEPGRAM_API_KEY", ""),
        deepgram_url=fields.https_url("DEEPGRAM_BASE_URL", "https://api.deepgram.com"),
        openai_key=fields.text("OPENAI_API_KEY", ""),
        openai_url=fields.https_url("OPENAI_BASE_URL", "https://api.openai.com/v1"),
        elevenlabs_key=fields.text("ELEVENLABS_API_KEY", ""),
        elevenlabs_url=fields.https_url("ELEVENLABS_BASE_URL", "https://api.elevenlabs.io"),
        phrases=Path(fields.text("OFFHOOK_PHRASES", str(Path(tempfile.gettempdir()) / "offhook-phrases"))),
    )
