"""The simulators' tests run twice: on the loop of the other tests, and on uvloop, as `python -m tests.vendors` does.

The two differ in their timers and in how connections end. What is refused for its words alone does neither, and
`test_process` starts a process that is on uvloop anyway: these run once.
"""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

_ONCE = frozenset(("test_realtime_errors.py", "test_live_errors.py", "test_process.py"))


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """pytest-asyncio's hook: a test runs on each of these."""
    if item.path.name in _ONCE:
        return {"asyncio": asyncio.new_event_loop}
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
