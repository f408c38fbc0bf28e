import json
import logging
from io import StringIO

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from streamer.log_lines import NoForeignWords


def line_of(error: Exception | None) -> str:
    """What is written where `error` broke something."""
    text, log = StringIO(), logging.Logger("test")
    handler = logging.StreamHandler(text)
    handler.setFormatter(LambdaPowertoolsFormatter(service="streamer"))
    handler.addFilter(NoForeignWords())
    log.addHandler(handler)
    if error is None:
        log.info("ready", extra={"callId": "01K"})
        return text.getvalue()
    error.__cause__ = KeyError("spoken words")
    try:
        raise error
    except type(error):
        log.exception("engine broke", extra={"callId": "01K"})
    return text.getvalue()


def test_of_an_error_its_type_and_place_are_logged_and_no_word_that_it_quotes() -> None:
    line = line_of(ValueError("input_value='my card is 4242'"))
    assert "4242" not in line
    assert "spoken words" not in line
    told = json.loads(line)
    assert (told["message"], told["callId"], told["error"]) == ("engine broke", "01K", "ValueError of KeyError")
    assert told["where"][0].endswith("line_of")


def test_a_line_without_an_error_is_left_as_it_is() -> None:
    told = json.loads(line_of(None))
    assert (told["message"], told["callId"]) == ("ready", "01K")
    assert "error" not in told
