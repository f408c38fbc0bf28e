"""Reads one secret from Secrets Manager: what it is now, and during a rotation what it was before.

A request signed by botocore and sent over urllib3, both of which are loaded with DynamoDB's client anyway. A client of
Secrets Manager's own takes 50 to 150 ms of CPU to make, and the caller of a cold start would wait for it.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
"""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, EnvProvider
from botocore.exceptions import BotoCoreError
from urllib3.exceptions import HTTPError

from calls.errors import ConfigurationInvalid, SecretsUnavailable
from calls.secret_versions import SecretRead, Values, parsed

log = logging.getLogger(__name__)

CONNECT_S = 1.0
READ_S = 1.5
FIRST_ATTEMPTS = 2
"""Where nothing is known yet a second try is worth a caller's time; where something is, that serves."""

_REFUSED = frozenset({"AccessDeniedException", "ResourceNotFoundException", "InvalidRequestException"})
_CREDENTIALS = frozenset({"ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException"})


def credentials_of(environment: Mapping[str, str]) -> Callable[[], Credentials]:
    """Where a request's credentials come from: the environment, as in Lambda, or botocore's whole search, as in ECS,
    which keeps them fresh and takes 20 ms of CPU. SecretsUnavailable where there are none."""
    given = EnvProvider(environment).load()
    if given is not None:
        return lambda: given
    from botocore.session import Session

    found = Session().get_credentials()
    if found is None:
        raise SecretsUnavailable("There are no AWS credentials to read the secret with.", code="secrets-no-credentials")
    return lambda: found


class SecretsManager:
    """`secret` is arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME, without the six characters that Secrets
    Manager adds. `endpoint_url` stands in for AWS's own. One connection is kept. ConfigurationInvalid for no such ARN.
    """

    def __init__(
        self,
        secret: str,
        credentials: Callable[[], Credentials],
        grace_s: float,
        now_s: Callable[[], float],
        endpoint_url: str = "",
    ) -> None:
        parts = secret.split(":", 6)
        if len(parts) != 7 or parts[2] != "secretsmanager" or not parts[6]:
            raise ConfigurationInvalid("OFFHOOK_SECRET must be the ARN of a secret of Secrets Manager.")
        self._region, self._name = parts[3], parts[6]
        suffix = "amazonaws.com.cn" if parts[1] == "aws-cn" else "amazonaws.com"
        self._url = endpoint_url or f"https://secretsmanager.{self._region}.{suffix}"
        self._credentials, self._grace_s, self._now_s = credentials, grace_s, now_s
        self._pool = urllib3.PoolManager(retries=False, maxsize=1)

    def look(self, is_first: bool) -> SecretRead:
        """The secret as it stands. What it was before is looked up only while that is good. SecretsUnavailable;
        ConfigurationInvalid where it is no JSON object of texts."""
        told = self._asked("AWSCURRENT", FIRST_ATTEMPTS if is_first else 1)
        since_s = float(told.get("CreatedDate", 0))
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
        body = json.dumps({"SecretId": self._name, "VersionStage": stage}).encode()
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "secretsmanager.GetSecretValue"}
        request = AWSRequest("POST", f"{self._url}/", headers=headers, data=body)
        try:
            SigV4Auth(self._credentials(), "secretsmanager", self._region).add_auth(request)
            answer = self._pool.request(
                "POST",
                f"{self._url}/",
                body=body,
                headers=dict(request.headers.items()),
                timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S),
                redirect=False,
            )
            told = json.loads(answer.data)
        except (HTTPError, OSError) as error:
            raise SecretsUnavailable(
                f"Secrets Manager could not be reached ({type(error).__name__}).", retryable=True
            ) from error
        except BotoCoreError as error:  # credentials that are fetched, as in ECS, and could not be
            raise SecretsUnavailable(
                f"There are no AWS credentials to read the secret with ({type(error).__name__}).",
                code="secrets-no-credentials",
                retryable=True,
            ) from error
        except ValueError as error:
            raise SecretsUnavailable("Secrets Manager's answer cannot be understood.", retryable=True) from error
        if answer.status == 200 and isinstance(told, dict):
            return told
        raise _refused(answer.status, told)


def _refused(status: int, told: Any) -> SecretsUnavailable:
    """Its words are left out; of its types only letters are kept."""
    kind = str(told.get("__type", "")).rpartition("#")[2] if isinstance(told, dict) else ""
    name = kind if kind.isascii() and kind.isalnum() and len(kind) <= 64 else f"status{status}"
    advice = " Look at SecretName and at the function's or task's policy." if kind in _REFUSED else ""
    return SecretsUnavailable(
        f"Secrets Manager does not give the secret ({name}).{advice}",
        code=f"secrets-{name.lower()}",
        retryable=kind not in _REFUSED | _CREDENTIALS,
    )
