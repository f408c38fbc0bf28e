"""The handlers' settings, read from a mapping (the environment) and refused with one sentence. Those that are secrets
come from Secrets Manager where OFFHOOK_SECRET names one, and then change while a function runs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from calls.secret_versions import SecretVersions
from calls.settings_fields import SettingsFields

SECRETS = ("OFFHOOK_API_KEYS", "OFFHOOK_STREAM_SECRET", "OFFHOOK_WEBHOOK_SECRET", "OPENAI_API_KEY", "TWILIO_AUTH_TOKEN")
"""What the secret holds for the handlers, by the names that the environment has elsewhere."""


@dataclass(frozen=True, slots=True)
class HandlerSettings:
    """`public_url` is the https base that Twilio calls, and signs for. Where `stream_url` (wss base) is empty there is
    no streamer, and every call is held in traditional mode. `api_keys` may be empty: then nobody may use the API.
    Empty base URLs mean the services' own. URLs have no slash at the end. `openai_api_key` is empty where no agent has
    its replies from OpenAI. Where `watchdog_queue` (an SQS URL) is empty, no stream is watched; one that is has
    `watchdog_s` to arrive. `climb` lets a call in traditional mode stream again where a streamer is ready.
    `lifeline_number` is who is rung when nothing else works; nobody where it is empty. A call that is over is summed up
    `after_call_s` after its end by way of `after_call_queue` (an SQS URL), and told to `webhook_url`, signed with
    `webhook_secret`, and to the EventBridge bus `event_bus`, where these are set; `traces_url` is sent the traces of
    those that went wrong and of `traces_percent` of the others. During a rotation `earlier_auth_tokens` and
    `earlier_webhook_secrets` are those that are good beside the current one."""

    public_url: str
    stream_url: str
    stream_secret: str
    table: str
    agents: Path
    inbound_agent: str
    from_number: str
    api_keys: tuple[str, ...]
    twilio_account_sid: str
    twilio_auth_token: str
    twilio_base_url: str
    aws_endpoint_url: str
    openai_api_key: str = ""
    openai_base_url: str = ""
    watchdog_queue: str = ""
    watchdog_s: int = 3
    climb: bool = False
    lifeline_number: str = ""
    after_call_queue: str = ""
    after_call_s: int = 10
    webhook_url: str = ""
    webhook_secret: str = ""
    event_bus: str = ""
    traces_url: str = ""
    traces_percent: int = 10
    earlier_auth_tokens: tuple[str, ...] = ()
    earlier_webhook_secrets: tuple[str, ...] = ()


def with_secrets(source: Mapping[str, str], versions: SecretVersions, now_s: float) -> HandlerSettings:
    """The settings in `source`, with the secrets as they are at `now_s` (epoch). ConfigurationInvalid, as `read`."""
    secrets = {name: versions.current[name] for name in SECRETS if name in versions.current}
    return replace(
        read({**source, **secrets}),
        earlier_auth_tokens=versions.former("TWILIO_AUTH_TOKEN", now_s),
        earlier_webhook_secrets=versions.former("OFFHOOK_WEBHOOK_SECRET", now_s),
    )


def read(source: Mapping[str, str]) -> HandlerSettings:
    """ConfigurationInvalid names every wrong setting."""
    fields = SettingsFields(source)
    settings = HandlerSettings(
        public_url=fields.https_url("OFFHOOK_PUBLIC_URL"),
        stream_url=fields.wss_url("OFFHOOK_STREAM_URL", ""),
        stream_secret=fields.secret("OFFHOOK_STREAM_SECRET"),
        table=fields.text("OFFHOOK_TABLE"),
        agents=Path(fields.text("OFFHOOK_AGENTS")),
        inbound_agent=fields.text("OFFHOOK_INBOUND_AGENT", "default"),
        from_number=fields.text("OFFHOOK_FROM_NUMBER", ""),
        api_keys=fields.secrets("OFFHOOK_API_KEYS", ""),
        twilio_account_sid=fields.text("TWILIO_ACCOUNT_SID"),
        twilio_auth_token=fields.secret("TWILIO_AUTH_TOKEN"),
        twilio_base_url=fields.https_url("TWILIO_BASE_URL", ""),
        aws_endpoint_url=fields.https_url("AWS_ENDPOINT_URL", ""),
        openai_api_key=fields.text("OPENAI_API_KEY", ""),
        openai_base_url=fields.https_url("OPENAI_BASE_URL", ""),
        watchdog_queue=fields.https_url("OFFHOOK_WATCHDOG_QUEUE", ""),
        watchdog_s=fields.whole("OFFHOOK_WATCHDOG_S", 3, 1, 60),
        climb=bool(fields.whole("OFFHOOK_CLIMB", 0, 0, 1)),
        lifeline_number=fields.text("OFFHOOK_LIFELINE_NUMBER", ""),
        after_call_queue=fields.https_url("OFFHOOK_AFTER_CALL_QUEUE", ""),
        after_call_s=fields.whole("OFFHOOK_AFTER_CALL_S", 10, 0, 900),
        webhook_url=fields.https_url("OFFHOOK_WEBHOOK_URL", ""),
        webhook_secret=fields.secret("OFFHOOK_WEBHOOK_SECRET", ""),
        event_bus=fields.text("OFFHOOK_EVENT_BUS", ""),
        traces_url=fields.https_url("OFFHOOK_TRACES_URL", ""),
        traces_percent=fields.whole("OFFHOOK_TRACES_PERCENT", 10, 0, 100),
    )
    fields.finish()
    return settings
