"""OpenAI's whole door: plain requests, and the sockets of Realtime and Live with their keys, queries and faults."""

import asyncio
from http import HTTPStatus

from tests.vendors import openai_errors as errors
from tests.vendors.exchange import Exchange
from tests.vendors.live import Live
from tests.vendors.meters import AllMeters, SessionMeters
from tests.vendors.mishap import struck_at_the_door
from tests.vendors.openai_api import OpenAI
from tests.vendors.openai_errors import Complaint
from tests.vendors.realtime import Realtime
from tests.vendors.realtime_says import Teller
from tests.vendors.script import OpenAIScript, nth
from tests.vendors.script_parts import Fault
from tests.vendors.script_speech import LiveConnection, RealtimeConnection
from tests.vendors.web_socket import Socket
from tests.vendors.wire import Request

_WRONG_KEY_CODE = 3000


class OpenAIDoor:
    """Serves HTTP by `openai_api`, and each socket by the next entry of its own script."""

    def __init__(self, script: OpenAIScript, meters: AllMeters) -> None:
        self._script, self._all_meters = script, meters
        self.meters = meters.openai
        self._plain = OpenAI(script, meters.openai)
        self._counts = {"/v1/realtime": 0, "/v1/live/sessions": 0}

    def serve(self, request: Request, exchange: Exchange) -> None:
        self._plain.serve(request, exchange)

    def open_socket(self, request: Request, socket: Socket) -> None:
        if request.path not in self._counts:
            self.meters.refuse(f"no such socket: {request.path}")
            socket.reject(404, "Not Found", Complaint(404, f"Invalid URL (GET {request.path})").body())
            return
        number = self._counts[request.path]
        self._counts[request.path] += 1
        if request.path == "/v1/realtime":
            connection = nth(self._script.realtime.connections, number)
            self._open_realtime(request, socket, connection, number)
        else:
            self._open_live(request, socket, nth(self._script.live.connections, number), number)

    def _open_realtime(self, request: Request, socket: Socket, connection: RealtimeConnection, number: int) -> None:
        meters = self._all_meters.realtime
        meters.requests += 1
        meters.moment(number, "handshake")
        if _struck(connection.fault, socket, meters):
            return

        def admit() -> None:
            wrong = self._wrong_with(request)
            if wrong is not None and (wrong.status != 401 or self._script.realtime.wrong_key == "handshake"):
                _reject(socket, wrong, meters)
                return
            if not _accepted(socket, meters):
                return
            if wrong is not None:
                _tell_wrong_key(socket, wrong, meters, number)
                return
            model = dict(request.query)["model"]
            session = Realtime(socket, model, self._script.realtime, connection, meters, number)
            _until_gone(socket, session, meters)

        asyncio.get_running_loop().call_later(connection.accept_ms / 1000, admit)

    def _open_live(self, request: Request, socket: Socket, connection: LiveConnection, number: int) -> None:
        meters = self._all_meters.live
        meters.requests += 1
        meters.moment(number, "handshake")
        if _struck(connection.fault, socket, meters):
            return

        def admit() -> None:
            wrong = self._wrong_key(request)
            if wrong is None and request.query:
                wrong = errors.unknown_parameter(request.query[0][0])
            if wrong is not None:
                _reject(socket, wrong, meters)
            elif _accepted(socket, meters):
                session = Live(socket, self._script.live, connection, meters, number)
                _until_gone(socket, session, meters)

        asyncio.get_running_loop().call_later(connection.accept_ms / 1000, admit)

    def _wrong_key(self, request: Request) -> Complaint | None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            return errors.no_key()
        return None if key == self._script.api_key else errors.wrong_key(key)

    def _wrong_with(self, request: Request) -> Complaint | None:
        """Why a handshake of Realtime is refused."""
        wrong = self._wrong_key(request)
        if wrong is not None:
            return wrong
        if "openai-beta" in request.headers:
            what = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
            return Complaint(400, what, code="beta_api_shape_disabled")
        query = dict(request.query)
        if "model" not in query:
            return Complaint(400, "You must provide a model parameter.", param="model", code="missing_model")
        if query["model"] not in self._script.realtime.models:
            return errors.no_model(query["model"])
        return None


def _struck(fault: Fault | None, socket: Socket, meters: SessionMeters) -> bool:
    """Whether a fault ended the handshake. With a `reason` the answer's error has that code."""

    def refuse(status: int, headers: dict[str, str]) -> None:
        reason = "" if fault is None else fault.reason
        said = errors.of_code(reason) if reason else errors.of_status(status)
        _reject(socket, Complaint(status, said.message, said.kind, said.param, said.code), meters, headers)

    return struck_at_the_door(fault, socket, refuse)


def _reject(socket: Socket, complaint: Complaint, meters: SessionMeters, headers: dict[str, str] | None = None) -> None:
    meters.refuse_as(complaint.code or str(complaint.status), complaint.message)
    socket.reject(complaint.status, HTTPStatus(complaint.status).phrase, complaint.body(), headers)


def _accepted(socket: Socket, meters: SessionMeters) -> bool:
    socket.accept()
    if not socket.is_open:
        meters.refuse("not a WebSocket handshake, or the client has gone")
        return False
    meters.sockets_opened += 1
    meters.sockets_open += 1
    return True


def _until_gone(socket: Socket, session: Realtime | Live, meters: SessionMeters) -> None:
    def gone() -> None:
        meters.sockets_open -= 1
        session.stop()

    socket.on_gone = gone


def _tell_wrong_key(socket: Socket, wrong: Complaint, meters: SessionMeters, number: int) -> None:
    """The other way of refusing a key: one error event, and a close."""

    def gone() -> None:
        meters.sockets_open -= 1

    socket.on_gone = gone
    code = wrong.code or "invalid_api_key"
    told = Complaint(wrong.status, wrong.message, wrong.kind, wrong.param, code)
    Teller(socket, None, 0, meters, number, "event_id").refuse(told, None)
    socket.close(_WRONG_KEY_CODE, f"{told.kind}.{code}")
