"""The port between a session and whatever converses: a pipeline of three providers, or one speech-to-speech model."""

from collections.abc import Callable
from typing import Protocol

from streamer.engines.unknown_events import UnknownEvents
from streamer.events import EngineEvent, EngineOrder
from streamer.providers.sent_audio import KeptAudio
from streamer.twilio_stream import Media


class Engine(Protocol):
    async def run(self, emit: Callable[[EngineEvent], None]) -> None:
        """Own every task and connection of the engine until cancelled. `emit` is synchronous, never blocks and is
        called on the event loop only. An engine that can go on no longer emits EngineLost and returns."""

    def hear(self, frame: Media) -> None:
        """The caller's next audio frame. Never blocks, never raises."""

    def order(self, order: EngineOrder) -> None:
        """Do what the session wants. Never blocks, never raises."""


def unknown_events(engine: Engine) -> UnknownEvents:
    """What its vendor sent that nobody here knows: an engine that counts them has them as `unknown`."""
    found = getattr(engine, "unknown", None)
    return found if isinstance(found, UnknownEvents) else UnknownEvents()


def leads(engine: Engine) -> bool:
    """Whether the engine decides for itself when to speak and takes no orders to answer: it has `leads = True`."""
    return bool(getattr(engine, "leads", False))


def kept_audio(engine: Engine) -> KeptAudio | None:
    """What the engine keeps of the caller's newest audio, for itself and for whoever comes after it: an engine that
    does has it as `kept`, and leaves it as it is when it ends."""
    found = getattr(engine, "kept", None)
    return found if isinstance(found, KeptAudio) else None
