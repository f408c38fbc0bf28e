"""The handlers' log: JSON lines with codes and callIds; never speech, tokens or whole phone numbers.

Lines as Powertools writes them, by the standard library: importing Powertools' logger brings its metrics, its tracer
and JMESPath, and takes as long as all of a webhook's requests to AWS.
"""

import json
import logging
import sys
import time
import traceback
from collections.abc import Mapping
from functools import cache
from typing import Any

from calls.errors import OffhookError

SERVICE = "offhook"

_DEEPEST_FRAMES = 6
_OF_EVERY_RECORD = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime"})


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(record.created))
        line = {
            "level": record.levelname,
            "location": f"{record.funcName}:{record.lineno}",
            "message": record.getMessage(),
            "timestamp": f"{at},{record.msecs:03.0f}+0000",
            "service": SERVICE,
        }
        line.update((name, value) for name, value in vars(record).items() if name not in _OF_EVERY_RECORD)
        return json.dumps(line, default=str)


class Log:
    """`keys` stand in the line beside the message."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def info(self, message: str, *, extra: Mapping[str, Any] | None = None, **keys: Any) -> None:
        self._logger.info(message, extra={**(extra or {}), **keys}, stacklevel=2)

    def warning(self, message: str, *, extra: Mapping[str, Any] | None = None, **keys: Any) -> None:
        self._logger.warning(message, extra={**(extra or {}), **keys}, stacklevel=2)

    def error(self, message: str, *, extra: Mapping[str, Any] | None = None, **keys: Any) -> None:
        self._logger.error(message, extra={**(extra or {}), **keys}, stacklevel=2)


@cache
def log() -> Log:
    logger = logging.getLogger(SERVICE)
    logger.setLevel(logging.INFO)
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(_Lines())
    logger.addHandler(lines)
    for other in logging.root.handlers:
        if type(other).__module__.startswith("awslambdaric"):  # Lambda's own would say everything again
            other.addFilter(lambda record: record.name != SERVICE)
    return Log(logger)


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
