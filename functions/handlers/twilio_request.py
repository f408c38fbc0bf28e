"""What Twilio asks: a form, checked against its signature before anything in it is believed.

https://www.twilio.com/docs/usage/webhooks/webhooks-security. Twilio signs the URL as it was configured, so ours is
put together from OFFHOOK_PUBLIC_URL and the path; the Host header can say anything. Our webhook URLs have no query.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from calls.errors import Blame, RequestRefused
from handlers.http import HttpRequest

LARGEST_BODY_BYTES = 64 * 1024
MOST_FIELDS = 500
FORGED = "signature-forged"
"""The code of a refusal for a signature that none of the known tokens made."""

_CALL_SID = re.compile(r"CA[0-9a-fA-F]{32}")


class WebhookRefused(RequestRefused):
    """A request that Twilio did not make, or not like this. `status` is the HTTP answer."""

    default_code = "webhook-refused"

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence, code=code, blame=Blame.CALLER)
        self.status = status


@dataclass(frozen=True, slots=True)
class TwilioRequest:
    """A webhook whose signature holds. Headers are not in it: Twilio signs none, its idempotency token included."""

    form: dict[str, str]

    def field(self, name: str) -> str:
        return self.form.get(name, "").strip()

    @property
    def call_sid(self) -> str:
        return self.form["CallSid"]


class _Fields(dict[str, list[str]]):
    """The form as the validator wants it, repeated names included."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


def read(http: HttpRequest, public_url: str, *auth_tokens: str) -> TwilioRequest:
    """What Twilio asks in it, signed with any of the account's tokens: there are two while one is rotated.
    WebhookRefused: 413 too large, 400 unreadable, 403 not signed by Twilio."""
    body = _body(http)
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise WebhookRefused(400, "form-unreadable", "The body is not a form that Twilio sends.") from error
    fields = _Fields()
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    _check_signature(http.headers, f"{public_url}{http.path}", fields, auth_tokens)
    form = {name: values[0] for name, values in fields.items()}
    if not _CALL_SID.fullmatch(form.get("CallSid", "")):
        raise WebhookRefused(400, "sid-missing", "The form carries no CallSid.")
    return TwilioRequest(form)


def _body(http: HttpRequest) -> str:
    raw = http.body
    # base64 is a third longer than what it holds.
    if len(raw) > LARGEST_BODY_BYTES * 4 // 3 + 4:
        raise _too_large()
    try:
        body = base64.b64decode(raw, validate=True) if http.is_base64 else raw.encode()
        text = body.decode()
    except (binascii.Error, UnicodeError) as error:
        raise WebhookRefused(400, "body-unreadable", "The body is not text.") from error
    if len(body) > LARGEST_BODY_BYTES:
        raise _too_large()
    return text


def _too_large() -> WebhookRefused:
    return WebhookRefused(413, "body-too-large", f"The body is larger than {LARGEST_BODY_BYTES} bytes.")


def _check_signature(headers: Mapping[str, str], url: str, fields: _Fields, auth_tokens: Sequence[str]) -> None:
    signature = headers.get(SIGNATURE_HEADER.lower())
    if not signature:
        raise WebhookRefused(403, "signature-missing", f"The request carries no {SIGNATURE_HEADER}.")
    algorithm = get_signature_algorithm(headers.get(SIGNATURE_SETTINGS_HEADER.lower()))
    if not any(RequestValidator(token).validate(url, fields, signature, algorithm) for token in auth_tokens):
        raise WebhookRefused(
            403,
            FORGED,
            f"The {SIGNATURE_HEADER} is not Twilio's for this URL and form. If this is Twilio, OFFHOOK_PUBLIC_URL "
            "differs from the URL that Twilio was given, or TWILIO_AUTH_TOKEN is another account's.",
        )
