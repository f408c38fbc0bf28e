"""Calls through the box, with everything that a metric is of happening to them: what the dashboard and the alarms ask
for is what calls tell."""

import asyncio
import os
import signal
from pathlib import Path

from calls.metrics import METRICS, SECRETS_STALE, VENDOR_UNKNOWN, Teller
from calls.record import Mode
from tests.dashboards.board import alarms, is_ours, widgets
from tests.dashboards.box_calls import ASK, INTERRUPT, LEAVE, telling, told, vendor_script
from tests.dashboards.metric_store import Name, read
from tests.vendors.script import Fault
from tests.vendors.vendors import Vendors
from tests.whole.scene import CALLEE, Scene, UnderWay, script

NOT_HERE = {VENDOR_UNKNOWN.name, SECRETS_STALE.name} | {
    one.name for one in METRICS.values() if one.teller is Teller.CLOUDWATCH
}
"""What no call tells here: the simulated vendors say nothing unknown, one machine has no Secrets Manager, and
CloudWatch's own is CloudWatch's."""
LIMIT = Fault("status", status=429)


async def test_every_metric_that_is_asked_for_is_told_by_calls(tmp_path: Path) -> None:
    async with Vendors(vendor_script(None, LIMIT, LIMIT)) as vendors, telling(tmp_path, vendors) as here:
        await _calls_in_every_mode(here, tmp_path)
        await _a_stream_that_never_comes_and_a_table_that_goes(here, tmp_path)
        store = read(told(here))
    names = {(name.metric, frozenset(key for key, _ in name.dimensions)) for name in store.values}
    defined = {(one.name, frozenset(by)) for one in METRICS.values() for by in one.by}
    assert names <= defined
    assert {one for one in defined - names if one[0] not in NOT_HERE} == set()
    assert {_shape(name) for name in _asked()} - names <= {one for one in defined if one[0] in NOT_HERE}


def _asked() -> set[Name]:
    queries = [query.name for widget in widgets() for query in widget.queries if query.name]
    return {name for name in (*queries, *(alarm.name for alarm in alarms())) if is_ours(name)}


def _shape(name: Name) -> tuple[str, frozenset[str]]:
    return name.metric, frozenset(key for key, _ in name.dimensions)


async def _calls_in_every_mode(here: Scene, folder: Path) -> None:
    """Three at once; one of those in the pipeline meets Deepgram's limit."""
    caller = script(folder, ASK, INTERRUPT, LEAVE)
    modes = (Mode.PIPELINE, Mode.PIPELINE, Mode.REALTIME)
    under_way = [await here.call(caller, mode) for mode in modes]
    await asyncio.gather(*(call.ended() for call in under_way))


async def _a_stream_that_never_comes_and_a_table_that_goes(here: Scene, folder: Path) -> None:
    """The streamer takes the connection and does nothing; in traditional mode the first turn is answered, the next not
    any more."""
    pid = here.stack.streamer_pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        call = UnderWay(here, here.box.place_inbound(here.stack.from_number, CALLEE, script(folder, ASK, LEAVE)))
        await call.until(lambda one: len(one.conversation().turns) >= 3)
        await here.stack.kill_store()
        async with asyncio.timeout(60):
            await here.box.ended(call.call)
    finally:
        os.kill(pid, signal.SIGCONT)
