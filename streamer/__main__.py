"""`python -m streamer`: the container's process."""

import asyncio
import gc
import logging
import os
import signal
import sys
import time
from datetime import UTC, date, datetime

import uvloop

from calls import agent_files
from calls.dynamo import DynamoCallStore
from calls.dynamo_json import lasting_client
from calls.errors import ConfigurationInvalid, SecretsUnavailable
from streamer.agents_here import able
from streamer.breaker import Breakers
from streamer.engines.room import EngineRoom
from streamer.lag_gauge import gauge
from streamer.load_report import Every, report_calls, report_load, tell
from streamer.log_lines import to_stdout
from streamer.measures import Measures
from streamer.providers.embedded_weights import is_installed
from streamer.rekeying import Rekeying, settings_kept
from streamer.server import Engines, StreamServer
from streamer.settings import StreamerSettings
from streamer.voice_sweep import sweep

log = logging.getLogger("streamer")

COLLECTED_AT = (1_000, 10, 4)
"""What is left of a call that has ended is found by a full collection only. By default (700, 10, 10) there is one for
some thirty-five calls, this way for twenty; it walks nothing but calls, in some 6 ms for fifty of them."""
SWITCH_S = 0.0005
"""What is written to the table is prepared in threads, and by default one of them keeps the interpreter from the event
loop for 5 ms at a time. With a tenth of that the loop is back within 4 ms at p99, not within 6 to 12, at the same cost.
"""


def main(engines: Engines | None = None, every: Every | None = None) -> int:
    """Serve until SIGTERM or SIGINT. `engines` stands in for the real providers (tests of the server under load);
    `every` is how often metrics are told."""
    to_stdout()
    try:
        measures = Measures()
        kept = settings_kept(os.environ, measures.note)
        settings = kept.current()
        agents = agent_files.load(settings.agents)
        here = able(agents.values(), has_embedded=is_installed())
        breakers = Breakers(time.monotonic, measures.vendor_failed)
        puzzled = measures.vendor_puzzled
        room = EngineRoom(here, _today, settings.vendors, breakers=breakers, puzzled=puzzled)
        server = StreamServer(settings, agents, engines or room, _store(settings), measures)
        rekeying = Rekeying(kept, lambda anew: _rekey(server, room, anew))
        sys.setswitchinterval(SWITCH_S)
        return uvloop.run(_serve(server, settings, every or Every(), rekeying))
    except (ConfigurationInvalid, SecretsUnavailable) as error:  # from `_serve`: an agent needs what is not here
        sys.stderr.write(f"streamer: {error.failure.sentence}\n")
        return 2


def _rekey(server: StreamServer, room: EngineRoom, settings: StreamerSettings) -> None:
    server.door.settings = settings
    room.rekey(settings.vendors)


def _today() -> date:
    return datetime.now(tz=UTC).date()


def _epoch_ms() -> int:
    return time.time_ns() // 1_000_000


def _store(settings: StreamerSettings) -> DynamoCallStore:
    dynamodb = lasting_client(os.environ, settings.aws_endpoint_url or None)
    return DynamoCallStore(dynamodb, settings.table, _epoch_ms)


async def _serve(server: StreamServer, settings: StreamerSettings, every: Every, rekeying: Rekeying) -> int:
    server.door.look_anew = rekeying.look_anew
    leave = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, leave.set)
    async with server.serve() as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        log.info("listening", extra={"port": port})
        await server.warm()
        gc.collect()
        gc.freeze()  # what is loaded stays for good: the collector need not walk it in mid-call
        gc.collect()  # a full collection waits for a quarter of what there was at the last one, and this leaves nothing
        gc.set_threshold(*COLLECTED_AT)
        log.info("ready")
        told = (settings.metrics_namespace, server.measures, sys.stdout)
        keeping = [
            asyncio.create_task(server.engines.run(), name="engines"),
            asyncio.create_task(gauge(server.admission.lag), name="lag gauge"),
            asyncio.create_task(report_calls(*told, every.calls_s), name="report of calls"),
            asyncio.create_task(sweep(settings.caller_audio), name="sweep of callers' voices"),
            asyncio.create_task(rekeying.run(), name="rekeying"),
        ]
        reporting = asyncio.create_task(
            report_load(settings.metrics_namespace, server.admission, server.measures, sys.stdout, every.load_s),
            name="report of load",
        )
        await leave.wait()
        reporting.cancel()
        log.info("draining", extra={"calls": len(server.bridges)})
        await server.drain(settings.drain_s)
        for task in keeping:
            task.cancel()
        await asyncio.wait([*keeping, reporting])
        tell(*told)
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
