"""Which engines lead."""

from collections.abc import Callable

from streamer.engines.engine import leads
from streamer.engines.live import LiveEngine
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
