import pytest

from offhook.doctor.finding import State
from offhook.doctor.stream_call import Streamed, is_audible, judge, parameters_in

CONNECT = (
    '<Response><Connect><Stream url="wss://a.example/stream"><Parameter name="token" value="t"/></Stream></Connect>'
    "</Response>"
)


def test_silence_is_no_greeting() -> None:
    assert not is_audible(b"\xff\x7f" * 80)
    assert is_audible(b"\xff" * 159 + b"\x10")


def test_a_slow_greeting_warns() -> None:
    assert judge(Streamed(400)).state is State.PASS
    assert judge(Streamed(1_501)).state is State.WARN


@pytest.mark.parametrize(
    ("streamed", "cause"),
    [
        (Streamed(None, 50), "does not speak"),
        (Streamed(None, close=4401, reason="token-forged"), "OFFHOOK_STREAM_SECRET differs"),
        (Streamed(None, close=4503, reason="no-agent"), "no engine"),
        (Streamed(None, close=1006), "was cut"),
        (Streamed(None, close=1011), "failed at once"),
    ],
)
def test_a_stream_that_is_not_greeted(streamed: Streamed, cause: str) -> None:
    finding = judge(streamed)
    assert finding.state is State.FAIL
    assert cause in finding.cause
    assert finding.remedy


def test_the_token_comes_from_the_document() -> None:
    assert parameters_in(CONNECT) == {"token": "t"}
    assert parameters_in("<Response><Say>Hi</Say></Response>") == parameters_in("") == parameters_in("<oops") == {}
