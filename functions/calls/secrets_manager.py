"""Reads one secret from Secrets Manager: what it is now, and during a rotation what it was before.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from calls import aws_clients
from calls.aws_json import AwsJson, Service, is_enough
from calls.errors import ConfigurationInvalid, SecretsUnavailable
from calls.secret_versions import SecretRead, Values, parsed

log = logging.getLogger(__name__)

SERVICE = Service(
    "secretsmanager",
    "secretsmanager",
    connect_s=1.0,
    read_s=1.5,
    attempts=1,
    json_version="1.1",
    words="secrets_manager",
)
FIRST_ATTEMPTS = 2
"""Where nothing is known yet a second try is worth a caller's time; where something is, that serves."""

_REFUSED = frozenset({"AccessDeniedException", "ResourceNotFoundException", "InvalidRequestException"})
_CREDENTIALS = frozenset({"ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException"})

Asking = Callable[[str, Mapping[str, str]], Mapping[str, Any]]
"""Asks Secrets Manager for an operation with its parameters, once. Raises botocore's errors."""


def asking(environment: Mapping[str, str], endpoint_url: str = "") -> Asking:
    """With the environment's credentials, as in Lambda, or a client's, which keeps those of ECS fresh and takes 50 to
    150 ms of CPU to make. `endpoint_url` stands in for AWS's own. SecretsUnavailable where no client can be made, as
    where the credentials of ECS cannot be fetched."""
    if is_enough(SERVICE, environment):
        return AwsJson.of(SERVICE, environment, endpoint_url or None).ask
    from botocore.config import Config

    config = Config(
        connect_timeout=SERVICE.connect_s,
        read_timeout=SERVICE.read_s,
        retries={"mode": "standard", "total_max_attempts": SERVICE.attempts},
    )
    try:
        client = aws_clients.client(SERVICE.name, endpoint_url or None, config)
    except BotoCoreError as error:
        raise _unasked(error) from error
    return lambda _operation, parameters: client.get_secret_value(**parameters)


class SecretsManager:
    """`secret` is arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME, without the six characters that Secrets
    Manager adds, in the region of the process. ConfigurationInvalid for no such ARN."""

    def __init__(self, secret: str, ask: Asking, grace_s: float, now_s: Callable[[], float]) -> None:
        parts = secret.split(":", 6)
        if len(parts) != 7 or parts[2] != "secretsmanager" or not parts[6]:
            raise ConfigurationInvalid("OFFHOOK_SECRET must be the ARN of a secret of Secrets Manager.")
        self._name, self._ask, self._grace_s, self._now_s = parts[6], ask, grace_s, now_s

    def look(self, is_first: bool) -> SecretRead:
        """The secret as it stands. What it was before is looked up only while that is good. SecretsUnavailable;
        ConfigurationInvalid where it is no JSON object of texts."""
        told = self._asked("AWSCURRENT", FIRST_ATTEMPTS if is_first else 1)
        since_s = _epoch_s(told.get("CreatedDate", 0))
        values = parsed(str(told.get("SecretString", "")))
        before = self._before() if self._now_s() < since_s + self._grace_s else {}
        return SecretRead(values, since_s, before)

    def _before(self) -> Values:
        """Nothing where there is no version before, or it cannot be had now: the current one must not wait for it."""
        try:
            return parsed(str(self._asked("AWSPREVIOUS", 1).get("SecretString", "")))
        except (SecretsUnavailable, ConfigurationInvalid) as error:
            if error.failure.code != "secrets-resourcenotfoundexception":
                log.warning("the secret's version before is not known: %s", error.failure.code)
            return {}

    def _asked(self, stage: str, attempts: int) -> Mapping[str, Any]:
        for _ in range(attempts - 1):
            try:
                return self._answer(stage)
            except SecretsUnavailable as error:
                if not error.failure.retryable:
                    raise
        return self._answer(stage)

    def _answer(self, stage: str) -> Mapping[str, Any]:
        try:
            return self._ask("GetSecretValue", {"SecretId": self._name, "VersionStage": stage})
        except ClientError as error:
            raise _refused(error) from error
        except BotoCoreError as error:
            # Also credentials that are fetched, as in ECS, and could not be.
            raise _unasked(error) from error


def _epoch_s(at: Any) -> float:
    """A moment as a client or as JSON tells it."""
    return at.timestamp() if isinstance(at, datetime) else float(at)


def _unasked(error: BotoCoreError) -> SecretsUnavailable:
    return SecretsUnavailable(
        f"Secrets Manager could not be asked ({type(error).__name__}). {aws_clients.what_to_do(error)}", retryable=True
    )


def _refused(error: ClientError) -> SecretsUnavailable:
    """Its words are left out; of its type only letters are kept."""
    kind = error.response["Error"]["Code"]
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    name = kind if kind.isascii() and kind.isalnum() and len(kind) <= 64 else f"status{status}"
    if kind in _REFUSED:
        advice = "Look at SecretName and at the function's or task's policy."
    elif kind in _CREDENTIALS:
        advice = "Look at the function's or task's role."
    else:
        advice = "Where that does not pass, look at AWS's own health."
    return SecretsUnavailable(
        f"Secrets Manager does not give the secret ({name}). {advice}",
        code=f"secrets-{name.lower()}",
        retryable=kind not in _REFUSED | _CREDENTIALS,
    )
