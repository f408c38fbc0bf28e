"""Traditional mode's reply model against the simulated OpenAI, over real sockets."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from calls.agent import Agent
from calls.conversation import Conversation, Role, Turn
from calls.errors import ProviderFailed
from calls.reply import EndCall, Reply, Transfer
from calls.usage import Kind, Unit, Usage
from handlers import measures
from handlers.model_thinking import ModelThinking
from tests.fakes.agents import on_openai
from tests.fakes.odd_server import SSE, odd_server, refusal_of
from tests.vendors.script import Fault, OpenAIScript, Script, ToolCall
from tests.vendors.script import Reply as Scripted
from tests.vendors.vendors import Vendors

TODAY = date(2026, 11, 23)
TEXT = "We open at nine. We close at five."
FAST = Scripted(TEXT, first_token_ms=1, token_ms=0.5)
ASKED = Conversation((Turn("t1", Role.CALLER, "When do you open?", "When do you open?", False, 1, 2, "traditional"),))


class Desk:
    def __init__(self, vendors: Vendors, key: str) -> None:
        self.meters = vendors.meters.openai
        self.thinking = ModelThinking(key, vendors.openai_url)

    async def reply(self, thinks: Agent | None = None) -> Reply:
        """From a thread, as the vendor lives on this one's loop."""
        async with asyncio.timeout(5):
            return await asyncio.to_thread(self.thinking.reply, thinks or on_openai(), ASKED, TODAY)

    async def failure_code(self, thinks: Agent | None = None) -> str:
        with pytest.raises(ProviderFailed) as caught:
            await self.reply(thinks)
        return caught.value.failure.code


@asynccontextmanager
async def desk(*replies: Scripted, key: str = "openai-key", **script: Any) -> AsyncIterator[Desk]:
    async with Vendors(Script(openai=OpenAIScript(replies or (FAST,), **script))) as vendors:
        at = Desk(vendors, key)
        try:
            yield at
        finally:
            at.thinking.close()


def faulty(fault: Fault) -> Scripted:
    return replace(FAST, fault=fault)


async def test_a_reply() -> None:
    async with desk() as at:
        assert await at.reply() == Reply(TEXT)
        assert not at.meters.refusals


async def test_a_reply_tells_what_it_used_as_openai_counted_it() -> None:
    async with desk() as at:
        used = (await at.reply()).used
        assert used is not None
        amounts = {Unit.TEXT_IN: at.meters.tokens_in, Unit.TEXT_OUT: at.meters.tokens_out}
        assert used == Usage("", "openai", "gpt-6-luna", Kind.MODEL, amounts)


async def test_a_reply_that_broke_off_tells_what_it_used_about() -> None:
    async with desk(replace(FAST, fault=Fault("drop", after_messages=8))) as at:
        used = (await at.reply()).used
        assert used is not None
        assert used.is_estimated
        assert used.amount(Unit.TEXT_OUT) == pytest.approx(at.meters.tokens_out, abs=3)


async def test_the_connection_is_kept_between_replies() -> None:
    async with desk() as at:
        await at.reply()
        await at.reply()
        assert at.meters.connections_opened == 1


async def test_a_kept_connection_that_was_closed_meanwhile_is_replaced() -> None:
    async with desk(FAST, faulty(Fault("reset")), FAST) as at:
        await at.reply()
        assert (await at.reply()).text == TEXT


async def test_a_reply_that_ends_the_call() -> None:
    async with desk(replace(FAST, tool_calls=(ToolCall("end_call", "{not json"),))) as at:
        assert await at.reply() == Reply(TEXT, EndCall("agent-goodbye"))


async def test_a_reply_that_transfers_without_a_word() -> None:
    async with desk(replace(FAST, text="", tool_calls=(ToolCall("transfer"),))) as at:
        thinks = on_openai(transfer_number="+14155550199")
        assert await at.reply(thinks) == Reply("One moment, please.", Transfer("+14155550199"))


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("status", status=401), "openai-unauthorised"),
        (Fault("status", status=404), "openai-model-unknown"),
        (Fault("status", status=429, retry_after_s=20), "openai-rate-limited"),
        (Fault("status", status=503), "openai-error"),
        (Fault("error"), "openai-error"),
        (Fault("drop"), "openai-cut-off"),
        (Fault("close"), "openai-cut-off"),
        (Fault("garbage"), "openai-cut-off"),
        (Fault("stall"), "openai-silent"),
        (Fault("stall", after_messages=3), "openai-silent"),
        (Fault("garbage", after_messages=3), "openai-garbage"),
    ],
)
async def test_a_failure_is_named_within_the_deadline(fault: Fault, code: str) -> None:
    async with desk(faulty(fault)) as at:
        began_s = time.monotonic()
        assert await at.failure_code(on_openai(reply_s=0.4)) == code
        assert time.monotonic() - began_s < 0.75


async def test_a_trickle_of_words_does_not_outlast_the_deadline() -> None:
    async with desk(Scripted("word " * 400, first_token_ms=1, token_ms=10)) as at:
        began_s = time.monotonic()
        assert await at.failure_code(on_openai(reply_s=0.3)) == "openai-silent"
        assert time.monotonic() - began_s < 2


@pytest.mark.parametrize("kind", ["stall", "drop", "error", "garbage"])
async def test_what_is_whole_of_a_reply_that_breaks_off_is_said(kind: Any) -> None:
    async with desk(faulty(Fault(kind, after_messages=9))) as at:
        assert await at.reply(on_openai(reply_s=0.4)) == Reply("We open at nine.")


async def test_the_next_model_is_asked_within_the_same_deadline() -> None:
    async with desk(faulty(Fault("stall")), FAST) as at:
        began_s = time.monotonic()
        assert (await at.reply(on_openai("gpt-6-luna", "gpt-5.4-mini", reply_s=0.8))).text == TEXT
        assert time.monotonic() - began_s < 0.7


async def test_a_limit_that_the_next_model_makes_good_is_told_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(measures.NAMESPACE, "Offhook/test")
    async with desk(faulty(Fault("status", status=429)), FAST) as at:
        assert (await at.reply(on_openai("gpt-6-luna", "gpt-5.4-mini"))).text == TEXT
    told = json.loads(capsys.readouterr().out)
    assert (told["vendor"], told["VendorErrors"], told["VendorLimits"]) == ("openai", 1, 1)


async def test_a_key_that_is_refused_is_not_tried_with_another_model() -> None:
    async with desk(key="another-key") as at:
        assert await at.failure_code(on_openai("gpt-6-luna", "gpt-5.4-mini")) == "openai-unauthorised"
        assert len(at.meters.refusals) == 1


async def test_nobody_listens() -> None:
    async with desk(refused=True) as at:
        assert await at.failure_code() == "openai-unreachable"


async def test_a_reply_without_words_is_a_failure() -> None:
    async with desk(Scripted("", finish="content_filter", first_token_ms=1)) as at:
        assert await at.failure_code() == "openai-filtered"


async def test_refused_options_are_left_out_and_remembered() -> None:
    asked: list[bool] = []

    def answer(body: dict[str, Any]) -> bytes:
        asked.append("verbosity" in body)
        if "verbosity" in body:
            return refusal_of("verbosity")
        return SSE + b'data: {"choices": [{"delta": {"content": "Yes."}, "finish_reason": "stop"}]}\n\n'

    async with odd_server(answer) as url:
        thinking = ModelThinking("key", url)
        for _ in range(2):
            assert await asyncio.to_thread(thinking.reply, on_openai(), ASKED, TODAY) == Reply("Yes.")
        thinking.close()
    assert asked == [True, False, False]


@pytest.mark.parametrize(
    "sent", [b"", b"\x00 not HTTP \r\n\r\n", SSE + b"data: [1]\n\n", SSE + b"data: " + b"x" * (2 << 20)]
)
async def test_odd_answers_are_failures(sent: bytes) -> None:
    async with odd_server(lambda _: sent) as url:
        thinking = ModelThinking("key", url)
        with pytest.raises(ProviderFailed):
            await asyncio.to_thread(thinking.reply, on_openai(), ASKED, TODAY)
        thinking.close()
