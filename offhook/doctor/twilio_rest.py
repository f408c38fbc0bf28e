"""Asks Twilio's REST API, with Twilio's own client, and gives what it said as values."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from requests import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from offhook.doctor.settings import DoctorSettings

TIMEOUT_S = 8.0
MOST_ALERTS = 100

T = TypeVar("T")


@dataclass
class Refused(Exception):
    """Twilio said no; `status` 0 is no answer at all. `code` is Twilio's own, or 0."""

    status: int
    code: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    status: str
    type: str


@dataclass(frozen=True, slots=True)
class NumberHooks:
    """What a number of the account does when it rings; empty where nothing is set. `application_sid` and `trunk_sid`
    go before the URLs."""

    voice_url: str
    voice_method: str
    fallback_url: str
    fallback_method: str
    status_url: str
    status_method: str
    application_sid: str = ""
    trunk_sid: str = ""


@dataclass(frozen=True, slots=True)
class LoggedAlert:
    """One line of the debugger. Its text is left out: it may quote numbers."""

    code: int
    level: str
    at: datetime


async def account(settings: DoctorSettings) -> Account:
    found = await _asked(lambda: _client(settings).api.accounts(settings.account_sid).fetch())
    return Account(str(found.status or ""), str(found.type or ""))


async def number(settings: DoctorSettings) -> NumberHooks | None:
    """The deployment's number; None where the account has no such number."""
    client = _client(settings)
    found = await _asked(lambda: client.incoming_phone_numbers.list(phone_number=settings.from_number, limit=1))
    return _hooks(found[0]) if found else None


async def point(settings: DoctorSettings, hooks: NumberHooks) -> NumberHooks | None:
    """Makes the deployment's number ask `hooks`, and gives what Twilio keeps of it; None where the account has no such
    number. Nothing but voice is changed."""
    client = _client(settings)
    found = await _asked(lambda: client.incoming_phone_numbers.list(phone_number=settings.from_number, limit=1))
    if not found:
        return None
    changed = await _asked(
        lambda: client.incoming_phone_numbers(found[0].sid).update(
            voice_url=hooks.voice_url,
            voice_method=hooks.voice_method,
            voice_fallback_url=hooks.fallback_url,
            voice_fallback_method=hooks.fallback_method,
            status_callback=hooks.status_url,
            status_callback_method=hooks.status_method,
            voice_application_sid=hooks.application_sid,
            trunk_sid=hooks.trunk_sid,
        )
    )
    return _hooks(changed)


async def may_call(settings: DoctorSettings, iso: str) -> bool:
    """Whether ordinary numbers of the country may be called."""
    client = _client(settings)
    found = await _asked(lambda: client.voice.v1.dialing_permissions.countries(iso).fetch())
    return bool(found.low_risk_numbers_enabled)


async def alerts(settings: DoctorSettings, since: timedelta) -> list[LoggedAlert]:
    """Errors and warnings of the debugger, newest first, MOST_ALERTS at most."""
    client = _client(settings)
    start = datetime.now(UTC) - since
    found = await _asked(lambda: client.monitor.v1.alerts.list(start_date=start, limit=MOST_ALERTS))
    return [
        LoggedAlert(int(one.error_code), str(one.log_level), one.date_created)
        for one in found
        if str(one.error_code).isdigit() and one.date_created is not None
    ]


async def _asked(ask: Callable[[], T]) -> T:
    """Raises Refused. The client is synchronous, and its time-out bounds the thread."""
    try:
        return await asyncio.to_thread(ask)
    except TwilioRestException as error:
        raise Refused(int(error.status), int(error.code or 0)) from error
    except (TwilioException, RequestException, ValueError) as error:
        raise _unfetched(error) from error


def _unfetched(error: Exception) -> Refused:
    """A list that is refused is no TwilioRestException: the client gives the response as the second argument."""
    response = error.args[1] if isinstance(error, TwilioException) and len(error.args) > 1 else None
    if not isinstance(response, Response):
        return Refused(0)
    try:
        said = json.loads(response.text)
    except ValueError:
        said = None
    code = said.get("code") if isinstance(said, dict) else None
    return Refused(response.status_code, code if isinstance(code, int) else 0)


@cache
def _client_of(account_sid: str, auth_token: str, base_url: str, ca_file: str) -> Client:
    http = TwilioHttpClient(timeout=TIMEOUT_S)
    if ca_file and http.session is not None:
        http.session.verify = ca_file
    client = Client(account_sid, auth_token, http_client=http)
    if base_url:
        client.api.base_url = client.monitor.base_url = client.voice.base_url = base_url
    return client


def _client(settings: DoctorSettings) -> Client:
    return _client_of(settings.account_sid, settings.auth_token, settings.twilio_base_url, settings.ca_file)


def _hooks(found: Any) -> NumberHooks:
    return NumberHooks(
        voice_url=found.voice_url or "",
        voice_method=found.voice_method or "",
        fallback_url=found.voice_fallback_url or "",
        fallback_method=found.voice_fallback_method or "",
        status_url=found.status_callback or "",
        status_method=found.status_callback_method or "",
        application_sid=found.voice_application_sid or "",
        trunk_sid=found.trunk_sid or "",
    )
