"""What providers use is told with the reply that it was for."""

import asyncio

from calls.usage import Kind, Unit, Usage
from streamer.events import Used
from streamer.metering import UsageMeter, making


def test_what_is_used_is_told_with_a_name_of_its_own() -> None:
    told: list[Used] = []
    meter, other = UsageMeter(), UsageMeter()
    for one in (meter, other):
        one.tell(told.append)
        one.used(Kind.MODEL, "openai", "gpt-6-luna", {Unit.TEXT_IN: 3}, is_estimated=True)
    meter.each(Kind.SPEECH, "elevenlabs", "flash", Unit.CHARACTERS)(12)
    assert len({used.usage.id for used in told}) == 3
    name = told[0].usage.id
    assert told[0] == Used(
        Usage(name, "openai", "gpt-6-luna", Kind.MODEL, {Unit.TEXT_IN: 3}, is_estimated=True), reply_id=None
    )
    assert (told[2].usage.kind, told[2].usage.amounts) == (Kind.SPEECH, {Unit.CHARACTERS: 12})


def test_what_a_provider_put_down_itself_is_told_under_a_name_of_the_meters() -> None:
    told: list[Used] = []
    meter = UsageMeter()
    meter.tell(told.append)
    for _ in range(2):
        meter.pass_on(Usage("resp_1", "openai", "m", Kind.REALTIME, {Unit.AUDIO_OUT: 5}, is_estimated=True))
    first, second = (used.usage for used in told)
    assert (first.model, first.kind, first.amounts, first.is_estimated) == (
        "m",
        Kind.REALTIME,
        {Unit.AUDIO_OUT: 5},
        True,
    )
    assert first.id != second.id


def test_nothing_and_what_nobody_listens_to_is_not_told() -> None:
    told: list[Used] = []
    meter = UsageMeter()
    meter.used(Kind.MODEL, "openai", "gpt-6-luna", {Unit.TEXT_IN: 3})
    meter.tell(told.append)
    meter.used(Kind.MODEL, "openai", "gpt-6-luna", {Unit.TEXT_IN: 0})
    meter.used(Kind.MODEL, "openai", "gpt-6-luna", {})
    assert told == []


async def test_replies_in_the_making_at_the_same_time_are_told_apart() -> None:
    told: list[Used] = []
    meter = UsageMeter()
    meter.tell(told.append)
    speak = meter.each(Kind.SPEECH, "elevenlabs", "flash", Unit.CHARACTERS)

    async def clause(characters: int) -> None:
        await asyncio.sleep(0)
        speak(characters)

    async def reply(reply_id: int) -> None:
        making(reply_id)
        await asyncio.create_task(clause(reply_id * 10))

    await asyncio.gather(reply(1), reply(2))
    speak(5)
    assert [(used.reply_id, used.usage.amount(Unit.CHARACTERS)) for used in told] == [(1, 10), (2, 20), (None, 5)]
