import re

import orjson
import pytest

from calls.errors import Blame, ProviderFailed
from streamer.providers import openai_realtime_failures as failures

NEXT_STEP = re.compile(r"\b(check|set|give|name|add|raise|lower|nothing needs)\b", re.IGNORECASE)
SPEECH = "my number is 555"


def body(code: str, kind: str = "invalid_request_error") -> bytes:
    return orjson.dumps({"error": {"message": SPEECH, "type": kind, "code": code, "param": None}})


CASES = [
    (failures.refused(401, body("invalid_api_key")), "unauthorised", Blame.CONFIGURATION, False),
    (failures.refused(401, b""), "unauthorised", Blame.CONFIGURATION, False),
    (failures.refused(403, b"<html>"), "forbidden", Blame.CONFIGURATION, False),
    (failures.refused(404, body("model_not_found")), "model-unknown", Blame.CONFIGURATION, False),
    (failures.refused(404, b"[]"), "model-unknown", Blame.CONFIGURATION, False),
    (failures.refused(429, body("rate_limit_exceeded")), "rate-limited", Blame.PROVIDER, True),
    (failures.refused(429, body("insufficient_quota", "insufficient_quota")), "quota", Blame.CONFIGURATION, False),
    (failures.refused(400, body("odd")), "refused", Blame.CONFIGURATION, False),
    (failures.refused(500, b""), "unreachable", Blame.PROVIDER, True),
    (failures.said({"type": "invalid_request_error", "code": "session_expired"}), "expired", Blame.PROVIDER, True),
    (failures.said({"type": "server_error", "code": None}), "error", Blame.PROVIDER, True),
    (failures.said({"type": "invalid_request_error", "code": "invalid_value"}), "refused", Blame.CONFIGURATION, False),
    (failures.said({"type": "tokens", "code": "rate_limit_exceeded"}), "rate-limited", Blame.PROVIDER, True),
    (failures.closed(1006), "lost", Blame.PROVIDER, True),
    (failures.closed(1011), "lost", Blame.PROVIDER, True),
    (failures.closed(1001), "expired", Blame.PROVIDER, True),
    (failures.closed(1008), "refused", Blame.CONFIGURATION, False),
    (failures.closed(3000), "unauthorised", Blame.CONFIGURATION, False),
    (failures.stalled("no sign of a reply", 4.0), "stalled", Blame.PROVIDER, True),
    (failures.silent("m"), "silent", Blame.PROVIDER, True),
    (failures.wordless("m", "content_filter"), "filtered", Blame.PROVIDER, True),
    (failures.wordless("m", "max_output_tokens"), "cut-off", Blame.PROVIDER, True),
    (failures.garbage(), "garbage", Blame.PROVIDER, True),
    (failures.not_taken(), "lost", Blame.PROVIDER, True),
]


@pytest.mark.parametrize(("failed", "code", "blame", "retryable"), CASES)
def test_each_has_a_code_a_blame_and_a_next_step(
    failed: ProviderFailed, code: str, blame: Blame, retryable: bool
) -> None:
    failure = failed.failure
    assert (failure.code, failure.blame, failure.retryable) == (f"openai-realtime-{code}", blame, retryable)
    assert NEXT_STEP.search(failure.sentence), failure.sentence
    assert failure.sentence.endswith(".")
    assert SPEECH not in failure.sentence
