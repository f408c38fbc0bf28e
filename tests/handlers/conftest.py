"""The handlers' log is each test's own."""

import logging
from collections.abc import Iterator

import pytest

from handlers.logs import SERVICE, log


@pytest.fixture(autouse=True)
def log_of_its_own() -> Iterator[None]:
    """The log is made once in a process, on the standard output of that moment: a test that reads what was printed has
    the lines only where nothing before it had the log made, in whatever folder."""
    _forget_log()
    yield
    _forget_log()


def _forget_log() -> None:
    log.cache_clear()
    logging.getLogger(SERVICE).handlers.clear()
