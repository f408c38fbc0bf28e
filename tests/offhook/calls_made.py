"""One finished call, as the store and the box give it, for the tests of what is made of it."""

from calls.conversation import Conversation, Role, Turn
from calls.errors import Blame, Failure
from calls.latency import Waterfall
from calls.record import CallRecord, Direction, EndReason, Mode, ModeUse, Status

ANSWERED_MS = 1_795_000_000_250

RECORD = CallRecord(
    call_id="01KABCDEFGHJKMNPQRSTVWXYZ0",
    direction=Direction.OUTBOUND,
    agent="default",
    from_number="+15551230100",
    to_number="+15551230101",
    created_at_ms=ANSWERED_MS - 4000,
    twilio_sid="CA0123456789abcdef0123456789abcdef",
    status=Status.COMPLETED,
    modes=(
        ModeUse(Mode.PIPELINE, ANSWERED_MS - 30, ANSWERED_MS + 9000, "the stream broke off"),
        ModeUse(Mode.TRADITIONAL, ANSWERED_MS + 9000, ANSWERED_MS + 12_000, "the call ended"),
    ),
    answered_at_ms=ANSWERED_MS,
    ended_at_ms=ANSWERED_MS + 12_000,
    end_reason=EndReason.CALLER_GOODBYE,
    failures=(Failure("stream-lost", Blame.OFFHOOK, "The stream broke off."),),
)

GREETING = Turn("t0", Role.AGENT, "Hello.", "Hello.", False, ANSWERED_MS + 100, ANSWERED_MS + 900, "pipeline")
QUESTION = Turn("t1", Role.CALLER, "When?", "When?", False, ANSWERED_MS + 1100, ANSWERED_MS + 1600, "pipeline")
CUT_ANSWER = Turn(
    "t2",
    Role.AGENT,
    "We open at nine.",
    "We open",
    True,
    ANSWERED_MS + 2400,
    ANSWERED_MS + 3400,
    "pipeline",
    Waterfall(total=800, endpointing=540, model=5, speech=190, queue=15, playout=40, ours=30),
)
INTERRUPTION = Turn("t3", Role.CALLER, "Bye.", "Bye.", False, ANSWERED_MS + 3200, ANSWERED_MS + 3900, "pipeline")

CONVERSATION = Conversation((GREETING, QUESTION, CUT_ANSWER, INTERRUPTION))
