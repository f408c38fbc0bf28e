"""The product on one machine: ministack with the table, the handlers' web process and one streamer or several."""

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from calls.dynamo import DynamoCallStore, create_table
from offhook.stack import environment, ministack
from offhook.stack.environment import LOOPBACK
from offhook.stack.front import Front
from offhook.stack.processes import Process, ProcessFailed, free_port
from offhook.stack.watch import Watch

TABLE = "calls"
FROM_NUMBER = "+14155550100"
_WEB_READY_WITHIN_S = 30.0
# It loads the embedded speech models before it says that it is ready.
_STREAMER_READY_WITHIN_S = 90.0
_STOP_WITHIN_S = 5.0
_HANDED_OVER_WITHIN_S = 10.0
"""What a streamer may take to hand over what it has, when the time for calls to end by themselves is up."""


class Stack:
    """Starts everything on loopback when entered, and takes it down, children first, when left.

    `folder` takes the logs; `agents` holds the agent files; `twilio_base_url` is where the Twilio box answers REST.
    Addresses, keys and secrets are fixed at once, so that a box may be told of them before the stack runs;
    `account_sid` and `auth_token` are made up where they are not given. `stream_url` sends Twilio elsewhere than to
    the streamer (to rehearse a stream that never arrives). More than one of `streamers` stand behind one address
    (`front.Front`), and are numbered from 0; `streamers_url` is theirs, wherever Twilio is sent. `extra` goes into the
    environment of the handlers and the streamer, over everything else; `inherited` is the environment it is added to,
    less AWS, Twilio and our settings.
    """

    def __init__(
        self,
        folder: Path,
        agents: Path,
        twilio_base_url: str,
        *,
        account_sid: str = "",
        auth_token: str = "",
        from_number: str = FROM_NUMBER,
        stream_url: str = "",
        web_module: str = "offhook.stack.web",
        streamer_module: str = "streamer",
        streamers: int = 1,
        extra: Mapping[str, str] | None = None,
        inherited: Mapping[str, str] | None = None,
    ) -> None:
        inherited = os.environ if inherited is None else inherited
        web_port, aws_port, front_port = free_port(), free_port(), free_port()
        ports = [front_port] if streamers == 1 else [free_port() for _ in range(streamers)]
        made_up = _settings(web_port, aws_port, agents, twilio_base_url, from_number)
        self.settings = replace(
            made_up,
            stream_url=stream_url or f"ws://{LOOPBACK}:{front_port}",
            account_sid=account_sid or made_up.account_sid,
            auth_token=auth_token or made_up.auth_token,
        )
        self.streamers_url = f"ws://{LOOPBACK}:{front_port}"
        logs = folder.resolve() / "logs"

        def part(name: str, module: str, port: int, log: str, ready_path: str) -> Process:
            environment_of_part = environment.of_part(inherited, self.settings, port, extra or {})
            return Process(name, module, environment_of_part, logs / log, f"http://{LOOPBACK}:{port}{ready_path}")

        self._ministack = ministack.process(aws_port, logs / "ministack.log", inherited)
        self._web = part("the web process", web_module, web_port, "web.log", "/healthz")
        names = ["streamer"] if streamers == 1 else [f"streamer {number}" for number in range(1, streamers + 1)]
        self._streamers = [
            part(f"the {name}", streamer_module, port, f"{name.replace(' ', '-')}.log", "/readyz")
            for name, port in zip(names, ports, strict=True)
        ]
        self._front = Front(ports, front_port) if streamers > 1 else None
        self._store: DynamoCallStore | None = None
        self._running = AsyncExitStack()

    @property
    def public_url(self) -> str:
        return self.settings.public_url

    @property
    def stream_url(self) -> str:
        return self.settings.stream_url

    @property
    def api_key(self) -> str:
        return self.settings.api_key

    @property
    def account_sid(self) -> str:
        return self.settings.account_sid

    @property
    def auth_token(self) -> str:
        return self.settings.auth_token

    @property
    def from_number(self) -> str:
        return self.settings.from_number

    @property
    def store(self) -> DynamoCallStore:
        """The store that the handlers and the streamer use. ProcessFailed before the stack runs."""
        if self._store is None:
            raise ProcessFailed("The stack is not running, so there is no store yet.")
        return self._store

    @property
    def logs(self) -> Mapping[str, Path]:
        """The log file of each part, by name."""
        streamers = {streamer.name.removeprefix("the "): streamer.log for streamer in self._streamers}
        return {"ministack": self._ministack.log, "web": self._web.log, **streamers}

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as starting:
            if self._front:
                await starting.enter_async_context(self._front)
            for child in (self._ministack, self._web, *self._streamers):
                child.start()
                starting.push_async_callback(asyncio.to_thread, child.stop)
            await asyncio.to_thread(self._ministack.wait_ready, ministack.READY_WITHIN_S)
            self._store = await asyncio.to_thread(self._open_store)
            await asyncio.to_thread(self._web.wait_ready, _WEB_READY_WITHIN_S)
            for streamer in self._streamers:
                await asyncio.to_thread(streamer.wait_ready, _STREAMER_READY_WITHIN_S)
            self._running = starting.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._running.aclose()

    async def kill_streamer(self, number: int = 0) -> None:
        """SIGKILL, in the middle of whatever it does."""
        await asyncio.to_thread(self._streamers[number].kill)

    async def kill_store(self) -> None:
        """SIGKILL the table, which keeps everything in memory: for a rehearsal at the end of a stack's life."""
        await asyncio.to_thread(self._ministack.kill)

    async def stop_streamer(self, number: int = 0, drain_s: float | None = None) -> None:
        """SIGTERM, as at a deploy, until it has gone; killed when it lets calls end for more than `drain_s` and does
        not hand over the rest."""
        grace_s = _STOP_WITHIN_S if drain_s is None else drain_s + _HANDED_OVER_WITHIN_S
        await asyncio.to_thread(self._streamers[number].stop, grace_s)

    async def restart_streamer(self, number: int = 0, drain_s: float | None = None) -> None:
        """Stop the streamer if it runs, start it at the same address, and wait until it is warm."""
        await self.stop_streamer(number, drain_s)
        self._streamers[number].start()
        await asyncio.to_thread(self._streamers[number].wait_ready, _STREAMER_READY_WITHIN_S)

    def streamer_pid(self, number: int = 0) -> int | None:
        """Of the process, where it runs: to be stopped, slowed or looked at."""
        return self._streamers[number].pid

    @property
    def web_pid(self) -> int | None:
        """Of the process that runs the handlers, where it runs."""
        return self._web.pid

    async def watch(self, tell: Callable[[str], None] = lambda _sentence: None) -> None:
        """Runs until it is cancelled. A streamer that ends by itself is started again (`watch.Watch`), which `tell`
        hears; ProcessFailed, with the end of its log, as soon as the store or the web process ends."""
        vital = (self._ministack, self._web)
        watches = [Watch(vital, one, tell, ready_within_s=_STREAMER_READY_WITHIN_S) for one in self._streamers]
        watching = [asyncio.create_task(watch.run()) for watch in watches]
        try:
            await asyncio.gather(*watching)
        finally:
            for task in watching:
                task.cancel()

    def _open_store(self) -> DynamoCallStore:
        client = ministack.local_client(self.settings.aws_endpoint_url)
        create_table(client, self.settings.table)
        return DynamoCallStore(client, self.settings.table, _now_ms)


def _settings(
    web_port: int, aws_port: int, agents: Path, twilio_base_url: str, from_number: str
) -> environment.Settings:
    """Addresses on loopback; keys, secrets and a Twilio account that are made up. The stream's address is missing."""
    return environment.Settings(
        public_url=f"http://{LOOPBACK}:{web_port}",
        stream_url="",
        table=TABLE,
        stream_secret=secrets.token_hex(32),
        agents=str(agents.resolve()),
        account_sid=f"AC{secrets.token_hex(16)}",
        auth_token=secrets.token_hex(16),
        twilio_base_url=twilio_base_url,
        aws_endpoint_url=f"http://{LOOPBACK}:{aws_port}",
        api_key=f"offhook-{secrets.token_hex(16)}",
        from_number=from_number,
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
