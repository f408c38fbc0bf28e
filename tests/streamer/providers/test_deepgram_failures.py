"""What Deepgram's refusals, errors and closings are called."""

import pytest

from calls.errors import Blame
from streamer.providers import deepgram_failures
from streamer.providers.vendor_socket import ConnectionLost


@pytest.mark.parametrize(
    ("status", "code", "blame", "retryable"),
    [
        (400, "deepgram-refused", Blame.CONFIGURATION, False),
        (401, "deepgram-unauthorised", Blame.CONFIGURATION, False),
        (402, "deepgram-limit", Blame.PROVIDER, True),
        (403, "deepgram-unauthorised", Blame.CONFIGURATION, False),
        (429, "deepgram-limit", Blame.PROVIDER, True),
    ],
)
def test_a_refusal_that_will_be_repeated_is_not_tried_again(
    status: int, code: str, blame: Blame, retryable: bool
) -> None:
    refused = deepgram_failures.refused(status, b'{"err_msg": "keyterm Acme"}')

    assert (refused.failure.code, refused.failure.blame, refused.failure.retryable) == (code, blame, retryable)
    assert not isinstance(refused, ConnectionLost)
    assert "Acme" not in refused.failure.sentence


def test_trouble_at_deepgram_is_tried_again() -> None:
    assert isinstance(deepgram_failures.refused(502, b""), ConnectionLost)
    assert isinstance(deepgram_failures.closed(1011, "Deepgram did not receive audio, see net0001"), ConnectionLost)
    assert isinstance(deepgram_failures.closed(1006, ""), ConnectionLost)
    assert isinstance(deepgram_failures.said("INTERNAL_SERVER_ERROR"), ConnectionLost)


def test_what_we_sent_wrong_is_our_fault_and_not_sent_again() -> None:
    failures = [deepgram_failures.closed(1008, ""), deepgram_failures.said("UNPARSABLE_CLIENT_MESSAGE")]

    assert [failed.failure.blame for failed in failures] == [Blame.OFFHOOK, Blame.OFFHOOK]
    assert not any(isinstance(failed, ConnectionLost) for failed in failures)


def test_a_code_that_is_none_is_not_repeated() -> None:
    said = deepgram_failures.said("my card number is 4111")

    assert said.failure.sentence == (
        "The connection to Deepgram was lost: Deepgram reported an error without a code. "
        "Check its status page if that happens often."
    )
