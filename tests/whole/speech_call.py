"""A call of speech to speech, for either driver: what the caller does, and what has to come of it."""

from calls.conversation import Role
from tests.vendors.script import ToolCall
from tests.vendors.script_speech import Heard, SpokenReply
from tests.whole.scene import Ended

LONG = (
    "We are open from nine to five, Monday to Friday, and on Saturday until one. On Sunday we are closed all day. "
    "The last appointment begins half an hour before we close, so please come in time."
)
HEARD = (
    Heard("What are your hours?"),
    Heard("Tuesday at three."),  # an interruption
    Heard("My name is Allison."),
    Heard("Thank you, that is all."),
)
REPLIES = (
    SpokenReply(LONG),
    SpokenReply("Tuesday at three is fine, I have noted it for you. What is your name?"),
    SpokenReply("Thanks, Allison. Anything else?"),
    SpokenReply("Goodbye then, and see you on Tuesday.", (ToolCall("end_call"),)),
)
STEPS = (
    'say = ["REC/hello.wav", "REC/hours.wav"]',
    'when = "agent-speaking"\nafter_ms = 4000\nsay = ["REC/digits/day-2.wav", "REC/digits/at.wav", "REC/digits/3.wav"]',
    'say = "REC/one-moment-please.wav"',
    'say = ["REC/auth-thankyou.wav"]',
)
FILLER = "Let me see."


def check_told_in_order(ended: Ended, third: str = REPLIES[2].text) -> None:
    """Every turn as it was spoken, one after the other. `third` is what was heard of the third answer."""
    assert ended.record.failures == ()
    assert ended.said_by(Role.CALLER) == [heard.text for heard in HEARD]
    turns = ended.conversation.turns
    assert [turn.role for turn in turns] == [Role.AGENT, Role.CALLER] * 4 + [Role.AGENT]
    assert [turn.started_at_ms for turn in turns] == sorted(turn.started_at_ms for turn in turns)
    said = ended.said_by(Role.AGENT)
    assert said[0].startswith("Hello, this is Maple Street Dental.")
    assert LONG.startswith(said[1])
    assert len(said[1]) > len("We are open from nine")
    assert said[2:] == [REPLIES[1].text, third, REPLIES[3].text]
