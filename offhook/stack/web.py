"""The handlers on one port of loopback: `python -m offhook.stack.web`.

The very routes that the Lambdas serve, from the same settings and PORT. Each of Twilio's requests gets a thread of its
own, so that one that waits (for the store, for a reply) holds up no other.
"""

import asyncio
import base64
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import uvicorn

from calls.errors import OffhookError
from calls.settings_fields import SettingsFields
from handlers import api, lifeline, partial, resume, status, stream_status, turn, voice, watchdog, wiring
from handlers.dialler import TwilioDialler
from handlers.http import HttpAnswer, HttpRequest, Routes
from handlers.twilio_request import LARGEST_BODY_BYTES
from handlers.webhook import Wiring
from handlers.wiring import Wired
from offhook.stack.local_after_call import LocalAfterCall
from offhook.stack.local_queue import LocalQueue

LOOPBACK = "127.0.0.1"
THREADS = 32
SHUTDOWN_WITHIN_S = 5

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Web:
    """An ASGI app: /healthz, Twilio's webhooks and its fallback URL under /twilio/, and the calls API."""

    def __init__(self, wired: Wiring) -> None:
        self._webhooks = Routes({})
        for module in (voice, resume, turn, partial, status, stream_status):
            self._webhooks = self._webhooks.including(module.router(wired))
        self._api = api.create_app(wired)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="webhook")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and path == "/healthz":
            await _answer(send, 200, b"ok\n")
        elif scope["type"] == "http" and path.startswith("/twilio/lifeline"):
            await self._lifeline(scope, receive, send)
        elif scope["type"] == "http" and path.startswith("/twilio/"):
            await self._webhook(scope, receive, send)
        else:
            await self._api(scope, receive, send)

    def close(self) -> None:
        """Wait for the webhooks that are being answered."""
        self._threads.shutdown()

    async def _lifeline(self, scope: Scope, receive: Receive, send: Send) -> None:
        form = await _body(receive) or b""
        answer = lifeline.answer({"rawPath": scope["path"], "body": form.decode("utf-8", "replace")}, os.environ)
        await _answer(send, answer["statusCode"], answer["body"].encode(), answer["headers"]["content-type"].encode())

    async def _webhook(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            await _answer(send, 413, f"The body is larger than {LARGEST_BODY_BYTES} bytes.\n".encode())
            return
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._threads, self._answered, scope, body)
        await _answer(send, answer.status, answer.body.encode(), answer.content_type.encode())

    def _answered(self, scope: Scope, body: bytes) -> HttpAnswer:
        if scope["method"] != "POST":
            return HttpAnswer(404, "There is nothing to get here.")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        sent = HttpRequest(scope["path"], headers, base64.b64encode(body).decode(), is_base64=True)
        return self._webhooks.answer(sent)


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None where it is too large to be Twilio's."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)


async def _answer(
    send: Send, status_code: int, body: bytes, content_type: bytes = b"text/plain; charset=utf-8"
) -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status_code, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def watching(wired: Wired) -> LocalQueue:
    """The watchdog and its queue, as this machine runs them."""
    twilio = TwilioDialler(wired.settings, watchdog.REDIRECT_WITHIN_S)
    return LocalQueue(lambda event: watchdog.answer(lambda: wired, lambda _: twilio, event), wired.settings.watchdog_s)


def main() -> None:
    """Serve until SIGTERM or SIGINT. Settings that cannot work end it with code 2 and their one sentence."""
    try:
        fields = SettingsFields(os.environ)
        port = fields.port()
        fields.finish()
        wired = wiring.wired()
    except OffhookError as error:
        sys.stderr.write(f"{error.failure.sentence}\n")
        sys.exit(2)
    queue = watching(wired)
    watched = replace(wired, watch_queue=queue)
    web = Web(lambda: watched)
    config = uvicorn.Config(
        web,
        host=LOOPBACK,
        port=port,
        access_log=False,
        log_level=logging.WARNING,
        lifespan="off",
        timeout_graceful_shutdown=SHUTDOWN_WITHIN_S,
    )
    # uvicorn stops at these signals and then raises them again, for whoever had them before: nobody, so that the
    # webhooks under way are finished and the process ends with code 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        # Without an engine of this machine there is a real table, whose stream belongs to the stack's own function.
        with LocalAfterCall(wired) if wired.settings.aws_endpoint_url else nullcontext():
            uvicorn.Server(config).run()
    finally:
        queue.close()
        web.close()


if __name__ == "__main__":
    main()
