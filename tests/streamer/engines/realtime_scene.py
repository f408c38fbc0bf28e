"""One session's side of a call under the test's hand: a talk, and an owner that notes what it is told."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from calls.errors import ProviderFailed
from streamer.engines.caller_turns import CallerTurns
from streamer.engines.realtime_talk import Talk
from streamer.engines.unknown_events import UnknownEvents
from streamer.events import EngineEvent, TurnTaken, TurnWorded
from streamer.providers.sent_audio import KeptAudio
from tests.fakes.agents import AGENT
from tests.streamer.engines.realtime_parts import Clock, FakeSession


class Notes:
    """An owner that notes what it is told."""

    def __init__(self) -> None:
        self.unknown = UnknownEvents()
        self.events: list[EngineEvent] = []
        self.words: list[tuple[int, str, bool]] = []
        self.sounds: list[tuple[int, int]] = []
        self.over: list[int] = []
        self.refusals: list[tuple[int, str]] = []
        self.at_turn: Callable[[], None] = lambda: None

    def emit(self, event: EngineEvent) -> None:
        self.events.append(event)

    def turn_taken(self, turn: TurnTaken) -> None:
        self.events.append(turn)
        self.at_turn()

    def turn_worded(self, worded: TurnWorded) -> None:
        self.events.append(worded)

    def reply_worded(self, reply_id: int, text: str, *, is_spoken: bool) -> None:
        self.words.append((reply_id, text, is_spoken))

    def reply_sounded(self, reply_id: int, mulaw: bytes) -> None:
        self.sounds.append((reply_id, len(mulaw)))

    def response_over(self, reply_id: int, response: Mapping[str, Any]) -> None:
        self.over.append(reply_id)

    def reply_refused(self, reply_id: int, failed: ProviderFailed) -> None:
        self.refusals.append((reply_id, failed.failure.code))


class Scene:
    def __init__(self, *, is_ready: bool = True) -> None:
        self.session, self.notes, self.clock = FakeSession(), Notes(), Clock()
        self.talk = Talk(self.session, AGENT, CallerTurns(AGENT.realtime, KeptAudio(1_000)), self.notes, self.clock)
        if is_ready:
            self.take("session.updated")

    def take(self, kind: str, **fields: Any) -> None:
        self.talk.take(json.dumps({"type": kind, **fields}).encode())

    def error(self, code: str | None, event_id: str | None = None, kind: str = "invalid_request_error") -> None:
        self.take("error", error={"type": kind, "code": code, "message": "secret words", "event_id": event_id})

    def answers_unasked(self) -> None:
        self.talk.answer_unasked(wanted=True)
        (change,) = self.session.of("session.update")
        self.take("session.updated", session=change["session"])

    def unasked(self) -> list[bool]:
        """What the session was told of turns that nobody asks it to answer."""
        turns = [one["session"]["audio"]["input"]["turn_detection"] for one in self.session.of("session.update")]
        return [one["create_response"] for one in turns]

    def answering(self) -> None:
        self.talk.ask(1)
        self.take("response.created", response={"id": "r", "metadata": {"offhook_reply": "1"}})
