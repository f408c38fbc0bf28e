"""ElevenLabs' door: paths, keys, voices and queries, for HTTP and for its sockets."""

import asyncio
import re
import uuid
from http import HTTPStatus

from tests.vendors import elevenlabs_errors as errors
from tests.vendors.elevenlabs_errors import Refused
from tests.vendors.elevenlabs_http import stream_speech
from tests.vendors.elevenlabs_parameters import SocketParameters, check_http_query, socket_parameters, text_of
from tests.vendors.elevenlabs_sockets import MultiStreamInput, SpeakingSocket, StreamInput
from tests.vendors.exchange import Exchange
from tests.vendors.meters import Meters
from tests.vendors.mishap import struck_at_the_door
from tests.vendors.script import ElevenLabsScript, Speaking, nth
from tests.vendors.web_socket import Socket
from tests.vendors.wire import Request, json_answer

_HTTP = re.compile(r"/v1/text-to-speech/([^/]+)/stream(/with-timestamps)?")
_SOCKET = re.compile(r"/v1/text-to-speech/([^/]+)/(multi-)?stream-input")


class ElevenLabs:
    """Serves requests and sockets, each by the next entry of its own list in the script."""

    def __init__(self, script: ElevenLabsScript, meters: Meters) -> None:
        self.script, self.meters = script, meters
        self._requests = self._sockets = 0

    def serve(self, request: Request, exchange: Exchange) -> None:
        self.meters.requests += 1
        try:
            self._speak(request, exchange)
        except Refused as refused:
            self._refuse(exchange, refused)

    def open_socket(self, request: Request, socket: Socket) -> None:
        number, self._sockets = self._sockets, self._sockets + 1
        self.meters.requests += 1
        speaking = nth(self.script.sockets, number)

        def refuse(status: int, headers: dict[str, str]) -> None:
            self._reject(socket, errors.of_status(status), headers)

        if not struck_at_the_door(speaking.fault, socket, refuse):
            loop = asyncio.get_running_loop()
            loop.call_later(speaking.accept_ms / 1000, self._admit, request, socket, speaking, number)

    def _speak(self, request: Request, exchange: Exchange) -> None:
        found = _HTTP.fullmatch(request.path)
        if found is None or request.method != "POST":
            raise Refused(404, "Not Found")
        number, self._requests = self._requests, self._requests + 1
        speaking = nth(self.script.requests, number)

        def refuse(status: int, headers: dict[str, str]) -> None:
            self._refuse(exchange, errors.of_status(status), headers)

        self.meters.moment(number, "request")
        if struck_at_the_door(speaking.fault, exchange, refuse):
            return
        key = self._key(request)
        if key is None:
            raise errors.no_key()
        if key != self.script.api_key:
            raise errors.of_status(401)
        self._check_voice(found[1])
        check_http_query(request.query)
        text = text_of(request.body, self.script.models)
        timestamps = found[2] is not None
        stream_speech(exchange, text, speaking, request.at_s, self.meters, number, timestamps=timestamps)

    def _admit(self, request: Request, socket: Socket, speaking: Speaking, number: int) -> None:
        meters = self.meters
        try:
            parameters = self._check_handshake(request)
        except Refused as refused:
            self._reject(socket, refused)
            return
        socket.accept()
        if not socket.is_open:
            meters.refuse("not a WebSocket handshake, or the client has gone")
            return
        meters.sockets_opened += 1
        meters.sockets_open += 1
        kind: type[SpeakingSocket] = StreamInput if request.path.endswith("/stream-input") else MultiStreamInput
        key = None if self._key(request) is not None else self.script.api_key
        session = kind(socket, parameters, speaking, meters, number, key)

        def gone() -> None:
            meters.sockets_open -= 1
            session.stop()

        socket.on_gone = gone

    def _check_handshake(self, request: Request) -> SocketParameters:
        found = _SOCKET.fullmatch(request.path)
        if found is None:
            raise Refused(404, "Not Found")
        key = self._key(request)
        if key is not None and key != self.script.api_key:
            raise errors.of_status(401)
        self._check_voice(found[1])
        return socket_parameters(request.query, self.script.models)

    def _key(self, request: Request) -> str | None:
        query = dict(request.query)
        given = request.headers.get("xi-api-key") or query.get("single_use_token") or query.get("authorization")
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        return given or bearer or None

    def _check_voice(self, voice: str) -> None:
        if self.script.voices is not None and voice not in self.script.voices:
            raise errors.no_voice(voice)

    def _refuse(self, exchange: Exchange, refused: Refused, headers: dict[str, str] | None = None) -> None:
        self.meters.refuse(str(refused))
        named = (("request-id", uuid.uuid4().hex), *(headers or {}).items())
        json_answer(exchange, refused.status, refused.body, named)

    def _reject(self, socket: Socket, refused: Refused, headers: dict[str, str] | None = None) -> None:
        self.meters.refuse(str(refused))
        socket.reject(refused.status, HTTPStatus(refused.status).phrase, refused.body, headers)
