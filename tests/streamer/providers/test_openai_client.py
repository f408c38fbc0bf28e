"""What the simulated vendor does not do: refuse options, and answer in odd ways. A server of a few lines instead."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from calls.errors import ProviderFailed
from streamer.providers.openai_client import OpenAIClient
from tests.fakes.odd_server import SSE, odd_server, refusal_of
from tests.vendors.script import OpenAIScript, Script
from tests.vendors.vendors import Vendors

BODY = {"model": "m", "messages": [], "stream": True, "verbosity": "low", "temperature": 0.5}


@asynccontextmanager
async def client_of(answer: Callable[[dict[str, Any]], bytes]) -> AsyncIterator[OpenAIClient]:
    async with odd_server(answer) as url:
        client = OpenAIClient("key", url)
        try:
            yield client
        finally:
            await client.close()


async def chunks(client: OpenAIClient, body: dict[str, Any] | None = None) -> list[Any]:
    async with asyncio.timeout(5):
        stream = await client.ask(body or BODY)
        found: list[Any] = []
        try:
            while more := await stream.chunks():
                found += more
            return found + await stream.rest()
        finally:
            stream.close()


async def test_refused_options_are_left_out_and_remembered() -> None:
    asked: list[set[str]] = []

    def answer(body: dict[str, Any]) -> bytes:
        asked.append(set(body) & {"verbosity", "temperature"})
        for option in ("verbosity", "temperature"):
            if option in body:
                return refusal_of(option)
        return SSE + b'data: {"n": 1}\n\ndata: [DONE]\n\n'

    async with client_of(answer) as client:
        assert await chunks(client) == [{"n": 1}]
        assert client.refused == {"m": {"verbosity", "temperature"}}
    assert asked == [{"verbosity", "temperature"}, {"temperature"}, set()]


async def test_a_refusal_of_something_needed_is_a_failure() -> None:
    async with client_of(lambda _: refusal_of("messages")) as client:
        with pytest.raises(ProviderFailed, match="400, unsupported_value, messages"):
            await chunks(client)
        assert client.refused == {}


async def test_events_are_read_as_bytes() -> None:
    sent = ': comment\r\n\r\nevent: x\r\ndata: {"t": "a\u2028b\x85"}\r\n\r\ndata:{"t": 2}\n\ndata: [DONE]\n\n'.encode()
    async with client_of(lambda _: SSE + sent) as client:
        assert await chunks(client) == [{"t": "a\u2028b\x85"}, {"t": 2}]


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\n<html>",
        SSE + b"data: {not json\n\n",
        SSE + b"data: " + b"x" * (2 << 20),
        b"\x00\x01 not HTTP \r\n\r\n",
        b"",
    ],
)
async def test_odd_answers_are_failures(sent: bytes) -> None:
    async with client_of(lambda _: sent) as client:
        with pytest.raises(ProviderFailed):
            await chunks(client)


async def test_warming_leaves_a_connection_for_the_first_reply() -> None:
    async with Vendors() as vendors:
        client = OpenAIClient("openai-key", vendors.openai_url)
        assert await client.warm("gpt-6-luna") is None
        assert await chunks(client, {**BODY, "model": "gpt-6-luna", "messages": [{"role": "user", "content": "Hi"}]})
        assert vendors.meters.openai.connections_opened == 1
        await client.close()


async def test_warming_tells_what_is_wrong() -> None:
    async with Vendors(Script(openai=OpenAIScript(api_key="another"))) as vendors:
        client = OpenAIClient("openai-key", vendors.openai_url)
        with pytest.raises(ProviderFailed, match="OPENAI_API_KEY"):
            await client.warm("gpt-6-luna")
        vendors.listeners["openai"].stop()
        with pytest.raises(ProviderFailed, match="could not be reached"):
            await client.warm("gpt-6-luna")
        await client.close()


async def test_a_call_after_a_quiet_time_finds_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamer.providers.openai_client.FRESH_S", 0.0)
    async with Vendors() as vendors:
        client = OpenAIClient("openai-key", vendors.openai_url)
        client.freshen("gpt-6-luna")
        await asyncio.sleep(0.05)
        assert vendors.meters.openai.requests == 0, "before the first use there is nothing to keep fresh"
        await client.warm("gpt-6-luna")
        vendors.listeners["openai"].stop()
        await vendors.listeners["openai"].listen()
        client.freshen("gpt-6-luna")
        client.freshen("gpt-6-luna")
        await asyncio.sleep(0.3)
        assert (vendors.meters.openai.connections_open, vendors.meters.openai.requests) == (1, 2)
        await client.close()


async def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy sees the whole URL in the request line; the odd server only answers."""
    async with odd_server(lambda _: SSE + b'data: {"n": 1}\n\ndata: [DONE]\n\n') as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.setenv("no_proxy", "localhost")
        client = OpenAIClient("key", "http://openai.invalid")
        assert await chunks(client) == [{"n": 1}]
        await client.close()
