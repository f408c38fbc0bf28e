"""An error's fields, by literal bodies."""

import pytest

from streamer.providers.openai_error_fields import error_in, word


def test_the_error_of_a_body_is_found() -> None:
    assert error_in(b'{"error": {"code": "insufficient_quota"}}') == {"code": "insufficient_quota"}


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": "text"}', b"{}"])
def test_a_body_without_one_gives_none(body: bytes) -> None:
    assert error_in(body) == {}


def test_only_a_code_passes_as_one() -> None:
    assert word("rate_limit_exceeded") == "rate_limit_exceeded"
    assert [word(value) for value in ("Hello, I am Ann.", "", None, 5)] == [""] * 4
