"""OpenAI's own client on the simulated Realtime and Live for tests: every message it gets is read strictly."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

import openai
import orjson
from openai import AsyncOpenAI
from openai.resources.live.live import AsyncLiveConnection
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from openai.types.live import ServerEvent
from openai.types.realtime import RealtimeServerEvent, RealtimeSessionCreateRequest, RealtimeSessionCreateResponse
from websockets.exceptions import ConnectionClosed

from tests.vendors.realtime_says import UNKNOWN_TYPE
from tests.vendors.script import OpenAIScript, Script
from tests.vendors.script_speech import LiveConnection, LiveScript, RealtimeConnection, RealtimeScript
from tests.vendors.sdk_models import models_by_type, parsed, parsed_any
from tests.vendors.vendors import Vendors

MODEL = "gpt-realtime-2.1"
PCMU = {"type": "audio/pcmu"}
LOOK_UP = {"type": "function", "name": "look_up", "parameters": {"type": "object", "properties": {}}}
_REALTIME = models_by_type(RealtimeServerEvent)
_LIVE = models_by_type(ServerEvent)
_CREATED_ONLY = RealtimeSessionCreateResponse.model_fields.keys() - RealtimeSessionCreateRequest.model_fields.keys()


class Wire(Protocol):
    """A connection of the SDK's, of either API."""

    async def recv_bytes(self) -> bytes: ...
    async def send_raw(self, data: bytes | str) -> None: ...


class Talk:
    """`events` are all that came, as JSON; `until` waits for one. What is no event is kept in `garbage`."""

    def __init__(self, wire: Wire, check: Callable[[dict[str, Any]], None]) -> None:
        self._wire, self._check = wire, check
        self.events: list[dict[str, Any]] = []
        self.garbage: list[bytes] = []

    async def send(self, kind: str, **fields: Any) -> None:
        await self.send_raw(orjson.dumps({"type": kind, **fields}).decode())

    async def send_raw(self, data: str | bytes) -> None:
        """As it is: text, or a binary message."""
        await self._wire.send_raw(data)

    async def until(self, kind: str) -> dict[str, Any]:
        """The next event of this type, read now."""
        async with asyncio.timeout(10):
            while True:
                event = await self._read()
                if event is not None and event["type"] == kind:
                    return event

    async def error(self, code: str) -> dict[str, Any]:
        """The next error, which has to have this code."""
        told: dict[str, Any] = (await self.until("error"))["error"]
        assert told["code"] == code, told
        return told

    async def heard(self, audio: bytes, kind: str = "input_audio_buffer.append") -> None:
        """Sends mu-law in frames of 20 ms, as fast as they go."""
        for at in range(0, len(audio), 160):
            await self.send(kind, audio=base64.b64encode(audio[at : at + 160]).decode())

    def types(self, *without: str) -> list[str]:
        """The types so far, repeats of the same left out."""
        told = [event["type"] for event in self.events if event["type"] not in without]
        return [one for index, one in enumerate(told) if index == 0 or told[index - 1] != one]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]

    def audio(self, kind: str = "response.output_audio.delta") -> bytes:
        return b"".join(base64.b64decode(event["delta"]) for event in self.of(kind))

    async def _read(self) -> dict[str, Any] | None:
        raw = await self._wire.recv_bytes()
        try:
            event: dict[str, Any] = orjson.loads(raw)
        except orjson.JSONDecodeError:
            self.garbage.append(raw)
            return None
        if event["type"] != UNKNOWN_TYPE:
            self._check(event)
        self.events.append(event)
        return event


async def closed(talk: Talk) -> tuple[int, str]:
    """How the socket is closed, once it is: the code (1006 where nobody said) and the reason."""
    try:
        await talk.until("never")
    except ConnectionClosed as error:
        return (1006, "") if error.rcvd is None else (error.rcvd.code, error.rcvd.reason)
    raise AssertionError("the event that never comes came")


def check_realtime(event: dict[str, Any]) -> None:
    """By the model of its type. The SDK types the session of session events as a request; the API's is the response."""
    if event["type"] in ("session.created", "session.updated"):
        answered = {name: one for name, one in event["session"].items() if name != "parallel_tool_calls"}
        parsed_any(RealtimeSessionCreateResponse, orjson.dumps(answered), strict=True)
        asked = {name: one for name, one in event["session"].items() if name not in _CREATED_ONLY}
        event = {**event, "session": asked}
    _check(_REALTIME, event)


def check_live(event: dict[str, Any]) -> None:
    """By the model of its type."""
    _check(_LIVE, event)


def _check(models: Mapping[str, Any], event: dict[str, Any]) -> None:
    parsed(models[event["type"]], orjson.dumps(event), strict=True)


@asynccontextmanager
async def client_of(vendors: Vendors, key: str = "openai-key") -> AsyncIterator[AsyncOpenAI]:
    http = openai.DefaultAsyncHttpxClient(trust_env=False)
    async with AsyncOpenAI(api_key=key, base_url=vendors.openai_url, max_retries=0, http_client=http) as client:
        yield client


@asynccontextmanager
async def realtime_to(
    vendors: Vendors, key: str = "openai-key", model: str = MODEL
) -> AsyncIterator[tuple[Talk, AsyncRealtimeConnection]]:
    """An unconfigured session, just opened: a Talk, and the SDK's own connection under it."""
    async with client_of(vendors, key) as client:
        options: Any = {"close_timeout": 1, "proxy": None}
        async with client.realtime.connect(model=model, websocket_connection_options=options) as connection:
            yield Talk(connection, check_realtime), connection


@asynccontextmanager
async def live_to(vendors: Vendors) -> AsyncIterator[tuple[Talk, AsyncLiveConnection]]:
    """A socket on which nothing was said."""
    async with client_of(vendors) as client:
        options: Any = {"close_timeout": 1, "proxy": None}
        async with client.live.connect(websocket_connection_options=options) as connection:
            yield Talk(connection, check_live), connection


@asynccontextmanager
async def realtime(*connections: RealtimeConnection, **options: Any) -> AsyncIterator[tuple[Vendors, Talk]]:
    """Simulators with this script, and one session to them that is configured for a telephone."""
    script = RealtimeScript(connections or (RealtimeConnection(),), **options)
    async with (
        Vendors(Script(openai=OpenAIScript(realtime=script))) as vendors,
        realtime_to(vendors) as (talk, connection),
    ):
        await connection.session.update(session=telephone())
        await talk.until("session.updated")
        yield vendors, talk


def telephone(**more: Any) -> Any:
    """A session for mu-law both ways; `turn_detection`, `transcription` and whatever else a session has."""
    detection = more.pop("turn_detection", {"type": "server_vad"})
    transcription = more.pop("transcription", None)
    heard = {"format": PCMU, "turn_detection": detection, "transcription": transcription}
    return {"type": "realtime", "audio": {"input": heard, "output": {"format": PCMU, "voice": "marin"}}, **more}


@asynccontextmanager
async def live(connection: LiveConnection | None = None, **config: Any) -> AsyncIterator[tuple[Vendors, Talk]]:
    """Simulators with this script, and one started session of mu-law to them."""
    script = LiveScript((connection or LiveConnection(),))
    async with (
        Vendors(Script(openai=OpenAIScript(live=script))) as vendors,
        live_to(vendors) as (talk, wire),
    ):
        started: Any = {"model": "gpt-live-1", "audio": {"format": {"type": "audio/pcmu", "rate": 8000}}, **config}
        await wire.session.start(session=started)
        await talk.until("session.started")
        yield vendors, talk
