import asyncio

from offhook.line_events import KEPT, LineEvents, without_numbers


def test_whole_numbers_are_cut_down_to_their_end() -> None:
    assert without_numbers("connecting to +15551230101 now") == "connecting to +…01 now"


def test_each_call_gets_its_own_events_in_order() -> None:
    events = LineEvents()
    events.add("CA1", 0, "ringing")
    events.add("CA2", 0, "ringing")
    events.add("CA1", 40, "answered")
    assert [e.sentence for e in events.since("CA1", 0)] == ["ringing", "answered"]
    assert [e.sentence for e in events.since("CA1", 1)] == ["answered"]


def test_old_events_make_room() -> None:
    events = LineEvents()
    for number in range(KEPT + 5):
        events.add("CA1", number, "x")
    assert len(events.since("CA1", 0)) == KEPT
    assert events.since("CA1", 0)[0].number == 6


async def test_who_waits_is_woken_by_the_event_of_their_call_only() -> None:
    events = LineEvents()
    waiting = asyncio.create_task(events.wait("CA1", 0, 5.0))
    await asyncio.sleep(0)
    events.add("CA2", 0, "ringing")
    await asyncio.sleep(0)
    assert not waiting.done()
    events.add("CA1", 0, "ringing")
    assert [e.call_sid for e in await waiting] == ["CA1"]


async def test_who_waits_in_vain_gets_nothing() -> None:
    assert await LineEvents().wait("CA1", 0, 0.01) == []


async def test_closing_lets_go_of_who_waits_and_who_follows() -> None:
    events = LineEvents()
    waiting = asyncio.create_task(events.wait("CA1", 0, 60.0))
    following = asyncio.create_task(anext(events.follow("CA1"), None))
    await asyncio.sleep(0)
    events.close()
    assert await waiting == []
    assert await following is None


async def test_following_gives_what_was_and_what_comes() -> None:
    events = LineEvents()
    events.add("CA1", 0, "ringing")
    following = events.follow("CA1")
    first = await anext(following)
    events.add("CA1", 0, "answered")
    second = await anext(following)
    assert (first.sentence, second.sentence) == ("ringing", "answered")
