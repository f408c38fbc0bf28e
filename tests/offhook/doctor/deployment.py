"""A whole deployment on loopback as doctor sees one: TLS in front, handlers, streamer and table as processes of their
own, a Twilio box, and simulated vendors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from calls.webhook_retries import QUICK
from offhook.box.box import Box
from offhook.box.calls import Hook
from offhook.box.settings import BoxSettings, Number
from offhook.doctor.examine import examine
from offhook.doctor.finding import Outcome, State
from offhook.doctor.settings import DoctorSettings, Vendor
from offhook.stack.processes import free_port
from offhook.stack.stack import Stack
from tests.box.speech import FakeEars, FakeMouth
from tests.offhook.doctor.front import AUTHORITY, Front
from tests.vendors.vendors import Vendors
from tests.whole.vendor_agent import agents_on_vendors, keys_for


@dataclass
class Deployment:
    stack: Stack
    box: Box
    vendors: Vendors
    web_front: Front
    stream_front: Front
    settings: DoctorSettings

    async def examined(self, settings: DoctorSettings | None = None, **more: object) -> dict[str, Outcome]:
        """All outcomes by name. None of them may hold a secret or a whole number."""
        wanted = settings or self.settings
        outcomes = await examine(wanted, **more)  # type: ignore[arg-type]  # whatever `examine` takes
        shown = repr(outcomes)
        assert not any(secret in shown for secret in (*self.settings.secrets, *wanted.secrets))
        assert self.stack.from_number not in shown
        return {outcome.name: outcome for outcome in outcomes}

    async def mended(self) -> None:
        """Everything as it was."""
        await self.web_front.mend()
        await self.stream_front.mend()
        self.box.auth_token = self.stack.auth_token
        self.box.blocked_countries.clear()
        self.box.numbers[self.stack.from_number] = self.number()

    def number(self, voice: str = "/twilio/voice") -> Number:
        voice_url, fallback, status = (
            Hook(f"{self.settings.public_url}{path}{QUICK}") for path in (voice, "/lifeline", "/twilio/status")
        )
        return Number(voice_url, fallback, status)


def failing(outcomes: dict[str, Outcome]) -> dict[str, Outcome]:
    return {name: outcome for name, outcome in outcomes.items() if outcome.state is State.FAIL}


def told(outcomes: dict[str, Outcome]) -> str:
    """For a test's message."""
    return "\n".join(f"{one.name} {one.state} {one.finding.saw}" for one in outcomes.values())


@asynccontextmanager
async def deployed(folder: Path) -> AsyncIterator[Deployment]:
    web_front, stream_front = Front(), Front()
    await web_front.listen()
    await stream_front.listen()
    public_url, stream_url = f"https://127.0.0.1:{web_front.port}", f"wss://127.0.0.1:{stream_front.port}"
    agents, box_port = agents_on_vendors(folder / "agents"), free_port()
    async with Vendors() as vendors:
        keys = keys_for(vendors)
        extra = {**keys, "OFFHOOK_PUBLIC_URL": public_url, "OFFHOOK_STREAM_URL": stream_url}
        stack = Stack(
            folder / "state",
            agents,
            f"http://127.0.0.1:{box_port}",
            streamer_module="tests.fakes.light_streamer",
            extra=extra,
        )
        web_front.upstream = _port(stack.public_url)
        stream_front.upstream = _port(stack.stream_url)
        settings = DoctorSettings(
            public_url,
            stream_url,
            stack.account_sid,
            stack.auth_token,
            stack.from_number,
            stack.settings.stream_secret,
            stack.settings.table,
            agents,
            twilio_base_url=f"http://127.0.0.1:{box_port}",
            aws_endpoint_url=stack.settings.aws_endpoint_url,
            vendors={
                name: Vendor(keys[f"{name.upper()}_API_KEY"], keys[f"{name.upper()}_BASE_URL"])
                for name in ("openai", "deepgram", "elevenlabs")
            },
            ca_file=str(AUTHORITY),
        )
        box = Box(BoxSettings(stack.account_sid, stack.auth_token, port=box_port), FakeEars(), FakeMouth())
        there = Deployment(stack, box, vendors, web_front, stream_front, settings)
        box.numbers[stack.from_number] = there.number()
        async with stack, box:
            yield there
    await web_front.close()
    await stream_front.close()


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])
