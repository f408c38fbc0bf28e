"""The way from another terminal into the house that `offhook up` runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from calls.dynamo import DynamoCallStore
from calls.errors import StoreUnavailable
from offhook import up_state
from offhook.control import ControlClient, HouseStopped
from offhook.places import STATE_FILE
from offhook.stack import ministack
from offhook.stack.plain_http import NO_TLS


@asynccontextmanager
async def attached(out: Path) -> AsyncIterator[ControlClient]:
    """The house that runs over `out`, from another terminal. MissingPart when none does; HouseStopped as soon as it
    no longer does, by its control address or because its store stays away."""
    state = up_state.read(out / STATE_FILE)
    client = await asyncio.to_thread(ministack.local_client, state.store_url)
    headers = {"Authorization": f"Bearer {state.control_key}"}
    address = state.control_url
    async with httpx.AsyncClient(base_url=address, headers=headers, trust_env=False, verify=NO_TLS) as control:
        # The clock only dates what a store writes, and this one is for reading.
        try:
            yield ControlClient(control, DynamoCallStore(client, state.table, lambda: 0))
        except StoreUnavailable as error:
            raise HouseStopped("`offhook up` has stopped: its store does not answer any more.") from error
