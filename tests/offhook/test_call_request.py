import pytest

from calls.errors import RequestRefused
from offhook.call_request import checked_number


def test_a_number_comes_out_in_e164() -> None:
    assert checked_number("+1 (555) 123-0101") == "+15551230101"


@pytest.mark.parametrize("text", ["", "hello", "5551230101", "+1555", "+1555123010199999999"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(RequestRefused, match=r"write it like \+15551230101"):
        checked_number(text)
