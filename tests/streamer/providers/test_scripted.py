from datetime import date
from pathlib import Path

import pytest

from calls import agent_files, desk
from calls.conversation import Conversation, Role, Turn
from calls.reply import EndCall, ExpectKeys, ReplyPart, Words
from streamer.providers.scripted import ScriptedThinker

AGENT = agent_files.load(Path(__file__).parents[3] / "functions" / "agents")["default"]
SUNDAY = date(2026, 11, 22)


def asked(said: str) -> Conversation:
    return Conversation((Turn("1", Role.CALLER, said, said, False, 0, 1000, "pipeline"),))


async def reply_to(said: str) -> list[ReplyPart]:
    return [part async for part in ScriptedThinker(AGENT, lambda: SUNDAY).reply(asked(said))]


@pytest.mark.parametrize("said", ["What are your hours?", "I want an appointment tomorrow.", "Goodbye.", "Transfer."])
async def test_the_reply_is_the_desks_in_sentences_with_the_action_last(said: str) -> None:
    parts = await reply_to(said)
    answer = desk.answer(AGENT, asked(said), SUNDAY)
    words = [part.text for part in parts if isinstance(part, Words)]
    assert "".join(words) == answer.text
    assert all(text.rstrip()[-1] in ".?!" for text in words)
    keys = [ExpectKeys(answer.keys)] if answer.keys else []
    assert parts[len(words) :] == [*keys, *([answer.action] if answer.action else [])]


async def test_a_goodbye_ends_the_call() -> None:
    assert isinstance((await reply_to("Goodbye."))[-1], EndCall)


async def test_today_is_asked_for_at_each_reply() -> None:
    days = iter([SUNDAY, date(2026, 11, 24)])
    thinker = ScriptedThinker(AGENT, lambda: next(days))
    replies = [[part async for part in thinker.reply(asked("I want an appointment tomorrow."))] for _ in range(2)]
    assert replies[0] != replies[1]
