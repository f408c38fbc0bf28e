"""What is done to a call: each fault strikes at a moment, and may go on for a while after it."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from calls.record import Mode
from tests.chaos.field import DRAIN_S, Field
from tests.chaos.moments import Moment
from tests.chaos.wires import Canned, signal_process
from tests.vendors.script import Fault as Ailment

FOR_S = 4.0
BLOCKED_S = 2.0
TWILIO_WAITS_S = 16.0
"""A webhook that answers later than Twilio waits (15 s)."""
THROTTLED = Canned(
    400,
    b'{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}',
    b"application/x-amz-json-1.0",
)
ALL_MODES = frozenset(Mode)
STREAMING = frozenset({Mode.REALTIME, Mode.PIPELINE})


@dataclass(frozen=True, slots=True)
class Struck:
    """Where the fault strikes: the call's field, and its callId ("" while it has no record)."""

    field: Field
    call_id: str


Strike = Callable[[Struck], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """`strike` returns when its effect is over or stands for the rest of the call. `soils`: the streamers know of it in
    the calls that follow. `live`: to calls whose realtime mode is OpenAI Live."""

    name: str
    strike: Strike
    modes: frozenset[Mode] = ALL_MODES
    moments: frozenset[Moment] = frozenset(Moment)
    soils: bool = False
    live: bool = False

    def __reduce__(self) -> tuple[Callable[[str, frozenset[Mode], bool], "Fault"], tuple[str, frozenset[Mode], bool]]:
        """What is done to a call cannot be sent to another process, but its name can."""
        return _named, (self.name, self.modes, self.live)


def _holder(struck: Struck) -> int:
    return struck.field.holder_of(struck.call_id) or 0


async def _kill(struck: Struck) -> None:
    await struck.field.stack.kill_streamer(_holder(struck))


async def _kill_both(struck: Struck) -> None:
    for number in (0, 1):
        await struck.field.stack.kill_streamer(number)


async def _terminate(struck: Struck) -> None:
    await struck.field.stack.stop_streamer(_holder(struck), DRAIN_S)


async def _block(struck: Struck) -> None:
    """The whole process stands still, its event loop with it."""
    pid = struck.field.stack.streamer_pid(_holder(struck))
    signal_process(pid, signal.SIGSTOP)
    await asyncio.sleep(BLOCKED_S)
    signal_process(pid, signal.SIGCONT)


async def _clock_jumps(struck: Struck) -> None:
    for number in (0, 1):
        signal_process(struck.field.stack.streamer_pid(number), signal.SIGUSR1)


async def _stream_reset(struck: Struck) -> None:
    struck.field.stream.cut()


async def _stream_half_open(struck: Struck) -> None:
    struck.field.stream.freeze()
    await asyncio.sleep(FOR_S)
    struck.field.stream.thaw()


async def _stream_slow(struck: Struck) -> None:
    struck.field.stream.late_s = 0.2


async def _stream_gone(struck: Struck) -> None:
    struck.field.stream.refusing = True
    struck.field.stream.cut()


async def _store_down(struck: Struck) -> None:
    struck.field.store_line.refusing = True
    struck.field.store_line.cut()
    await asyncio.sleep(FOR_S)
    struck.field.store_line.refusing = False


async def _store_throttled(struck: Struck) -> None:
    struck.field.store.canned = THROTTLED
    await asyncio.sleep(FOR_S)
    struck.field.store.canned = None


async def _store_slow(struck: Struck) -> None:
    struck.field.store.late_s = 0.5


async def _disk_full(struck: Struck) -> None:
    struck.field.fill_disk()


async def _web_error(struck: Struck) -> None:
    """The next webhook fails, as a Lambda that raises does; the lifeline is a function of its own."""
    await _next_webhook(struck, canned=Canned(500))


async def _web_late(struck: Struck) -> None:
    """The next webhook answers later than Twilio waits."""
    await _next_webhook(struck, late_s=TWILIO_WAITS_S)


async def _next_webhook(struck: Struck, canned: Canned | None = None, late_s: float = 0.0) -> None:
    web = struck.field.web
    asked = web.asked
    web.canned, web.late_s, web.once, web.excused = canned, late_s, True, "/twilio/lifeline"
    while web.asked == asked:  # noqa: ASYNC110 - the wire tells nobody
        await asyncio.sleep(0.005)


async def _web_twice(struck: Struck) -> None:
    """Every webhook comes twice, the second time late enough to come behind the one after it."""
    struck.field.web.twice, struck.field.web.again_after_s = True, 1.5


def _vendor_cut(vendor: str) -> Strike:
    async def strike(struck: Struck) -> None:
        struck.field.vendors[vendor].cut()

    return strike


def _vendor_down(vendor: str) -> Strike:
    async def strike(struck: Struck) -> None:
        struck.field.vendors[vendor].refusing = True
        struck.field.vendors[vendor].cut()

    return strike


def _vendor_stalls(vendor: str) -> Strike:
    async def strike(struck: Struck) -> None:
        struck.field.vendors[vendor].freeze()

    return strike


def _answer(status: str) -> bytes:
    body = b'{"error":{"message":"no","type":"server_error","code":"server_error"}}'
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _vendor_says(vendor: str, status: str) -> Strike:
    async def strike(struck: Struck) -> None:
        struck.field.vendors[vendor].canned = _answer(status)
        struck.field.vendors[vendor].cut()

    return strike


async def _first_choices_fail(struck: Struck) -> None:
    """The recogniser and the voice that the agent names first; those that it names for then serve."""
    for vendor, path in (("deepgram", b"/v2/listen"), ("elevenlabs", b"eleven_flash_v2_5")):
        wire = struck.field.vendors[vendor]
        wire.canned, wire.canned_for = _answer("500 Internal Server Error"), path
        wire.cut()


def _ails(vendor: str, ailment: Ailment) -> Strike:
    """The connections that stand are cut, and those that come find the vendor ailing."""

    async def strike(struck: Struck) -> None:
        struck.field.ailing.ail(vendor, ailment)
        struck.field.vendors["openai" if vendor in ("realtime", "live") else vendor].cut()

    return strike


def _pipeline(name: str, strike: Strike) -> Fault:
    return Fault(name, strike, frozenset({Mode.PIPELINE}), soils=True)


def _realtime(name: str, strike: Strike) -> Fault:
    return Fault(name, strike, frozenset({Mode.REALTIME}), soils=True)


def _live(name: str, strike: Strike) -> Fault:
    moments = frozenset(Moment) - {Moment.TOOL_RUNNING, Moment.GOODBYE}
    return Fault(name, strike, frozenset({Mode.REALTIME}), moments, soils=True, live=True)


def _ailing(name: str, vendor: str, ailment: Ailment) -> Fault:
    mode = Mode.REALTIME if vendor == "realtime" else Mode.PIPELINE
    moments = frozenset({Moment.MODEL_THINKING, Moment.AGENT_SPEAKING})
    return Fault(name, _ails(vendor, ailment), frozenset({mode}), moments, soils=True)


_LATER_MS = 300.0
VENDORS = ("deepgram", "openai", "elevenlabs")
FAULTS = (
    Fault("streamer killed", _kill, STREAMING),
    Fault("both streamers killed", _kill_both, STREAMING),
    Fault("streamer terminated", _terminate, STREAMING),
    Fault("event loop blocked 2 s", _block, STREAMING),
    Fault("wall clock jumps an hour", _clock_jumps, STREAMING, soils=True),
    Fault("stream reset", _stream_reset, STREAMING),
    Fault("stream half-open 4 s", _stream_half_open, STREAMING),
    Fault("stream 200 ms late", _stream_slow, STREAMING),
    Fault("streamers out of reach", _stream_gone, STREAMING),
    Fault("table down 4 s", _store_down),
    Fault("table throttles 4 s", _store_throttled),
    Fault("table 500 ms late", _store_slow),
    Fault("disk full", _disk_full),
    Fault("webhook fails once", _web_error),
    Fault("webhook too late once", _web_late),
    Fault("webhooks twice, out of order", _web_twice),
    *(_pipeline(f"{vendor} cut once", _vendor_cut(vendor)) for vendor in VENDORS),
    *(_pipeline(f"{vendor} down", _vendor_down(vendor)) for vendor in VENDORS),
    *(_pipeline(f"{vendor} stalls", _vendor_stalls(vendor)) for vendor in VENDORS),
    _pipeline("first recogniser and voice down", _first_choices_fail),
    _pipeline("openai says 429", _vendor_says("openai", "429 Too Many Requests")),
    _pipeline("deepgram says 500", _vendor_says("deepgram", "500 Internal Server Error")),
    _ailing("openai says 500", "openai", Ailment("status", status=500)),
    _ailing("openai refuses the key", "openai", Ailment("status", status=401)),
    _ailing("openai breaks off", "openai", Ailment("drop", after_messages=4)),
    _ailing("openai errs in mid-reply", "openai", Ailment("error", after_messages=4)),
    _ailing("openai sends garbage", "openai", Ailment("garbage", after_messages=4)),
    _ailing("deepgram says 429", "deepgram", Ailment("status", status=429)),
    _ailing("deepgram refuses the key", "deepgram", Ailment("status", status=401)),
    _ailing("deepgram closes", "deepgram", Ailment("close", after_ms=_LATER_MS)),
    _ailing("deepgram errs", "deepgram", Ailment("error", after_ms=_LATER_MS)),
    _ailing("deepgram sends garbage", "deepgram", Ailment("garbage", after_ms=_LATER_MS)),
    _ailing("deepgram hears nothing", "deepgram", Ailment("silence")),
    _ailing("elevenlabs says 429", "elevenlabs", Ailment("status", status=429)),
    _ailing("elevenlabs refuses the key", "elevenlabs", Ailment("status", status=401)),
    _ailing("elevenlabs closes", "elevenlabs", Ailment("close", after_messages=3)),
    _ailing("elevenlabs errs", "elevenlabs", Ailment("error", after_messages=3)),
    _ailing("elevenlabs sends garbage", "elevenlabs", Ailment("garbage", after_messages=3)),
    _ailing("elevenlabs says silence", "elevenlabs", Ailment("silence")),
    _realtime("openai cut once", _vendor_cut("openai")),
    _realtime("openai down", _vendor_down("openai")),
    _realtime("openai stalls", _vendor_stalls("openai")),
    _ailing("openai says 429", "realtime", Ailment("status", status=429)),
    _ailing("openai refuses the key", "realtime", Ailment("status", status=401)),
    _ailing("openai closes", "realtime", Ailment("close", after_messages=20)),
    _ailing("openai errs", "realtime", Ailment("error", after_messages=20, reason="server_error")),
    _ailing("openai sends garbage", "realtime", Ailment("garbage", after_messages=20)),
    _live("streamer killed", _kill),
    _live("openai cut once", _vendor_cut("openai")),
    _live("openai down", _vendor_down("openai")),
    _live("openai stalls", _vendor_stalls("openai")),
    _live("openai says 429", _ails("live", Ailment("status", status=429))),
)


def _named(name: str, modes: frozenset[Mode], live: bool) -> Fault:
    return next(fault for fault in FAULTS if (fault.name, fault.modes, fault.live) == (name, modes, live))
