"""Deepgram's `/v2/listen` (Flux) on one accepted socket: control messages, time-out, errors. Turns: flux_turns."""

import asyncio
from dataclasses import replace
from typing import Any

import orjson

from tests.vendors import deepgram_v2_messages as says
from tests.vendors.deepgram_parameters import BadQuery, FluxParameters, check_thresholds
from tests.vendors.flux_turns import FluxTurns, Told
from tests.vendors.idle import IdleTimer
from tests.vendors.meters import Meters
from tests.vendors.mishap import Outgoing
from tests.vendors.script import Fault, Listening
from tests.vendors.voice_energy import BYTES_PER_MS
from tests.vendors.web_socket import Socket

NO_AUDIO = (
    "Deepgram did not receive audio data or a text message within the timeout window. See https://dpgr.am/net0001"
)
_THRESHOLDS = ("eager_eot_threshold", "eot_threshold", "eot_timeout_ms")
_CONFIGURE = frozenset(("type", "thresholds", "keyterms", "language_hints", "numerals"))


class Flux:
    """Runs by the socket's callbacks until the socket is gone. Audio alone keeps it alive: Flux has no KeepAlive."""

    def __init__(
        self,
        socket: Socket,
        request_id: str,
        parameters: FluxParameters,
        listening: Listening,
        idle_timeout_ms: float,
        meters: Meters,
        number: int,
    ) -> None:
        self._socket, self._id, self._meters, self._number = socket, request_id, meters, number
        self._sequence = 0
        self._out = Outgoing(socket, listening.fault, self._fail)
        deaf = listening.fault is not None and listening.fault.kind == "silence"
        self._turns = FluxTurns(listening, parameters, self._tell, deaf=deaf)
        self._idle = IdleTimer(idle_timeout_ms, self._idled)
        socket.on_bytes, socket.on_text = self._hear, self._obey
        if self._out.begin():
            self._out.send(says.connected(request_id, self._next()))

    def stop(self) -> None:
        """The socket is gone."""
        self._turns.ear.stop()
        self._idle.stop()
        self._out.stop()

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence - 1

    def _hear(self, audio: bytes) -> None:
        self._idle.touch()
        self._meters.audio_s_received += len(audio) / BYTES_PER_MS / 1000
        self._turns.ear.hear(audio)

    def _tell(self, told: Told) -> None:
        window_s = (told.window_ms[0] / 1000, told.window_ms[1] / 1000)
        sequence = self._next()
        self._out.send(
            says.turn_info(
                self._id, sequence, told.event, told.turn_index, window_s, told.words, told.confidence, told.trigger
            )
        )
        if told.event != "Update":
            self._meters.moment(self._number, told.event)

    def _obey(self, text: bytes) -> None:
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            message = None
        match message:
            case {"type": "CloseStream", **rest} if not rest:
                self._turns.flush()
                self._socket.close(1000)
            case {"type": "ForceEndTurn", **rest} if not rest:
                self._turns.force_end()
                asyncio.get_running_loop().call_soon(self._turns.ear.look)
            case {"type": "Configure"}:
                self._configure(message)
            case _:
                self._refuse("UNPARSABLE_CLIENT_MESSAGE", "The message does not match any message of Flux.", 1008)

    def _configure(self, message: dict[str, Any]) -> None:
        try:
            self._turns.parameters = configured_by(self._turns.parameters, message)
        except BadQuery as error:
            self._meters.refuse(f"Configure: {error}")
            self._out.send(says.not_configured(self._id, self._next(), "INVALID_CONFIGURATION", str(error)))
            return
        now = self._turns.parameters
        values = dict(zip(_THRESHOLDS, (now.eager_threshold, now.threshold, now.timeout_ms), strict=True))
        self._out.send(says.configured(self._id, self._next(), values, now.keyterms, now.language_hints, now.numerals))
        self._turns.ear.look()

    def _idled(self) -> None:
        self._refuse("NET-0001", NO_AUDIO, 1011)

    def _fail(self, fault: Fault) -> None:
        self._out.send(says.fatal(self._next(), fault.reason or "INTERNAL_SERVER_ERROR", "An internal error occurred."))
        self._socket.close(fault.code, fault.reason)

    def _refuse(self, code: str, why: str, close_code: int) -> None:
        self._meters.refuse(f"{code}: {why}")
        self._out.send(says.fatal(self._next(), code, why))
        self._socket.close(close_code, why[:120])


def configured_by(now: FluxParameters, message: dict[str, Any]) -> FluxParameters:
    """`now` with what a Configure message changes; what it leaves out stays. Raises BadQuery."""
    unknown = message.keys() - _CONFIGURE
    thresholds = message.get("thresholds") or {}
    if unknown or not isinstance(thresholds, dict) or thresholds.keys() - set(_THRESHOLDS):
        raise BadQuery(f"unknown field in Configure: {', '.join(sorted(unknown)) or 'in thresholds'}")
    values = (now.eager_threshold, now.threshold, now.timeout_ms)
    old = dict(zip(_THRESHOLDS, values, strict=True))
    eager, threshold, timeout_ms = ({**old, **thresholds}[name] for name in _THRESHOLDS)
    for value in (threshold, timeout_ms, *(() if eager is None else (eager,))):
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise BadQuery("thresholds must be numbers")
    if not 500 <= timeout_ms <= 60_000:
        raise BadQuery("eot_timeout_ms must be between 500 and 60000.")
    check_thresholds(eager, threshold)
    keyterms = message.get("keyterms", now.keyterms)
    hints = message.get("language_hints", now.language_hints)
    if hints and now.model != "flux-general-multi":
        raise BadQuery("language_hints are only supported by flux-general-multi.")
    keyterms = (keyterms,) if isinstance(keyterms, str) else tuple(keyterms)
    return replace(
        now,
        eager_threshold=eager,
        threshold=threshold,
        timeout_ms=int(timeout_ms),
        keyterms=keyterms,
        language_hints=tuple(hints),
        numerals=bool(message.get("numerals", now.numerals)),
    )
