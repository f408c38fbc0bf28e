"""OpenAI's error bodies, in the shape its SDK reads them. Pure."""

from dataclasses import dataclass

import orjson

STATUSES = (400, 401, 429, 503)
"""What `of_status` has words of its own for, and one of those that it has not."""
CODES = ("rate_limit_exceeded", "insufficient_quota", "session_expired", "invalid_api_key", "server_error")
"""What `of_code` has words of its own for."""


@dataclass(eq=False)
class Complaint(Exception):
    """A request is refused: the HTTP status and the four fields of OpenAI's `error` object."""

    status: int
    message: str
    kind: str = "invalid_request_error"
    param: str | None = None
    code: str | None = None

    def body(self) -> bytes:
        return orjson.dumps({"error": self.fields()})

    def fields(self) -> dict[str, str | None]:
        return {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}


def no_key() -> Complaint:
    return Complaint(401, "You didn't provide an API key. Provide it in an Authorization header using Bearer auth.")


def wrong_key(key: str) -> Complaint:
    shown = f"{key[:4]}****{key[-4:]}" if len(key) > 12 else "****"
    return Complaint(401, f"Incorrect API key provided: {shown}.", code="invalid_api_key")


def of_status(status: int) -> Complaint:
    """What OpenAI says with a status that a script wants."""
    match status:
        case 401:
            return Complaint(401, "Incorrect API key provided: ****.", code="invalid_api_key")
        case 429:
            return Complaint(429, "Rate limit reached for requests.", "requests", code="rate_limit_exceeded")
        case 503:
            return Complaint(503, "The engine is currently overloaded, please try again later.", "server_error")
        case _ if status >= 500:
            return server_error(status)
        case _:
            return Complaint(status, "The request was refused.")


def server_error(status: int = 500) -> Complaint:
    return Complaint(status, "The server had an error while processing your request. Sorry about that!", "server_error")


def unknown_parameter(name: str) -> Complaint:
    return Complaint(400, f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")


def missing(name: str) -> Complaint:
    return Complaint(400, f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")


def invalid(name: str, what: str, code: str = "invalid_value") -> Complaint:
    return Complaint(400, f"Invalid value for '{name}': {what}", param=name, code=code)


def invalid_type(name: str, expected: str) -> Complaint:
    return Complaint(400, f"Invalid type for '{name}': expected {expected}.", param=name, code="invalid_type")


def no_model(model: str) -> Complaint:
    text = f"The model `{model}` does not exist or you do not have access to it."
    return Complaint(404, text, param=None, code="model_not_found")


def of_code(code: str) -> Complaint:
    """What OpenAI says with an error code that a script wants, in an event or as the reason of a failed response."""
    match code:
        case "rate_limit_exceeded":
            what = (
                "Rate limit reached on tokens per min (TPM): Limit 20000, Used 19500, Requested 900. Try again in 1.2s."
            )
            return Complaint(429, what, code=code)
        case "insufficient_quota":
            what = "You exceeded your current quota, please check your plan and billing details."
            return Complaint(429, what, "insufficient_quota", code=code)
        case "session_expired":
            return Complaint(400, "Your session hit the maximum duration of 60 minutes.", code=code)
        case "invalid_api_key":
            return of_status(401)
        case "" | "server_error":
            what = "The server had an error while processing your request. Sorry about that!"
            return Complaint(500, what, "server_error", code="server_error")
        case _:
            return Complaint(400, "The request was refused.", code=code)
