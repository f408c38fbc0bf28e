import asyncio
import os
import signal

import pytest

from offhook.termination import ending_on_sigterm


async def test_sigterm_cancels_the_task_inside_and_is_let_go_after() -> None:
    cleaned = []

    async def work() -> None:
        with ending_on_sigterm():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                await asyncio.sleep(5)
            finally:
                cleaned.append(True)

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(work())
    assert cleaned == [True]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
