"""The reply model against the simulated OpenAI, over real sockets."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from calls.agent import Agent, Models, Thinking
from calls.conversation import Conversation, Role, Turn
from calls.errors import Blame, ConfigurationInvalid, Failure, ProviderFailed
from calls.openai_usage import ReplyUsage
from calls.reply import EndCall, ReplyPart, Transfer, Words
from calls.usage import Unit
from streamer.providers.openai_client import OpenAIClient
from streamer.providers.openai_thinker import OpenAIThinker
from tests.fakes.agents import on_openai
from tests.vendors.script import Fault, Messages, OpenAIScript, Reply, Script, ToolCall
from tests.vendors.vendors import Vendors

TODAY = date(2026, 11, 23)
KEY = "openai-key"
TEXT = "We open at nine, and close at five."
FAST = Reply(TEXT, first_token_ms=1, token_ms=0.5)
ASKED = Conversation((Turn("t1", Role.CALLER, "When do you open?", "When do you open?", False, 1, 2, "pipeline"),))


class Desk:
    """One client on the simulated vendor, and thinkers on it."""

    def __init__(self, vendors: Vendors, client: OpenAIClient) -> None:
        self.vendors, self.client = vendors, client
        self.meters = vendors.meters.openai
        self.used: list[ReplyUsage] = []
        self.made_good: list[Failure] = []

    def thinker(self, thinks: Agent) -> OpenAIThinker:
        return OpenAIThinker(thinks, self.client, lambda: TODAY, self.used.append, self.made_good.append)

    async def reply(self, thinks: Agent | None = None) -> list[ReplyPart]:
        async with asyncio.timeout(5):
            return [part async for part in self.thinker(thinks or on_openai()).reply(ASKED)]

    async def failure(self, thinks: Agent | None = None) -> ProviderFailed:
        with pytest.raises(ProviderFailed) as caught:
            await self.reply(thinks)
        return caught.value


@asynccontextmanager
async def desk(*replies: Reply, key: str = KEY, **script: Any) -> AsyncIterator[Desk]:
    async with Vendors(Script(openai=OpenAIScript(replies or (FAST,), **script))) as vendors:
        client = OpenAIClient(key, vendors.openai_url)
        try:
            yield Desk(vendors, client)
        finally:
            await client.close()


def text_of(parts: list[ReplyPart]) -> str:
    return "".join(part.text for part in parts if isinstance(part, Words))


async def gather(reply: AsyncGenerator[ReplyPart, None], parts: list[ReplyPart]) -> None:
    async for part in reply:
        parts.append(part)


def faulty(fault: Fault) -> Reply:
    return replace(FAST, fault=fault)


async def test_words_come_token_by_token_and_the_usage_is_kept() -> None:
    async with desk() as at:
        thinker = at.thinker(on_openai())
        parts = [part async for part in thinker.reply(ASKED)]
        assert text_of(parts) == TEXT
        assert len(parts) > 5
        in_and_out = {Unit.TEXT_IN: at.meters.tokens_in, Unit.TEXT_OUT: len(parts)}
        assert at.used == [ReplyUsage("gpt-6-luna", in_and_out, is_estimated=False)]


async def test_a_reply_that_is_broken_off_is_estimated_from_what_was_asked_and_what_came() -> None:
    async with desk(FAST, replace(FAST, token_ms=40)) as at:
        thinker = at.thinker(on_openai())
        async for _ in thinker.reply(ASKED):
            pass
        before_in, before_out = at.meters.tokens_in, at.meters.tokens_out
        reply = thinker.reply(ASKED)
        async for _ in reply:
            if at.meters.tokens_out - before_out >= 4:
                break
        await reply.aclose()
        broken_off = at.used[-1]
    assert [used.is_estimated for used in at.used] == [False, True]
    assert broken_off.amounts[Unit.TEXT_IN] == pytest.approx(at.meters.tokens_in - before_in, rel=0.02)
    assert broken_off.amounts[Unit.TEXT_OUT] == pytest.approx(at.meters.tokens_out - before_out, abs=2)


async def test_a_refused_request_is_not_billed_and_one_that_is_given_up_is() -> None:
    async with desk(faulty(Fault("status", status=500)), faulty(Fault("stall")), FAST) as at:
        await at.failure(on_openai(reply_s=0.5))
        assert at.used == []
        await at.failure(on_openai(reply_s=0.5))
        assert [(used.is_estimated, list(used.amounts)) for used in at.used] == [(True, [Unit.TEXT_IN])]


async def test_what_openai_is_asked() -> None:
    seen: list[Messages] = []

    def think(messages: Messages) -> Reply:
        seen.append(messages)
        return FAST

    async with desk(think=think) as at:
        await at.reply(on_openai(thinking=Thinking(0.3, "low", 120)))
        assert not at.meters.refusals
    assert [message["role"] for message in seen[0]] == ["system", "user"]
    assert "Today is Monday, November 23, 2026." in seen[0][0]["content"]
    assert seen[0][1]["content"] == "When do you open?"


async def test_max_tokens_bound_the_reply() -> None:
    async with desk() as at:
        assert len(await at.reply(on_openai(thinking=Thinking(max_tokens=3)))) == 3


async def test_a_second_reply_takes_the_same_connection() -> None:
    async with desk() as at:
        await at.reply()
        await at.reply()
        assert at.meters.connections_opened == 1


async def test_a_kept_connection_that_was_closed_meanwhile_is_replaced() -> None:
    async with desk(FAST, faulty(Fault("reset")), FAST) as at:
        await at.reply()
        assert text_of(await at.reply()) == TEXT


async def test_the_agent_hangs_up_after_its_words() -> None:
    async with desk(replace(FAST, tool_calls=(ToolCall("end_call", '{"reason": "goodbye"}'),))) as at:
        parts = await at.reply()
        assert text_of(parts) == TEXT
        assert parts[-1] == EndCall("agent-goodbye")


async def test_where_the_model_acts_without_a_word_the_agent_has_some() -> None:
    async with desk(replace(FAST, text="", tool_calls=(ToolCall("end_call"),))) as at:
        assert await at.reply() == [Words("Goodbye, then."), EndCall("agent-goodbye")]


async def test_a_transfer_is_offered_only_where_there_is_a_number() -> None:
    transfers = replace(FAST, tool_calls=(ToolCall("transfer"),))
    async with desk(transfers) as at:
        assert text_of(await at.reply()) == TEXT
        parts = await at.reply(on_openai(transfer_number="+14155550199"))
        assert parts[-1] == Transfer("+14155550199")


@pytest.mark.parametrize("arguments", ["{not json", "[]", '"bye"', ""])
async def test_malformed_arguments_end_the_call_all_the_same(arguments: str) -> None:
    async with desk(replace(FAST, tool_calls=(ToolCall("end_call", arguments),))) as at:
        assert (await at.reply())[-1] == EndCall("agent-goodbye")


async def test_closing_the_reply_ends_the_request_at_once() -> None:
    async with desk(Reply("one two three four five", first_token_ms=1, token_ms=1000)) as at:
        reply = at.thinker(on_openai()).reply(ASKED)
        assert await anext(reply) == Words("one")
        await reply.aclose()
        await asyncio.sleep(0.05)
        assert (at.meters.requests_cut, at.meters.connections_open) == (1, 0)


async def test_cancelling_before_the_first_word_ends_the_request_at_once() -> None:
    async with desk(Reply(first_token_ms=60_000)) as at:
        asking = asyncio.create_task(at.reply())
        await asyncio.sleep(0.1)
        assert at.meters.requests == 1
        asking.cancel()
        await asyncio.wait([asking])
        await asyncio.sleep(0.05)
        assert (at.meters.requests_cut, at.meters.connections_open) == (1, 0)


@pytest.mark.parametrize(
    ("fault", "code", "blame"),
    [
        (Fault("status", status=401), "openai-unauthorised", Blame.CONFIGURATION),
        (Fault("status", status=403), "openai-forbidden", Blame.CONFIGURATION),
        (Fault("status", status=404), "openai-model-unknown", Blame.CONFIGURATION),
        (Fault("status", status=400), "openai-request-refused", Blame.CONFIGURATION),
        (Fault("status", status=429), "openai-rate-limited", Blame.PROVIDER),
        (Fault("status", status=500), "openai-error", Blame.PROVIDER),
        (Fault("status", status=503), "openai-error", Blame.PROVIDER),
        (Fault("error"), "openai-error", Blame.PROVIDER),
        (Fault("garbage"), "openai-garbage", Blame.PROVIDER),
        (Fault("drop"), "openai-cut-off", Blame.PROVIDER),
        (Fault("close"), "openai-cut-off", Blame.PROVIDER),
        (Fault("stall"), "openai-silent", Blame.PROVIDER),
    ],
)
async def test_a_failure_before_any_word_is_named(fault: Fault, code: str, blame: Blame) -> None:
    async with desk(faulty(fault)) as at:
        failure = (await at.failure(on_openai(reply_s=0.5))).failure
        assert (failure.code, failure.blame) == (code, blame)


@pytest.mark.parametrize("kind", ["error", "garbage", "drop", "reset", "close"])
async def test_a_failure_in_mid_stream_is_raised_after_its_words(kind: Any) -> None:
    async with desk(replace(FAST, token_ms=10, fault=Fault(kind, after_messages=5)), FAST) as at:
        reply = at.thinker(on_openai("gpt-6-luna", "gpt-5.4-mini")).reply(ASKED)
        parts: list[ReplyPart] = []
        with pytest.raises(ProviderFailed):
            await gather(reply, parts)
        assert TEXT.startswith(text_of(parts))
        assert parts
        assert at.meters.requests == 1


async def test_a_retry_after_is_told_and_not_waited_for() -> None:
    async with desk(faulty(Fault("status", status=429, retry_after_s=20))) as at:
        began_s = time.monotonic()
        assert "wait 20 s" in (await at.failure()).failure.sentence
        assert time.monotonic() - began_s < 10
        assert at.meters.requests == 1


async def test_a_model_that_asks_to_wait_is_not_asked_again_meanwhile() -> None:
    async with desk(faulty(Fault("status", status=429, retry_after_s=20))) as at:
        await at.failure()
        assert "wait 20 s" in (await at.failure()).failure.sentence
        assert at.meters.requests == 1


async def test_a_model_that_asks_to_wait_a_moment_is_asked_after_it() -> None:
    async with desk(faulty(Fault("status", status=429, retry_after_s=0.3)), FAST) as at:
        await at.failure()
        began_s = time.monotonic()
        assert text_of(await at.reply()) == TEXT
        assert 0.25 < time.monotonic() - began_s < 5


async def test_while_a_model_is_limited_the_fallback_is_asked_first() -> None:
    seen: list[str] = []
    both = on_openai("gpt-6-luna", "gpt-5.4-mini")
    async with desk(faulty(Fault("status", status=429, retry_after_s=20)), FAST) as at:
        for _ in range(2):
            thinker = at.thinker(both)
            assert text_of([part async for part in thinker.reply(ASKED)]) == TEXT
            seen.append(at.used[-1].model)
        assert (seen, at.meters.requests) == (["gpt-5.4-mini", "gpt-5.4-mini"], 3)
        assert [failure.code for failure in at.made_good] == ["openai-rate-limited"]


async def test_the_next_model_is_asked_within_the_same_deadline() -> None:
    async with desk(faulty(Fault("stall")), FAST) as at:
        began_s = time.monotonic()
        assert text_of(await at.reply(on_openai("gpt-6-luna", "gpt-5.4-mini", reply_s=1.0))) == TEXT
        assert 0.3 < time.monotonic() - began_s < 0.8


async def test_a_key_that_is_refused_is_not_tried_with_another_model() -> None:
    async with desk(key="another-key") as at:
        assert (await at.failure(on_openai("gpt-6-luna", "gpt-5.4-mini"))).failure.code == "openai-unauthorised"
        assert len(at.meters.refusals) == 1


async def test_the_first_word_has_a_deadline() -> None:
    async with desk(Reply(first_token_ms=60_000)) as at:
        began_s = time.monotonic()
        assert (await at.failure(on_openai("gpt-6-luna", "gpt-5.4-mini", reply_s=0.5))).failure.code == "openai-silent"
        assert time.monotonic() - began_s < 0.95  # and not once for each model


async def test_every_further_word_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamer.providers.openai_waiting.STALLED_S", 0.1)
    async with desk(faulty(Fault("stall", after_messages=4))) as at:
        assert (await at.failure()).failure.code == "openai-stalled"


async def test_a_reply_without_end_has_a_deadline() -> None:
    async with desk(Reply("word " * 400, first_token_ms=1, token_ms=10)) as at:
        assert (await at.failure(on_openai(reply_s=0.2))).failure.code == "openai-too-long"


async def test_a_consumer_that_is_slow_to_take_words_breaks_no_deadline() -> None:
    async with desk() as at:
        parts: list[ReplyPart] = []
        async for part in at.thinker(on_openai(reply_s=0.1)).reply(ASKED):
            parts.append(part)
            await asyncio.sleep(0.05)
        assert text_of(parts) == TEXT


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply("", finish="content_filter", first_token_ms=1), "openai-filtered"),
        (Reply("", finish="length", first_token_ms=1), "openai-no-words"),
        (Reply(" ", first_token_ms=1), "openai-no-words"),
    ],
)
async def test_a_reply_without_words_is_a_failure(reply: Reply, code: str) -> None:
    async with desk(reply) as at:
        assert (await at.failure()).failure.code == code


async def test_nobody_listens() -> None:
    async with desk(refused=True) as at:
        failure = (await at.failure()).failure
        assert (failure.code, failure.retryable) == ("openai-unreachable", True)


async def test_no_failure_tells_the_key_or_what_was_said() -> None:
    async with desk(faulty(Fault("status", status=500))) as at:
        told = str(await at.failure())
        assert KEY not in told
        assert "open?" not in told


async def test_a_plain_openai_is_the_default_model() -> None:
    async with desk() as at:
        plain = replace(on_openai(), models=Models("light", "openai", "light"))
        thinker = at.thinker(plain)
        assert [part async for part in thinker.reply(ASKED)]
        assert [used.model for used in at.used] == ["gpt-6-luna"]


async def test_another_providers_fallback_is_refused() -> None:
    async with desk() as at:
        mixed = replace(on_openai(), models=Models("light", "openai", "light", ("scripted",)))
        with pytest.raises(ConfigurationInvalid, match="'scripted'"):
            at.thinker(mixed)
