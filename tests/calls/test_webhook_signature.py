import pytest

from calls.errors import ConfigurationInvalid
from calls.webhook_signature import headers

SECRET = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'


@pytest.mark.parametrize("secret", [SECRET, f"whsec_{SECRET}"])
def test_the_signature_is_the_one_that_standard_webhooks_gives(secret: str) -> None:
    # The pair that the specification's own libraries are tested with.
    assert headers((secret,), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, BODY) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_secret_that_is_no_base64_is_named_and_not_shown() -> None:
    with pytest.raises(ConfigurationInvalid, match="OFFHOOK_WEBHOOK_SECRET must be base64") as refused:
        headers(("whsec_not base64!",), "id", 1, BODY)
    assert "not base64!" not in str(refused.value)
