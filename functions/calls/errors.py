"""One family of errors, each with a code, a blame and a plain sentence.

OffhookError                 carries a Failure
├── ConfigurationInvalid     settings or an agent file say something that cannot work
├── RequestRefused           a request that we will not carry out (bad number, unknown call, reused key)
│   ├── CallNotFound
│   └── CallExists
├── MoveRefused              a change of state that the table in `record.py` does not allow
├── TokenRefused             a stream token that is forged, expired, or bound to another call
├── StoreUnavailable         the table cannot be reached or is throttled
├── SecretsUnavailable       Secrets Manager does not give the secret, and nothing is known from before
└── ProviderFailed           a recogniser, model or voice failed; `failure.retryable` says whether to try again
"""

from dataclasses import dataclass
from enum import StrEnum


class Blame(StrEnum):
    """Who has to act on a failure."""

    TWILIO = "twilio"
    OFFHOOK = "offhook"
    PROVIDER = "provider"
    CALLER = "caller"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, for the record and for a person.

    `code` is stable and lower case with hyphens ("recogniser-lost"); `sentence` is plain English that says what
    happened and, where something can be done, what to do next. Neither holds speech, secrets or whole phone numbers.
    """

    code: str
    blame: Blame
    sentence: str
    retryable: bool = False


class OffhookError(Exception):
    """Every error that Offhook raises on purpose."""

    default_code = "offhook-error"
    default_blame = Blame.OFFHOOK

    def __init__(
        self, sentence: str, *, code: str | None = None, blame: Blame | None = None, retryable: bool = False
    ) -> None:
        super().__init__(sentence)
        self.failure = Failure(code or self.default_code, blame or self.default_blame, sentence, retryable)


class ConfigurationInvalid(OffhookError):
    default_code = "configuration-invalid"
    default_blame = Blame.CONFIGURATION


class RequestRefused(OffhookError):
    default_code = "request-refused"
    default_blame = Blame.CALLER


class CallNotFound(RequestRefused):
    default_code = "call-not-found"


class CallExists(RequestRefused):
    default_code = "call-exists"


class MoveRefused(OffhookError):
    default_code = "move-refused"


class TokenRefused(OffhookError):
    default_code = "token-refused"
    default_blame = Blame.CALLER


class StoreUnavailable(OffhookError):
    default_code = "store-unavailable"


class SecretsUnavailable(OffhookError):
    default_code = "secrets-unavailable"


class ProviderFailed(OffhookError):
    default_code = "provider-failed"
    default_blame = Blame.PROVIDER
