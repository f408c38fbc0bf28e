"""Fetches TwiML for a call: from the application, from its fallback URL when that fails, or from the REST request.

twilio.com/docs/voice/twiml#fallback-urls: on any failure to fetch or parse, the fallback URL is requested with
`ErrorCode` and `ErrorUrl` added; when that fails too, or there is none, the call cannot go on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from offhook.box import twiml
from offhook.box.calls import BoxCall, Hook
from offhook.box.ports import Alert
from offhook.box.twiml import Document, TwimlError
from offhook.box.verbs import HttpMethod, Say, Verb
from offhook.box.webhooks import Answer, Request, WebhookFailure, Webhooks

XML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


@dataclass(frozen=True, slots=True)
class Page:
    """A document's verbs and the URL that its relative URLs are resolved against; empty for inline TwiML."""

    verbs: tuple[Verb, ...]
    url: str = ""


class NoDocument(Exception):
    """Neither the URL nor the fallback gave a document that can be run."""


class Documents:
    """The documents of one call. Everything wrong with them goes to `alert`."""

    def __init__(
        self,
        call: BoxCall,
        webhooks: Webhooks,
        alert: Callable[[Alert], None],
        fetched: Callable[[str], None] = lambda _url: None,
    ) -> None:
        self._call = call
        self._webhooks = webhooks
        self._alert = alert
        self._fetched = fetched

    async def request(self, url: str, method: HttpMethod, extra: Mapping[str, str] | None = None) -> Page:
        """Ask the application. Raises NoDocument when its fallback could not help either."""
        try:
            return await self._ask(Hook(url, method), extra or {})
        except (WebhookFailure, TwimlError) as error:
            failure = self._failed(error, url)
        fallback = self._call.plan.fallback
        if fallback is None:
            raise NoDocument(failure.sentence)
        told = {"ErrorCode": str(failure.code), "ErrorUrl": failure.url}
        try:
            return await self._ask(fallback, told)
        except (WebhookFailure, TwimlError) as error:
            raise NoDocument(self._failed(error, fallback.url).sentence) from error

    async def inline(self, content: str) -> Page:
        """TwiML from a REST request. A bad one goes to the fallback URL like a fetched one."""
        try:
            return self._page(twiml.parse(content), "")
        except TwimlError as error:
            failure = self._failed(error, "")
        if self._call.plan.fallback is None:
            raise NoDocument(failure.sentence)
        told = {"ErrorCode": str(failure.code), "ErrorUrl": ""}
        try:
            return await self._ask(self._call.plan.fallback, told)
        except (WebhookFailure, TwimlError) as error:
            raise NoDocument(self._failed(error, self._call.plan.fallback.url).sentence) from error

    async def _ask(self, hook: Hook, extra: Mapping[str, str]) -> Page:
        answer = await self._webhooks.send(Request(hook.url, hook.method, self._call.form(extra)))
        self._fetched(hook.url)
        return self._page(_document(answer), answer.url)

    def _page(self, document: Document, url: str) -> Page:
        self._call.stats.documents += 1
        for issue in document.issues:
            self._alert(Alert(issue.code, issue.level, self._call.sid, issue.sentence, url))
        return Page(document.verbs, url)

    def _failed(self, error: WebhookFailure | TwimlError, url: str) -> WebhookFailure:
        failure = error if isinstance(error, WebhookFailure) else WebhookFailure(error.code, error.sentence, url)
        self._alert(Alert(failure.code, "error", self._call.sid, failure.sentence, failure.url))
        return failure


def _document(answer: Answer) -> Document:
    """By its content type (twilio.com/docs/voice/twiml#twilio-voice-and-content-types): XML is TwiML, plain text is
    said. Twilio would play audio too; this box refuses it with 12300, like any other type."""
    if answer.content_type in XML_TYPES:
        return twiml.parse(answer.body)
    if answer.content_type == "text/plain":
        text = answer.body.decode("utf-8", "replace").strip()
        return Document((Say(text),)) if text else Document(())
    raise TwimlError(12300, f"Invalid Content-Type: '{answer.content_type or 'none'}'.")
