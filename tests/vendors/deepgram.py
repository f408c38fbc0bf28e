"""Deepgram's door: paths, keys, queries and faults of the handshake."""

import asyncio
import uuid
from http import HTTPStatus
from typing import Any

import orjson

from tests.vendors.deepgram_parameters import BadQuery, FluxParameters, NovaParameters, flux_parameters, nova_parameters
from tests.vendors.deepgram_v1 import Nova
from tests.vendors.deepgram_v2 import Flux
from tests.vendors.exchange import Exchange
from tests.vendors.meters import Meters
from tests.vendors.mishap import struck_at_the_door
from tests.vendors.script import DeepgramScript, Listening, nth
from tests.vendors.spoken_words import numbered
from tests.vendors.web_socket import Socket
from tests.vendors.wire import Request, json_answer

_SAID = {
    400: ("Bad Request", "Bad query."),
    401: ("INVALID_AUTH", "Invalid credentials."),
    402: ("ASR_PAYMENT_REQUIRED", "Project does not have enough credits for an ASR request."),
    404: ("NOT_FOUND", "No such path."),
    429: ("TOO_MANY_REQUESTS", "Too many requests. Please try again later."),
    503: ("SERVICE_UNAVAILABLE", "Service unavailable."),
}


class Deepgram:
    """Serves any number of sockets, each by the next entry of the script."""

    def __init__(self, script: DeepgramScript, meters: Meters) -> None:
        self.script, self.meters = script, meters
        self._count = 0

    def serve(self, request: Request, exchange: Exchange) -> None:
        """Plain requests: there is nothing here."""
        self.meters.refuse(f"no such path: {request.method} {request.path}")
        json_answer(exchange, 404, self._error(request.path, 404, None, str(uuid.uuid4())))

    def open_socket(self, request: Request, socket: Socket) -> None:
        number, self._count = self._count, self._count + 1
        self.meters.requests += 1
        listening = numbered(nth(self.script.connections, number), number)
        if struck_at_the_door(
            listening.fault, socket, lambda status, headers: self._reject(request, socket, status, None, headers)
        ):
            return
        asyncio.get_running_loop().call_later(
            listening.accept_ms / 1000, self._admit, request, socket, listening, number
        )

    def _admit(self, request: Request, socket: Socket, listening: Listening, number: int) -> None:
        meters, request_id = self.meters, str(uuid.uuid4())
        if not self._authorised(request):
            self._reject(request, socket, 401)
            return
        nova: NovaParameters | None = None
        flux: FluxParameters | None = None
        try:
            match request.path:
                case "/v1/listen":
                    nova = nova_parameters(request.query)
                case "/v2/listen":
                    flux = flux_parameters(request.query)
                case _:
                    self._reject(request, socket, 404)
                    return
        except BadQuery as error:
            self._reject(request, socket, 400, str(error))
            return
        socket.accept({"dg-request-id": request_id})
        if not socket.is_open:
            meters.refuse("not a WebSocket handshake, or the client has gone")
            return
        meters.sockets_opened += 1
        meters.sockets_open += 1
        idle_ms = self.script.idle_timeout_ms
        session: Nova | Flux
        if nova is not None:
            session = Nova(socket, request_id, nova, listening, idle_ms, meters, number)
        else:
            assert flux is not None
            session = Flux(socket, request_id, flux, listening, idle_ms, meters, number)

        def gone() -> None:
            meters.sockets_open -= 1
            session.stop()

        socket.on_gone = gone

    def _authorised(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        protocol = request.headers.get("sec-websocket-protocol", "")
        if not given and protocol:
            given = " ".join(part.strip() for part in protocol.split(","))
        scheme, _, key = given.partition(" ")
        return scheme.lower() in ("token", "bearer") and key == self.script.api_key

    def _reject(
        self,
        request: Request,
        socket: Socket,
        status: int,
        why: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        request_id = str(uuid.uuid4())
        self.meters.refuse(f"{status}: {why or _SAID.get(status, ('', HTTPStatus(status).phrase))[1]}")
        said = {"dg-request-id": request_id, **(headers or {})}
        if why is not None:
            said["dg-error"] = why
        socket.reject(status, HTTPStatus(status).phrase, self._error(request.path, status, why, request_id), said)

    def _error(self, path: str, status: int, why: str | None, request_id: str) -> bytes:
        """Deepgram's error bodies: the old shape on v1, the new one on v2."""
        code, text = _SAID.get(status, ("INTERNAL_SERVER_ERROR", "Internal server error."))
        body: dict[str, Any] = {"err_code": code, "err_msg": why or text, "request_id": request_id}
        if path.startswith("/v2/"):
            body = {"category": code, "message": text, "details": why or text, "request_id": request_id}
        return orjson.dumps(body)
