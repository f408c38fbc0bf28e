"""A stage for TwiML: a real line whose clock runs as fast as it can, and a network that answers from a table."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import httpx

from offhook.box.calls import BoxCall, CallPlan, Hook
from offhook.box.documents import Documents, NoDocument
from offhook.box.interpreter import Behaviour, Interpreter, Surroundings
from offhook.box.line import PhoneLine
from offhook.box.line_log import LineLog
from offhook.box.ports import Alert, CallIdentity, Line, StreamEvent
from offhook.box.verbs import Stream
from offhook.box.webhooks import Request, Timings, Webhooks
from tests.box.speech import FakeEars, FakeMouth

BASE = "http://app.example"
MOMENT = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass
class Stage:
    """A call with everything around it faked but the line, the documents and the interpreter."""

    pages: dict[str, str | httpx.Response] = field(default_factory=dict)
    fallback: Hook | None = None
    behaviour: Behaviour = field(default_factory=Behaviour)
    stream_opens: bool = True
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    alerts: list[int] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    streamed: list[StreamEvent] = field(default_factory=list)
    line: PhoneLine = field(default_factory=PhoneLine)
    mouth: FakeMouth = field(default_factory=FakeMouth)
    ears: FakeEars = field(default_factory=FakeEars)
    log: LineLog = field(default_factory=LineLog)
    partials: list[Request] = field(default_factory=list)

    def network(self, request: httpx.Request) -> httpx.Response:
        form = dict(parse_qsl(request.content.decode(), keep_blank_values=True))
        self.asked.append((request.url.path, form))
        page = self.pages.get(request.url.path, httpx.Response(404))
        if isinstance(page, httpx.Response):
            return page
        return httpx.Response(200, text=f"<Response>{page}</Response>", headers={"content-type": "text/xml"})

    async def run_stream(
        self,
        stream: Stream,
        identity: CallIdentity,
        line: Line,
        tell: Callable[[StreamEvent], None],
        alert: Callable[[Alert], None],
    ) -> None:
        assert identity.auth_token == "token"
        if self.stream_opens:
            tell(StreamEvent("stream-started", "MZ1", stream.name))
            tell(StreamEvent("stream-stopped", "MZ1", stream.name))
        else:
            alert(Alert(31920, "error", identity.call_sid, "not a 101"))
            tell(StreamEvent("stream-error", "MZ1", stream.name, "not a 101", 31920))

    async def run(self, first: str) -> None:
        """Run this document's verbs, found at /voice, to the end of the call."""
        self.pages["/voice"] = first
        plan = CallPlan("+15005550006", "+14155550100", "inbound", fallback=self.fallback)
        call = BoxCall("AC1", plan, MOMENT, log=self.log)
        webhooks = Webhooks("token", Timings(retries=0), httpx.MockTransport(self.network))
        documents = Documents(call, webhooks, lambda alert: self.alerts.append(alert.code))
        around = Surroundings(
            call=call,
            identity=CallIdentity("AC1", call.sid, "token"),
            line=self.line,
            ears=self.ears,
            mouth=self.mouth,
            webhooks=webhooks,
            documents=documents,
            run_stream=self.run_stream,
            stream_event=lambda _stream, event, _url: self.streamed.append(event),
            alert=lambda alert: self.alerts.append(alert.code),
            note=lambda kind, detail: self.notes.append((kind, detail)),
            behaviour=self.behaviour,
            partial_result=self.partials.append,
        )
        async with hurried(self.line), asyncio.timeout(5):
            try:
                page = await documents.request(f"{BASE}/voice", "POST")
            except NoDocument:
                page = None
            await Interpreter(around).run(page)
        await webhooks.aclose()

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def form(self, path: str) -> dict[str, str]:
        return next(form for asked, form in self.asked if asked == path)


@asynccontextmanager
async def hurried(line: PhoneLine) -> AsyncIterator[None]:
    """The line's time flies, with a few turns of the loop to every 20 ms."""

    async def fly() -> None:
        while not line.hung_up:
            line.tick()
            for _ in range(5):
                await asyncio.sleep(0)

    flying = asyncio.create_task(fly())
    try:
        yield
    finally:
        flying.cancel()
        await asyncio.gather(flying, return_exceptions=True)
