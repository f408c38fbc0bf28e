"""The streaming server over real sockets: who gets in, who does not, and what nobody else notices."""

import asyncio
import base64
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from calls.record import Mode
from calls.stream_token import Grant, mint
from streamer.providers.vendors import VendorSettings
from streamer.server import StreamServer
from streamer.settings import StreamerSettings
from tests.fakes.agents import AGENT
from tests.fakes.light import LightEngines
from tests.fakes.memory_store import MemoryCallStore

SECRET, AUTH_TOKEN = "s" * 32, "a" * 32
_nonces = itertools.count()
LOUD, QUIET = (base64.b64encode(bytes([code]) * 160).decode() for code in (0x10, 0xFF))


def settings(stream_url: str = "", max_calls: int = 10) -> StreamerSettings:
    return StreamerSettings(
        stream_url=stream_url,
        stream_secret=SECRET,
        twilio_auth_token=AUTH_TOKEN,
        table="calls",
        agents=Path("functions/agents"),
        aws_endpoint_url="",
        bind="127.0.0.1",
        port=0,
        max_calls=max_calls,
        drain_s=1,
        vendors=VendorSettings("", "", "", "", "", "", Path("phrases")),
    )


@asynccontextmanager
async def running(server: StreamServer) -> AsyncIterator[str]:
    async with server.serve() as listening:
        await server.warm()
        yield f"127.0.0.1:{next(iter(listening.sockets)).getsockname()[1]}"


@pytest.fixture
async def server() -> StreamServer:
    return StreamServer(settings(), {AGENT.name: AGENT}, LightEngines(), MemoryCallStore())


def token(call: str = "01CALL", sid: str = "CA1", **changes: object) -> str:
    grant = Grant(call, sid, "default", Mode.PIPELINE, f"n{next(_nonces)}", int(time.time()) + 60)
    return mint(SECRET, Grant(**{**{name: getattr(grant, name) for name in Grant.__slots__}, **changes}))


def start(stream_token: str, call: str = "01CALL", sid: str = "CA1") -> str:
    media_format = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    parameters = {"callId": call, "token": stream_token}
    body = {"streamSid": f"MZ{call}", "callSid": sid, "mediaFormat": media_format, "customParameters": parameters}
    return json.dumps({"event": "start", "start": body})


def media(payload: str, at_ms: int) -> str:
    return json.dumps({"event": "media", "media": {"payload": payload, "timestamp": str(at_ms)}})


async def close_code(socket: ClientConnection) -> int:
    async with asyncio.timeout(3):
        await socket.wait_closed()
    assert socket.close_code is not None
    return socket.close_code


async def first_of(socket: ClientConnection, event: str) -> dict[str, object]:
    async with asyncio.timeout(3):
        while True:
            message: dict[str, object] = json.loads(await socket.recv())
            if message["event"] == event:
                return message


async def test_health_and_readiness(server: StreamServer) -> None:
    async with server.serve() as listening, httpx.AsyncClient(trust_env=False) as http:
        base = f"http://127.0.0.1:{next(iter(listening.sockets)).getsockname()[1]}"
        assert (await http.get(f"{base}/healthz")).status_code == 200
        cold = await http.get(f"{base}/readyz")
        assert (cold.status_code, cold.text) == (503, "warming up\n")
        assert (await http.get(f"{base}/warmz")).status_code == 503
        await server.warm()
        assert (await http.get(f"{base}/readyz")).status_code == 200
        assert (await http.get(f"{base}/elsewhere")).status_code == 404
        server.admission.lag.is_busy = True
        busy = await http.get(f"{base}/readyz")
        assert (busy.status_code, busy.text) == (503, "busy\n")
        assert (await http.get(f"{base}/stream")).status_code == 503
        server.admission.is_draining = True
        assert (await http.get(f"{base}/readyz")).text == "draining\n"
        assert (await http.get(f"{base}/healthz")).status_code == 200, "a draining task must not be killed early"
        assert (await http.get(f"{base}/warmz")).status_code == 200, "nor a full one be replaced"


async def test_a_token_alone_opens_a_stream_that_greets(server: StreamServer) -> None:
    async with running(server) as address, connect(f"ws://{address}/stream", proxy=None, max_queue=None) as socket:
        await socket.send('{"event":"connected","protocol":"Call","version":"1.0.0"}')
        await socket.send(start(token()))
        assert (await first_of(socket, "media"))["streamSid"] == "MZ01CALL"


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (lambda: start(mint("t" * 32, Grant("01CALL", "CA1", "default", Mode.PIPELINE, "n", 2**31))), 4401),
        (lambda: start(token(expires_at_s=1)), 4401),
        (lambda: start(token("01OTHER")), 4401),
        (lambda: start(token(sid="CA2")), 4401),
        (lambda: start(""), 4401),
        (lambda: start("v1." + "x" * 450), 4401),
        (lambda: start(token(agent="nobody")), 4503),
    ],
)
async def test_a_bad_start_is_closed_with_a_reason(server: StreamServer, what: object, code: int) -> None:
    assert callable(what)
    async with running(server) as address, connect(f"ws://{address}/stream", proxy=None, max_queue=None) as socket:
        await socket.send(what())
        assert await close_code(socket) == code


async def test_a_token_opens_one_stream_only(server: StreamServer) -> None:
    again = start(token())
    async with running(server) as address:
        async with connect(f"ws://{address}/stream", proxy=None, max_queue=None) as socket:
            await socket.send(again)
            await first_of(socket, "media")
        async with connect(f"ws://{address}/stream", proxy=None, max_queue=None) as socket:
            await socket.send(again)
            assert await close_code(socket) == 4401


async def test_a_call_has_one_stream_at_a_time(server: StreamServer) -> None:
    async with running(server) as address, connect(f"ws://{address}/stream", proxy=None, max_queue=None) as first:
        await first.send(start(token()))
        await first_of(first, "media")
        async with connect(f"ws://{address}/stream", proxy=None, max_queue=None) as second:
            await second.send(start(token()))
            assert await close_code(second) == 4409
        await first.send(json.dumps({"event": "mark", "mark": {"name": "r1-1"}}))
        assert (await first_of(first, "media"))["streamSid"] == "MZ01CALL"


async def test_frames_before_start_lead_nowhere(server: StreamServer) -> None:
    async with running(server) as address, connect(f"ws://{address}/stream", proxy=None, max_queue=None) as socket:
        for number in range(25):
            await socket.send(media(QUIET, number * 20))
        assert await close_code(socket) == 4401


async def test_an_oversized_frame_closes_its_own_socket_only(server: StreamServer) -> None:
    async with running(server) as address, connect(f"ws://{address}/stream", proxy=None, max_queue=None) as good:
        await good.send(start(token()))
        await first_of(good, "media")
        async with connect(f"ws://{address}/stream", proxy=None, max_queue=None) as bad:
            await bad.send(start(token("01BIG", "CA9"), "01BIG", "CA9"))
            await bad.send("x" * 70_000)
            assert await close_code(bad) == 1009
        await good.send(json.dumps({"event": "mark", "mark": {"name": "r1-1"}}))
        assert (await first_of(good, "media"))["streamSid"] == "MZ01CALL"


async def test_the_upgrade_must_be_signed_where_the_public_url_is_known() -> None:
    url = "wss://voice.example.com"
    server = StreamServer(settings(url), {AGENT.name: AGENT}, LightEngines(), MemoryCallStore())
    good = RequestValidator(AUTH_TOKEN).compute_signature(f"{url}/stream", {})
    async with running(server) as address:
        for signatures in ([], [("X-Twilio-Signature", "forged")], [("X-Twilio-Signature", good)] * 2):
            async with connect(
                f"ws://{address}/stream", proxy=None, max_queue=None, additional_headers=signatures
            ) as socket:
                assert await close_code(socket) == 4401
        async with connect(
            f"ws://{address}/stream", proxy=None, max_queue=None, additional_headers=[("X-Twilio-Signature", good)]
        ) as socket:
            await socket.send(start(token()))
            await first_of(socket, "media")


async def test_the_next_stream_of_a_call_ends_the_one_before_whose_end_nobody_told(server: StreamServer) -> None:
    async with running(server) as address, connect(f"ws://{address}/stream", proxy=None, max_queue=None) as first:
        await first.send(start(token(stream=1)))
        await first_of(first, "media")
        async with connect(f"ws://{address}/stream", proxy=None, max_queue=None) as second:
            await second.send(start(token(stream=2)))
            await first_of(second, "media")
            assert await close_code(first) == 1000
            assert len(server.bridges) == 1
            async with connect(f"ws://{address}/stream", proxy=None, max_queue=None) as late:
                await late.send(start(token(stream=1)))
                assert await close_code(late) == 4409


async def test_a_full_or_leaving_task_refuses_the_upgrade() -> None:
    server = StreamServer(settings(max_calls=1), {AGENT.name: AGENT}, LightEngines(), MemoryCallStore())
    async with running(server) as address, connect(f"ws://{address}/stream", proxy=None, max_queue=None) as socket:
        await socket.send(start(token()))
        await first_of(socket, "media")
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://{address}/stream", proxy=None, max_queue=None)
        assert refused.value.response.status_code == 503


async def test_a_drain_hands_over_what_has_not_ended(server: StreamServer) -> None:
    async with running(server) as address, connect(f"ws://{address}/stream", proxy=None, max_queue=None) as socket:
        await socket.send(start(token()))
        await first_of(socket, "media")
        draining = asyncio.create_task(server.drain(0.1))
        assert await close_code(socket) == 4503
        async with asyncio.timeout(6):
            await draining
        assert server.bridges == []


async def test_two_calls_do_not_touch_each_other(server: StreamServer) -> None:
    store = server.store
    async with running(server) as address:
        async with (
            connect(f"ws://{address}/stream", proxy=None, max_queue=None) as one,
            connect(f"ws://{address}/stream", proxy=None, max_queue=None) as two,
        ):
            await one.send(start(token("01A", "CAA"), "01A", "CAA"))
            await two.send(start(token("01B", "CAB"), "01B", "CAB"))
            await first_of(one, "media")
            await first_of(two, "media")
            for number in range(60):  # 400 ms of voice, then quiet, on one line only
                await one.send(media(LOUD if number < 20 else QUIET, number * 20))
                await two.send(media(QUIET, number * 20))
            async with asyncio.timeout(3):
                while not any(turn.role == "caller" for turn in store.conversation("01A").turns):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        assert [turn.heard for turn in store.conversation("01A").turns if turn.role == "caller"] == ["turn 1"]
        assert [turn for turn in store.conversation("01B").turns if turn.role == "caller"] == []
