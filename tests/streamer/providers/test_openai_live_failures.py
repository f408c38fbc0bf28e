"""OpenAI Live's failures: a code, a blame and a next step each, and never the vendor's own words."""

from typing import get_args

import orjson
import pytest
from openai.types.live import SessionClosedEvent

from calls.errors import Blame, ProviderFailed
from streamer.providers import openai_live_failures as failures
from streamer.providers.vendor_socket import ConnectionLost

SECRET = "sk-secret and what the caller said"


def body(**fields: str) -> bytes:
    return orjson.dumps({"error": {"message": SECRET, **fields}})


@pytest.mark.parametrize(
    ("failed", "code", "blame", "again"),
    [
        (failures.refused(401, b""), "unauthorised", Blame.CONFIGURATION, False),
        (failures.refused(400, body(code="invalid_api_key")), "unauthorised", Blame.CONFIGURATION, False),
        (failures.refused(429, body(code="credit_balance_exhausted")), "quota", Blame.CONFIGURATION, False),
        (failures.refused(429, b"{"), "rate-limited", Blame.PROVIDER, False),
        (failures.refused(403, b"[]"), "forbidden", Blame.CONFIGURATION, False),
        (failures.refused(404, b""), "model-unknown", Blame.CONFIGURATION, False),
        (failures.refused(418, b""), "refused", Blame.CONFIGURATION, False),
        (failures.refused(502, b""), "unreachable", Blame.PROVIDER, True),
        (failures.said({"code": "model_not_found"}), "model-unknown", Blame.CONFIGURATION, False),
        (failures.said({"type": "invalid_request_error", "param": "x"}), "refused", Blame.CONFIGURATION, False),
        (failures.said({"type": "server_error", "message": SECRET}), "error", Blame.PROVIDER, True),
        (failures.said({"code": SECRET}), "error", Blame.PROVIDER, True),
        (failures.said({"code": "session_expired"}), "expired", Blame.PROVIDER, True),
        (failures.closed(3000), "unauthorised", Blame.CONFIGURATION, False),
        (failures.closed(1008), "refused", Blame.CONFIGURATION, False),
        (failures.closed(1006), "lost", Blame.PROVIDER, True),
        (failures.closed(1011), "lost", Blame.PROVIDER, True),
        (failures.ended("expired"), "expired", Blame.PROVIDER, True),
        (failures.ended("content"), "filtered", Blame.PROVIDER, False),
        (failures.ended("connection_lost"), "lost", Blame.PROVIDER, True),
        (failures.stalled("no answer to session.start", 4.0), "stalled", Blame.PROVIDER, False),
        (failures.garbage(), "garbage", Blame.PROVIDER, False),
        (failures.not_taken(), "lost", Blame.PROVIDER, True),
    ],
)
def test_each_failure_has_its_code_its_blame_and_a_next_step(
    failed: ProviderFailed, code: str, blame: Blame, again: bool
) -> None:
    failure = failed.failure
    assert failure.code == f"openai-live-{code}"
    assert failure.blame is blame
    assert isinstance(failed, ConnectionLost) is again
    assert "secret" not in failure.sentence
    assert failure.sentence.count(". ") >= 1


def test_a_model_that_is_late_is_told_as_the_session_would() -> None:
    assert failures.reply_late("gpt-live-1", 8.0).failure.code == "reply-late"


def test_a_refused_command_does_not_end_a_session() -> None:
    assert not failures.is_final({"type": "invalid_request_error", "code": "unknown_parameter"})
    assert failures.is_final({"type": "server_error"})
    assert failures.is_final({"code": "insufficient_quota"})


def test_every_reason_of_the_sdks_for_a_sessions_end_has_a_failure() -> None:
    reasons = get_args(SessionClosedEvent.model_fields["reason"].annotation)
    codes = {reason: failures.ended(reason).failure.code for reason in reasons}
    assert codes == {
        "close_requested": "openai-live-lost",
        "expired": "openai-live-expired",
        "content": "openai-live-filtered",
        "remote_hangup": "openai-live-lost",
        "connection_lost": "openai-live-lost",
    }
