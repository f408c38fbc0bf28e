"""Asks OpenAI for the summary of a call. The port, and urllib3."""

import json
import time
from collections.abc import Mapping
from typing import Any, Protocol

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, SSLError

from calls import openai_chat, openai_failures
from calls.openai_models import OPENAI_URL, versioned

WITHIN_S = 30.0
CONNECT_S = 3.0
_LARGEST_BYTES = 1 << 20


class SummaryModel(Protocol):
    def ask(self, body: Mapping[str, Any]) -> Any:
        """The completion that answers the request `body` (`calls.summary.request`), JSON as read. ProviderFailed."""


class OpenAISummary:
    """`base_url` is the service's base, with or without "/v1"; empty is OpenAI's own."""

    def __init__(self, api_key: str, base_url: str = "", within_s: float = WITHIN_S) -> None:
        self._url = f"{versioned(base_url or OPENAI_URL)}{openai_chat.PATH}"
        self._headers = {"authorization": f"Bearer {api_key}", "content-type": "application/json"}
        self._within_s = within_s
        self._pool = urllib3.PoolManager(retries=False, maxsize=2)

    def ask(self, body: Mapping[str, Any]) -> Any:
        model, began_s = str(body["model"]), time.monotonic()
        try:
            response = self._pool.request(
                "POST",
                self._url,
                body=json.dumps(body, ensure_ascii=False).encode(),
                headers=self._headers,
                timeout=urllib3.Timeout(total=self._within_s, connect=CONNECT_S),
            )
        except (NewConnectionError, MaxRetryError, SSLError, urllib3.exceptions.ConnectTimeoutError) as broken:
            raise openai_failures.unreachable(model) from broken
        except urllib3.exceptions.TimeoutError as late:
            raise openai_failures.silent(model, time.monotonic() - began_s) from late
        except (HTTPError, OSError) as broken:
            raise openai_failures.cut_off(model) from broken
        answer = _json(response.data[:_LARGEST_BYTES])
        if response.status != 200:
            error = answer.get("error") if isinstance(answer, dict) else None
            fields = error if isinstance(error, dict) else {}
            raise openai_failures.of_status(response.status, fields, response.headers.get("retry-after"), model)
        if answer is None:
            raise openai_failures.garbage(model)
        return answer


def _json(data: bytes) -> Any:
    """None where it is no JSON."""
    try:
        return json.loads(data)
    except ValueError:
        return None
