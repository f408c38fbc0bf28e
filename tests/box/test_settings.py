from typing import Any

import pytest

from offhook.box.calls import CallStatus, Hook
from offhook.box.settings import BoxSettings, Number

SID = "AC" + "0" * 32


def test_a_url_is_a_number_asked_by_post() -> None:
    settings = BoxSettings(SID, "token", {"+15005550006": "https://a.example/voice"})
    assert settings.configured() == {"+15005550006": Number(Hook("https://a.example/voice", "POST"))}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"account_sid": "AC1"}, "account_sid"),
        ({"auth_token": ""}, "auth_token"),
        ({"numbers": {"5005550006": "https://a.example"}}, "5005550006"),
        ({"refusals": {"+14155550100": CallStatus.COMPLETED}}, "completed"),
    ],
)
def test_settings_that_make_no_sense(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        BoxSettings(**({"account_sid": SID, "auth_token": "token"} | changes))
