"""The handlers' log: JSON lines with codes and callIds; never speech, tokens or whole phone numbers."""

import traceback
from functools import cache

from aws_lambda_powertools import Logger

from calls.errors import OffhookError

_DEEPEST_FRAMES = 6


@cache
def log() -> Logger:
    return Logger(service="offhook")


def masked(number: str) -> str:
    """A phone number of which only the last two digits can be read."""
    return "*" * max(0, len(number) - 2) + number[-2:]


def log_error(what: str, error: Exception, **keys: str) -> None:
    """One line for an error. Its own words are logged only where they are ours: a foreign message may quote anything,
    so of a foreign error only the type and the place are kept."""
    if isinstance(error, OffhookError):
        failure = error.failure
        ours = {"code": failure.code, "blame": failure.blame.value, "sentence": failure.sentence}
        log().error(what, extra={**ours, **keys})
        return
    frames = traceback.extract_tb(error.__traceback__)[-_DEEPEST_FRAMES:]
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    log().error(what, extra={"code": "unexpected", "error": type(error).__qualname__, "where": where, **keys})
