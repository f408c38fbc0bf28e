import pytest

from offhook.doctor.finding import State
from offhook.doctor.socket_edge import Closed, NotOpened
from offhook.doctor.stream_guard import judge_signature, judge_token

SIGNATURE = Closed(4401, "signature missing or wrong")


def test_a_streamer_of_ours_says_why() -> None:
    assert judge_token(Closed(4401, "token-missing")).state is State.PASS
    assert judge_signature(SIGNATURE).state is State.PASS
    assert judge_signature(Closed(4401, "token-missing")).state is State.WARN
    refused = judge_token(SIGNATURE)
    assert refused.state is State.FAIL
    assert "another auth token" in refused.cause


@pytest.mark.parametrize(
    ("end", "saw"),
    [
        (None, "is left open"),
        (Closed(1011, "oops"), "closed with 1011 oops, not with Offhook's 4401"),
        (NotOpened(502), "could not be opened again (HTTP 502)"),
    ],
)
def test_somebody_else(end: Closed | NotOpened | None, saw: str) -> None:
    for finding in (judge_token(end), judge_signature(end)):
        assert finding.state is State.FAIL
        assert saw in finding.saw
