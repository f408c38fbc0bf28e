"""Puts one event about a call on EventBridge. The port, and AWS.
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Protocol

from calls.after_call import SOURCE, TYPE
from handlers.after_call_webhook import DeliveryFailed

LARGEST_BYTES = 240 * 1024
"""An entry may have 256 KB, its envelope included."""


class EventBus(Protocol):
    def put(self, about: Mapping[str, Any]) -> None:
        """Put an event of `calls.after_call.TYPE` with `about` as its detail. DeliveryFailed."""


class EventsClient(Protocol):
    """What is used of boto3's."""

    def put_events(self, *, Entries: list[dict[str, Any]]) -> Any: ...  # noqa: N803


class EventBridge:
    """`client` is made at the first event."""

    def __init__(self, client: Callable[[], EventsClient], bus: str) -> None:
        self._client = cache(client)
        self._bus = bus

    def put(self, about: Mapping[str, Any]) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        detail = json.dumps(about)
        if len(detail) > LARGEST_BYTES:
            raise DeliveryFailed("The call is too long to be told in one event.", code="event-too-large")
        entry = {"Source": SOURCE, "DetailType": TYPE, "Detail": detail, "EventBusName": self._bus}
        try:
            answer = self._client().put_events(Entries=[entry])
        except (BotoCoreError, ClientError) as error:
            raise _failed(type(error).__name__) from error
        if answer.get("FailedEntryCount"):
            raise _failed(str(answer["Entries"][0].get("ErrorCode", "unknown"))[:64])


def _failed(why: str) -> DeliveryFailed:
    return DeliveryFailed(
        f"EventBridge did not take an event ({why}). Check OFFHOOK_EVENT_BUS.", code="event-failed", retryable=True
    )


def events_client(endpoint_url: str | None = None) -> EventsClient:
    """With credentials and region from the environment."""
    from botocore.config import Config

    from calls import aws_clients

    attempts = {"mode": "standard", "total_max_attempts": 3}
    config = Config(connect_timeout=2, read_timeout=5, retries=attempts)  # type: ignore[arg-type]
    client: EventsClient = aws_clients.client("events", endpoint_url, config)
    return client
