"""What one speech-to-speech session is asked and told: client events, each with an id that tells errors apart."""

from collections.abc import Callable, Sequence
from itertools import count

from calls.agent import Agent
from calls.conversation import Role
from streamer.engines.outcomes import FunctionCall
from streamer.engines.responses import Cancel, Command, Create
from streamer.engines.sounded import Truncate
from streamer.providers import openai_realtime_messages as messages
from streamer.providers.openai_realtime_sessions import RealtimeSession

ASKED = "ask-"
"""How the id of a request for a response begins."""


class ClientEvents:
    """Written at once. `not_sent` is called when the session takes one no more, `told` when one changes what the
    conversation says."""

    def __init__(self, session: RealtimeSession, not_sent: Callable[[], None], told: Callable[[], None]) -> None:
        self._session, self._not_sent, self._told = session, not_sent, told
        self._numbers = count(1)

    def send(self, message: bytes) -> None:
        if not self._session.send(message):
            self._not_sent()

    def _tell(self, message: bytes) -> None:
        self._told()
        self.send(message)

    def carry_out(self, commands: Sequence[Command]) -> None:
        for command in commands:
            number = next(self._numbers)
            match command:
                case Create(reply_id, words):
                    self.send(messages.create_response(f"{ASKED}{number}", reply_id, words))
                case Cancel(response_id):
                    self.send(messages.cancel_response(f"cancel-{number}", response_id))
                case Truncate(item_id, content_index, end_ms):
                    self._tell(messages.truncate(f"cut-{number}", item_id, content_index, end_ms))

    def enter_text(self, role: Role, text: str, after: str | None = None) -> str:
        """A turn that the session does not know. Returns its item's id."""
        number = next(self._numbers)
        item_id = f"offhook-{number}"
        self._tell(messages.create_text(f"item-{number}", item_id, role, text, after))
        return item_id

    def enter_audio(self, payload: str) -> None:
        """A turn of the caller's, as base64 of mu-law."""
        number = next(self._numbers)
        self._tell(messages.create_audio(f"item-{number}", f"offhook-{number}", payload))

    def delete(self, item_id: str) -> None:
        self._tell(messages.delete(f"delete-{next(self._numbers)}", item_id))

    def answer_unasked(self, agent: Agent, *, wanted: bool) -> None:
        """Whether the session answers turns unasked from here on."""
        self.send(messages.answer_unasked(agent, f"unasked-{next(self._numbers)}", wanted=wanted))

    def answer_call(self, call: FunctionCall, output: str) -> None:
        self._tell(messages.call_output(f"output-{next(self._numbers)}", call.call_id, output))
