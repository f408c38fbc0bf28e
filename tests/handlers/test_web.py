"""The handlers as one machine serves them: the same routes through ASGI, and the process itself."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from calls.agent import Agent
from calls.conversation import Conversation
from calls.reply import Reply
from handlers.twilio_request import LARGEST_BODY_BYTES
from offhook.stack.web import Web
from tests.handlers.desk import API_KEY, OTHER_SID, SID, House, ScriptedReplies, signature

ROOT = Path(__file__).parents[2]
FORM_TYPE = "application/x-www-form-urlencoded; charset=UTF-8"


async def post(web: Web, path: str, form: dict[str, str], signed: str | None = None) -> httpx.Response:
    body = urlencode(form).encode()
    sign = signature(path, form) if signed is None else signed
    return await post_raw(web, path, body, {"x-twilio-signature": sign} if sign else {})


async def post_raw(web: Web, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    transport = httpx.ASGITransport(web)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:1") as client:
        return await client.post(path, content=body, headers={"content-type": FORM_TYPE, **headers})


async def get(web: Web, path: str, key: str = "") -> httpx.Response:
    transport = httpx.ASGITransport(web)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:1") as client:
        return await client.get(path, headers={"authorization": f"Bearer {key}"})


@pytest.fixture
async def served() -> AsyncIterator[tuple[House, Web]]:
    house = House(ScriptedReplies(Reply("Nine to five.")))
    web = Web(lambda: house.wired)
    yield house, web
    web.close()


async def test_every_webhook_is_served(served: tuple[House, Web]) -> None:
    house, web = served
    assert "<Stream" in (await post(web, "/twilio/voice", {"CallSid": SID, "From": "+1", "To": "+2"})).text
    assert "<Gather" in (await post(web, "/twilio/resume/1", {"CallSid": SID})).text
    assert "<Gather" in (await post(web, "/twilio/resume", {"CallSid": SID})).text
    said = await post(web, "/twilio/turn/1", {"CallSid": SID, "SpeechResult": "What are your hours?"})
    assert said.headers["content-type"] == "text/xml"
    assert ">Nine to five.</Say></Gather>" in said.text
    assert "<Gather" in (await post(web, "/twilio/dialled", {"CallSid": SID, "DialCallStatus": "busy"})).text
    assert "<Gather" in (await post(web, "/twilio/dialled/5", {"CallSid": SID, "DialCallStatus": "busy"})).text
    news = {"CallSid": SID, "StreamEvent": "stream-error", "StreamErrorCode": "31920"}
    assert (await post(web, "/twilio/stream-status", news)).status_code == 204
    assert (await post(web, "/twilio/status", {"CallSid": SID, "CallStatus": "completed"})).status_code == 204
    assert house.only_record().is_final


async def test_the_lifeline_answers_whoever_asks(served: tuple[House, Web]) -> None:
    house, web = served
    for answer in (
        await post(web, "/twilio/lifeline", {}, signed=""),
        await get(web, "/twilio/lifeline"),
        await post_raw(web, "/twilio/lifeline/rung", b"\xff" * (LARGEST_BODY_BYTES + 1), {}),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml")
        assert answer.text.endswith("</Say><Hangup /></Response>")
    assert house.store.recent(10).records == ()


async def test_the_api_and_health_are_served_beside_them(served: tuple[House, Web]) -> None:
    _, web = served
    assert ((await get(web, "/healthz")).status_code, (await get(web, "/healthz")).text) == (200, "ok\n")
    assert (await get(web, "/calls", API_KEY)).json() == {"calls": [], "cursor": ""}
    assert (await get(web, "/calls")).status_code == 401
    assert (await get(web, "/docs")).status_code == 200
    assert (await get(web, "/docs/swagger-ui.css")).status_code == 200
    assert (await get(web, "/twilio/nothing")).status_code == 404


async def test_what_twilio_did_not_send(served: tuple[House, Web]) -> None:
    house, web = served
    assert (await post(web, "/twilio/voice", {"CallSid": SID}, signed="")).status_code == 403
    assert (await post(web, "/twilio/voice", {"CallSid": SID}, signed="forged")).status_code == 403
    assert (await post_raw(web, "/twilio/voice", b"x" * (LARGEST_BODY_BYTES + 1), {})).status_code == 413
    assert (await post_raw(web, "/twilio/voice", b"\xff\xfe", {})).status_code == 400
    assert (await post_raw(web, "/twilio/voice", b"", {})).status_code == 403
    assert house.store.recent(10).records == ()


class Meeting:
    """Implements `handlers.thinking.Thinking`; answers only when two calls are being thought about at once."""

    def __init__(self) -> None:
        self._both = threading.Barrier(2)

    def reply(self, agent: Agent, conversation: Conversation, today: date) -> Reply:
        self._both.wait(10)
        return Reply(f"You said {conversation.unanswered[-1].said}")


async def test_a_call_that_waits_holds_up_no_other_and_answers_stay_apart() -> None:
    house = House(thinking=Meeting())  # type: ignore[arg-type]  # another implementation of the port
    web = Web(lambda: house.wired)
    try:
        for sid in (SID, OTHER_SID):
            await post(web, "/twilio/voice", {"CallSid": sid, "From": "+1", "To": "+2"})
            await post(web, "/twilio/resume", {"CallSid": sid})
        one, two = await asyncio.gather(
            post(web, "/twilio/turn/1", {"CallSid": SID, "SpeechResult": "one"}),
            post(web, "/twilio/turn/1", {"CallSid": OTHER_SID, "SpeechResult": "two"}),
        )
    finally:
        web.close()
    assert ">You said one</Say>" in one.text
    assert ">You said two</Say>" in two.text


def environment(port: int, **changes: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "OFFHOOK_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "OFFHOOK_STREAM_URL": "ws://127.0.0.1:9",
        "OFFHOOK_STREAM_SECRET": "a-secret-for-stream-tokens",
        "OFFHOOK_TABLE": "calls",
        "OFFHOOK_AGENTS": str(ROOT / "functions" / "agents"),
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_AUTH_TOKEN": "the-auth-token-of-the-account",
        "PORT": str(port),
        **changes,
    }


def test_the_process_serves_on_loopback_and_ends_on_sigterm() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "offhook.stack.web"]
    with subprocess.Popen(command, env=environment(port), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as web:
        try:
            assert answered(f"http://127.0.0.1:{port}/healthz", within_s=60) == 200
            web.send_signal(signal.SIGTERM)
            assert web.wait(30) == 0
        finally:
            web.kill()
        assert web.stdout is not None
        assert b"Traceback" not in web.stdout.read()


def test_settings_that_cannot_work_are_told_in_one_sentence() -> None:
    wrong = environment(0, OFFHOOK_PUBLIC_URL="http://calls.example.com", OFFHOOK_STREAM_SECRET="short")
    run = subprocess.run(
        [sys.executable, "-m", "offhook.stack.web"], env=wrong, capture_output=True, text=True, timeout=90, check=False
    )
    assert run.returncode == 2
    (sentence,) = run.stderr.splitlines()
    assert "OFFHOOK_PUBLIC_URL" in sentence
    assert "OFFHOOK_STREAM_SECRET" in sentence


def answered(url: str, within_s: float) -> int:
    end_s = time.monotonic() + within_s
    while True:
        try:
            return httpx.get(url, timeout=2, trust_env=False).status_code
        except httpx.TransportError:
            if time.monotonic() > end_s:
                raise
            time.sleep(0.05)
