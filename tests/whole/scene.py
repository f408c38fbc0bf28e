"""A whole Offhook on one machine with a Twilio box in front of it: real processes, sockets, table, voice and time."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from calls.conversation import Conversation, Role
from calls.record import CallRecord, Mode
from calls.webhook_retries import QUICK
from offhook.box.box import Box
from offhook.box.caller_script import CallerScript, parse_script
from offhook.box.calls import BoxCall, CallStatus, Hook
from offhook.box.line import PhoneLine
from offhook.box.ports import Ears, Mouth
from offhook.box.settings import BoxSettings, Number
from offhook.stack.plain_http import NO_TLS
from offhook.stack.processes import free_port
from offhook.stack.stack import Stack

ROOT = Path(__file__).parent.parent.parent
AGENTS = ROOT / "functions" / "agents"
RECORDINGS = ROOT / "offhook" / "recordings"
CALLEE = "+14155550123"
LONGEST_CALL_S = 110.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A call that is over: what Offhook kept of it, and what the line heard."""

    record: CallRecord
    conversation: Conversation
    call: BoxCall
    line: PhoneLine

    def said_by(self, role: Role) -> list[str]:
        return [turn.heard for turn in self.conversation.turns if turn.role is role]

    @property
    def modes(self) -> list[Mode]:
        return [use.mode for use in self.record.modes]


class UnderWay:
    """A call that goes on."""

    def __init__(self, scene: "Scene", call: BoxCall) -> None:
        self.scene = scene
        self.call = call
        self.line = scene.box.line(call)

    def conversation(self) -> Conversation:
        record = self.scene.stack.store.by_sid(self.call.sid)
        return self.scene.stack.store.conversation(record.call_id) if record else Conversation()

    async def until(self, what: Callable[["UnderWay"], bool]) -> None:
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(what, self):  # noqa: ASYNC110 - another process changes what is looked at
                await asyncio.sleep(0.05)

    async def ended(self) -> Ended:
        """The call when it is over and its record says so."""
        async with asyncio.timeout(LONGEST_CALL_S):
            await self.scene.box.ended(self.call)
            store = self.scene.stack.store
            while True:
                record = await asyncio.to_thread(store.by_sid, self.call.sid)
                if record and record.is_final:
                    conversation = await asyncio.to_thread(store.conversation, record.call_id)
                    return Ended(record, conversation, self.call, self.line)
                await asyncio.sleep(0.1)


class Scene:
    def __init__(self, stack: Stack, box: Box) -> None:
        self.stack = stack
        self.box = box
        self._scripts: dict[str, CallerScript] = {}
        self._numbers = iter(range(200, 300))

    def script_for(self, number: str) -> CallerScript | None:
        return self._scripts.get(number)

    async def call(self, script: CallerScript, mode: Mode | None = None) -> UnderWay:
        """Start an outbound call over the API; the person who picks up follows `script`."""
        number = f"+1415555{next(self._numbers):04d}"
        self._scripts[number] = script
        body = {"to": number, "agent": "default"} | ({"mode": mode.value} if mode else {})
        headers = {"Authorization": f"Bearer {self.stack.api_key}", "Idempotency-Key": str(uuid.uuid4())}
        web = self.stack.public_url
        async with httpx.AsyncClient(base_url=web, trust_env=False, verify=NO_TLS, timeout=20) as http:
            answer = await http.post("/calls", json=body, headers=headers)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        sid = answer.json()["twilioSid"]
        return UnderWay(self, self.box.calls[sid])

    def ring(self, script: CallerScript) -> UnderWay:
        """Somebody calls in."""
        return UnderWay(self, self.box.place_inbound(self.stack.from_number, CALLEE, script))


@asynccontextmanager
async def scene(
    folder: Path,
    ears: Ears,
    mouth: Mouth,
    *,
    stream_url: str = "",
    streamer_module: str = "streamer",
    streamers: int = 1,
    agents: Path = AGENTS,
    extra: Mapping[str, str] | None = None,
    refusals: Mapping[str, CallStatus] | None = None,
) -> AsyncIterator[Scene]:
    """`stream_url` sends Twilio elsewhere than to the streamer; `extra` goes into the parts' environment;
    `refusals` are numbers that nobody picks up, and the status of their calls."""
    port = free_port()
    stack = Stack(
        folder,
        agents,
        f"http://127.0.0.1:{port}",
        stream_url=stream_url,
        streamer_module=streamer_module,
        streamers=streamers,
        extra=extra,
    )
    names = ("voice", "lifeline", "status")
    voice, fallback, status = (Hook(f"{stack.public_url}/twilio/{name}{QUICK}") for name in names)
    number = Number(voice, fallback, status)
    numbers: dict[str, Number | str] = {stack.from_number: number}
    settings = BoxSettings(stack.account_sid, stack.auth_token, numbers, refusals or {}, port=port)
    async with stack:
        box = Box(settings, ears, mouth)
        here = Scene(stack, box)
        box.script_for = here.script_for
        async with box:
            yield here


def script(folder: Path, *steps: str) -> CallerScript:
    """A caller script from the bodies of its steps; `REC` stands for the folder of recordings."""
    path = folder / f"{uuid.uuid4().hex}.toml"
    text = "\n".join(f"[[step]]\n{step}\n" for step in steps)
    path.write_text(text.replace("REC", str(RECORDINGS)), encoding="utf-8")
    return parse_script(path)
