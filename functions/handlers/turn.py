"""POST /twilio/turn/{step} and /twilio/turn: what `<Gather>` heard, in traditional mode.

The step in the path names the turn: a webhook that comes again finds its own answer. The path without a step serves a
Gather written elsewhere; there the form, which Twilio signs, names the turn. Our answer has a step in its path.
"""

from handlers import cold_start  # isort: split

import hashlib
import json

from calls.conversation import Role, Turn
from calls.record import CallRecord, Mode
from calls.route import CallerSpoke, NothingHeard
from calls.rungs import climb_to
from calls.twiml import speakable
from handlers.conduct import conduct
from handlers.resume import over
from handlers.twilio_request import TwilioRequest
from handlers.webhook import answer_voice, known_call, lambda_handler, path_number, routed
from handlers.wiring import Wired


def heard(request: TwilioRequest) -> str:
    """What the caller said, or pressed as "[keys 12#]", or both; empty when nothing came."""
    keys = request.field("Digits")
    return speakable(
        " ".join(part for part in (request.field("SpeechResult"), f"[keys {keys}]" if keys else "") if part)
    )


def _turn(wired: Wired, request: TwilioRequest, step: str = "") -> str:
    record = known_call(wired, request)
    key = f"turn-{path_number(step) if step else _digest(request)}"
    words = heard(request)
    said = caller_turn(words, key, wired.now_ms()) if words else None
    if said:
        wired.store.append_turn(record.call_id, said)
    spoke = over(request) or (CallerSpoke(_may_climb(wired, record)) if words else NothingHeard())
    return conduct(wired, record, spoke, key, said)


def _may_climb(wired: Wired, record: CallRecord) -> bool:
    """Whether a streamer is ready, asked only for a call that could do something with it."""
    return bool(climb_to(record, wired.agent(record.agent), wired.now_ms())) and wired.streamer_ready()


def _digest(request: TwilioRequest) -> str:
    return hashlib.sha256(json.dumps(sorted(request.form.items())).encode()).hexdigest()[:32]


def caller_turn(words: str, key: str, now_ms: int) -> Turn:
    """Twilio tells what was said, not when: both times are the moment it told us. The webhook's key makes the id."""
    return Turn(
        id=f"{key}-caller",
        role=Role.CALLER,
        said=words,
        heard=words,
        cut=False,
        started_at_ms=now_ms,
        ended_at_ms=now_ms,
        mode=Mode.TRADITIONAL.value,
    )


router = routed(answer_voice, {"/twilio/turn": _turn, "/twilio/turn/<step>": _turn})
handler = lambda_handler(router)
cold_start.is_over()
