import pytest

from calls import openai_failures
from calls.errors import Blame


@pytest.mark.parametrize(
    ("status", "fields", "code", "blame", "told"),
    [
        (401, {}, "openai-unauthorised", Blame.CONFIGURATION, "OPENAI_API_KEY"),
        (403, {}, "openai-forbidden", Blame.CONFIGURATION, "m"),
        (404, {}, "openai-model-unknown", Blame.CONFIGURATION, "models.reply"),
        (429, {}, "openai-rate-limited", Blame.PROVIDER, "asks to wait 7 s"),
        (429, {"type": "insufficient_quota"}, "openai-quota", Blame.CONFIGURATION, "billing"),
        (429, {"code": "insufficient_quota"}, "openai-quota", Blame.CONFIGURATION, "billing"),
        (500, {}, "openai-error", Blame.PROVIDER, "(500)"),
        (400, {"code": "bad", "param": "messages"}, "openai-request-refused", Blame.CONFIGURATION, "bad, messages"),
        (418, {"code": ["x"]}, "openai-request-refused", Blame.CONFIGURATION, "(418)"),
    ],
)
def test_what_a_status_means(status: int, fields: dict[str, object], code: str, blame: Blame, told: str) -> None:
    failed = openai_failures.of_status(status, fields, "7", "m")
    assert (failed.failure.code, failed.failure.blame) == (code, blame)
    assert failed.failure.retryable is (blame is Blame.PROVIDER)
    assert told in failed.failure.sentence


def test_no_message_of_the_vendor_is_repeated() -> None:
    fields: dict[str, object] = {"message": "sk-secret", "code": "sk secret", "param": "a\nb"}
    assert "secret" not in openai_failures.of_status(400, fields, "soon\n", "m").failure.sentence


def test_which_part_of_a_request_was_refused() -> None:
    refused = openai_failures.refused_option
    assert refused(400, {"param": "verbosity"}) == "verbosity"
    assert refused(400, {"param": "stream_options.include_obfuscation"}) == "stream_options"
    assert refused(400, {"param": "messages"}) is None
    assert refused(500, {"param": "verbosity"}) is None
    assert refused(400, {}) is None


def test_failures_of_the_key_concern_every_model() -> None:
    assert openai_failures.is_of_the_key(openai_failures.of_status(401, {}, None, "m"))
    assert not openai_failures.is_of_the_key(openai_failures.of_status(404, {}, None, "m"))


def test_a_reply_without_words_says_why() -> None:
    assert "max_tokens" in openai_failures.wordless("m", "length").failure.sentence
    assert openai_failures.wordless("m", "content_filter").failure.code == "openai-filtered"
