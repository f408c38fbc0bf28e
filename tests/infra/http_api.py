"""An HTTP API in front of functions: the deployed routes, and events in payload format 2.0.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import asyncio
import base64
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Protocol

from aiohttp import web

from offhook.stack.environment import LOOPBACK
from tests.infra.emulator import FunctionFailed

THREADS = 32
ANSWER_WITHIN_S = 30.0
"""API Gateway's own limit."""


class Invoking(Protocol):
    def invoke(self, name: str, event: object) -> Any:
        """What the function returns. FunctionFailed."""


class HttpApi:
    """`routes` maps "POST /twilio/voice/{callId}" to a function's name. Serves while it is entered."""

    def __init__(self, functions: Invoking, routes: Mapping[str, str], port: int) -> None:
        self._functions = functions
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="api")
        self.failed: list[str] = []
        application = web.Application()
        for key in sorted(routes, key=lambda key: key.count("{")):  # a full match goes before a variable
            method, path = key.split(" ")
            application.router.add_route("*" if method == "ANY" else method, path, self._serving(key, routes[key]))
        self._runner = web.AppRunner(application)
        self._port = port

    async def __aenter__(self) -> "HttpApi":
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, self._port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await asyncio.to_thread(self._threads.shutdown)

    def _serving(self, key: str, function: str) -> Any:
        async def serve(request: web.Request) -> web.Response:
            event = await event_of(request, key)
            loop = asyncio.get_running_loop()
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    told = await loop.run_in_executor(self._threads, self._functions.invoke, function, event)
            except FunctionFailed as failure:
                self.failed.append(f"{key}: {failure}")
                return web.json_response({"message": "Internal Server Error"}, status=500)
            except TimeoutError:
                self.failed.append(f"{key}: no answer in time")
                return web.json_response({"message": "Service Unavailable"}, status=503)
            return response_of(told)

        return serve


async def event_of(request: web.Request, key: str) -> dict[str, Any]:
    """The event that API Gateway makes of a request; a form is no text to it, and comes as base64."""
    body = await request.read()
    text = request.content_type.startswith(("text/", "application/json"))
    headers = {name.lower(): ",".join(request.headers.getall(name)) for name in request.headers}
    now = datetime.now(UTC)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": key,
        "rawPath": request.path,
        "rawQueryString": request.query_string,
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "api",
            "domainName": request.host,
            "domainPrefix": "api",
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": uuid.uuid4().hex,
            "routeKey": key,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": bool(body) and not text,
    }
    if request.query:
        names = dict.fromkeys(request.query)
        event["queryStringParameters"] = {name: ",".join(request.query.getall(name)) for name in names}
    if request.match_info:
        event["pathParameters"] = dict(request.match_info)
    if body:
        event["body"] = body.decode() if text else base64.b64encode(body).decode()
    return event


def response_of(told: Any) -> web.Response:
    """The HTTP answer to what a function returned: what has no status is a body in JSON."""
    if not isinstance(told, dict) or "statusCode" not in told:
        return web.json_response(told)
    body = told.get("body") or ""
    content = base64.b64decode(body) if told.get("isBase64Encoded") else str(body).encode()
    headers = {name: value for name, value in (told.get("headers") or {}).items() if name.lower() != "content-length"}
    return web.Response(status=int(told["statusCode"]), body=content, headers=headers)
