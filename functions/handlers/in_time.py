"""Twilio waits 15 s in all for the answer to a webhook, and then asks the fallback URL. Where a reply may be thought of
it asks our own URLs again when one request has taken 10 s (`calls.webhook_retries`), and hears no more of that one. So
everything is over before that, or the reply would be thought of twice and the second come too late:

    s after the request    what
    ---------------------  --------------------------------------------------------------------------------------
    0                      read, checked; store and model are asked
    8                      the model's last moment, whatever the agent's `reply_s` allows
    9                      an answer that is not there by now is not waited for: the caller hears an apology
    9.5                    the record says why, or the store is too slow for that as well; Twilio has its answer
    10                     Twilio asks again; the half second in between is for the network and a cold start
    14                     Lambda's own limit (template.yaml)
    15                     Twilio's
    ---------------------  --------------------------------------------------------------------------------------

The same bounds hold where Twilio waits for longer (TwiML written elsewhere says nothing of asking again), and for a
call's first webhook, which is asked again after 6 s: nobody thinks there, and what one request has remembered is the
answer to the next.

A bound on the whole is needed because there is none in the sum of its parts: a turn asks the store up to a dozen
times, and each may take some 8 s when the table is slow (`calls.dynamo_table`).
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from calls.errors import StoreUnavailable

ANSWER_WITHIN_S = 9.0
REMEMBER_S = 1.0
"""What is kept of it for remembering the answer, after the model."""
EXPLAIN_WITHIN_S = 0.5
SHORTEST_REPLY_S = 1.0

T = TypeVar("T")


def within(limit_s: float, work: Callable[[], T]) -> T:
    """What `work` gives or raises. StoreUnavailable (code "answer-too-late") when that takes longer than `limit_s`;
    the work then goes on in its own thread and is of no more use, so it has to look at the time before it writes."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="in-time")
    working = pool.submit(copy_context().run, work)
    pool.shutdown(wait=False)
    try:
        return working.result(max(0.0, limit_s))
    except TimeoutError as error:
        if working.done():
            raise
        raise too_late() from error


def reply_within_s(reply_s: float, left_s: float) -> float:
    """How long the model may take: `reply_s`, or what is left of the webhook's time. StoreUnavailable (code
    "answer-too-late") where the store has left it less than a reply can be made in."""
    allowed_s = min(reply_s, left_s - REMEMBER_S)
    if allowed_s < SHORTEST_REPLY_S:
        raise too_late()
    return allowed_s


def too_late() -> StoreUnavailable:
    return StoreUnavailable(
        "The store was too slow for an answer in the time that Twilio waits.", code="answer-too-late", retryable=True
    )
