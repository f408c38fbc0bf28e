import pytest
from twilio.request_validator import RequestValidator

from offhook.box.signature import sign

TOKEN = "12345"
URL = "https://example.com/myapp.php?foo=1&bar=2"


def test_the_example_of_twilios_documentation() -> None:
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }
    assert sign(TOKEN, URL, form) == "L/OH5YylLD5NRKLltdqwSvS0BnU="


@pytest.mark.parametrize("form", [{}, {"A": "", "b": "ä€", "B": "x y"}])
def test_twilios_validator_agrees(form: dict[str, str]) -> None:
    assert RequestValidator(TOKEN).validate(URL, form, sign(TOKEN, URL, form))
    assert not RequestValidator("other").validate(URL, form, sign(TOKEN, URL, form))


def test_connection_overrides_are_not_signed() -> None:
    assert sign(TOKEN, URL + "#rc=2&ct=500", {}) == sign(TOKEN, URL, {})
