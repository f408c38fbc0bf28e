"""The streamer's log: JSON lines on standard output; never speech, tokens or phone numbers."""

import logging
import sys
import traceback

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

_DEEPEST_FRAMES = 8
_CHATTY = ("picows", "websockets", "httpx2", "httpcore2", "botocore")


class NoForeignWords(logging.Filter):
    """Of an error that is logged, only its type and where it happened are kept: its message may quote anything that a
    vendor sent, and that is what somebody said."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            frames = traceback.extract_tb(error.__traceback__)[-_DEEPEST_FRAMES:]
            cause = error.__cause__ or error.__context__
            record.error = type(error).__qualname__ + (f" of {type(cause).__qualname__}" if cause else "")
            record.where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        record.exc_info = record.exc_text = None
        return True


def to_stdout() -> None:
    """Send every logger's lines there."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(LambdaPowertoolsFormatter(service="streamer"))
    handler.addFilter(NoForeignWords())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
