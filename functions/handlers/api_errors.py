"""The calls API's errors: each is {"code", "blame", "sentence"} under a status that fits."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from calls.errors import Blame, CallExists, CallNotFound, OffhookError, RequestRefused, StoreUnavailable
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


def answer_errors(app: FastAPI) -> None:
    """Give every error of the app its shape."""
    app.add_exception_handler(OffhookError, _offhook)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


_OF_KIND: tuple[tuple[type[OffhookError], HTTPStatus], ...] = (
    (Unauthorised, HTTPStatus.UNAUTHORIZED),
    (CallNotFound, HTTPStatus.NOT_FOUND),
    (CallExists, HTTPStatus.CONFLICT),
    (RequestRefused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (DialFailed, HTTPStatus.BAD_GATEWAY),
    (StoreUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
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
    code = status.phrase.lower().replace(" ", "-")
    headers = dict(error.headers or {})
    return _answer(status, code, Blame.CALLER, f"{status.description or status.phrase}.", headers)


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
