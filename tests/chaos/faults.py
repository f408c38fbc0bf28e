"""What is done to a call: each fault strikes at a moment, and may go on for a while after it."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from calls.record import Mode
from tests.chaos.field import DRAIN_S, Field
from tests.chaos.wires import Canned, signal_process

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
    """`strike` returns when its effect is over or stands for the rest of the call."""

    name: str
    strike: Strike
    modes: frozenset[Mode] = ALL_MODES


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


async def _web_error(struck: Struck) -> None:
    """The next webhook fails, as a Lambda that raises does; the lifeline is a function of its own."""
    await _next_webhook(struck, canned=Canned(500))


async def _web_late(struck: Struck) -> None:
    """The next webhook answers later than Twilio waits."""
    await _next_webhook(struck, late_s=TWILIO_WAITS_S)


async def _next_webhook(struck: Struck, canned: Canned | None = None, late_s: float = 0.0) -> None:
    web = struck.field.web
    asked = web.asked
    web.canned, web.late_s, web.excused = canned, late_s, "/twilio/lifeline"
    while web.asked == asked:  # noqa: ASYNC110 - the wire tells nobody
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.05)
    web.canned, web.late_s = None, 0.0


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


def _vendor_says(vendor: str, status: str) -> Strike:
    async def strike(struck: Struck) -> None:
        body = b'{"error":{"message":"no","type":"server_error","code":"server_error"}}'
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        struck.field.vendors[vendor].canned = head.encode() + body
        struck.field.vendors[vendor].cut()

    return strike


_PIPELINE, _REALTIME = frozenset({Mode.PIPELINE}), frozenset({Mode.REALTIME})
FAULTS = (
    Fault("streamer killed", _kill, STREAMING),
    Fault("both streamers killed", _kill_both, STREAMING),
    Fault("streamer terminated", _terminate, STREAMING),
    Fault("event loop blocked 2 s", _block, STREAMING),
    Fault("wall clock jumps an hour", _clock_jumps, STREAMING),
    Fault("stream reset", _stream_reset, STREAMING),
    Fault("stream half-open 4 s", _stream_half_open, STREAMING),
    Fault("stream 200 ms late", _stream_slow, STREAMING),
    Fault("streamers out of reach", _stream_gone, STREAMING),
    Fault("table down 4 s", _store_down),
    Fault("table throttles 4 s", _store_throttled),
    Fault("table 500 ms late", _store_slow),
    Fault("webhook fails once", _web_error),
    Fault("webhook too late once", _web_late),
    Fault("webhooks twice, out of order", _web_twice),
    *(Fault(f"{vendor} cut once", _vendor_cut(vendor), _PIPELINE) for vendor in ("deepgram", "openai", "elevenlabs")),
    *(Fault(f"{vendor} down", _vendor_down(vendor), _PIPELINE) for vendor in ("deepgram", "openai", "elevenlabs")),
    *(Fault(f"{vendor} stalls", _vendor_stalls(vendor), _PIPELINE) for vendor in ("deepgram", "openai", "elevenlabs")),
    Fault("openai says 429", _vendor_says("openai", "429 Too Many Requests"), _PIPELINE),
    Fault("deepgram says 500", _vendor_says("deepgram", "500 Internal Server Error"), _PIPELINE),
    Fault("openai cut once", _vendor_cut("openai"), _REALTIME),
    Fault("openai down", _vendor_down("openai"), _REALTIME),
    Fault("openai stalls", _vendor_stalls("openai"), _REALTIME),
)
