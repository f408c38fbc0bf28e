"""The table of ElevenLabs' faults, on the socket and over HTTP: in the greeting, and in the middle of an answer."""

from collections.abc import Sequence

from calls.errors import Blame
from streamer.providers.elevenlabs_http import SpeechRequests
from streamer.providers.elevenlabs_socket import SpeechSocket
from streamer.providers.elevenlabs_speaker import OPENING_S
from tests.streamer.faults.caller import Utterance
from tests.streamer.faults.row import AT_ONCE_S, Row, default_of
from tests.streamer.faults.scene import ANSWERS, ASKED, GREETING, Call, answering, script, speaking
from tests.vendors.script import ElevenLabsScript, Fault

SOCKET_FIRST_S = default_of(SpeechSocket, "first_s")
SOCKET_BETWEEN_S = default_of(SpeechSocket, "between_s")
HTTP_FIRST_S = default_of(SpeechRequests, "first_s")
HTTP_BETWEEN_S = default_of(SpeechRequests, "between_s")
NO_SOCKET = Fault("status", status=500)
IN_THE_GREETING, IN_THE_ANSWER = 3, 9
"""Messages of the socket before the fault: the greeting has five pieces and its end, the answer nine."""
SILENCE = Fault("silence")
PATIENT = (Utterance(), Utterance(quiet_s=SOCKET_BETWEEN_S + 1.0))
"""A caller who lets the agent stop in mid-sentence."""


def _over_socket(what: str, *sockets: Fault | None, waits_s: float = AT_ONCE_S) -> Row:
    """The voice goes on over HTTP, or over the next socket."""
    return Row(f"elevenlabs socket, {what}", Call(script(elevenlabs=speaking(sockets))), waits_s=waits_s)


def _http_lost(
    what: str, code: str, *requests: Fault | None, blame: Blame = Blame.PROVIDER, waits_s: float = AT_ONCE_S
) -> Row:
    call = Call(script(elevenlabs=speaking((NO_SOCKET,), requests)))
    name = f"elevenlabs http, start: {what}"
    return Row(name, call, hears=(), may_begin=GREETING, asked=(), code=code, blame=blame, waits_s=waits_s)


def _http_mid(what: str, code: str, fault: Fault, begins: str = "", pauses_s: float = AT_ONCE_S) -> Row:
    return Row(
        f"elevenlabs http, middle: {what}",
        Call(script(openai=answering(), elevenlabs=speaking((NO_SOCKET,), (None, fault))), utterances=PATIENT),
        hears=(GREETING,),
        begins=begins,
        may_begin=ANSWERS[0],
        asked=ASKED[:1],
        code=code,
        pauses_s=pauses_s,
    )


def _kept() -> Row:
    """The greeting is kept since the start of the task: it is heard, and only the answer is lost."""
    call = Call(script(), keeps_phrases=True, voice_goes=True)
    name = "elevenlabs, gone after the start"
    return Row(name, call, hears=(GREETING,), asked=ASKED[:1], code="elevenlabs-unreachable")


def _socket_rows() -> Sequence[Row]:
    mid, end = IN_THE_GREETING, IN_THE_ANSWER
    return [
        Row(
            "elevenlabs socket, start: 401",
            Call(script(elevenlabs=speaking((Fault("status", status=401),)))),
            hears=(),
            asked=(),
            code="elevenlabs-unauthorised",
            blame=Blame.CONFIGURATION,
        ),
        _over_socket("start: 429", Fault("status", status=429)),
        _over_socket("start: 429 with Retry-After", Fault("status", status=429, retry_after_s=1)),
        _over_socket("start: 500", Fault("status", status=500)),
        _over_socket("start: reset", Fault("reset")),
        _over_socket("start: drop", Fault("drop")),
        _over_socket("start: garbage", Fault("garbage")),
        _over_socket("start: no answer to the handshake", Fault("stall"), waits_s=OPENING_S + AT_ONCE_S),
        _over_socket("start: close 1011", Fault("close")),
        _over_socket("start: error message", Fault("error")),
        _over_socket("start: stall", Fault("stall", after_ms=1), None, waits_s=SOCKET_FIRST_S + AT_ONCE_S),
        _over_socket("greeting: drop", Fault("drop", after_messages=mid), None),
        _over_socket("greeting: close 1011", Fault("close", after_messages=mid), None),
        _over_socket("greeting: garbage", Fault("garbage", after_messages=mid), None),
        _over_socket("answer: drop", Fault("drop", after_messages=end), None),
        _over_socket("answer: close 1011", Fault("close", after_messages=end), None),
        _over_socket("answer: error message", Fault("error", after_messages=end), None),
        _over_socket("answer: garbage", Fault("garbage", after_messages=end), None),
        Row(
            "elevenlabs socket, answer: stall",
            Call(script(elevenlabs=speaking((Fault("stall", after_messages=end), None))), utterances=PATIENT),
            pauses_s=SOCKET_BETWEEN_S + AT_ONCE_S,
        ),
        Row(
            "elevenlabs socket, silence",
            Call(script(elevenlabs=speaking((SILENCE,)))),
            hears=(),
            asked=(),
            code="elevenlabs-silent",
        ),
    ]


ROWS = [
    *_socket_rows(),
    _http_lost("401", "elevenlabs-unauthorised", Fault("status", status=401), blame=Blame.CONFIGURATION),
    _http_lost("429", "elevenlabs-limit", Fault("status", status=429)),
    _http_lost("429 with Retry-After", "elevenlabs-limit", Fault("status", status=429, retry_after_s=2)),
    _http_lost("500", "elevenlabs-unreachable", Fault("status", status=500)),
    _http_lost("reset", "elevenlabs-lost", Fault("reset")),
    _http_lost("drop", "elevenlabs-lost", Fault("drop")),
    _http_lost("stall", "elevenlabs-stalled", Fault("stall"), waits_s=HTTP_FIRST_S + AT_ONCE_S),
    _http_lost("silence", "elevenlabs-silent", SILENCE),
    Row(
        "elevenlabs http, middle: garbage",
        Call(script(elevenlabs=speaking((NO_SOCKET,), (None, Fault("garbage", after_messages=2), None)))),
    ),
    _http_mid("drop", "elevenlabs-lost", Fault("drop", after_messages=2)),
    _http_mid("reset", "elevenlabs-lost", Fault("reset", after_messages=2)),
    _http_mid("ends as if complete", "elevenlabs-lost", Fault("close", after_messages=2)),
    _http_mid("error message", "elevenlabs-unreachable", Fault("error", after_messages=2)),
    _http_mid("stall", "elevenlabs-stalled", Fault("stall", after_messages=2), ANSWERS[0], HTTP_BETWEEN_S + AT_ONCE_S),
    _kept(),
    Row(
        "elevenlabs, refused",
        Call(script(elevenlabs=ElevenLabsScript(refused=True))),
        hears=(),
        asked=(),
        code="elevenlabs-unreachable",
    ),
]
