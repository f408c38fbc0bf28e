"""One call's socket to ElevenLabs: open from the start of the call to its end, one context a reply.

A spare context is always open, so that a reply's first text needs nothing before it and there is something to keep
alive. Whoever abandons a context hears no more of it at once; what the vendor still sends of it is dropped here.
"""

import asyncio
import logging
from itertools import count

from calls.errors import ProviderFailed
from streamer.providers import elevenlabs_messages as messages
from streamer.providers.elevenlabs_failures import ELEVENLABS
from streamer.providers.elevenlabs_messages import ContextFinal, FromContext
from streamer.providers.narration import SpeechPiece
from streamer.providers.vendor_socket import Connect, VendorSocket
from streamer.web_socket import SocketClosed

log = logging.getLogger(__name__)

MOST_CONTEXTS = 5
"""ElevenLabs' own bound, contexts that are being closed included."""
LEAVING_S = 5.0
"""A closed context is gone after so long, also when its final message never came."""
KEEP_ALIVE_S = messages.INACTIVITY_S / 3
_WAITING_PIECES = 1_024
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0


class SpeechContext:
    """One reply on the socket: `speak` texts, `finish`, and take `piece` after piece; or `abandon` it."""

    def __init__(self, name: str, socket: VendorSocket, first_s: float, between_s: float) -> None:
        self.name = name
        self._socket = socket
        self._first_s, self._between_s = first_s, between_s
        self._pieces: asyncio.Queue[SpeechPiece | ContextFinal | ProviderFailed] = asyncio.Queue(_WAITING_PIECES)
        self._time = asyncio.get_running_loop().time
        self._owed_from_s: float | None = None
        self._is_finished = self._has_spoken = False
        self._failure: ProviderFailed | None = None
        self._more = asyncio.Event()
        self.characters = 0

    def speak(self, text: str) -> None:
        """Text that follows the texts before it; `characters` counts what was sent, as it is billed."""
        if self._owed_from_s is None:
            self._owed_from_s = self._time()
        sent = messages.as_sent(text)
        if self._send(messages.words(self.name, text)):
            self.characters += len(sent)

    def finish(self) -> None:
        """No more text: `piece` returns None after the last audio."""
        self._is_finished, self._owed_from_s = True, self._time()
        self._send(messages.flush(self.name))
        self._send(messages.close_context(self.name))

    def stop(self) -> None:
        """Nobody wants the rest."""
        if not self._is_finished:
            self._send(messages.close_context(self.name))

    def fail(self, failure: ProviderFailed) -> None:
        """`piece` raises this, once what came before has been taken."""
        self._failure = self._failure or failure
        self._more.set()

    def take(self, told: SpeechPiece | ContextFinal | ProviderFailed) -> None:
        """What the socket told of this context."""
        if isinstance(told, ProviderFailed):
            self.fail(told)
            return
        self._owed_from_s = self._time() if self._is_finished else None
        self._has_spoken = True
        try:
            self._pieces.put_nowait(told)
        except asyncio.QueueFull:
            self.fail(ELEVENLABS.lost("its speech was not taken"))
        self._more.set()

    async def piece(self) -> SpeechPiece | None:
        """The next piece; None at the end. Raises ProviderFailed, at a deadline where audio is owed."""
        while self._pieces.empty():
            if self._failure is not None:
                raise self._failure
            self._more.clear()
            looking = asyncio.get_running_loop().call_at(self._deadline_s(), self._more.set)
            try:
                await self._more.wait()
            finally:
                looking.cancel()
            if self._pieces.empty() and self._failure is None:
                self._check_deadline()
        told = self._pieces.get_nowait()
        return told if isinstance(told, SpeechPiece) else None

    def _deadline_s(self) -> float:
        """When to look again: text may be added, and so owed, while nobody is waiting for it."""
        allowed_s = self._between_s if self._has_spoken else self._first_s
        return (self._time() if self._owed_from_s is None else self._owed_from_s) + allowed_s

    def _check_deadline(self) -> None:
        if self._owed_from_s is not None and self._time() >= self._deadline_s():
            raise ELEVENLABS.stalled("no speech", self._between_s if self._has_spoken else self._first_s)

    def _send(self, message: bytes) -> bool:
        is_sent = self._socket.send(message, text=True)
        if not is_sent:
            self.fail(ELEVENLABS.lost("it takes no more text"))
        return is_sent


class SpeechSocket:
    """`run` keeps the socket open; `context` takes a context of it. One for each call."""

    def __init__(
        self, connect: Connect, first_s: float = 2.0, between_s: float = 3.0, keep_alive_s: float = KEEP_ALIVE_S
    ) -> None:
        """`first_s`: how long the first audio of a reply may take, `between_s`: any audio after it; `keep_alive_s`: how
        long the socket may be without a message."""
        self._connect = connect
        self._first_s, self._between_s, self._keep_alive_s = first_s, between_s, keep_alive_s
        self._numbers = count(1)
        self._socket: VendorSocket | None = None
        self._spare: SpeechContext | None = None
        self._contexts: dict[str, SpeechContext] = {}
        self._leaving: dict[str, float] = {}
        self._settled = asyncio.Event()
        self._is_running = False
        self._refusal: ProviderFailed | None = None
        self._heard_s = 0.0
        self._looking: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Keep a socket open until cancelled. A socket that cannot be had is no error here: `context` tells."""
        self._is_running = True
        pause_s = _FIRST_PAUSE_S
        try:
            while self._refusal is None:
                self._settled.clear()
                try:
                    socket = await self._connect()
                    pause_s = _FIRST_PAUSE_S
                    await self._serve(socket)
                except ProviderFailed as failed:
                    log.warning("no speech socket: %s", failed.failure.code)
                    self._refusal = None if failed.failure.retryable else failed
                self._settled.set()
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        finally:
            self._is_running = False

    async def context(self, within_s: float) -> SpeechContext | None:
        """A context to speak in, waiting for the socket to open for so long; None where there is none to be had.

        Raises ProviderFailed where ElevenLabs refused the socket for good (a wrong key).
        """
        if not self._is_running:
            await asyncio.sleep(0)  # `run` may have been started in this very turn of the loop
        if self._is_running and self._socket is None and self._refusal is None:
            try:
                async with asyncio.timeout(within_s):
                    await self._settled.wait()
            except TimeoutError:
                return None
        if self._refusal is not None:
            raise self._refusal
        context = self._spare or self._open()
        self._spare = None
        return context

    def release(self, context: SpeechContext) -> None:
        """The context is not needed any more; a new spare is opened in its place."""
        if self._contexts.pop(context.name, None) is not None:
            context.stop()
            self._leaving[context.name] = asyncio.get_running_loop().time()
        if self._spare is None:
            self._spare = self._open()

    def drop(self) -> None:
        """The socket is no good: close it, and let `run` open another."""
        if self._socket is not None:
            self._socket.close()

    def _open(self) -> SpeechContext | None:
        if self._socket is None or not self._socket.is_open:
            return None
        gone_s = asyncio.get_running_loop().time() - LEAVING_S
        self._leaving = {name: since_s for name, since_s in self._leaving.items() if since_s > gone_s}
        if len(self._contexts) + len(self._leaving) >= MOST_CONTEXTS:
            return None
        context = SpeechContext(f"reply-{next(self._numbers)}", self._socket, self._first_s, self._between_s)
        self._contexts[context.name] = context
        self._socket.send(messages.open_context(context.name), text=True)
        return context

    async def _serve(self, socket: VendorSocket) -> None:
        """Hand on what comes until the socket ends."""
        lost: ProviderFailed = ELEVENLABS.lost("it was closed")
        self._socket, self._heard_s = socket, asyncio.get_running_loop().time()
        try:
            self._spare = self._open()
            self._settled.set()
            self._look(socket)
            await socket.deliver(self._take)
        except SocketClosed as closed:
            log.info("the speech socket was closed with %s", closed.code)
        except ProviderFailed as failed:
            lost = failed
            if not failed.failure.retryable:
                raise
        finally:
            if self._looking is not None:
                self._looking.cancel()
            socket.close()
            self._socket = self._spare = None
            for context in self._contexts.values():
                context.fail(lost)
            self._contexts.clear()
            self._leaving.clear()

    def _take(self, raw: bytes) -> None:
        self._heard_s = asyncio.get_running_loop().time()
        for told in self._read(raw):
            self._hand_on(told)

    def _look(self, socket: VendorSocket) -> None:
        """A socket on which nothing has come for so long is kept alive; again when that may next be so."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._heard_s >= self._keep_alive_s:
            self._heard_s = loop.time()
            self._spare = self._spare or self._open()
            if self._spare is not None:
                socket.send(messages.keep_alive(self._spare.name), text=True)
        self._looking = loop.call_at(self._heard_s + self._keep_alive_s, self._look, socket)

    def _read(self, raw: bytes) -> list[FromContext]:
        try:
            return messages.read(raw)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("a message of ElevenLabs' makes no sense: %s", type(error).__name__)
            return []

    def _hand_on(self, told: FromContext) -> None:
        if isinstance(told.told, ProviderFailed) and not told.context:
            raise told.told
        is_final = isinstance(told.told, ContextFinal)
        context = self._contexts.pop(told.context, None) if is_final else self._contexts.get(told.context)
        if is_final:
            self._leaving.pop(told.context, None)
        if context is not None:
            context.take(told.told)
            if context is self._spare:
                self._spare = None
