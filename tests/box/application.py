"""An application for the box to call: scripted answers on loopback, every request checked by Twilio's own validator."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from offhook.box.serving import served

ACCOUNT = "AC" + "0" * 32
TOKEN = "auth-token"


@dataclass
class Seen:
    """One request as it arrived. `signed` is the validator's verdict."""

    path: str
    method: str
    form: dict[str, str]
    headers: dict[str, str]
    signed: bool


Reply = Callable[[Seen], Awaitable[Response]]


def xml(body: str) -> Response:
    return Response(body, media_type="text/xml")


@dataclass
class Application:
    """Answers by path; what has no answer is 404. `seen` holds every request in order."""

    replies: dict[str, list[Response | Reply]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    url: str = ""

    def on(self, path: str, *replies: Response | Reply | str) -> None:
        """Answer this path with these in turn; the last one again and again. A string is TwiML."""
        self.replies[path] = [xml(reply) if isinstance(reply, str) else reply for reply in replies]

    def forms(self, path: str) -> list[dict[str, str]]:
        return [seen.form for seen in self.seen if seen.path == path]

    async def answer(self, request: Request) -> Response:
        async with request.form() as posted:
            form = {name: str(value) for name, value in posted.items()}
        url = str(request.url)
        signature = request.headers.get("x-twilio-signature", "")
        signed = bool(RequestValidator(TOKEN).validate(url, form, signature))
        seen = Seen(request.url.path, request.method, form or dict(request.query_params), dict(request.headers), signed)
        self.seen.append(seen)
        replies = self.replies.get(request.url.path, [Response(status_code=404)])
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        return reply if isinstance(reply, Response) else await reply(seen)


@asynccontextmanager
async def serving() -> AsyncIterator[Application]:
    application = Application()
    app = Starlette(routes=[Route("/{path:path}", application.answer, methods=["GET", "POST"])])
    async with served(app) as application.url:
        yield application
