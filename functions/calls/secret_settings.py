"""Where the secrets are, as the handlers and the streamer are both told: read from a mapping (the environment)."""

from collections.abc import Mapping
from dataclasses import dataclass

from calls.settings_fields import SettingsFields


@dataclass(frozen=True, slots=True)
class SecretSettings:
    """`secret` is an ARN without Secrets Manager's six characters; empty, the secrets are in the environment. It is
    looked at every `keep_s`; the version before is good for `grace_s`. `aws_endpoint_url` stands in for AWS's own."""

    secret: str
    keep_s: int
    grace_s: int
    aws_endpoint_url: str


def read_secret_settings(source: Mapping[str, str]) -> SecretSettings:
    """ConfigurationInvalid names every wrong setting. A secret is not fetched over plain http from another machine;
    where there is none to fetch, the endpoint is no matter of its."""
    fields = SettingsFields(source)
    secret = fields.text("OFFHOOK_SECRET", "")
    settings = SecretSettings(
        secret=secret,
        keep_s=fields.whole("OFFHOOK_SECRETS_S", 60, 1, 3600),
        grace_s=fields.whole("OFFHOOK_SECRETS_GRACE_S", 900, 0, 86_400),
        aws_endpoint_url=fields.https_url("AWS_ENDPOINT_URL", "") if secret else "",
    )
    fields.finish()
    return settings
