import pytest

from offhook.doctor.clock import Seen, judge
from offhook.doctor.finding import State


@pytest.mark.parametrize(
    ("seen", "state", "saw"),
    [
        ([Seen("Twilio", 0.4), Seen("the webhooks", -1.2)], State.PASS, "within 5 s of Twilio, the webhooks"),
        ([Seen("Twilio", 0.4)], State.WARN, "the only one"),
        ([], State.WARN, "nobody told the time"),
        ([Seen("Twilio", 20.0), Seen("the webhooks", 19.0)], State.WARN, "20 s ahead"),
        ([Seen("Twilio", -90.0), Seen("the webhooks", -91.0)], State.FAIL, "behind"),
        ([Seen("Twilio", 0.0), Seen("the streamer", -90.0)], State.FAIL, "the streamer 90 s ahead"),
        ([Seen("Twilio", 0.0), Seen("the streamer", 9.0)], State.WARN, "the streamer 9 s behind"),
    ],
)
def test_whose_clock_is_off(seen: list[Seen], state: State, saw: str) -> None:
    finding = judge(seen)
    assert finding.state is state
    assert saw in finding.saw
