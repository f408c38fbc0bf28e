"""How a command ends: 0 done, 1 it failed, 2 it was asked wrongly (what typer and click do by themselves)."""

import asyncio
import sys
from collections.abc import Callable

from calls.errors import ConfigurationInvalid, OffhookError
from offhook.missing import MissingPart

FAILED = 1
WRONG_USE = 2
INTERRUPTED = 130


def run(app: Callable[[], object]) -> None:
    """Run the command line; an expected error becomes one sentence on standard error, never a traceback."""
    try:
        app()
    except ConfigurationInvalid as error:
        _leave(error.failure.sentence, WRONG_USE)
    except (OffhookError, MissingPart) as error:
        _leave(str(error), FAILED)
    except (KeyboardInterrupt, asyncio.CancelledError):
        _leave("Stopped.", INTERRUPTED)


def _leave(sentence: str, status: int) -> None:
    print(f"offhook: {sentence}", file=sys.stderr)
    sys.exit(status)
