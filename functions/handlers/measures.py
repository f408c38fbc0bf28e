"""The handlers' metrics: lines of Embedded Metric Format on standard output, which Lambda writes into the log as they
are. Nothing is told where OFFHOOK_METRICS_NAMESPACE is not set."""

import os
import sys
import time
from collections.abc import Iterable, Mapping
from typing import TextIO

from calls import emf
from calls.metrics import Measure

NAMESPACE = "OFFHOOK_METRICS_NAMESPACE"


def are_wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether there is a namespace to tell metrics in."""
    return bool(environment.get(NAMESPACE, ""))


def tell(
    measures: Iterable[Measure],
    environment: Mapping[str, str] = os.environ,
    out: TextIO | None = None,
    at_ms: int | None = None,
) -> bool:
    """Write them out now; whether there was anything to write, and where to.

    Needs no settings that could be wrong: that they are is one of the things to tell. `out` is standard output, `at_ms`
    (epoch) the present, where they are not given.
    """
    now_ms = time.time_ns() // 1_000_000 if at_ms is None else at_ms
    told = emf.lines(environment.get(NAMESPACE, ""), measures, now_ms)
    if told:
        to = out or sys.stdout
        to.write("".join(f"{line}\n" for line in told))
        to.flush()
    return bool(told)
