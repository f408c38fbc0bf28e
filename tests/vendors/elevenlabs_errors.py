"""ElevenLabs' error bodies. Pure."""

from typing import Any

import orjson

_SAID = {
    401: ("invalid_api_key", "Invalid API key"),
    402: ("quota_exceeded", "This request exceeds your quota."),
    403: ("missing_permissions", "The API key you used is missing the permission text_to_speech."),
    429: ("too_many_concurrent_requests", "Too many concurrent requests. Please upgrade your subscription."),
    503: ("system_busy", "The system is experiencing heavy traffic, please try again."),
}


class Refused(Exception):
    """An HTTP request or a handshake is refused with this status and `detail`."""

    def __init__(self, status: int, detail: Any) -> None:
        super().__init__(status, detail)
        self.status, self.detail = status, detail

    @property
    def body(self) -> bytes:
        return orjson.dumps({"detail": self.detail})

    def __str__(self) -> str:
        return f"{self.status} {orjson.dumps(self.detail).decode()}"


def of_status(status: int) -> Refused:
    """What ElevenLabs says with a status that a script wants."""
    code, text = _SAID.get(status, ("internal_server_error", "Internal server error."))
    return Refused(status, {"status": code, "message": text})


def no_key() -> Refused:
    return Refused(
        401, {"status": "needs_authorization", "message": "Neither authorization header nor xi-api-key received."}
    )


def no_voice(voice: str) -> Refused:
    return Refused(404, {"status": "voice_not_found", "message": f"A voice with the voice_id {voice} was not found."})


def no_model(model: str) -> Refused:
    return Refused(400, {"status": "model_not_found", "message": f"A model with model ID {model} does not exist."})


def unprocessable(where: str, name: str, what: str, kind: str = "value_error") -> Refused:
    """422: one field of the query or the body."""
    return Refused(422, [{"loc": [where, name], "msg": what, "type": kind}])


def socket_error(code: str, message: str) -> bytes:
    """What a socket says before it closes with 1008."""
    return orjson.dumps({"message": message, "error": code, "code": 1008})
