"""A call on the simulated vendors, in one process: a real server, a real engine room, a store in memory."""

import asyncio
import itertools
import tempfile
import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from websockets.asyncio.client import connect

from calls.agent import Agent, Limits, Models, TurnTaking
from calls.conversation import Role, Turn
from calls.errors import Failure
from calls.record import CallRecord, Direction, Mode, NextStep, Status, on_rung
from calls.stream_token import Grant, mint
from calls.usage import Usage
from streamer.engines.room import EngineRoom
from streamer.providers.vendors import VendorSettings
from streamer.server import StreamServer
from streamer.settings import StreamerSettings
from tests.fakes.agents import AGENT
from tests.fakes.memory_store import MemoryCallStore
from tests.streamer.faults.caller import Caller, Utterance
from tests.streamer.test_server import start
from tests.vendors.meters import AllMeters
from tests.vendors.script import (
    DeepgramScript,
    ElevenLabsScript,
    Fault,
    Listening,
    OpenAIScript,
    Reply,
    Script,
    Speaking,
)
from tests.vendors.script import Utterance as Words
from tests.vendors.vendors import Vendors

SECRET = "s" * 32
CHARACTER_MS = 20
REPLY_S = 4.0
GREETING = "Welcome to Acme."
ASKED = ("I want to book", "Yes please")
ANSWERS = ("Gladly, on Tuesday morning then.", "See you at noon.")
BROKEN_ANSWER = f"{ANSWERS[0]} Bring your documents along please."
BROKEN_ANSWERS = (BROKEN_ANSWER, f"{ANSWERS[1]} Bring your documents and photographs along with whatever else helps.")
MODEL, FALLBACK = "gpt-5.4-mini", "gpt-5.4"
SPEAKING = Speaking(first_byte_ms=30, character_ms=CHARACTER_MS, times_realtime=8)
FLUX_AGENT = replace(
    AGENT,
    greeting=GREETING,
    models=Models("deepgram/flux-general-en", f"openai/{MODEL}", "elevenlabs"),
    limits=Limits(call_s=60, silence_s=20.0, reply_s=REPLY_S),
    turn_taking=TurnTaking(barge_in_ms=300, greeting_protected_ms=300),
    phrases=replace(AGENT.phrases, filler=""),
)
NOVA_AGENT = replace(FLUX_AGENT, models=replace(FLUX_AGENT.models, recogniser="deepgram/nova-3"))
FALLBACK_AGENT = replace(FLUX_AGENT, models=replace(FLUX_AGENT.models, reply_fallbacks=(f"openai/{FALLBACK}",)))
_numbers = itertools.count(1)


def listening(*faults: Fault | None, asked: Sequence[str] = ASKED, end_ms: float = 300.0) -> DeepgramScript:
    """A connection for each fault (None: a good one); each begins with the first of `asked`. A turn that is likely over
    150 ms after the voice is confirmed `end_ms` after it."""
    said = tuple(Words(text) for text in asked)
    return DeepgramScript(
        tuple(Listening(said, end_ms=end_ms, interim_ms=100, fault=fault) for fault in faults or (None,))
    )


def twice_listening() -> DeepgramScript:
    """The second connection is of an engine that replaced the first, and hears the second utterance only."""
    return DeepgramScript(listening().connections + listening(asked=ASKED[1:]).connections)


def thinking(*faults: Fault | None, token_ms: float = 5.0) -> OpenAIScript:
    """A request for each fault, None: a good one; those that are good give the answers in turn, the last one on."""
    good = iter((*ANSWERS, *ANSWERS[-1:] * len(faults)))
    replies = [Reply(BROKEN_ANSWER if fault else next(good), fault=fault) for fault in faults or (None,)]
    if replies[-1].fault is None:
        replies += [Reply(text) for text in good]
    return OpenAIScript(tuple(replace(reply, first_token_ms=40, token_ms=token_ms) for reply in replies))


def answering(*texts: str, token_ms: float = 5.0) -> OpenAIScript:
    """`texts`, one for each turn of the caller's, however often it is asked for."""
    replies = (Reply(text, first_token_ms=40, token_ms=token_ms) for text in texts or ANSWERS)
    return OpenAIScript(tuple(replies), by="turn")


def speaking(sockets: Sequence[Fault | None] = (None,), requests: Sequence[Fault | None] = (None,)) -> ElevenLabsScript:
    return ElevenLabsScript(
        tuple(replace(SPEAKING, fault=fault) for fault in requests),
        tuple(replace(SPEAKING, fault=fault) for fault in sockets),
    )


def script(
    deepgram: DeepgramScript | None = None,
    openai: OpenAIScript | None = None,
    elevenlabs: ElevenLabsScript | None = None,
) -> Script:
    return Script(deepgram or listening(), openai or thinking(), elevenlabs or speaking())


@dataclass(frozen=True, slots=True)
class Call:
    """One call to make. `keeps_phrases`: ElevenLabs was well when the task started, so fixed phrases are kept;
    `voice_goes`: after that it cannot be reached any more."""

    script: Script
    agent: Agent = FLUX_AGENT
    utterances: tuple[Utterance, ...] = (Utterance(), Utterance())
    stays_s: float = 20.0
    keeps_phrases: bool = False
    voice_goes: bool = False
    mode: Mode = Mode.PIPELINE


@dataclass(frozen=True, slots=True)
class Outcome:
    """A call that is over, as both ends and the vendors saw it. `warmed` is what the vendors had counted before it."""

    caller: Caller
    record: CallRecord
    turns: tuple[Turn, ...]
    meters: AllMeters
    took_s_to_end: float
    used: tuple[Usage, ...]
    warmed: AllMeters

    def said_by(self, role: Role) -> list[str]:
        return [turn.heard for turn in self.turns if turn.role is role]

    @property
    def failure(self) -> Failure | None:
        assert len(self.record.failures) <= 1, "one failure hands a call over once"
        return next(iter(self.record.failures), None)

    @property
    def next_step(self) -> NextStep | None:
        return self.record.next_step

    def heard(self, sentence: str) -> list[int]:
        """How often each of its words was heard; short words sound like parts of others."""
        words = sentence.rstrip(".").replace(",", "").split()
        return [self.caller.ear.times_heard(word) for word in words if len(word) >= 4]


async def outcome_of(call: Call) -> Outcome:
    """Make the call, from the task's start to its end."""
    call_id = f"01CALL{next(_numbers)}"
    sid = f"CA{call_id}"
    store = MemoryCallStore()
    store.create(on_rung(record_of(call_id, sid), call.mode, 0))
    async with Vendors(call.script) as vendors:
        with tempfile.TemporaryDirectory() as folder:
            settings = settings_for(vendors, Path(folder))
            room = EngineRoom([call.agent], lambda: date(2026, 11, 20), settings.vendors)
            server = StreamServer(settings, {call.agent.name: call.agent}, room, store)
            await _warm(server, vendors, call)
            warmed = deepcopy(vendors.meters)
            keeping = asyncio.create_task(room.run(), name="engines")
            try:
                async with server.serve() as listening_server:
                    port = next(iter(listening_server.sockets)).getsockname()[1]
                    caller, took_s = await called(port, server, call, call_id, sid)
            finally:
                keeping.cancel()
                await asyncio.wait([keeping])
            await _until_closed(vendors.meters)
    record = store.by_call_id(call_id)
    assert record is not None, "it was created"
    turns, used = store.conversation(call_id).turns, store.usage(call_id)
    return Outcome(caller, record, turns, vendors.meters, took_s, used, warmed)


async def _warm(server: StreamServer, vendors: Vendors, call: Call) -> None:
    """The task's start. Where no phrases are kept, ElevenLabs was away then, and is back for the call."""
    voice = vendors.listeners["elevenlabs"]
    if call.keeps_phrases:
        await server.warm()
        if call.voice_goes:
            voice.stop()
        return
    voice.refuse()
    await server.warm()
    if not call.script.elevenlabs.refused:
        await voice.listen()


async def called(port: int, server: StreamServer, call: Call, call_id: str, sid: str) -> tuple[Caller, float]:
    """The caller, and how long the streamer took to let go of the call after its end."""
    grant = Grant(call_id, sid, call.agent.name, call.mode, f"fault-{call_id}", int(time.time()) + 60)
    async with connect(f"ws://127.0.0.1:{port}/stream", proxy=None, max_queue=None, compression=None) as socket:
        caller = Caller(socket, start(mint(SECRET, grant), call_id, sid), CHARACTER_MS)
        await caller.run(call.utterances, call.stays_s)
        async with asyncio.timeout(5):
            while server.bridges:  # noqa: ASYNC110 - the server tells nobody that a stream has ended
                await asyncio.sleep(0.01)
    return caller, asyncio.get_running_loop().time() - caller.ended_s


async def _until_closed(meters: AllMeters) -> None:
    """A vendor learns of a closed connection a moment later (and counts it without telling anybody)."""
    async with asyncio.timeout(3):
        while any(one.connections_open for one in (meters.deepgram, meters.openai, meters.elevenlabs)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def settings_for(vendors: Vendors, phrases: Path) -> StreamerSettings:
    keys = vendors.script
    return StreamerSettings(
        stream_url="",
        stream_secret=SECRET,
        twilio_auth_token="a" * 32,
        table="calls",
        agents=phrases,
        aws_endpoint_url="",
        bind="127.0.0.1",
        port=0,
        max_calls=10,
        drain_s=1,
        vendors=VendorSettings(
            keys.deepgram.api_key,
            vendors.deepgram_url,
            keys.openai.api_key,
            vendors.openai_url,
            keys.elevenlabs.api_key,
            vendors.elevenlabs_url,
            phrases,
        ),
    )


def record_of(call_id: str, sid: str) -> CallRecord:
    return CallRecord(call_id, Direction.INBOUND, "default", "+14155550100", "+14155550101", 0, sid, Status.IN_PROGRESS)
