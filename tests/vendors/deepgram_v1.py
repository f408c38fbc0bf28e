"""Deepgram's `/v1/listen` (Nova) on one accepted socket: control messages, time-out, summary. Results: nova_results."""

import asyncio
import hashlib
from datetime import UTC, datetime

import orjson

from tests.vendors import deepgram_v1_messages as says
from tests.vendors.deepgram_parameters import MOST_KEYTERM_WORDS, NovaParameters
from tests.vendors.deepgram_v2 import NO_AUDIO
from tests.vendors.idle import IdleTimer
from tests.vendors.meters import Meters
from tests.vendors.mishap import Outgoing
from tests.vendors.nova_results import Mark, NovaResults, Result
from tests.vendors.script import Fault, Listening
from tests.vendors.voice_energy import BYTES_PER_MS
from tests.vendors.web_socket import Socket

_CONFIGURE = frozenset(("type", "keyterms", "features"))


class Nova:
    """Runs by the socket's callbacks until the socket is gone. Audio and KeepAlive keep it alive."""

    def __init__(
        self,
        socket: Socket,
        request_id: str,
        parameters: NovaParameters,
        listening: Listening,
        idle_timeout_ms: float,
        meters: Meters,
        number: int,
    ) -> None:
        self._socket, self._meters, self._number = socket, meters, number
        self._parameters = parameters
        self._who = says.Identity(request_id, parameters.model, parameters.punctuated)
        self._sum = hashlib.sha256()
        self._audio_ms = 0.0
        self._created = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._out = Outgoing(socket, listening.fault, self._fail)
        deaf = listening.fault is not None and listening.fault.kind == "silence"
        self._results = NovaResults(listening, parameters, self._tell, deaf=deaf)
        self._idle = IdleTimer(idle_timeout_ms, self._idled)
        socket.on_bytes, socket.on_text = self._hear, self._obey
        self._out.begin()

    def stop(self) -> None:
        """The socket is gone."""
        self._results.ear.stop()
        self._idle.stop()
        self._out.stop()

    def _hear(self, audio: bytes) -> None:
        if not audio:
            self._meters.remark("an empty binary message: Deepgram takes it for CloseStream")
            self._close()
            return
        self._idle.touch()
        self._sum.update(audio)
        self._audio_ms += len(audio) / BYTES_PER_MS
        self._meters.audio_s_received += len(audio) / BYTES_PER_MS / 1000
        self._results.ear.hear(audio)

    def _tell(self, told: Result | Mark) -> None:
        if isinstance(told, Mark):
            at_s = told.at_ms / 1000
            self._out.send(says.speech_started(at_s) if told.what == "SpeechStarted" else says.utterance_end(at_s))
            self._meters.moment(self._number, told.what)
            return
        window_s = (told.window_ms[0] / 1000, told.window_ms[1] / 1000)
        flags = {"is_final": told.is_final, "speech_final": told.speech_final, "from_finalize": told.from_finalize}
        self._out.send(says.results(self._who, window_s, told.words, **flags))
        if told.words:
            self._meters.moment(self._number, "speech_final" if told.speech_final else "results")

    def _obey(self, text: bytes) -> None:
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            message = None
        match message:
            case {"type": "KeepAlive", **rest} if not rest:
                self._idle.touch()
            case {"type": "Finalize", **rest} if not rest or rest == {"channel": 0}:
                self._results.finalize()
                asyncio.get_running_loop().call_soon(self._results.ear.look)
            case {"type": "CloseStream", **rest} if not rest:
                self._close()
            case {"type": "Configure"} if not message.keys() - _CONFIGURE:
                self._configure(message.get("keyterms"), message.get("features"))
            case _:
                self._meters.refuse("SchemaError: the message does not match any message of /v1/listen")
                said = text.decode("utf-8", "replace")[:1000]
                self._out.send(says.error("SchemaError", "Could not deserialize last text message.", said))
                self._socket.close(1008, "DATA-0000")

    def _configure(self, keyterms: object, features: object) -> None:
        code = why = None
        terms = keyterms if isinstance(keyterms, list) and all(isinstance(one, str) for one in keyterms) else None
        if keyterms is not None and not self._parameters.model.startswith("nova-3"):
            code, why = "CONFIGURE_KEYTERMS_NOT_SUPPORTED", "Only Nova-3 models take keyterms in mid-stream."
        elif terms is not None and sum(len(term.split()) for term in terms) > MOST_KEYTERM_WORDS:
            code, why = "CONFIGURE_KEYTERM_LIMIT_EXCEEDED", "The keyterms exceed the 500-token limit."
        elif (keyterms is not None and terms is None) or not isinstance(features, dict | None):
            code, why = "CONFIGURE_INTERNAL_ERROR", "The configuration could not be applied."
        if code is None or why is None:
            self._out.send(says.configured(self._who.request_id, terms))
            return
        self._meters.refuse(f"{code}: {why}")
        self._out.send(says.not_configured(self._who.request_id, code, why))

    def _close(self) -> None:
        self._results.flush()
        audio_s = self._audio_ms / 1000
        self._out.send(says.metadata(self._who.request_id, self._sum.hexdigest(), self._created, audio_s))
        self._socket.close(1000)

    def _idled(self) -> None:
        self._meters.refuse(f"NET-0001: {NO_AUDIO}")
        self._socket.close(1011, NO_AUDIO[:120])

    def _fail(self, fault: Fault) -> None:
        self._out.send(says.error("InternalServerError", fault.reason or "An internal error occurred.", ""))
        self._socket.close(fault.code, fault.reason)
