"""The REST API's call parameters, checked by Twilio's rules: a form -> what is to be done, or Twilio's error.

twilio.com/docs/voice/api/call-resource. Only parameters that the box can honour are read; those of recording, SIP and
answering machine detection are accepted and change nothing.
"""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from offhook.box.calls import STATUS_EVENTS, BoxCall, CallPlan, CallStatus, Hook, StatusEvent
from offhook.box.nouns import e164, is_web_reference
from offhook.box.settings import Number

MAX_TWIML_CHARACTERS = 4000
MAX_TIME_LIMIT_S = 86_400


class Form(Protocol):
    """A posted form; names may repeat."""

    def get(self, name: str, /) -> object: ...

    def getlist(self, name: str, /) -> Sequence[object]: ...


class RestError(Exception):
    """Twilio's error body: HTTP status, code and message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def as_json(self) -> dict[str, object]:
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


@dataclass(frozen=True, slots=True)
class CallUpdate:
    """What a POST to a call asks for: an end, another document, another limit."""

    end: Literal["", "completed", "canceled"] = ""
    to: Hook | str | None = None
    fallback: Hook | None = None
    time_limit_s: int | None = None


def plan(form: Form, own_numbers: Container[str]) -> tuple[CallPlan, list[str]]:
    """A new outbound call, and the status callback events that Twilio does not know (warning 21626)."""
    to, from_ = _text(form, "To"), _text(form, "From")
    if not to:
        raise RestError(400, 21201, "No 'To' number is specified")
    if not from_:
        raise RestError(400, 21213, "No 'From' number is specified")
    called, calling = e164(to), e164(from_)
    if called is None:
        raise RestError(400, 21211, f"The phone number you are attempting to call, {to}, is not valid.")
    if calling is None:
        raise RestError(400, 21212, f"The source phone number provided, {from_}, is not a valid phone number.")
    if calling not in own_numbers:
        raise RestError(400, 21210, f"The source phone number provided, {from_}, is not yet verified for your account.")
    source = _source(form)
    if source is None:
        raise RestError(400, 21205, "Url parameter is required.")
    events, unknown = _events(form)
    placed = CallPlan(
        to=called,
        from_=calling,
        direction="outbound-api",
        voice=source if isinstance(source, Hook) else None,
        twiml=source if isinstance(source, str) else None,
        fallback=_hook(form, "FallbackUrl", "FallbackMethod", 21205),
        status_callback=_hook(form, "StatusCallback", "StatusCallbackMethod", 21609),
        status_events=events,
        timeout_s=_seconds(form, "Timeout", 60, 600, 21208),
        time_limit_s=_seconds(form, "TimeLimit", 14_400, MAX_TIME_LIMIT_S, 20001),
    )
    return placed, unknown


def update(form: Form, call: BoxCall) -> CallUpdate:
    """A change to a call. Raises RestError 21220 when it is over, or when it is not in progress to be redirected."""
    end = _text(form, "Status")
    source = _source(form)
    if call.over:
        raise RestError(400, 21220, "Call is not in-progress. Cannot redirect.")
    if end and source is not None:
        raise RestError(400, 20001, "Status cannot be combined with Url or Twiml.")
    if source is not None and call.status is not CallStatus.IN_PROGRESS:
        raise RestError(400, 21220, "Call is not in-progress. Cannot redirect.")
    limited = bool(_text(form, "TimeLimit"))
    limit_s = _seconds(form, "TimeLimit", 14_400, MAX_TIME_LIMIT_S, 20001) if limited else None
    fallback = _hook(form, "FallbackUrl", "FallbackMethod", 21205)
    if end == "completed":
        return CallUpdate(end="completed", time_limit_s=limit_s)
    if end == "canceled":
        return CallUpdate(end="canceled", time_limit_s=limit_s)
    if end:
        raise RestError(400, 20001, f"'{end}' is not a status a call can be given; use completed or canceled.")
    return CallUpdate(to=source, fallback=fallback, time_limit_s=limit_s)


def number(fields: dict[str, object]) -> Number:
    """A number's configuration from the box's own JSON. Raises RestError 21402 or 21403."""
    voice = _json_hook(fields, "voice_url", "voice_method")
    if voice is None:
        raise RestError(400, 21402, "voice_url is required.")
    return Number(
        voice=voice,
        fallback=_json_hook(fields, "voice_fallback_url", "voice_fallback_method"),
        status_callback=_json_hook(fields, "status_callback", "status_callback_method"),
    )


def updated(form: Form, now: Number) -> Number:
    """A number after a POST to it: what the form does not name stays, an empty value takes away. A method alone changes
    the method. An application and a trunk exclude each other: naming one takes the other away.

    Raises RestError 21402 (a URL), 21403 (a method), 21502 (an unusable sid).
    """
    application, trunk = (
        _sid(form, "VoiceApplicationSid", "AP", now.application_sid),
        _sid(form, "TrunkSid", "TK", now.trunk_sid),
    )
    if application and trunk:
        application, trunk = (application, "") if form.get("VoiceApplicationSid") else ("", trunk)
    return Number(
        voice=_changed(form, "VoiceUrl", "VoiceMethod", now.voice),
        fallback=_changed(form, "VoiceFallbackUrl", "VoiceFallbackMethod", now.fallback),
        status_callback=_changed(form, "StatusCallback", "StatusCallbackMethod", now.status_callback),
        application_sid=application,
        trunk_sid=trunk,
    )


def _changed(form: Form, url_name: str, method_name: str, now: Hook | None) -> Hook | None:
    url = _text(form, url_name) if form.get(url_name) is not None else (now.url if now else "")
    method = _text(form, method_name) or (now.method if now else "")
    return _checked(url, method, url_name, (21402, 21403))


def _sid(form: Form, name: str, prefix: str, now: str) -> str:
    if form.get(name) is None:
        return now
    sid = _text(form, name)
    if sid and not re.fullmatch(rf"{prefix}[0-9a-f]{{32}}", sid):
        raise RestError(400, 21502, f"{name} '{sid}' is not valid.")
    return sid


def _source(form: Form) -> Hook | str | None:
    """Url (a hook) or Twiml (text)."""
    twiml, hook = _text(form, "Twiml"), _hook(form, "Url", "Method", 21205)
    if twiml and hook is not None:
        raise RestError(400, 20001, "Url and Twiml are mutually exclusive.")
    if len(twiml) > MAX_TWIML_CHARACTERS:
        raise RestError(400, 32018, f"Twiml has {len(twiml)} characters; the limit is {MAX_TWIML_CHARACTERS}.")
    return twiml or hook


def _hook(form: Form, url_name: str, method_name: str, code: int) -> Hook | None:
    return _checked(_text(form, url_name), _text(form, method_name), url_name, (code, 21209))


def _json_hook(fields: dict[str, object], url_name: str, method_name: str) -> Hook | None:
    url, method = fields.get(url_name) or "", fields.get(method_name) or ""
    return _checked(str(url), str(method), url_name, (21402, 21403))


def _checked(url: str, method: str, name: str, codes: tuple[int, int]) -> Hook | None:
    if method not in ("", "GET", "POST"):
        raise RestError(400, codes[1], f"Method of {name} is not valid: {method}")
    if not url:
        return None
    if not is_web_reference(url) or "://" not in url:
        raise RestError(400, codes[0], f"{name} is not a valid URL: {url}")
    return Hook(url, "GET" if method == "GET" else "POST")


def _events(form: Form) -> tuple[frozenset[StatusEvent], list[str]]:
    asked = [word for value in form.getlist("StatusCallbackEvent") for word in str(value).split()]
    known = frozenset(event for event in STATUS_EVENTS if event in asked)
    return known or frozenset({"completed"}), [word for word in asked if word not in STATUS_EVENTS]


def _seconds(form: Form, name: str, default: int, most: int, code: int) -> int:
    value = _text(form, name)
    if not value:
        return default
    if not (value.isascii() and value.isdecimal() and 1 <= int(value) <= most):
        raise RestError(400, code, f"{name} must be an integer from 1 to {most}, not '{value}'.")
    return int(value)


def _text(form: Form, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""
