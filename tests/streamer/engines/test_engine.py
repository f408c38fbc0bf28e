"""Which engines lead, and which have met what they do not know."""

from collections.abc import Callable

from streamer.engines.engine import leads, unknown_events
from streamer.engines.live import LiveEngine
from streamer.engines.unknown_events import UnknownEvents
from streamer.events import EngineEvent, EngineOrder
from streamer.twilio_stream import Media


class Led:
    async def run(self, emit: Callable[[EngineEvent], None]) -> None:
        """Nothing to do."""

    def hear(self, frame: Media) -> None:
        """Nothing to hear."""

    def order(self, order: EngineOrder) -> None:
        """Nothing to be done."""


class Leading(Led):
    leads = True


def test_an_engine_is_led_unless_it_says_otherwise() -> None:
    assert not leads(Led())
    assert leads(Leading())
    assert LiveEngine.leads


class Puzzled(Led):
    def __init__(self) -> None:
        self.unknown = UnknownEvents()
        self.unknown.note("session.mood")


def test_an_engine_that_counts_what_it_does_not_know_is_asked_for_it() -> None:
    assert unknown_events(Led()).total == 0
    assert unknown_events(Puzzled()).total == 1
