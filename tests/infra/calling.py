"""A deployed stack at work on this machine, with a Twilio box in front of it.

The built functions run under Lambda's emulator behind an HTTP API; queues and the table's stream ask them as deployed;
the streamer runs as its task is told to, though not in its image. Of the settings that were deployed only addresses
are others here: of the API, the streamer, Twilio, AWS and the vendors.
"""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from calls.conversation import Conversation, Role
from calls.dynamo import DynamoCallStore
from calls.record import CallRecord, Mode
from calls.webhook_retries import QUICK
from offhook.box.box import Box
from offhook.box.caller_script import CallerScript
from offhook.box.calls import BoxCall, Hook
from offhook.box.ports import Ears, Mouth
from offhook.box.settings import BoxSettings, Number
from offhook.stack.environment import LOCAL_KEY, LOOPBACK, local
from offhook.stack.ministack import local_client
from offhook.stack.processes import Process, free_port
from tests.infra.aws_asked import AwsAsked
from tests.infra.conftest import SECRETS
from tests.infra.deployed import TASK, Deployed
from tests.infra.emulator import Lambda
from tests.infra.http_api import HttpApi
from tests.infra.sources import Queue, stream
from tests.vendors.vendors import Vendors

CALLER = "+14155550123"
WITHIN_S = 90.0
_READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Held:
    """A call that is over, and what was kept of it."""

    record: CallRecord
    conversation: Conversation

    @property
    def modes(self) -> list[Mode]:
        return [use.mode for use in self.record.modes]

    def said_by(self, role: Role) -> list[str]:
        return [turn.heard for turn in self.conversation.turns if turn.role is role]


class Calling:
    """`api` speaks to the calls API with a key; `store` reads the deployed table."""

    def __init__(
        self, box: Box, number: str, api: httpx.AsyncClient, store: DynamoCallStore, asked: AwsAsked, gateway: HttpApi
    ) -> None:
        self.api = api
        self.store = store
        self.asked = asked
        self.gateway = gateway
        self._box = box
        self._number = number
        self._scripts: dict[str, CallerScript] = {}
        box.script_for = self._scripts.get

    async def place(self, script: CallerScript, mode: Mode) -> Held:
        """An outbound call over the API, to its end."""
        number = f"+1415555{200 + len(self._scripts):04d}"
        self._scripts[number] = script
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        answer = await self.api.post("/calls", json={"to": number, "mode": mode.value}, headers=headers)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return await self._held(self._box.calls[answer.json()["twilioSid"]])

    async def ring(self, script: CallerScript) -> Held:
        """Somebody calls in; to the end."""
        return await self._held(self._box.place_inbound(self._number, CALLER, script))

    async def _held(self, call: BoxCall) -> Held:
        async with asyncio.timeout(WITHIN_S):
            await self._box.ended(call)
            while True:
                record = await asyncio.to_thread(self.store.by_sid, call.sid)
                if record and record.is_final:
                    return Held(record, await asyncio.to_thread(self.store.conversation, record.call_id))
                await asyncio.sleep(0.1)


@asynccontextmanager
async def calling(
    aws: str, stack: Deployed, functions: Lambda, ears: Ears, mouth: Mouth, vendors: Vendors, agents: Path, folder: Path
) -> AsyncIterator[Calling]:
    """`functions` are replaced by the same with this machine's addresses; `agents` is the team's folder of them."""
    ports = {name: free_port() for name in ("api", "box", "streamer", "aws")}
    here = _addresses(ports, vendors, agents)
    functions.functions = {
        name: replace(one, environment={**one.environment, **here}) for name, one in functions.functions.items()
    }
    voice = functions.functions["VoiceFunction"].environment
    number, api = voice["OFFHOOK_FROM_NUMBER"], here["OFFHOOK_PUBLIC_URL"]
    streamer = Process(
        "the streamer",
        "streamer",
        {**local(os.environ), **_task(stack.task, here, vendors, ports["streamer"], folder)},
        folder / "streamer.log",
        f"http://{LOOPBACK}:{ports['streamer']}/readyz",
    )
    async with AsyncExitStack() as running:
        asked = await running.enter_async_context(AwsAsked(aws, ports["aws"]))
        running.push_async_callback(asyncio.to_thread, functions.close)
        streamer.start()
        running.push_async_callback(asyncio.to_thread, streamer.stop)
        gateway = await running.enter_async_context(HttpApi(functions, stack.routes, ports["api"]))
        await running.enter_async_context(box := Box(_box_settings(voice, ports["box"]), ears, mouth))
        for source in stack.sources:
            if ":sqs:" in source.arn:
                reader: Any = await asyncio.to_thread(Queue, aws, source, functions)
            else:
                reader = stream(aws, voice["OFFHOOK_TABLE"], source, functions)
            running.push_async_callback(asyncio.to_thread, reader.close)
        await asyncio.to_thread(streamer.wait_ready, _READY_WITHIN_S)
        key = {"Authorization": f"Bearer {SECRETS['OFFHOOK_API_KEYS']}"}
        http = httpx.AsyncClient(base_url=api, headers=key, trust_env=False, timeout=30)
        await running.enter_async_context(http)
        store = DynamoCallStore(local_client(aws), voice["OFFHOOK_TABLE"], lambda: 0)
        yield Calling(box, number, http, store, asked, gateway)


def _addresses(ports: Mapping[str, int], vendors: Vendors, agents: Path) -> dict[str, str]:
    """The settings that are others here than they were deployed."""
    return {
        "OFFHOOK_PUBLIC_URL": f"http://{LOOPBACK}:{ports['api']}",
        "OFFHOOK_STREAM_URL": f"ws://{LOOPBACK}:{ports['streamer']}",
        "OFFHOOK_AGENTS": str(agents),
        "TWILIO_BASE_URL": f"http://{LOOPBACK}:{ports['box']}",
        "AWS_ENDPOINT_URL": f"http://{LOOPBACK}:{ports['aws']}",
        "OPENAI_BASE_URL": vendors.openai_url,
    }


def _box_settings(voice: Mapping[str, str], port: int) -> BoxSettings:
    """Twilio as the voice webhook's settings have it, with its number leading to the API."""
    answers, fallback, status = (
        Hook(f"{voice['OFFHOOK_PUBLIC_URL']}/twilio/{name}{QUICK}") for name in ("voice", "lifeline", "status")
    )
    numbers: dict[str, Number | str] = {voice["OFFHOOK_FROM_NUMBER"]: Number(answers, fallback, status)}
    return BoxSettings(voice["TWILIO_ACCOUNT_SID"], SECRETS["TWILIO_AUTH_TOKEN"], numbers, port=port)


def _task(
    told: Mapping[str, str], here: Mapping[str, str], vendors: Vendors, port: int, folder: Path
) -> dict[str, str]:
    """What the task is told, with this machine's addresses, and with the patience of a machine that runs everything."""
    shared = ("OFFHOOK_STREAM_URL", "OFFHOOK_AGENTS", "AWS_ENDPOINT_URL", "OPENAI_BASE_URL")
    return {
        **told,
        **{name: here[name] for name in shared},
        "DEEPGRAM_BASE_URL": vendors.deepgram_url,
        "ELEVENLABS_BASE_URL": vendors.elevenlabs_url,
        "AWS_ACCESS_KEY_ID": TASK,
        "AWS_SECRET_ACCESS_KEY": LOCAL_KEY,
        "OFFHOOK_BIND": LOOPBACK,
        "PORT": str(port),
        "OFFHOOK_PHRASES": str(folder / "phrases"),
        "OFFHOOK_MAX_LAG_MS": "1000",
        "OFFHOOK_DRAIN_S": "3",
    }
