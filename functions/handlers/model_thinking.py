"""Replies from OpenAI's chat models in traditional mode, where Twilio waits 15 s for the answer to a webhook.

Spoken over urllib3: botocore has loaded it anyway, so that a cold start pays nothing, where the SDK takes 0.6 s of CPU
and httpx2 0.15 s. The connection is kept between invocations. A reply is streamed all the same: then every wait can be
bounded (urllib3's own limit is one for each read), and what was whole of a reply that breaks off can still be said.
"""

import json
import logging
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProtocolError, SSLError

from calls import measured, openai_chat, openai_failures, tools
from calls.agent import Agent
from calls.conversation import Conversation
from calls.errors import ProviderFailed
from calls.openai_chat import Chunks
from calls.openai_models import OPENAI_URL, reply_models, versioned
from calls.openai_usage import TokenRatio
from calls.reply import Reply
from handlers import measures

log = logging.getLogger(__name__)

CONNECT_S = 2.0
TAIL_S = 0.2
"""How long the end of a stream may take to come after the last word, so that the connection can be used again."""

_LONGEST_LINE_BYTES = 1 << 20
_DATA, _DONE = b"data:", b"[DONE]"
_WHOLE_SENTENCES = re.compile(r".*[.!?](?=\s|$)", re.DOTALL)


class ModelThinking:
    """Implements `handlers.thinking.Thinking` for agents whose models.reply is OpenAI's."""

    def __init__(self, api_key: str, base_url: str = "") -> None:
        """`base_url` is the service's base, with or without "/v1"; empty is OpenAI's own."""
        self._url = f"{versioned(base_url or OPENAI_URL)}{openai_chat.PATH}"
        self._headers = {"authorization": f"Bearer {api_key}", "content-type": "application/json"}
        self._pool = urllib3.PoolManager(retries=False, maxsize=2)
        self._refused: dict[str, set[str]] = {}

    def close(self) -> None:
        self._pool.clear()

    def reply(self, agent: Agent, conversation: Conversation, today: date) -> Reply:
        """The agent's models are asked in order, all within its `reply_s`. Raises ProviderFailed."""
        end_s = time.monotonic() + agent.limits.reply_s
        waiting = list(reply_models(agent))
        while True:
            model, *waiting = waiting
            by_s = time.monotonic() + max(0.0, end_s - time.monotonic()) / (len(waiting) + 1)
            try:
                return self._ask(agent, conversation, today, model, by_s)
            except ProviderFailed as failed:
                if not waiting or openai_failures.is_of_the_key(failed):
                    raise
                measures.tell(measured.of_vendor_failure("openai", failed.failure))
                log.warning("%s failed (%s), asking %s", model, failed.failure.code, waiting[0])

    def _ask(self, agent: Agent, conversation: Conversation, today: date, model: str, by_s: float) -> Reply:
        body = openai_chat.request(agent, conversation, today, model, self._refused.get(model, ()), brief=True)
        chunks = Chunks(model)
        reply = self._answered(agent, body, chunks, by_s)
        return replace(reply, used=TokenRatio().of(body, chunks).unnamed())

    def _answered(self, agent: Agent, body: dict[str, Any], chunks: Chunks, by_s: float) -> Reply:
        """The reply that came as `chunks`, whole or as far as it was."""
        began_s, model = time.monotonic(), chunks.model
        words: list[str] = []
        try:
            with self._opened(body, model, by_s) as response:
                _read(response, chunks, words)
        except ProviderFailed as failed:
            return _salvaged(words, failed)
        except (HTTPError, OSError, ValueError) as broken:
            late = time.monotonic() >= by_s or isinstance(broken, urllib3.exceptions.TimeoutError)
            waited_s = time.monotonic() - began_s
            lost = openai_failures.silent(model, waited_s) if late else openai_failures.cut_off(model)
            return _salvaged(words, lost, broken)
        return _whole(agent, chunks, "".join(words).strip())

    @contextmanager
    def _opened(self, body: dict[str, Any], model: str, by_s: float) -> Iterator[urllib3.BaseHTTPResponse]:
        """The answer, its body still to come. At `by_s` what then still comes is cut off."""
        response = self._open(body, model, by_s)
        cut = threading.Timer(max(0.0, by_s - time.monotonic()), _cut, (response,))
        cut.daemon = True
        cut.start()
        try:
            yield response
        finally:
            cut.cancel()
            response.close()
            response.release_conn()

    def _open(self, body: dict[str, Any], model: str, by_s: float) -> urllib3.BaseHTTPResponse:
        """A kept connection that the other side has closed meanwhile is replaced, once; parts of the body that are
        refused are left out, one after the other."""
        may_replace = True
        while True:
            try:
                response = self._post(body, by_s)
            except (NewConnectionError, MaxRetryError, SSLError, urllib3.exceptions.ConnectTimeoutError) as broken:
                raise openai_failures.unreachable(model) from broken
            except ProtocolError:
                if not may_replace:
                    raise
                may_replace = False
                continue
            if response.status == 200:
                return response
            fields = _error_of(response)
            option = openai_failures.refused_option(response.status, fields)
            if option is None or option not in body:
                retry_after = response.headers.get("retry-after")
                raise openai_failures.of_status(response.status, fields, retry_after, model)
            log.warning("model %s does not take %s; it is left out from now on", model, option)
            self._refused.setdefault(model, set()).add(option)
            body = {name: value for name, value in body.items() if name != option}

    def _post(self, body: dict[str, Any], by_s: float) -> urllib3.BaseHTTPResponse:
        left_s = max(0.001, by_s - time.monotonic())
        return self._pool.request(
            "POST",
            self._url,
            body=json.dumps(body, ensure_ascii=False).encode(),
            headers=self._headers,
            timeout=urllib3.Timeout(total=left_s, connect=min(CONNECT_S, left_s)),
            preload_content=False,
        )


def _read(response: urllib3.BaseHTTPResponse, chunks: Chunks, words: list[str]) -> None:
    """Read the stream to its end, its words into `words`. Raises ProviderFailed, and what urllib3 raises."""
    tail: threading.Timer | None = None
    try:
        for event in _events(response, chunks.model):
            if event == _DONE:
                continue
            words.append(chunks.words(_parsed(event, chunks.model)))
            if chunks.finish and tail is None:
                tail = threading.Timer(TAIL_S, _cut, (response,))
                tail.daemon = True
                tail.start()
    except (HTTPError, OSError):
        if chunks.finish is None:
            raise
    finally:
        if tail:
            tail.cancel()


def _events(response: urllib3.BaseHTTPResponse, model: str) -> Iterator[bytes]:
    """The data of each server-sent event."""
    pending = b""
    while piece := response.read1(65_536):
        *lines, pending = (pending + piece).split(b"\n")
        for line in lines:
            if line.startswith(_DATA):
                yield line[len(_DATA) :].strip()
        if len(pending) > _LONGEST_LINE_BYTES:
            raise openai_failures.garbage(model)


def _parsed(event: bytes, model: str) -> Any:
    try:
        return json.loads(event)
    except ValueError as error:
        raise openai_failures.garbage(model) from error


def _cut(response: urllib3.BaseHTTPResponse) -> None:
    """From another thread: whoever reads the response finds it at its end."""
    with suppress(ValueError, RuntimeError, OSError):  # it is at its end already
        response.shutdown()


def _error_of(response: urllib3.BaseHTTPResponse) -> dict[str, Any]:
    """The `error` object of a refusal; empty where there is none."""
    try:
        read = json.loads(response.read(_LONGEST_LINE_BYTES))
    except (HTTPError, OSError, ValueError):
        return {}
    finally:
        response.close()
        response.release_conn()
    error = read.get("error") if isinstance(read, dict) else None
    return error if isinstance(error, dict) else {}


def _whole(agent: Agent, chunks: Chunks, text: str) -> Reply:
    if chunks.finish is None:
        return _salvaged([text], openai_failures.cut_off(chunks.model))
    action = chunks.action(agent)
    if action:
        return Reply(text or tools.words_before(agent, action), action)
    if chunks.calls_made:
        log.warning("%s called %d functions that do nothing here", chunks.model, chunks.calls_made)
    if not text:
        raise openai_failures.wordless(chunks.model, chunks.finish)
    return Reply(text)


def _salvaged(words: list[str], failed: ProviderFailed, cause: Exception | None = None) -> Reply:
    """The sentences that were whole when a reply broke off; raises `failed` where there was none."""
    whole = _WHOLE_SENTENCES.match("".join(words).strip())
    if whole is None:
        raise failed from cause
    log.warning("a reply broke off (%s); what was whole of it is said", failed.failure.code)
    return Reply(whole[0])
