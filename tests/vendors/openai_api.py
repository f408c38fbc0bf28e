"""OpenAI's door for plain requests: paths, keys and bodies; each gets the script's reply. Sockets: openai_sockets."""

import time
import uuid
from http import HTTPStatus

import orjson

from tests.vendors import openai_chat, openai_responses
from tests.vendors import openai_errors as errors
from tests.vendors.exchange import Exchange
from tests.vendors.meters import Meters
from tests.vendors.mishap import struck_at_the_door
from tests.vendors.openai_errors import Complaint
from tests.vendors.openai_replies import last_words, reply_to
from tests.vendors.openai_requests import chat_body, responses_body
from tests.vendors.openai_stream import Piece, stream_events
from tests.vendors.paced import Alarm
from tests.vendors.script import Messages, OpenAIScript, Reply
from tests.vendors.wire import Request, json_answer

_CREATED_S = 1_790_000_000
"""When all models were made."""


class OpenAI:
    """Serves plain requests, each by the script. Answers to chat and Responses are counted together."""

    def __init__(self, script: OpenAIScript, meters: Meters) -> None:
        self.script, self.meters = script, meters
        self._count = 0

    def serve(self, request: Request, exchange: Exchange) -> None:
        self.meters.requests += 1
        try:
            self._check_key(request)
            match (request.method, request.path):
                case ("POST", "/v1/chat/completions" | "/v1/responses"):
                    self._answer(request, exchange)
                case ("GET", path) if path == "/v1/models" or path.startswith("/v1/models/"):
                    self._models(path.removeprefix("/v1/models").strip("/"), exchange)
                case (method, path):
                    self._refuse(exchange, Complaint(404, f"Invalid URL ({method} {path})"))
        except Complaint as complaint:
            self._refuse(exchange, complaint)

    def _check_key(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise errors.no_key()
        if key != self.script.api_key:
            raise errors.wrong_key(key)

    def _models(self, wanted: str, exchange: Exchange) -> None:
        if wanted and wanted not in self.script.models:
            raise errors.no_model(wanted)
        models = [
            {"id": model, "object": "model", "created": _CREATED_S, "owned_by": "system"}
            for model in self.script.models
        ]
        if wanted:
            json_answer(exchange, 200, orjson.dumps(next(model for model in models if model["id"] == wanted)))
        else:
            json_answer(exchange, 200, orjson.dumps({"object": "list", "data": models}))

    def _answer(self, request: Request, exchange: Exchange) -> None:
        is_chat = request.path == "/v1/chat/completions"
        models = self.script.models
        body = chat_body(request.body, models) if is_chat else responses_body(request.body, models)
        number, self._count = self._count, self._count + 1
        messages: Messages = body["messages"] if is_chat else body["input"]
        reply = reply_to(self.script, messages, number)
        self.meters.moment(number, "request")
        self.meters.asked.append((number, last_words(messages)))
        door = struck_at_the_door(
            reply.fault, exchange, lambda status, headers: self._refuse(exchange, errors.of_status(status), headers)
        )
        if door:
            return
        request_id, now_s = uuid.uuid4().hex, int(time.time())
        streamed: list[tuple[int, Piece]]
        if is_chat:
            outcome = openai_chat.outcome_of(reply, body, request_id, now_s)
            self.meters.tokens_in += outcome.prompt_tokens
            options = body.get("stream_options") or {}
            streamed = openai_chat.chunks(outcome, with_usage=bool(options.get("include_usage")))
            whole, tokens = openai_chat.whole(outcome), outcome.tokens
        else:
            answer = openai_responses.answer_to(reply, body, request_id, now_s)
            self.meters.tokens_in += answer.input_tokens
            streamed = openai_responses.stream(answer)
            whole, tokens = openai_responses.whole(answer), answer.tokens
        if body.get("stream"):
            pieces = [(_moment_s(request.at_s, reply, token), piece) for token, piece in streamed]
            stream_events(exchange, pieces, reply.fault, self.meters, number, f"req_{request_id}")
        else:
            self._answer_whole(exchange, request.at_s, reply, whole, tokens)

    def _answer_whole(self, exchange: Exchange, at_s: float, reply: Reply, whole: bytes, tokens: int) -> None:
        def answer() -> None:
            if not exchange.over:
                self.meters.tokens_out += tokens
                json_answer(exchange, 200, whole)

        def gone() -> None:
            self.meters.requests_cut += 1

        exchange.on_gone = gone
        Alarm(_moment_s(at_s, reply, max(0, tokens - 1)), answer)

    def _refuse(self, exchange: Exchange, complaint: Complaint, headers: dict[str, str] | None = None) -> None:
        self.meters.refuse(f"{complaint.status} {HTTPStatus(complaint.status).phrase}: {complaint.message}")
        named = (("x-request-id", f"req_{uuid.uuid4().hex}"), *(headers or {}).items())
        json_answer(exchange, complaint.status, complaint.body(), named)


def _moment_s(at_s: float, reply: Reply, token: int) -> float:
    """When a token of a reply comes; -1: at once."""
    return at_s if token < 0 else at_s + (reply.first_token_ms + token * reply.token_ms) / 1000
