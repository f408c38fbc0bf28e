"""OpenAI's own client on the simulator: chat completions, Responses, models, errors."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Protocol

import httpx
import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.response_input_param import ResponseInputParam

from tests.vendors.script import Answer, Messages, OpenAIScript, Reply, Script, ToolCall
from tests.vendors.sdk_models import parsed, parsed_any, unknown_fields
from tests.vendors.vendors import Vendors

MODEL = "gpt-5.4-mini"
TEXT = "Sure, we're open until 5."
CALL = ToolCall("end_call", '{"reason": "goodbye"}')
FAST = Reply(TEXT, first_token_ms=5, token_ms=1)
HELLO: list[Any] = [{"role": "user", "content": "Hello"}]
CHAT_TOOL: Any = {"type": "function", "function": {"name": "end_call", "parameters": {"type": "object"}}}
TOOL: Any = {"type": "function", "name": "end_call", "parameters": {"type": "object"}, "strict": False}


def script(*replies: Reply, **options: Any) -> Script:
    return Script(openai=OpenAIScript(replies or (FAST,), **options))


class ClientOf(Protocol):
    def __call__(self, vendors: Vendors, key: str = "openai-key") -> AsyncOpenAI: ...


@pytest.fixture
async def client_of() -> AsyncIterator[ClientOf]:
    """Makes clients that are closed after the test."""
    async with AsyncExitStack() as opened:

        def make(vendors: Vendors, key: str = "openai-key") -> AsyncOpenAI:
            http = openai.DefaultAsyncHttpxClient(trust_env=False)
            made = AsyncOpenAI(api_key=key, base_url=vendors.openai_url, max_retries=0, http_client=http)
            opened.push_async_callback(made.close)
            return made

        yield make


async def chat(client: AsyncOpenAI, **options: Any) -> list[ChatCompletionChunk]:
    options = {"model": MODEL, "messages": HELLO, "stream_options": {"include_usage": True}, **options}
    async with asyncio.timeout(5):
        return [chunk async for chunk in await client.chat.completions.create(stream=True, **options)]


def text_of(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


@pytest.fixture
async def vendors() -> AsyncIterator[Vendors]:
    async with Vendors(script()) as running:
        yield running


async def test_chat_streams_a_reply_and_its_usage(vendors: Vendors, client_of: ClientOf) -> None:
    chunks = await chat(client_of(vendors))
    assert text_of(chunks) == TEXT
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    usage = chunks[-1].usage
    assert usage is not None
    assert usage.completion_tokens == vendors.meters.openai.tokens_out == 7
    assert usage.prompt_tokens == vendors.meters.openai.tokens_in == 5


async def test_chat_without_usage_has_none(vendors: Vendors, client_of: ClientOf) -> None:
    chunks = await chat(client_of(vendors), stream_options=None)
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)


async def test_chat_calls_a_function(client_of: ClientOf) -> None:
    async with Vendors(script(Reply("", (CALL,), first_token_ms=1, token_ms=1))) as vendors:
        chunks = await chat(client_of(vendors), tools=[CHAT_TOOL])
        calls = [call for chunk in chunks if chunk.choices for call in chunk.choices[0].delta.tool_calls or ()]
        assert calls[0].id
        assert calls[0].function is not None
        assert calls[0].function.name == "end_call"
        assert "".join(call.function.arguments or "" for call in calls if call.function) == CALL.arguments
        assert chunks[-2].choices[0].finish_reason == "tool_calls"


async def test_a_function_that_is_not_offered_is_not_called(client_of: ClientOf) -> None:
    async with Vendors(script(Reply("Bye.", (CALL,), first_token_ms=1))) as vendors:
        chunks = await chat(client_of(vendors))
        assert not any(chunk.choices and chunk.choices[0].delta.tool_calls for chunk in chunks)


async def test_chat_is_cut_at_the_limit(vendors: Vendors, client_of: ClientOf) -> None:
    chunks = await chat(client_of(vendors), max_completion_tokens=2)
    assert text_of(chunks) == "Sure,"
    assert chunks[-2].choices[0].finish_reason == "length"


async def test_chat_in_one_piece(vendors: Vendors, client_of: ClientOf) -> None:
    whole = await client_of(vendors).chat.completions.create(model=MODEL, messages=HELLO)
    assert whole.choices[0].message.content == TEXT
    assert not unknown_fields(whole)


async def test_every_chunk_is_in_the_sdks_model() -> None:
    async with Vendors(script(Reply("Bye.", (CALL,), first_token_ms=1, token_ms=0))) as vendors:
        body = {"model": MODEL, "messages": HELLO, "stream": True, "tools": [CHAT_TOOL]}
        lines = await sse(vendors, "/chat/completions", body | {"stream_options": {"include_usage": True}})
        assert lines.pop() == "[DONE]"
        assert len([parsed(ChatCompletionChunk, line) for line in lines]) > 5


async def test_responses_stream_typed_events(client_of: ClientOf) -> None:
    async with Vendors(script(Reply(TEXT, (CALL,), first_token_ms=5, token_ms=1))) as vendors:
        stream = await client_of(vendors).responses.create(model=MODEL, input="Hello", stream=True, tools=[TOOL])
        events = [event async for event in stream]
        kinds = [event.type for event in events]
        assert kinds[:4] == [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
        ]
        assert kinds[-1] == "response.completed"
        assert [event.sequence_number for event in events] == list(range(len(events)))
        text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        assert text == TEXT
        done = events[-1]
        assert done.type == "response.completed"
        assert done.response.output_text == TEXT
        assert done.response.output[1].type == "function_call"
        assert done.response.output[1].arguments == CALL.arguments
        assert done.response.usage is not None
        assert done.response.usage.output_tokens == vendors.meters.openai.tokens_out


async def test_every_event_is_in_the_sdks_model() -> None:
    cut = Reply(TEXT, first_token_ms=1, token_ms=0, finish="length")
    async with Vendors(script(Reply(TEXT, (CALL,), first_token_ms=1, token_ms=0), cut)) as vendors:
        body = {"model": MODEL, "input": "Hello", "stream": True, "tools": [TOOL]}
        lines = await sse(vendors, "/responses", body) + await sse(vendors, "/responses", body)
        kinds = {parsed_any(ResponseStreamEvent, line).type for line in lines}
        assert {"response.incomplete", "response.completed", "response.function_call_arguments.done"} <= kinds


async def test_responses_in_one_piece(vendors: Vendors) -> None:
    async with http(vendors) as client:
        answer = await client.post("/responses", json={"model": MODEL, "input": HELLO})
    assert parsed(Response, answer.content).output_text == TEXT


async def test_the_helper_collects_the_final_response(vendors: Vendors, client_of: ClientOf) -> None:
    items: ResponseInputParam = [{"role": "user", "content": "Hello"}]
    async with client_of(vendors).responses.stream(model=MODEL, input=items) as stream:
        assert (await stream.get_final_response()).output_text == TEXT


async def test_replies_by_request_by_turn_by_words_and_by_thought(client_of: ClientOf) -> None:
    one, two, late = (Reply(text, first_token_ms=1) for text in ("One.", "Two.", "We open at nine."))

    def think(messages: Messages) -> Reply | None:
        return Reply("Thought.", first_token_ms=1) if len(messages) == 5 else None

    second: list[Any] = [*HELLO, {"role": "assistant", "content": "One."}, {"role": "user", "content": "And?"}]
    async with Vendors(script(one, two)) as vendors:
        client = client_of(vendors)
        assert [text_of(await chat(client)) for _ in range(3)] == ["One.", "Two.", "Two."]
    async with Vendors(script(one, two, by="turn", answers=(Answer("when .*open", late),), think=think)) as vendors:
        client = client_of(vendors)
        assert [text_of(await chat(client)) for _ in range(2)] == ["One.", "One."]
        assert text_of(await chat(client, messages=second)) == "Two."
        assert text_of(await chat(client, messages=[{"role": "user", "content": "When are you open?"}])) == late.text
        assert text_of(await chat(client, messages=[*second, second[1], second[2]])) == "Thought."


async def test_the_first_token_and_each_other_come_when_the_script_says(client_of: ClientOf) -> None:
    async with Vendors(script(Reply("one two three four five", first_token_ms=60, token_ms=20))) as vendors:
        client = client_of(vendors)
        await client.models.list()
        began_s = time.monotonic()
        stream = await client.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
        at_ms = [(time.monotonic() - began_s) * 1000 async for chunk in stream if chunk.choices[0].delta.content]
        assert 60 <= at_ms[0] < 260
        assert 140 <= at_ms[4] < 340


async def test_models(vendors: Vendors, client_of: ClientOf) -> None:
    client = client_of(vendors)
    assert MODEL in [model.id async for model in client.models.list()]
    assert (await client.models.retrieve(MODEL)).id == MODEL
    with pytest.raises(openai.NotFoundError):
        await client.models.retrieve("gpt-0")


@pytest.mark.parametrize("key", ["wrong", "sk-0123456789abcdef"])
async def test_a_wrong_key(vendors: Vendors, key: str, client_of: ClientOf) -> None:
    with pytest.raises(openai.AuthenticationError) as refused:
        await chat(client_of(vendors, key))
    assert refused.value.code == "invalid_api_key"
    assert key not in str(refused.value)


async def test_no_key(vendors: Vendors) -> None:
    async with http(vendors, {}) as client:
        answer = await client.get("/models")
    assert answer.status_code == 401
    assert answer.json()["error"].keys() == {"message", "type", "param", "code"}


async def test_an_unknown_model_and_an_unknown_parameter(vendors: Vendors, client_of: ClientOf) -> None:
    client = client_of(vendors)
    with pytest.raises(openai.NotFoundError):
        await chat(client, model="gpt-0")
    with pytest.raises(openai.BadRequestError) as refused:
        await chat(client, extra_body={"voice_speed": 2})
    assert (refused.value.code, refused.value.param) == ("unknown_parameter", "voice_speed")
    assert len(vendors.meters.openai.refusals) == 2


async def test_a_cancelled_answer_counts_to_where_it_was_cut(client_of: ClientOf) -> None:
    async with Vendors(script(Reply("one two three four five six", first_token_ms=1, token_ms=30))) as vendors:
        stream = await client_of(vendors).chat.completions.create(model=MODEL, messages=HELLO, stream=True)
        async for chunk in stream:
            if chunk.choices[0].delta.content:
                break
        await stream.close()
        await asyncio.sleep(0.03)
        meters = vendors.meters.openai
        assert (meters.requests_cut, meters.connections_open) == (1, 0)
        assert 1 <= meters.tokens_out < 6


async def test_one_connection_serves_many_requests(vendors: Vendors, client_of: ClientOf) -> None:
    client = client_of(vendors)
    for _ in range(3):
        await chat(client)
    assert vendors.meters.openai.connections_opened == 1
    assert vendors.meters.openai.requests == 3
    assert len(vendors.meters.openai.moments) == 6


def http(vendors: Vendors, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    given = {"authorization": "Bearer openai-key"} if headers is None else headers
    return httpx.AsyncClient(base_url=vendors.openai_url, headers=given, trust_env=False)


async def sse(vendors: Vendors, path: str, body: dict[str, Any]) -> list[str]:
    """The data of all events."""
    async with http(vendors) as client:
        answer = await client.post(path, json=body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    return [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
