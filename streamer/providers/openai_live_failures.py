"""What OpenAI Live's refusals, errors and ends mean, as failures with a code, a blame and a next step. Pure.

No sentence holds OpenAI's own message: it may quote speech, or the key. An `error` event and the body of a refused
handshake carry {"type", "code", "message", "param"}; `session.closed` carries a reason.
"""

from collections.abc import Mapping
from typing import Any

from calls.errors import Blame, ProviderFailed
from streamer.providers.openai_error_fields import KEY, MODEL, QUOTA, error_in, word
from streamer.providers.vendor_socket import ConnectionLost, Vendor

_RATE = frozenset(("rate_limit_exceeded", "rate_limit_error", "too_many_requests", "concurrent_sessions_exceeded"))
_OVER = frozenset(("session_expired", "session_duration_exceeded"))


def refused(status: int, body: bytes) -> ProviderFailed:  # noqa: PLR0911 - one a status
    """A handshake that was answered with `status`."""
    named = _known(error_in(body))
    if named is not None:
        return named
    match status:
        case 401:
            return _unauthorised()
        case 403:
            return _configuration(
                "openai-live-forbidden",
                "OpenAI does not let this key use the Live API (403). Give its project access, or name a "
                "gpt-realtime model in models.realtime.",
            )
        case 404:
            return _model_unknown()
        case 429:
            return _rate_limited()
        case _ if 400 <= status < 500:
            return _misconfigured(str(status))
    return OPENAI_LIVE.turned_away(f"it answered with {status}")


OPENAI_LIVE = Vendor("openai-live", "OpenAI Live", refused)


def said(fields: Mapping[str, Any]) -> ProviderFailed:
    """What an `error` event that no command of a running call caused means for the session."""
    known = _known(fields)
    if known is not None:
        return known
    code = word(fields.get("code"))
    if fields.get("type") == "invalid_request_error":
        return _misconfigured(code or word(fields.get("param")) or "invalid_request_error")
    return ConnectionLost(
        f"OpenAI Live had an error of its own ({code or 'no code'}). Check its status page if that happens often.",
        code="openai-live-error",
        retryable=True,
    )


def is_final(fields: Mapping[str, Any]) -> bool:
    """Whether a running session is of no use after this `error` event. A command that was refused changes nothing."""
    return _known(fields) is not None or fields.get("type") in ("server_error", "api_error", "internal_error")


def closed(code: int) -> ProviderFailed:
    """A socket that was closed with this WebSocket code (1005 or 1006: without a word) before `session.closed`."""
    match code:
        case 3000 | 4001:
            return _unauthorised()
        case 1008:
            return _misconfigured("close code 1008")
        case 1005 | 1006:
            return OPENAI_LIVE.lost("it was cut without a word")
    return OPENAI_LIVE.lost(f"OpenAI closed it with code {code}")


def ended(reason: str) -> ProviderFailed:
    """A session that the vendor ended with `session.closed`."""
    match reason:
        case "expired":
            return ConnectionLost(
                "The OpenAI Live session reached OpenAI's limit on its length. Nothing needs to be done: the call goes "
                "on in a new one.",
                code="openai-live-expired",
                retryable=True,
            )
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


def garbage() -> ProviderFailed:
    return ProviderFailed(
        "What answers for OpenAI Live does not speak its protocol. Check OPENAI_BASE_URL and proxies in between.",
        code="openai-live-garbage",
        retryable=True,
    )


def not_taken() -> ConnectionLost:
    """The socket no longer takes what is written."""
    return OPENAI_LIVE.lost("it takes no more audio")


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


def _known(fields: Mapping[str, Any]) -> ProviderFailed | None:
    words = {word(fields.get("code")), word(fields.get("type"))}
    if words & QUOTA:
        return _configuration(
            "openai-live-quota",
            "The OpenAI account has used up its credit or its limit. Add credit, or raise the limit, in OpenAI's "
            "billing settings.",
        )
    if words & KEY:
        return _unauthorised()
    if words & MODEL:
        return _model_unknown()
    if words & _RATE:
        return _rate_limited()
    return ended("expired") if words & _OVER else None


def _unauthorised() -> ProviderFailed:
    return _configuration(
        "openai-live-unauthorised",
        "OpenAI did not accept the API key for a Live session (401). Set OPENAI_API_KEY to a valid key.",
    )


def _model_unknown() -> ProviderFailed:
    return _configuration(
        "openai-live-model-unknown",
        "OpenAI has no such Live model for this key. Name another one in models.realtime.",
    )


def _rate_limited() -> ProviderFailed:
    return ProviderFailed(
        "OpenAI limits the Live sessions of this key (429). Raise the project's limit, or lower OFFHOOK_MAX_CALLS.",
        code="openai-live-rate-limited",
        retryable=True,
    )


def _misconfigured(what: str) -> ProviderFailed:
    return _configuration(
        "openai-live-refused",
        f"OpenAI Live does not take what it was asked ({what}). Check the agent's voice.realtime, prompt and "
        "models.realtime.",
    )


def _configuration(code: str, sentence: str) -> ProviderFailed:
    return ProviderFailed(sentence, code=code, blame=Blame.CONFIGURATION)
