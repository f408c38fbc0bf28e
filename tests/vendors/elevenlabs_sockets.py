"""ElevenLabs' speaking WebSockets on one accepted socket: `stream-input` and `multi-stream-input`."""

from collections.abc import Callable

from tests.vendors import elevenlabs_messages as says
from tests.vendors.elevenlabs_context import SpeechContext
from tests.vendors.elevenlabs_errors import socket_error
from tests.vendors.elevenlabs_messages import BadMessage, Said
from tests.vendors.elevenlabs_parameters import SocketParameters
from tests.vendors.idle import IdleTimer
from tests.vendors.meters import Meters
from tests.vendors.mishap import Outgoing
from tests.vendors.script import Fault, Speaking
from tests.vendors.web_socket import Socket

MOST_CONTEXTS = 5


class SpeakingSocket:
    """What both sockets share: first message, key, errors, inactivity. `key` None: the header had the right one."""

    multi: bool

    def __init__(
        self,
        socket: Socket,
        parameters: SocketParameters,
        speaking: Speaking,
        meters: Meters,
        number: int,
        key: str | None,
    ) -> None:
        self.socket, self.parameters, self.speaking = socket, parameters, speaking
        self.meters, self.number = meters, number
        self._key = key
        self._opened = False
        self.idle_ms = (
            speaking.inactivity_ms if speaking.inactivity_ms is not None else parameters.inactivity_s * 1000.0
        )
        self.out = Outgoing(socket, speaking.fault, self._fail)
        self.idle = IdleTimer(self.idle_ms, self.idled)
        socket.on_text, socket.on_bytes = self._obey, self._refuse_binary
        self.out.begin()

    def take(self, said: Said, *, first: bool) -> None:
        """One good message. Raises BadMessage."""
        raise NotImplementedError

    def contexts(self) -> list[SpeechContext]:
        raise NotImplementedError

    def idled(self) -> None:
        """No message for the time the client asked for."""
        limit_s = self.idle_ms / 1000
        self.refuse(
            "input_timeout_exceeded",
            f"Have not received a new text input within the timeout of {limit_s:g} seconds. Streaming input terminated."
            " Please make sure to either feed the input in the timely manner, or to send the end of input text"
            ' (empty string "") when done.',
        )

    def stop(self) -> None:
        """The socket is gone."""
        self.idle.stop()
        self.out.stop()
        for context in self.contexts():
            context.stop()

    def refuse(self, code: str, sentence: str) -> None:
        self.meters.refuse(f"{code}: {sentence}")
        self.out.send(socket_error(code, sentence))
        self.socket.close(1008, sentence[:120])

    def context(self, said: Said, name: str | None, ended: Callable[[SpeechContext], None]) -> SpeechContext:
        return SpeechContext(
            name, self.speaking, self.parameters, said.schedule, self.meters, self.number, self.out.send, ended
        )

    def speak(self, context: SpeechContext, said: Said) -> None:
        """The text, trigger and flush of a message."""
        if said.text:
            if not said.text.endswith(" "):
                self.meters.remark("text that does not end with a space")
            context.add(said.text)
        if said.flush:
            context.flush()
        elif said.trigger:
            context.trigger()

    def _obey(self, raw: bytes) -> None:
        self.idle.touch()
        try:
            said = says.read(raw, multi=self.multi)
            first = not self._opened
            if first and not said.close_socket:
                self._open(said)
            self.take(said, first=first)
        except BadMessage as error:
            self.refuse(error.code, str(error))

    def _open(self, said: Said) -> None:
        if self._key is not None and said.key != self._key:
            raise BadMessage("invalid_api_key", "Invalid API key.")
        if said.text != " ":
            raise BadMessage("invalid_message", "The text of the first message must be a single space.")
        self._opened = True

    def _refuse_binary(self, _: bytes) -> None:
        self.refuse("invalid_message", "Binary messages are not supported.")

    def _fail(self, fault: Fault) -> None:
        self.out.send(socket_error("internal_server_error", fault.reason or "Internal server error."))
        self.socket.close(fault.code, fault.reason)


class StreamInput(SpeakingSocket):
    """`stream-input`: one text from beginning to end; the empty text ends it and the socket."""

    multi = False
    _context: SpeechContext | None = None
    _settings: object = None

    def take(self, said: Said, *, first: bool) -> None:
        if self._context is None:
            self._context = self.context(said, None, self._ended)
            self._settings = said.settings
        elif said.settings not in (None, self._settings) or (said.schedule is not None and not first):
            raise BadMessage("invalid_message", "voice_settings and generator_config cannot change after the start.")
        if self._context.closing:
            raise BadMessage("invalid_message", "The input has already ended.")
        if said.text == "":
            self._context.finish()
        else:
            self.speak(self._context, said)

    def contexts(self) -> list[SpeechContext]:
        return [] if self._context is None else [self._context]

    def _ended(self, _: SpeechContext) -> None:
        self.out.send(says.final(None))
        self.socket.close(1000)


class MultiStreamInput(SpeakingSocket):
    """`multi-stream-input`: up to five contexts, closing ones included; each dies of its own inactivity."""

    multi = True
    _leaving = False

    def __init__(
        self,
        socket: Socket,
        parameters: SocketParameters,
        speaking: Speaking,
        meters: Meters,
        number: int,
        key: str | None,
    ) -> None:
        self._contexts: list[SpeechContext] = []
        self._idle_of: dict[SpeechContext, IdleTimer] = {}
        super().__init__(socket, parameters, speaking, meters, number, key)

    def take(self, said: Said, *, first: bool) -> None:
        if said.close_socket:
            self._leave()
            return
        name = said.context if said.context is not None else "default"
        context = next((one for one in self._contexts if one.name == name and not one.closing), None)
        if said.close_context:
            if context is not None:
                context.close()
            return
        if context is None:
            if not said.text and not said.flush:
                self.meters.remark("keep-alive of a context that is not open")
                return
            context = self._new(said, name)
        elif said.opening:
            raise BadMessage(
                "invalid_message", "voice_settings and generation_config belong to a context's first message."
            )
        self._idle_of[context].touch()
        self.speak(context, said)

    def contexts(self) -> list[SpeechContext]:
        return list(self._contexts)

    def idled(self) -> None:
        if self._contexts:
            self.idle = IdleTimer(self.idle_ms, self.idled)
            return
        super().idled()

    def stop(self) -> None:
        super().stop()
        for idle in self._idle_of.values():
            idle.stop()

    def _new(self, said: Said, name: str) -> SpeechContext:
        if len(self._contexts) == MOST_CONTEXTS:
            raise BadMessage(
                "max_active_conversations",
                f"Maximum simultaneous contexts per WebSocket connection exceeded ({MOST_CONTEXTS})."
                " Please close an existing context before opening a new one.",
            )
        context = self.context(said, name, self._ended)
        self._contexts.append(context)
        self._idle_of[context] = IdleTimer(self.idle_ms, context.finish)
        return context

    def _ended(self, context: SpeechContext) -> None:
        self.out.send(says.final(context.name))
        self._contexts.remove(context)
        self._idle_of.pop(context).stop()
        if self._leaving and not self._contexts:
            self.socket.close(1000)

    def _leave(self) -> None:
        self._leaving = True
        for context in self.contexts():
            context.close()
        if not self._contexts:
            self.socket.close(1000)
