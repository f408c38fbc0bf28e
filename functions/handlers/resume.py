"""POST /twilio/resume/{stream}: the stream is over, for whatever reason. POST /twilio/dialled/{step}: the transfer is.

Resume is both the action of `<Connect>` and the verb after it, so that it is asked whichever of the two Twilio takes
after a stream that could not be opened (error 31920).

The paths without a number serve TwiML written elsewhere. Ours always has one, so the first time that such a path is
asked is the only time that it means anything: it names the newest stream, or the transfer, and does so ever after.
"""

from handlers import cold_start  # isort: split

from calls.record import FINAL, CallRecord, Status
from calls.route import CallOver, DialEnded, Moment, StreamEnded
from handlers.conduct import conduct
from handlers.twilio_request import TwilioRequest
from handlers.webhook import answer_voice, known_call, lambda_handler, path_number, routed
from handlers.wiring import Wired

_CONNECTED = frozenset({"completed", "answered"})


def over(request: TwilioRequest) -> CallOver | None:
    """What the form's CallStatus says, where it says that the call has ended."""
    status = request.field("CallStatus")
    return CallOver(Status(status)) if status in FINAL else None


def _resume(wired: Wired, request: TwilioRequest, stream: str = "") -> str:
    record = known_call(wired, request)
    number = path_number(stream) if stream else _unnumbered(wired, record)
    return conduct(wired, record, over(request) or StreamEnded(stream=number), f"resume-{number}")


def _unnumbered(wired: Wired, record: CallRecord) -> int:
    return int(wired.store.answered_before(record.call_id, "resume", str(record.streams_served)))


def _dialled(wired: Wired, request: TwilioRequest, step: str = "") -> str:
    record = known_call(wired, request)
    key = f"dialled-{path_number(step)}" if step else "dialled"
    connected = request.field("DialCallStatus") in _CONNECTED
    moment: Moment = over(request) or DialEnded(connected)
    return conduct(wired, record, moment, key)


router = routed(
    answer_voice,
    {
        "/twilio/resume": _resume,
        "/twilio/resume/<stream>": _resume,
        "/twilio/dialled": _dialled,
        "/twilio/dialled/<step>": _dialled,
    },
)
handler = lambda_handler(router)
cold_start.is_over()
