import pytest

from offhook.doctor.finding import State
from offhook.doctor.socket_edge import NotOpened
from offhook.doctor.upgrade import Tried, judge

URL = "wss://stream.example.com"
OPEN = NotOpened(101)


@pytest.mark.parametrize(
    ("plain", "is_streamer", "cause"),
    [
        (NotOpened(426, "This path takes WebSockets."), False, "drops the headers"),
        (NotOpened(400, "Bad Request"), True, "drops the headers"),
        (NotOpened(200, "ok"), True, "drops the headers"),
        (NotOpened(400, "Bad Request"), False, "Something else"),
        (NotOpened(404, "Twilio streams to /stream."), True, "The path is wrong"),
        (NotOpened(404, "Not Found", "nginx"), False, "The path is wrong"),
        (NotOpened(403), False, "A gate in front"),
        (NotOpened(502), False, "no healthy streamer"),
        (NotOpened(503, "Service Unavailable"), False, "no healthy streamer"),
        (NotOpened(301), False, "does not follow"),
        (NotOpened(0, "no answer to the upgrade within 5 s"), False, "does not know WebSockets"),
    ],
)
def test_whose_fault_it_is(plain: NotOpened, is_streamer: bool, cause: str) -> None:
    finding = judge(Tried(plain, plain, is_streamer), URL)
    assert finding.state is State.FAIL
    assert cause in finding.cause
    assert finding.remedy


@pytest.mark.parametrize("why", ["full", "draining", "warming up"])
def test_a_streamer_that_takes_no_call_now_is_no_broken_proxy(why: str) -> None:
    finding = judge(Tried(NotOpened(503, why), NotOpened(503, why), True), URL)
    assert f"takes no call now: it is {why}" in finding.saw
    assert "Ask again in a minute" in finding.remedy


def test_twilio_sends_no_query_string_so_one_that_is_refused_only_warns() -> None:
    assert judge(Tried(OPEN, OPEN, True), URL).state is State.PASS
    assert judge(Tried(OPEN, NotOpened(404), True), URL).state is State.WARN
