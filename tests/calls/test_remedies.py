import pytest

from calls.errors import Blame, Failure
from calls.remedies import remedy


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("openai-live-quota", "Pay for more"),
        ("openai-realtime-rate-limited", "fewer calls"),
        ("deepgram-unauthorised", "a key"),
        ("openai-realtime-model-unknown", "offhook agents check"),
        ("stream-never-came", "stream-reach"),
        ("twilio-13227", "Geographic Permissions"),
        ("twilio-31922", "wss://"),
        ("task-leaving", "Nothing, where it was a deploy"),
        ("engine-broke", "defect"),
        ("budget-spent", "[budget]"),
    ],
)
def test_a_known_failure_has_its_own_remedy(code: str, says: str) -> None:
    assert says in remedy(Failure(code, Blame.PROVIDER, "It failed."))


def test_an_unknown_one_is_told_by_who_has_to_act() -> None:
    told = {blame: remedy(Failure("never-seen", blame, "It failed.")) for blame in Blame}
    assert "status page" in told[Blame.PROVIDER]
    assert "streamer's log" in told[Blame.OFFHOOK]
    assert "Twilio's console" in told[Blame.TWILIO]
    assert "offhook doctor" in told[Blame.CONFIGURATION]
    assert len(set(told.values())) == len(Blame)
