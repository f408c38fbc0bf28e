"""Sends one signed webhook to the team's URL, a few times over where it is not taken at once. The port, and urllib3."""

import time
from collections.abc import Callable
from typing import Protocol

import urllib3
from urllib3.exceptions import HTTPError

from calls.errors import Blame, OffhookError
from calls.webhook_signature import headers

WITHIN_S = 8.0
"""One try. With the pauses, all of them fit in the function's time."""
PAUSES_S = (1.0, 4.0)
_AGAIN = frozenset({408, 425, 429}) | frozenset(range(500, 600))


class DeliveryFailed(OffhookError):
    """The team's URL, or its event bus, did not take what was sent."""

    default_code = "webhook-failed"
    default_blame = Blame.CONFIGURATION


class Webhook(Protocol):
    def send(self, webhook_id: str, body: bytes) -> None:
        """Have the team's URL take `body` (JSON). DeliveryFailed; it may have taken it all the same, and knows by
        `webhook_id` if it is sent again."""


class HttpWebhook:
    """2xx is taken. Redirects are not followed: the signature is meant for one URL. With several `secrets`, which there
    are while one is rotated, each signs: the receiver takes the one that it knows."""

    def __init__(
        self,
        url: str,
        *secrets: str,
        now_ms: Callable[[], int],
        sleep: Callable[[float], None] = time.sleep,
        within_s: float = WITHIN_S,
    ) -> None:
        self._url = url
        self._secrets = secrets
        self._now_ms = now_ms
        self._sleep = sleep
        self._within_s = within_s
        self._pool = urllib3.PoolManager(retries=False, maxsize=2)

    def send(self, webhook_id: str, body: bytes) -> None:
        for pause_s in (*PAUSES_S, None):
            failed, may_retry = self._tried(webhook_id, body)
            if failed is None:
                return
            if pause_s is None or not may_retry:
                raise failed
            self._sleep(pause_s)

    def _tried(self, webhook_id: str, body: bytes) -> tuple[DeliveryFailed | None, bool]:
        """What went wrong, and whether to try again at once. Every try has a timestamp, and so a signature, of its
        own."""
        signed = headers(self._secrets, webhook_id, self._now_ms() // 1000, body)
        try:
            answer = self._pool.request(
                "POST",
                self._url,
                body=body,
                headers={"content-type": "application/json", "user-agent": "offhook", **signed},
                timeout=urllib3.Timeout(total=self._within_s),
                redirect=False,
                preload_content=False,
            )
        except (HTTPError, OSError) as error:
            sentence = f"The URL in OFFHOOK_WEBHOOK_URL could not be reached ({type(error).__name__})."
            return DeliveryFailed(sentence, code="webhook-unreachable", retryable=True), True
        status = answer.status
        answer.close()
        if 200 <= status < 300:
            return None, False
        sentence = f"The URL in OFFHOOK_WEBHOOK_URL answered {status}; a webhook is taken with 2xx."
        return DeliveryFailed(sentence, code=f"webhook-{status}", retryable=status in _AGAIN), status in _AGAIN
