"""Who may stream."""

from dataclasses import replace

import pytest
from twilio.request_validator import RequestValidator

from calls.errors import TokenRefused
from calls.record import Mode
from calls.stream_token import Grant, mint
from streamer.handshake import SpentTokens, admit, signature_is_good
from streamer.twilio_stream import Started

SECRET = "s" * 32
NOW_S = 1_000_000.0
GRANT = Grant("01CALL", "CA1", "default", Mode.PIPELINE, "n1", 1_000_060)
URL = "wss://voice.example.com"


def started(**parameters: str) -> Started:
    return Started("MZ1", "CA1", parameters)


def code_of(start: Started, spent: SpentTokens | None = None, now_s: float = NOW_S) -> str:
    with pytest.raises(TokenRefused) as refused:
        admit(start, SECRET, spent or SpentTokens(), now_s)
    return refused.value.failure.code


def test_a_good_token_is_admitted() -> None:
    assert admit(started(callId="01CALL", token=mint(SECRET, GRANT)), SECRET, SpentTokens(), NOW_S) == GRANT


def test_a_token_names_the_call_where_no_parameter_does() -> None:
    assert admit(started(token=mint(SECRET, GRANT)), SECRET, SpentTokens(), NOW_S) == GRANT


def test_each_refusal_has_its_code() -> None:
    token = mint(SECRET, GRANT)
    assert code_of(started()) == "token-missing"
    assert code_of(started(callId="01CALL", token=mint("t" * 32, GRANT))) == "token-forged"
    assert code_of(started(callId="01OTHER", token=token)) == "token-other-call"
    assert code_of(Started("MZ1", "CA2", {"callId": "01CALL", "token": token})) == "token-other-call"
    assert code_of(started(callId="01CALL", token=token), now_s=1_000_061.0) == "token-expired"


def test_a_token_opens_one_stream() -> None:
    spent = SpentTokens()
    start = started(callId="01CALL", token=mint(SECRET, GRANT))
    admit(start, SECRET, spent, NOW_S)
    assert code_of(start, spent) == "token-replayed"


def test_spent_tokens_are_forgotten_when_they_have_expired() -> None:
    spent = SpentTokens()
    spent.spend("a", 10.0, now_s=0.0)
    spent.spend("b", 20.0, now_s=11.0)
    spent.spend("a", 30.0, now_s=12.0)
    with pytest.raises(TokenRefused):
        spent.spend("b", 20.0, now_s=13.0)


@pytest.mark.parametrize("signed", ["wss://voice.example.com/stream", "https://voice.example.com/stream"])
def test_twilios_signature_over_either_spelling_is_good(signed: str) -> None:
    signature = RequestValidator("token").compute_signature(signed, {})
    assert signature_is_good("token", URL, "/stream", [signature])


def test_any_other_signature_is_not() -> None:
    good = RequestValidator("token").compute_signature("wss://voice.example.com/stream", {})
    assert not signature_is_good("token", URL, "/stream", [])
    assert not signature_is_good("token", URL, "/stream", ["forged"])
    assert not signature_is_good("token", URL, "/stream", [good, good])
    assert not signature_is_good("other", URL, "/stream", [good])
    assert not signature_is_good("token", "wss://elsewhere.example.com", "/stream", [good])


def test_during_a_rotation_the_secrets_before_are_good_as_well() -> None:
    earlier = ("v" * 32, "u" * 32)
    for number, secret in enumerate((SECRET, *earlier)):
        grant = replace(GRANT, nonce=f"n{number}")
        start = started(callId="01CALL", token=mint(secret, grant))
        assert admit(start, SECRET, SpentTokens(), NOW_S, earlier) == grant
    with pytest.raises(TokenRefused, match="signed") as refused:
        admit(started(callId="01CALL", token=mint("w" * 32, GRANT)), SECRET, SpentTokens(), NOW_S, earlier)
    assert refused.value.failure.code == "token-forged"
    signature = RequestValidator("u" * 32).compute_signature(f"{URL}/stream", {})
    assert signature_is_good("t" * 32, URL, "/stream", [signature], earlier)
    assert not signature_is_good("t" * 32, URL, "/stream", [signature])
