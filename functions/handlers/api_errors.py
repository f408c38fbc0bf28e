"""The calls API's errors: each is {"code", "blame", "sentence"} under a status that fits."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calls.errors import (
    Blame,
    CallExists,
    CallNotFound,
    OffhookError,
    RequestRefused,
    SecretsUnavailable,
    StoreUnavailable,
)
from handlers.dialler import DialFailed
from handlers.logs import log_error

_OF_CODE = {
    "idempotency-key-reused": HTTPStatus.CONFLICT,
    "call-not-placed-yet": HTTPStatus.CONFLICT,
    "cursor-invalid": HTTPStatus.BAD_REQUEST,
    "limit-invalid": HTTPStatus.BAD_REQUEST,
}


class Unauthorised(RequestRefused):
    def __init__(self) -> None:
        super().__init__("Send one of the deployment's keys as Authorization: Bearer KEY.", code="unauthorised")


class BodyLimit:
    """ASGI middleware: answers 413 to a body larger than `largest_bytes`, and otherwise hands it on whole. Starlette's
    own answers in plain text, past the app's handlers."""

    def __init__(self, app: ASGIApp, largest_bytes: int) -> None:
        self._app = app
        self._largest_bytes = largest_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > self._largest_bytes:
                sentence = f"The body is larger than {self._largest_bytes} bytes."
                await _answer(HTTPStatus(413), "body-too-large", Blame.CALLER, sentence)(scope, receive, send)
                return
            more = message.get("more_body", False)
        whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replay() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, replay, send)


def answer_errors(app: FastAPI, largest_body_bytes: int) -> None:
    """Give every error of the app its shape, and its bodies a bound."""
    app.add_middleware(BodyLimit, largest_bytes=largest_body_bytes)
    app.add_exception_handler(OffhookError, _offhook)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


# Python's own phrases change between its versions; these codes do not.
_OF_STATUS = {
    HTTPStatus.BAD_REQUEST: ("json-invalid", "The body is not JSON."),
    HTTPStatus.NOT_FOUND: ("not-found", "There is nothing at this path."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method-not-allowed", "This path does not take this method."),
}
_OF_KIND: tuple[tuple[type[OffhookError], HTTPStatus], ...] = (
    (Unauthorised, HTTPStatus.UNAUTHORIZED),
    (CallNotFound, HTTPStatus.NOT_FOUND),
    (CallExists, HTTPStatus.CONFLICT),
    (RequestRefused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (DialFailed, HTTPStatus.BAD_GATEWAY),
    (StoreUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (SecretsUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (OffhookError, HTTPStatus.INTERNAL_SERVER_ERROR),
)


def status_of(error: OffhookError) -> HTTPStatus:
    """By code where the code says more than the kind."""
    of_kind = next(status for kind, status in _OF_KIND if isinstance(error, kind))
    return _OF_CODE.get(error.failure.code, of_kind)


def _offhook(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OffhookError)
    status, failure = status_of(error), error.failure
    if status >= 500:
        log_error("a request could not be carried out", error)
    return _answer(status, failure.code, failure.blame, failure.sentence)


def _invalid(_: Request, error: Exception) -> JSONResponse:
    """Names the fields and what is wrong with them; the values stay where they came from."""
    assert isinstance(error, RequestValidationError)
    problems = error.errors()
    if any(problem["type"] == "json_invalid" for problem in problems):
        return _answer(HTTPStatus.BAD_REQUEST, "json-invalid", Blame.CALLER, "The body is not JSON.")
    told = "; ".join(f"{'.'.join(str(part) for part in p['loc'])}: {p['msg']}" for p in problems[:10])
    return _answer(HTTPStatus.UNPROCESSABLE_ENTITY, "request-invalid", Blame.CALLER, f"{told}.")


def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    code, sentence = _OF_STATUS.get(status, (f"http-{status.value}", "The request cannot be answered."))
    return _answer(status, code, Blame.CALLER, sentence, dict(error.headers or {}))


def _unexpected(_: Request, error: Exception) -> JSONResponse:
    log_error("a request met a fault of ours", error)
    sentence = "Something went wrong on our side; the log says what."
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, "unexpected", Blame.OFFHOOK, sentence)


def _answer(
    status: HTTPStatus, code: str, blame: Blame, sentence: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    if status is HTTPStatus.UNAUTHORIZED:
        headers = {**(headers or {}), "WWW-Authenticate": "Bearer"}
    return JSONResponse({"code": code, "blame": blame.value, "sentence": sentence}, status.value, headers)
