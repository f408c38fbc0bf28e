"""The one connection pool to OpenAI of this process, and one streamed request on it.

The SDK serves the client, the key, the pool and the errors. Its typed requests and chunks are gone around, because
they were measured to cost 20 times the rest: bodies go in as they are (`extra_body`), lines come out raw.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import httpx2
import openai
import orjson
from openai import AsyncOpenAI

from calls import openai_failures
from calls.openai_models import versioned

log = logging.getLogger(__name__)

KEPT_ALIVE_S = 120.0
"""The SDK's own 5 s are over before most callers have finished their next turn."""
CONNECT_S = 2.0
TAIL_S = 0.3
"""How long the end of a stream may take to come after the last word: usage, and a connection that can be used again."""

_CONNECTIONS = 1_000
_DATA, _DONE = b"data:", b"[DONE]"
_LONGEST_LINE_BYTES = 1 << 20
_TRANSPORT_ERRORS = (httpx2.RequestError, openai.APIConnectionError)


class OpenAIClient:
    """`refused` is what each model is known not to take in a request, learnt once for the whole process."""

    def __init__(self, api_key: str, base_url: str = "") -> None:
        """`base_url` is the service's base, with or without "/v1"; empty is OpenAI's own."""
        self.refused: dict[str, set[str]] = {}
        self._http = httpx2.AsyncClient(
            timeout=httpx2.Timeout(None, connect=CONNECT_S, pool=CONNECT_S),  # our own deadlines bound the rest
            limits=httpx2.Limits(
                max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS, keepalive_expiry=KEPT_ALIVE_S
            ),
        )
        self._sdk = AsyncOpenAI(
            api_key=api_key, base_url=versioned(base_url) or None, max_retries=0, http_client=self._http
        )

        self._ask = self._sdk.chat.completions.with_streaming_response.create  # imports much, so not at a first reply

    async def close(self) -> None:
        await self._sdk.close()

    async def warm(self, model: str, within_s: float = 3.0) -> str | None:
        """Ask for `model`, so that a connection stands and first-use costs are paid before the first caller's reply.

        Returns the day on which OpenAI says that the model is shut down ("2027-01-14"), if any. ProviderFailed.
        """
        try:
            async with asyncio.timeout(within_s):
                return (await self._sdk.models.retrieve(model)).shutdown_date
        except TimeoutError as late:
            raise openai_failures.silent(model, within_s) from late
        except openai.APIStatusError as refusal:
            raise _of_status(refusal, model) from refusal
        except _TRANSPORT_ERRORS as broken:
            raise openai_failures.unreachable(model) from broken
        except (openai.OpenAIError, ValueError) as other:
            raise openai_failures.garbage(model) from other

    async def chunks(self, body: dict[str, Any]) -> AsyncGenerator[Any, None]:
        """The chunks of a streamed reply as plain JSON values, to the end of the stream; `body` is a whole request.

        Has no deadline of its own: wait for each chunk as long as you like. Closing it ends the request at once.
        Parts of the body that the model refuses are left out from then on. Raises ProviderFailed.
        """
        model = str(body["model"])
        async with self._opened(body, model) as response, aclosing(_events(response)) as events:
            try:
                async for event in events:
                    if event == _DONE:
                        with suppress(TimeoutError):  # then the connection is closed instead of being kept
                            async with asyncio.timeout(TAIL_S):
                                await anext(events, None)
                        return
                    yield orjson.loads(event)
            except (orjson.JSONDecodeError, _EndlessLine) as error:
                raise openai_failures.garbage(model) from error
            except _TRANSPORT_ERRORS as broken:
                raise openai_failures.cut_off(model) from broken

    @asynccontextmanager
    async def _opened(self, body: dict[str, Any], model: str) -> AsyncIterator[Any]:
        manager = await self._open(body, model)
        try:
            yield manager.response
        finally:
            await manager.close()

    async def _open(self, body: dict[str, Any], model: str) -> "_Opened":
        """The answer's head. A kept connection that the other side has closed meanwhile is replaced, once; parts of
        the body that are refused are left out, one after the other."""
        may_replace = True
        while True:
            try:
                manager = self._ask(model=model, messages=[], stream=True, extra_body=body)
                return _Opened(manager, await manager.__aenter__())
            except openai.BadRequestError as refusal:
                option = openai_failures.refused_option(refusal.status_code, _fields(refusal))
                if option is None or option not in body:
                    raise _of_status(refusal, model) from refusal
                log.warning("model %s does not take %s; it is left out from now on", model, option)
                self.refused.setdefault(model, set()).add(option)
                body = {name: value for name, value in body.items() if name != option}
            except openai.APIStatusError as refusal:
                raise _of_status(refusal, model) from refusal
            except _TRANSPORT_ERRORS as broken:
                if not (may_replace and _was_lost(broken)):
                    raise _unopened(broken, model) from broken
                may_replace = False
            except openai.OpenAIError as other:
                raise openai_failures.garbage(model) from other


class _EndlessLine(Exception):
    pass


async def _events(response: Any) -> AsyncGenerator[bytes, None]:
    """The data of each server-sent event. Split as bytes: text decoders also break lines inside a JSON string."""
    pending = b""
    async for piece in response.iter_bytes():
        *lines, pending = (pending + piece).split(b"\n")
        for line in lines:
            if line.startswith(_DATA):
                yield line[len(_DATA) :].strip()
        if len(pending) > _LONGEST_LINE_BYTES:
            raise _EndlessLine


class _Opened:
    """A response whose body is still to come, and what closes it."""

    def __init__(self, manager: Any, response: Any) -> None:
        self._manager, self.response = manager, response

    async def close(self) -> None:
        await self._manager.__aexit__(None, None, None)


def _fields(refusal: openai.APIStatusError) -> Mapping[str, object]:
    return refusal.body if isinstance(refusal.body, dict) else {}


def _of_status(refusal: openai.APIStatusError, model: str) -> Exception:
    retry_after = refusal.response.headers.get("retry-after")
    return openai_failures.of_status(refusal.status_code, _fields(refusal), retry_after, model)


def _cause(broken: Exception) -> BaseException:
    return broken.__cause__ or broken


def _was_lost(broken: Exception) -> bool:
    """Whether the connection stood, and broke before an answer."""
    lost = (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)
    return isinstance(_cause(broken), lost)


def _unopened(broken: Exception, model: str) -> Exception:
    if isinstance(_cause(broken), httpx2.RemoteProtocolError) and "disconnected" not in str(_cause(broken)):
        return openai_failures.garbage(model)
    return openai_failures.cut_off(model) if _was_lost(broken) else openai_failures.unreachable(model)
