"""Twilio's REST API on loopback: calls, alerts, and the box's own controls. The real `twilio` client works against it:
`client.api.base_url = client.monitor.base_url = client.voice.base_url = box.base_url`.

    POST GET  /2010-04-01/Accounts/{AccountSid}/Calls.json           place a call, list calls (newest first, paged)
    POST GET  /2010-04-01/Accounts/{AccountSid}/Calls/{Sid}.json     change or end a live call, fetch one
    GET       /2010-04-01/Accounts/{AccountSid}.json, .../IncomingPhoneNumbers.json     the account, its numbers
    POST GET  /2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers/{Sid}.json         what a number does when it rings
    GET       /v1/DialingPermissions/Countries, .../{IsoCode}        which countries it may call (the Voice API)
    GET       /v1/Alerts, /v1/Alerts/{Sid}                           the debugger (the Monitor API)
    POST      /box/inbound   {"to", "from", "script": file.toml}     ring one of the account's numbers -> {"sid"}
    POST      /box/numbers   {"number", "voice_url", "voice_method", "voice_fallback_url", "voice_fallback_method",
                              "status_callback", "status_callback_method"}       configure a number

All of it wants the account sid and auth token as HTTP basic authentication.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from offhook.box import call_requests, rest_account, rest_pages
from offhook.box.alerts import LEVELS, AlertLog
from offhook.box.call_requests import CallUpdate, RestError
from offhook.box.caller_script import CallerScript, ScriptInvalid, parse_script
from offhook.box.calls import API_VERSION, BoxCall, CallPlan
from offhook.box.nouns import e164
from offhook.box.ports import Alert
from offhook.box.settings import Number

MAX_BODY_BYTES = 1024 * 1024


class Switch(Protocol):
    """What the API needs of the box."""

    account_sid: str
    auth_token: str
    alerts: AlertLog
    numbers: dict[str, Number]
    blocked_countries: set[str]

    @property
    def calls(self) -> Mapping[str, BoxCall]: ...

    def place_outbound(self, plan: CallPlan) -> BoxCall: ...

    def place_inbound(self, to: str, from_: str, script: CallerScript | None = None) -> BoxCall: ...

    def update(self, call: BoxCall, update: CallUpdate) -> None: ...


def application(switch: Switch) -> Starlette:
    """The ASGI application."""
    api = _Api(switch)
    account = f"/{API_VERSION}/Accounts/{{account_sid}}"
    calls, countries = f"{account}/Calls", "/v1/DialingPermissions/Countries"
    return Starlette(
        routes=[
            Route(f"{calls}.json", api.create_call, methods=["POST"]),
            Route(f"{calls}.json", api.list_calls, methods=["GET"]),
            Route(f"{calls}/{{sid}}.json", api.update_call, methods=["POST"]),
            Route(f"{calls}/{{sid}}.json", api.fetch_call, methods=["GET"]),
            Route(f"{account}.json", api.fetch_account, methods=["GET"]),
            Route(f"{account}/IncomingPhoneNumbers.json", api.list_numbers, methods=["GET"]),
            Route(f"{account}/IncomingPhoneNumbers/{{sid}}.json", api.fetch_number, methods=["GET"]),
            Route(f"{account}/IncomingPhoneNumbers/{{sid}}.json", api.update_number, methods=["POST"]),
            Route(countries, api.list_countries, methods=["GET"]),
            Route(f"{countries}/{{iso}}", api.fetch_country, methods=["GET"]),
            Route("/v1/Alerts", api.list_alerts, methods=["GET"]),
            Route("/v1/Alerts/{sid}", api.fetch_alert, methods=["GET"]),
            Route("/box/inbound", api.ring, methods=["POST"]),
            Route("/box/numbers", api.configure, methods=["POST"]),
            Route("/{path:path}", api.unknown, methods=["GET", "POST", "PUT", "DELETE"]),
        ],
        exception_handlers={RestError: _as_twilio},
    )


async def _as_twilio(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RestError):
        raise error
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if error.status == 401 else {}
    return JSONResponse(error.as_json(), status_code=error.status, headers=headers)


class _Api:
    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    async def create_call(self, request: Request) -> Response:
        self._admit(request)
        async with request.form(max_fields=100) as form:
            plan, unknown = call_requests.plan(form, self._switch.numbers)
        if rest_account.country_of(plan.to) in self._switch.blocked_countries:
            raise RestError(400, 21215, f"Account not authorized to call {plan.to}; see the geographic permissions.")
        call = self._switch.place_outbound(plan)
        if unknown:
            sentence = f"Invalid StatusCallbackEvent: {', '.join(unknown)}."
            self._switch.alerts.add(Alert(21626, "warning", call.sid, sentence))
        return JSONResponse(call.as_json(), status_code=201)

    async def list_calls(self, request: Request) -> Response:
        self._admit(request)
        query = request.query_params
        wanted = [
            call.as_json()
            for call in sorted(self._switch.calls.values(), key=lambda call: call.created, reverse=True)
            if query.get("To", call.plan.to) == call.plan.to
            and query.get("From", call.plan.from_) == call.plan.from_
            and query.get("Status", call.status) == call.status
        ]
        return rest_pages.legacy(request, "calls", wanted)

    async def fetch_call(self, request: Request) -> Response:
        self._admit(request)
        return JSONResponse(self._call(request).as_json())

    async def update_call(self, request: Request) -> Response:
        self._admit(request)
        call = self._call(request)
        async with request.form(max_fields=100) as form:
            update = call_requests.update(form, call)
        self._switch.update(call, update)
        return JSONResponse(call.as_json())

    async def list_alerts(self, request: Request) -> Response:
        self._admit(request)
        query = request.query_params
        level = query.get("LogLevel", "")
        if level and level not in LEVELS:
            raise RestError(400, 20001, f"LogLevel '{level}' is not one of {', '.join(LEVELS)}.")
        chosen = self._switch.alerts.select(
            level=level, start=_moment(query.get("StartDate")), end=_moment(query.get("EndDate"))
        )
        return rest_pages.with_meta(request, "alerts", [self._switch.alerts.as_json(one) for one in chosen])

    async def fetch_alert(self, request: Request) -> Response:
        self._admit(request)
        logged = self._switch.alerts.find(request.path_params["sid"])
        if logged is None:
            raise _not_found(request)
        return JSONResponse(self._switch.alerts.as_json(logged))

    async def fetch_account(self, request: Request) -> Response:
        self._admit(request)
        return JSONResponse(rest_account.account(self._switch.account_sid))

    async def list_numbers(self, request: Request) -> Response:
        self._admit(request)
        wanted = request.query_params.get("PhoneNumber", "")
        found = rest_account.numbers(self._switch.account_sid, self._switch.numbers, wanted)
        return rest_pages.legacy(request, "incoming_phone_numbers", found)

    async def fetch_number(self, request: Request) -> Response:
        self._admit(request)
        number = self._number(request)
        return JSONResponse(rest_account.number(self._switch.account_sid, number, self._switch.numbers[number]))

    async def update_number(self, request: Request) -> Response:
        self._admit(request)
        number = self._number(request)
        async with request.form(max_fields=100) as form:
            self._switch.numbers[number] = call_requests.updated(form, self._switch.numbers[number])
        return JSONResponse(rest_account.number(self._switch.account_sid, number, self._switch.numbers[number]))

    async def list_countries(self, request: Request) -> Response:
        self._admit(request)
        blocked = self._switch.blocked_countries
        return rest_pages.with_meta(request, "content", rest_account.countries(blocked, str(request.base_url)))

    async def fetch_country(self, request: Request) -> Response:
        self._admit(request)
        iso, blocked = request.path_params["iso"], self._switch.blocked_countries
        if not rest_account.is_country(iso):
            raise _not_found(request)
        return JSONResponse(rest_account.country(iso, blocked, str(request.base_url)))

    async def ring(self, request: Request) -> Response:
        self._admit(request)
        fields = await _json(request)
        to, from_ = e164(str(fields.get("to", ""))), e164(str(fields.get("from", "")))
        if to is None or to not in self._switch.numbers:
            raise RestError(400, 21211, "'to' must be a number of this box's account.")
        if from_ is None:
            raise RestError(400, 21212, "'from' is not a phone number.")
        if not self._switch.numbers[to].answered:
            raise RestError(
                400, 20001, "The number asks no webhook: it has no voice URL, or an application or a trunk."
            )
        script = fields.get("script")
        try:
            spoken = None if script is None else parse_script(Path(str(script)))
        except (ScriptInvalid, OSError) as error:
            raise RestError(400, 20001, f"The caller's script cannot be used: {error}") from error
        return JSONResponse({"sid": self._switch.place_inbound(to, from_, spoken).sid}, status_code=201)

    async def configure(self, request: Request) -> Response:
        self._admit(request)
        fields = await _json(request)
        number = e164(str(fields.get("number", "")))
        if number is None:
            raise RestError(400, 21401, "'number' is not a phone number.")
        self._switch.numbers[number] = call_requests.number(fields)
        return JSONResponse({"number": number})

    async def unknown(self, request: Request) -> Response:
        self._admit(request)
        raise _not_found(request)

    def _admit(self, request: Request) -> None:
        kind, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True) if kind.lower() == "basic" else b""
        except binascii.Error:
            given = b""
        wanted = f"{self._switch.account_sid}:{self._switch.auth_token}".encode()
        if not hmac.compare_digest(given, wanted):
            raise RestError(401, 20003, "Authenticate")
        if request.path_params.get("account_sid", self._switch.account_sid) != self._switch.account_sid:
            raise _not_found(request)
        if int(request.headers.get("content-length", "0")) > MAX_BODY_BYTES:
            raise RestError(413, 20001, "The request body is too large.")

    def _number(self, request: Request) -> str:
        sid = request.path_params["sid"]
        for number in self._switch.numbers:
            if rest_account.sid_of(number) == sid:
                return number
        raise _not_found(request)

    def _call(self, request: Request) -> BoxCall:
        call = self._switch.calls.get(request.path_params["sid"])
        if call is None:
            raise _not_found(request)
        return call


def _not_found(request: Request) -> RestError:
    return RestError(404, 20404, f"The requested resource {request.url.path} was not found")


def _moment(value: str | None) -> datetime | None:
    """An ISO 8601 moment or date, UTC when it says nothing else."""
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise RestError(400, 20001, f"'{value}' is not an ISO 8601 date.") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


async def _json(request: Request) -> dict[str, object]:
    try:
        fields = json.loads(await request.body())
    except ValueError as error:
        raise RestError(400, 20001, "The request body is not JSON.") from error
    if not isinstance(fields, dict):
        raise RestError(400, 20001, "The request body must be a JSON object.")
    return fields
