import base64
import hmac
from collections.abc import Callable
from dataclasses import replace

import pytest

from calls.errors import ConfigurationInvalid, TokenRefused
from calls.record import Mode
from calls.stream_token import LONGEST_CHARS, Grant, mint, nonce_of, verify

SECRET = "a-secret-of-sixteen-or-more"
CALL = "01JD9Z3N6B0000000000000000"
SID = "CA0123456789abcdef0123456789abcdef"
GRANT = Grant(CALL, SID, "default", Mode.PIPELINE, "n0nce", 1_000)


def refusal(token: str, call_id: str = CALL, sid: str = SID, now_s: float = 999.0, secret: str = SECRET) -> str:
    with pytest.raises(TokenRefused) as caught:
        verify(secret, token, call_id, sid, now_s)
    return caught.value.failure.code


def test_round_trip() -> None:
    assert verify(SECRET, mint(SECRET, GRANT), CALL, SID, 999.999) == GRANT


def test_a_known_token_stays_readable() -> None:
    # Pins the wire format: a Lambda and a container of different releases meet during a deployment.
    assert mint(SECRET, GRANT) == (
        "v1.WyIwMUpEOVozTjZCMDAwMDAwMDAwMDAwMDAwMCIsIkNBMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYiLCJkZWZhdWx0Iiwi"
        "cGlwZWxpbmUiLCJuMG5jZSIsMTAwMF0.8JlQRB3aATCjsDekheBJNlL69yyeGfnIm4ame3yE7Pk"
    )


def test_a_token_says_that_its_call_is_made_up() -> None:
    made_up = replace(GRANT, nonce=nonce_of("n0nce", is_test=True))
    assert verify(SECRET, mint(SECRET, made_up), CALL, SID, 999.0).is_test
    assert not replace(GRANT, nonce=nonce_of("n0nce", is_test=False)).is_test


def test_the_streams_number_is_carried() -> None:
    numbered = replace(GRANT, stream=12)
    assert verify(SECRET, mint(SECRET, numbered), CALL, SID, 999.0) == numbered


def test_the_longest_usual_token_fits_a_twilio_parameter() -> None:
    grant = Grant(CALL, SID, "a" * 64, Mode.TRADITIONAL, "0123456789abcdef0123456789abcdef", 1_900_000_000)
    token = mint(SECRET, grant)
    assert len("token") + len(token) < 500
    assert token.replace(".", "").replace("-", "").replace("_", "").isalnum()


def test_a_name_that_cannot_fit_is_refused_when_minting() -> None:
    with pytest.raises(ConfigurationInvalid):
        mint(SECRET, Grant(CALL, SID, "ü" * 200, Mode.PIPELINE, "n", 1_000))


def test_expires_at_its_second() -> None:
    assert refusal(mint(SECRET, GRANT), now_s=1_000.0) == "token-expired"


def test_bound_to_the_call_and_to_the_sid() -> None:
    token = mint(SECRET, GRANT)
    assert refusal(token, call_id="01JD9Z3N6B0000000000000001") == "token-other-call"
    assert refusal(token, sid="CAffffffffffffffffffffffffffffffff") == "token-other-call"


def test_another_secret_is_a_forgery() -> None:
    assert refusal(mint("another-secret-entirely", GRANT)) == "token-forged"


def test_an_expired_forgery_is_a_forgery() -> None:
    assert refusal(mint("another-secret-entirely", GRANT), now_s=5_000) == "token-forged"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token + "=",
        lambda token: token + "A",
        lambda token: token[:-1],
        lambda token: token.replace("v1.W", "v1.X"),
        lambda token: token.rpartition(".")[0] + ".",
    ],
)
def test_a_changed_token_is_a_forgery(spoil: Callable[[str], str]) -> None:
    assert refusal(spoil(mint(SECRET, GRANT))) == "token-forged"


@pytest.mark.parametrize(
    "token", ["", "v1", "v1.", "v1.abc", "v2.a.b", "not a token", "v1.\u00e4.b", "v1.a." + "b" * LONGEST_CHARS]
)
def test_what_is_no_token_is_malformed(token: str) -> None:
    assert refusal(token) == "token-malformed"


def test_a_signed_payload_of_another_shape_is_malformed() -> None:
    # "WzFd" is [1]; signed here as `mint` signs, since mint makes no such thing.
    mac = base64.urlsafe_b64encode(hmac.digest(SECRET.encode(), b"v1.WzFd", "sha256")).rstrip(b"=").decode()
    assert refusal(f"v1.WzFd.{mac}") == "token-malformed"
