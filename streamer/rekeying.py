"""The secrets of a task that runs on: looked at on a timer, and out of turn for who was shown an unknown one.

Looking is done in a thread, so that no call waits for it; what has changed is given out on the event loop. A call that
runs keeps what it was opened with.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping

from calls import measured
from calls.errors import Failure
from calls.metrics import Measure
from calls.secret_settings import read_secret_settings
from calls.secrets_manager import SecretsManager, asking
from calls.settings_kept import Kept, SettingsKept, SettingsSettled
from streamer.settings import StreamerSettings, read, with_secrets

log = logging.getLogger(__name__)

LOOK_WITHIN_S = 6.0
"""Of one look: two requests, each with 1 s to connect and 1.5 s to be answered. A socket that waits for it has
START_WITHIN_S in all."""
TICK_S = 5.0
"""How often it is asked whether a look is due."""


def settings_kept(environment: Mapping[str, str], note: Callable[[list[Measure]], None]) -> Kept[StreamerSettings]:
    """The task's settings, kept as OFFHOOK_SECRET and those beside it say; `note` is told of looks that failed. Raises
    ConfigurationInvalid and SecretsUnavailable."""
    where = read_secret_settings(environment)
    if not where.secret:
        return SettingsSettled(read(environment))

    def stale(why: Failure) -> None:
        log.error("the last known secrets serve on: %s", why.sentence, extra={"code": why.code})
        note(measured.of_stale_secrets())

    ask = asking(environment, where.aws_endpoint_url)
    manager = SecretsManager(where.secret, ask, where.grace_s, time.time)
    return SettingsKept(
        manager.look,
        lambda versions, now_s: with_secrets(environment, versions, now_s),
        keep_s=where.keep_s,
        grace_s=where.grace_s,
        now_s=time.time,
        stale=stale,
    )


class Rekeying:
    """`changed` is told of other settings than before, on the event loop."""

    def __init__(
        self,
        kept: Kept[StreamerSettings],
        changed: Callable[[StreamerSettings], None],
        tick_s: float = TICK_S,
        within_s: float = LOOK_WITHIN_S,
    ) -> None:
        self._kept, self._changed, self._tick_s, self._within_s = kept, changed, tick_s, within_s
        self._settings = kept.current()
        self._looking = asyncio.Lock()

    async def run(self) -> None:
        """Keep the settings fresh until cancelled."""
        while True:
            await asyncio.sleep(self._tick_s)
            self._give_out(await self._looked(self._kept.current))

    async def look_anew(self) -> bool:
        """Whether there are other settings than a moment ago, which are given out by then: found by this look, or by
        one that was under way."""
        before = self._settings
        self._give_out(await self._looked(self._kept.anew))
        return self._settings != before

    async def _looked(self, look: Callable[[], StreamerSettings | None]) -> StreamerSettings | None:
        """None where there is nothing new in time; the thread then ends by its own deadlines."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._within_s), self._looking:
                return await asyncio.to_thread(look)
        log.warning("a look at the secret took longer than %g s", self._within_s)
        return None

    def _give_out(self, settings: StreamerSettings | None) -> None:
        if settings is None or settings == self._settings:
            return
        self._settings = settings
        log.info("the secret has changed")
        self._changed(settings)
