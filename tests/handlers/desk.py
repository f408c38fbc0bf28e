"""What the handlers' tests share: a wired deployment in memory, webhooks signed as Twilio signs, HTTP API events."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from calls.agent import Agent
from calls.conversation import Conversation
from calls.errors import ProviderFailed
from calls.record import CallRecord, Direction
from calls.reply import Reply
from handlers.http import Routes, of_event
from handlers.in_time import ANSWER_WITHIN_S
from handlers.settings import HandlerSettings
from handlers.watch_queue import NoWatch, WatchQueue
from handlers.wiring import Wired
from tests.fakes.agents import AGENT
from tests.fakes.memory_store import MemoryCallStore

PUBLIC_URL = "https://calls.example.com"
AUTH_TOKEN = "the-auth-token-of-the-account"
SID = "CA00000000000000000000000000000001"
OTHER_SID = "CA00000000000000000000000000000002"
API_KEY = "a-key-of-the-calls-api"
STREAM_SECRET = "a-secret-for-stream-tokens"
BEGAN_MS = 1_800_000_000_000

SETTINGS = HandlerSettings(
    public_url=PUBLIC_URL,
    stream_url="wss://stream.example.com",
    stream_secret=STREAM_SECRET,
    table="calls",
    agents=Path("agents"),
    inbound_agent="default",
    from_number="+14155550100",
    api_keys=("another-key-of-the-api", API_KEY),
    twilio_account_sid="AC00000000000000000000000000000000",
    twilio_auth_token=AUTH_TOKEN,
    twilio_base_url="",
    aws_endpoint_url="",
)


class ScriptedReplies:
    """Implements `handlers.thinking.Thinking`: the replies in order, and every conversation that asked for one."""

    def __init__(self, *replies: Reply | Exception) -> None:
        self.waiting = list(replies)
        self.asked: list[Conversation] = []

    def reply(self, agent: Agent, conversation: Conversation, today: date) -> Reply:
        self.asked.append(conversation)
        if not self.waiting:
            raise ProviderFailed("The test gave no more replies.", code="no-more-replies")
        reply = self.waiting.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


@dataclass
class Clock:
    """Moves on by a millisecond at every look, as time does."""

    ms: int = BEGAN_MS

    def __call__(self) -> int:
        self.ms += 1
        return self.ms


@dataclass
class House:
    """One deployment. `wired` is what the handlers get."""

    thinking: ScriptedReplies = field(default_factory=ScriptedReplies)
    agents: Mapping[str, Agent] = field(default_factory=lambda: {"default": AGENT})
    clock: Clock = field(default_factory=Clock)
    store: MemoryCallStore = field(default_factory=MemoryCallStore)
    answer_within_s: float = ANSWER_WITHIN_S
    watch_queue: WatchQueue = field(default_factory=NoWatch)
    streamer_ready: bool = False
    settings: HandlerSettings = SETTINGS

    @property
    def wired(self) -> Wired:
        return Wired(
            settings=self.settings,
            store=self.store,
            agents=self.agents,
            thinking=self.thinking,
            now_ms=self.clock,
            today=lambda: date(2026, 11, 23),
            nonce=lambda: "nonce",
            answer_within_s=self.answer_within_s,
            watch_queue=self.watch_queue,
            streamer_ready=lambda: self.streamer_ready,
        )

    def post(self, module: Any, path: str, form: Mapping[str, str] | None = None, **changes: Any) -> "Answer":
        """A webhook through the module's own routes."""
        return send(module.router(lambda: self.wired), event(path, {"CallSid": SID, **(form or {})}, **changes))

    def stands(self) -> tuple[CallRecord, list[tuple[str, str]], int]:
        """All that a webhook may have changed: the record, the conversation, and how often a reply was asked for."""
        return self.only_record(), self.said(), len(self.thinking.asked)

    def only_record(self) -> CallRecord:
        (record,) = self.store.recent(10).records
        return record

    def said(self) -> list[tuple[str, str]]:
        """The conversation of the only call, as (role, words)."""
        turns = self.store.conversation(self.only_record().call_id).turns
        return [(turn.role.value, turn.said) for turn in turns]


REPLAYS: tuple[dict[str, str], ...] = ({}, {"I-Twilio-Idempotency-Token": "t1"}, {"I-Twilio-Idempotency-Token": "t2"})
"""Headers of a webhook that is sent again: Twilio's signature covers none of them, so none may matter."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    content_type: str


def outbound_record(call_id: str = "01JD9Z3N6B0000000000000000", **fields: Any) -> CallRecord:
    return CallRecord(
        call_id=call_id,
        direction=Direction.OUTBOUND,
        agent="default",
        from_number="+14155550100",
        to_number="+14155550123",
        created_at_ms=BEGAN_MS,
        **fields,
    )


def send(router: Routes, http_event: dict[str, Any]) -> Answer:
    response = router.answer(of_event(http_event)).as_lambda()
    return Answer(response["statusCode"], response["body"], response["headers"].get("content-type", ""))


def signature(path: str, form: Mapping[str, str], token: str = AUTH_TOKEN, base: str = PUBLIC_URL) -> str:
    return str(RequestValidator(token).compute_signature(base + path, dict(form)))


def event(
    path: str,
    form: Mapping[str, str],
    *,
    signed: str | None = None,
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
    is_base64: bool = True,
) -> dict[str, Any]:
    """An HTTP API event (payload 2.0) as API Gateway makes it of a form: header names lower case, body in base64.
    `signed` replaces the right signature; empty leaves it out."""
    text = urlencode(form) if body is None else body
    sign = signature(path, form) if signed is None else signed
    sent = {
        "host": "attacker.example.com",
        "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
        **({"x-twilio-signature": sign} if sign else {}),
        **{name.lower(): value for name, value in (headers or {}).items()},
    }
    return {
        "version": "2.0",
        "routeKey": f"POST {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": sent,
        "requestContext": {
            "accountId": "0",
            "apiId": "api",
            "domainName": "attacker.example.com",
            "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "t"},
            "requestId": "r",
            "stage": "$default",
            "time": "22/Nov/2026:00:00:00 +0000",
            "timeEpoch": BEGAN_MS,
        },
        "body": base64.b64encode(text.encode()).decode() if is_base64 else text,
        "isBase64Encoded": is_base64,
    }


def api_event(method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The same for a JSON request with the API's key."""
    made = event(path, {}, signed="", body="" if body is None else json.dumps(body), is_base64=False)
    made["requestContext"]["http"]["method"] = method
    made["headers"] |= {"authorization": f"Bearer {API_KEY}", "content-type": "application/json", **(headers or {})}
    return made
