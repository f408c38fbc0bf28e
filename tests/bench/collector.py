"""Garbage collection of the callers' own process, kept out of what is measured."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_held() -> Iterator[None]:
    """What is loaded is frozen, and nothing is collected until left, when all of it is.

    The callers are a measuring instrument: with a hundred calls one full collection stops them for 50 to 100 ms, every
    caller's clock is late by that, and what an answer waits for here would be told of the host. A level is short enough
    for its garbage. The vendors' process does the same (`--hold-collector`). The host's collector is its own affair.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()
