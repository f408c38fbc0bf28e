"""Deletes the callers' voices that `caller_audio` keeps once their agent's `privacy.keep_days` are over, and what a
streamer that was killed has left half written. A voice without an end (no `keep_days`) stays until somebody deletes it.

The folder may be several streamers' (a mounted volume): each sweeps it, and what another has deleted is no error.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

log = logging.getLogger(__name__)

SWEEP_S = 3_600.0
AT_ONCE = 200
"""Files looked at in one go, in a thread; a second's rest between them leaves the table's writers theirs."""
REST_S = 1.0
UNFINISHED_S = 3_600.0
"""Older than this, a file that was being written never will be."""


def _epoch_ms() -> int:
    return time.time_ns() // 1_000_000


async def sweep(
    folder: Path | None, *, every_s: float = SWEEP_S, rest_s: float = REST_S, now_ms: Callable[[], int] = _epoch_ms
) -> None:
    """Look through the folder now and then every `every_s`, until cancelled; nothing where there is none. What cannot
    be read or deleted is logged and looked at again the next time."""
    while folder:
        deleted = 0
        paths = await asyncio.to_thread(kept, folder)
        for first in range(0, len(paths), AT_ONCE):
            deleted += await asyncio.to_thread(swept, paths[first : first + AT_ONCE], now_ms())
            await asyncio.sleep(rest_s)
        if deleted:
            log.info("callers' voices deleted, their time was over", extra={"count": deleted})
        await asyncio.sleep(every_s)


def kept(folder: Path) -> list[Path]:
    """What may have an end: the `.json` beside each voice, and what is half written. Empty where there is no folder."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in {".json", ".part"})
    except FileNotFoundError:
        return []
    except OSError as error:
        log.error("OFFHOOK_CALLER_AUDIO cannot be looked through: %s", error.strerror)
        return []


def swept(paths: Sequence[Path], now_ms: int) -> int:
    """Delete what of these is over; how many voices that were."""
    deleted = 0
    for path in paths:
        try:
            if path.suffix == ".part":
                _drop_unfinished(path, now_ms)
            elif is_over(path, now_ms):
                path.with_suffix(".wav").unlink(missing_ok=True)
                path.unlink(missing_ok=True)  # last: what was broken off is found again by it
                deleted += 1
        except FileNotFoundError:
            continue
        except OSError as error:
            log.error("a caller's voice cannot be deleted: %s", error.strerror)
    return deleted


def is_over(told: Path, now_ms: int) -> bool:
    """Whether the time of the voice beside has come. A file that is none of `caller_audio`'s never is. OSError."""
    try:
        until = json.loads(told.read_text(encoding="utf-8")).get("keepUntilMs")
    except (ValueError, AttributeError):
        return False
    return isinstance(until, int) and until <= now_ms


def _drop_unfinished(path: Path, now_ms: int) -> None:
    if now_ms - path.stat().st_mtime * 1000 > UNFINISHED_S * 1000:
        path.unlink(missing_ok=True)
