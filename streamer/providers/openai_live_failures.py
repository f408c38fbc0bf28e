"""What OpenAI Live's refusals, errors and ends mean, as failures with a code, a blame and a next step. Pure.

What Realtime means alike is in `openai_session_failures`. `session.closed` carries a reason.
"""

from collections.abc import Mapping
from typing import Any

from calls.errors import ProviderFailed
from streamer.providers.openai_error_fields import word
from streamer.providers.openai_session_failures import SessionFailures
from streamer.providers.vendor_socket import ConnectionLost


def _limited(_fields: Mapping[str, Any]) -> ProviderFailed:
    return ProviderFailed(
        "OpenAI limits the Live sessions of this key (429). Raise the project's limit, or lower OFFHOOK_MAX_CALLS.",
        code="openai-live-rate-limited",
        retryable=True,
    )


_LIVE = SessionFailures(
    code="openai-live",
    name="OpenAI Live",
    session="a Live session",
    forbidden="OpenAI does not let this key use the Live API (403). Give its project access, or name a gpt-realtime "
    "model in models.realtime.",
    model_unknown="OpenAI has no such Live model for this key. Name another one in models.realtime.",
    over="Nothing needs to be done: the call goes on in a new one.",
    to_check="the agent's voice.realtime, prompt and models.realtime",
    limited=_limited,
)
OPENAI_LIVE = _LIVE.vendor
refused, closed, garbage, not_taken = _LIVE.refused, _LIVE.closed, _LIVE.garbage, _LIVE.not_taken


def said(fields: Mapping[str, Any]) -> ProviderFailed:
    """What an `error` event that no command of a running call caused means for the session."""
    own = ConnectionLost(_LIVE.own_error(fields), code="openai-live-error", retryable=True)
    return _LIVE.said(fields) or own


def is_final(fields: Mapping[str, Any]) -> bool:
    """Whether a running session is of no use after this `error` event. A command that was refused changes nothing."""
    return _LIVE.known(fields) is not None or fields.get("type") in ("server_error", "api_error", "internal_error")


def ended(reason: str) -> ProviderFailed:
    """A session that the vendor ended with `session.closed`."""
    match reason:
        case "expired":
            return _LIVE.expired()
        case "content":
            return ProviderFailed(
                "OpenAI's safety filter ended the Live session. Check the agent's prompt, and the call.",
                code="openai-live-filtered",
            )
    return OPENAI_LIVE.lost(f"OpenAI ended the session ({word(reason) or 'no reason'})")


def stalled(what: str, after_s: float) -> ProviderFailed:
    """`what` did not come: "no answer to session.start". Not tried again: the caller has waited long enough."""
    failure = OPENAI_LIVE.stalled(what, after_s).failure
    return ProviderFailed(failure.sentence, code=failure.code, retryable=True)


def reply_late(model: str, after_s: float) -> ProviderFailed:
    """The model, which decides by itself when to speak, says nothing to what the caller said."""
    return ProviderFailed(
        f"{model} said nothing for {after_s:g} s after the caller had spoken. If that happens often, check the agent's "
        "prompt for anything that asks for silence, or name a gpt-realtime model in models.realtime.",
        code="reply-late",
        retryable=True,
    )


def silent(model: str) -> ProviderFailed:
    """The model wrote down what it says, and nothing of it was to be heard."""
    return ProviderFailed(
        f"{model} answered with words of which no sound came. Check OpenAI's status page if that happens often, or "
        "name a gpt-realtime model in models.realtime.",
        code="openai-live-silent",
        retryable=True,
    )
