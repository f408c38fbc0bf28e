"""What OpenAI Realtime's refusals, errors and ends mean, as failures with a code, a blame and a next step. Pure.

What Live means alike is in `openai_session_failures`.
"""

from collections.abc import Mapping
from typing import Any

from calls.errors import Blame, ProviderFailed
from calls.openai_failures import RateLimited
from streamer.providers.openai_error_fields import pause_in
from streamer.providers.openai_session_failures import SessionFailures
from streamer.providers.vendor_socket import ConnectionLost


def _limited(fields: Mapping[str, Any]) -> RateLimited:
    limited = RateLimited(
        "OpenAI limits the realtime requests or tokens of this key (429). Raise the project's rate limit, or lower "
        "OFFHOOK_MAX_CALLS.",
        code="openai-realtime-rate-limited",
        blame=Blame.PROVIDER,
        retryable=True,
    )
    limited.retry_after_s = pause_in(fields.get("message"))
    return limited


_REALTIME = SessionFailures(
    code="openai-realtime",
    name="OpenAI Realtime",
    session="a realtime session",
    forbidden="OpenAI does not let this key use the realtime model (403). Give its project access, or name another "
    "model in models.realtime.",
    model_unknown="OpenAI has no such realtime model for this key (404). Name another one in models.realtime, or more "
    "in models.realtime_fallbacks.",
    over="Nothing needs to be done: the call goes on in a new one; lower realtime.longest_s if that happens often.",
    to_check="the agent's voice.realtime, models.realtime and [realtime]",
    limited=_limited,
)
OPENAI_REALTIME = _REALTIME.vendor
refused, expired = _REALTIME.refused, _REALTIME.expired
garbage, not_taken = _REALTIME.garbage, _REALTIME.not_taken


def said(fields: Mapping[str, Any]) -> ProviderFailed:
    """What the `error` object of an event, or of a failed response, means for the call."""
    return _REALTIME.said(fields) or _failed("openai-realtime-error", _REALTIME.own_error(fields))


def closed(code: int) -> ProviderFailed:
    """A session whose socket was closed with this WebSocket code: 1001 when its time was up."""
    return expired() if code == 1001 else _REALTIME.closed(code)


def stalled(what: str, after_s: float) -> ConnectionLost:
    """`what` did not come: "no answer to session.update", "no sound of a reply"."""
    return OPENAI_REALTIME.stalled(what, after_s)


def silent(model: str) -> ProviderFailed:
    return _failed(
        "openai-realtime-silent",
        f"{model} completed a reply without any sound. If that happens often, check the agent's prompt for anything "
        "that asks for silence, or name another model in models.realtime.",
    )


def wordless(model: str, reason: str) -> ProviderFailed:
    """An incomplete reply of which nothing was heard."""
    if reason == "content_filter":
        return _failed(
            "openai-realtime-filtered",
            f"OpenAI's content filter held back a whole reply of {model}. Check the agent's prompt.",
        )
    return _failed(
        "openai-realtime-cut-off",
        f"A reply of {model} used up its tokens before it made a sound. Raise thinking.max_tokens.",
    )


def _failed(code: str, sentence: str) -> ProviderFailed:
    return ProviderFailed(sentence, code=code, blame=Blame.PROVIDER, retryable=True)
