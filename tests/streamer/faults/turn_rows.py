"""Calls on vendors that do nothing wrong, or that never come: guesses, interruptions, silence, fillers."""

from dataclasses import replace

from calls.agent import TurnTaking
from tests.streamer.faults.caller import Utterance
from tests.streamer.faults.row import AT_ONCE_S, Row
from tests.streamer.faults.scene import ANSWERS, ASKED, FLUX_AGENT, GREETING, SPEAKING, Call, listening, script
from tests.vendors.script import DeepgramScript, ElevenLabsScript, Fault, Listening, OpenAIScript, Reply
from tests.vendors.script import Utterance as Words

WRONG = "Wonderful, whatever pleases."
"""The answer to half of what the caller says."""
LONG_ANSWER = "Certainly, everything remains available throughout December, without exception, including weekends."
FILLER = "Momentito."

_PAUSING = Listening((Words(f"{ASKED[0]} | for Tuesday", end_ms=700), Words(ASKED[1])), interim_ms=100)
_SLOW_WORDS = 60.0

TAKEN_BACK = Row(
    "turns, an eager end that is taken back",
    Call(
        script(
            deepgram=DeepgramScript((_PAUSING,)),
            openai=OpenAIScript(
                (
                    Reply(WRONG, first_token_ms=40, token_ms=2 * _SLOW_WORDS),
                    *(Reply(text, first_token_ms=40, token_ms=5) for text in ANSWERS),
                )
            ),
        ),
        utterances=(Utterance((600, 400, 600)), Utterance()),
    ),
    asked=(f"{ASKED[0]} for Tuesday", ASKED[1]),
)

INTERRUPTED = Row(
    "turns, an interruption",
    Call(
        script(
            openai=OpenAIScript(
                (
                    Reply(LONG_ANSWER, first_token_ms=40, token_ms=2 * _SLOW_WORDS),
                    Reply(ANSWERS[1], first_token_ms=40, token_ms=5),
                )
            ),
            elevenlabs=ElevenLabsScript(sockets=(replace(SPEAKING, times_realtime=1.2),)),
        ),
        utterances=(Utterance(), Utterance(after_s=0.4)),
    ),
    hears=(GREETING, ANSWERS[1]),
)

UNHEARD = Row(
    "turns, a recogniser that hears no words",
    Call(
        script(deepgram=listening(Fault("silence"))),
        replace(FLUX_AGENT, limits=replace(FLUX_AGENT.limits, silence_s=1.5)),
    ),
    hears=(GREETING,),
    asked=(),
)

COVERED = Row(
    "turns, a model that is long in coming",
    Call(
        script(openai=OpenAIScript((Reply(ANSWERS[0], first_token_ms=2_500, token_ms=5),))),
        replace(
            FLUX_AGENT,
            phrases=replace(FLUX_AGENT.phrases, filler=FILLER),
            turn_taking=TurnTaking(barge_in_ms=300, greeting_protected_ms=300, filler_after_ms=800),
        ),
        utterances=(Utterance(), Utterance((), quiet_s=2.6)),
    ),
    hears=(GREETING, ANSWERS[0]),
    asked=ASKED[:1],
    waits_s=0.8 + AT_ONCE_S,
    pauses_s=2.5,
)

ROWS = [TAKEN_BACK, INTERRUPTED, UNHEARD, COVERED]
