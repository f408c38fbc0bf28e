"""The incoming side of a Realtime or Live session: events by their shape, and what happens later."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson

from tests.vendors.openai_errors import Complaint
from tests.vendors.realtime_says import Teller
from tests.vendors.web_socket import Socket

_APPEND_FIELDS = frozenset(("type", "audio", "event_id"))


def _anything(_kind: str) -> None:
    """Every event may come at any time."""


class Inbox:
    """`act` is given each event and its type, and refuses with Complaint, as do `shapes` (an event that is none of this
    protocol) and `in_order` (its type, now). `append` is the type of the caller's audio; events of a type that is
    `ignored` get no answer and have no effect."""

    def __init__(
        self,
        tell: Teller,
        shapes: Callable[[Any, str], Any],
        append: str,
        act: Callable[[str, dict[str, Any]], None],
        ignored: tuple[str, ...],
        in_order: Callable[[str], None] = _anything,
    ) -> None:
        self._tell, self._shapes, self._append, self._act = tell, shapes, append, act
        self._ignored, self._in_order = ignored, in_order

    def read(self, socket: Socket) -> None:
        """Take what the socket brings from now on."""
        socket.on_text, socket.on_bytes = self._obey, self._refuse_binary

    def _refuse_binary(self, _: bytes) -> None:
        self._tell.refuse(Complaint(400, "Binary messages are not supported.", code="invalid_event"), None)

    def _obey(self, raw: bytes) -> None:
        event: Any = None
        try:
            event = orjson.loads(raw)
            kind = event["type"]
        except (orjson.JSONDecodeError, TypeError, KeyError):
            what = "The event is not valid JSON, or its 'type' field is missing."
            self._tell.refuse(Complaint(400, what, code="invalid_event"), None)
            return
        try:
            if kind != self._append or not event.keys() <= _APPEND_FIELDS or "audio" not in event:
                self._shapes(event, "")
            self._in_order(kind)
            if kind not in self._ignored:
                self._act(kind, event)
        except Complaint as complaint:
            self._tell.refuse(complaint, event.get("event_id"))


class Later:
    """Timers of one session, gone with it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timers: set[asyncio.TimerHandle] = set()

    def __call__(self, delay_ms: float, what: Callable[..., None], *arguments: Any) -> None:
        if delay_ms <= 0:
            what(*arguments)
        else:
            self._timers.add(self._loop.call_later(delay_ms / 1000, what, *arguments))

    def stop(self) -> None:
        for timer in self._timers:
            timer.cancel()
