"""What OpenAI Realtime's refusals, errors and ends mean, as failures with a code, a blame and a next step. Pure.

No sentence holds OpenAI's own message: it may quote speech, or the key. Error codes: the `error` event, the `error` of
a failed `response.done`, and the body of a refused handshake all carry {"type", "code", "message", "param"}.
"""

from collections.abc import Mapping
from typing import Any

from calls.errors import Blame, ProviderFailed
from calls.openai_failures import RateLimited
from streamer.providers.openai_error_fields import KEY, MODEL, QUOTA, error_in, pause_in, word
from streamer.providers.vendor_socket import ConnectionLost, Vendor

_RATE = frozenset(("rate_limit_exceeded", "rate_limit_error", "requests", "tokens", "too_many_requests"))


def refused(status: int, body: bytes) -> ProviderFailed:
    """A handshake that was answered with `status`."""
    fields = error_in(body)
    known = _known(fields)
    if known is not None:
        return known
    if status in _REFUSALS:
        return _REFUSALS[status]()
    if 400 <= status < 500:
        return _misconfigured(word(fields.get("code")) or str(status))
    return OPENAI_REALTIME.turned_away(f"it answered with {status}")


OPENAI_REALTIME = Vendor("openai-realtime", "OpenAI Realtime", refused)


def said(fields: Mapping[str, Any]) -> ProviderFailed:
    """What the `error` object of an event, or of a failed response, means for the call."""
    known = _known(fields)
    if known is not None:
        return known
    if fields.get("type") == "invalid_request_error":
        return _misconfigured(word(fields.get("code")) or word(fields.get("param")) or "invalid_request_error")
    return _failed(
        "openai-realtime-error",
        f"OpenAI Realtime had an error of its own ({word(fields.get('code')) or 'no code'}). Check its status page "
        "if that happens often.",
    )


def closed(code: int) -> ProviderFailed:
    """A session whose socket was closed with this WebSocket code (1006: without a word)."""
    match code:
        case 3000 | 4001:
            return _unauthorised()
        case 1008:
            return _misconfigured("close code 1008")
        case 1001:
            return expired()
        case 1005 | 1006:
            return OPENAI_REALTIME.lost("it was cut without a word")
    return OPENAI_REALTIME.lost(f"OpenAI closed it with code {code}")


def expired() -> ConnectionLost:
    return ConnectionLost(
        "The OpenAI Realtime session reached OpenAI's limit on its length. Nothing needs to be done: the call goes on "
        "in a new one; lower realtime.longest_s if that happens often.",
        code="openai-realtime-expired",
        retryable=True,
    )


def stalled(what: str, after_s: float) -> ProviderFailed:
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


def garbage() -> ProviderFailed:
    return _failed(
        "openai-realtime-garbage",
        "What answers for OpenAI Realtime does not speak its protocol. Check OPENAI_BASE_URL and proxies in between.",
    )


def not_taken() -> ConnectionLost:
    """The socket no longer takes what is written."""
    return OPENAI_REALTIME.lost("it takes no more audio")


def _known(fields: Mapping[str, Any]) -> ProviderFailed | None:
    words = {word(fields.get("code")), word(fields.get("type"))}
    if words & QUOTA:
        return _configuration(
            "openai-realtime-quota",
            "The OpenAI account has used up its credit or its limit (insufficient_quota). Add credit, or raise the "
            "limit, in OpenAI's billing settings.",
        )
    if words & KEY:
        return _unauthorised()
    if words & MODEL:
        return _model_unknown()
    if words & _RATE:
        limited = _rate_limited()
        limited.retry_after_s = pause_in(fields.get("message"))
        return limited
    return expired() if "session_expired" in words else None


def _unauthorised() -> ProviderFailed:
    return _configuration(
        "openai-realtime-unauthorised",
        "OpenAI did not accept the API key for a realtime session (401). Set OPENAI_API_KEY to a valid key.",
    )


def _forbidden() -> ProviderFailed:
    return _configuration(
        "openai-realtime-forbidden",
        "OpenAI does not let this key use the realtime model (403). Give its project access, or name another model in "
        "models.realtime.",
    )


def _model_unknown() -> ProviderFailed:
    return _configuration(
        "openai-realtime-model-unknown",
        "OpenAI has no such realtime model for this key (404). Name another one in models.realtime, or more in "
        "models.realtime_fallbacks.",
    )


def _rate_limited() -> RateLimited:
    return RateLimited(
        "OpenAI limits the realtime requests or tokens of this key (429). Raise the project's rate limit, or lower "
        "OFFHOOK_MAX_CALLS.",
        code="openai-realtime-rate-limited",
        blame=Blame.PROVIDER,
        retryable=True,
    )


_REFUSALS = {401: _unauthorised, 403: _forbidden, 404: _model_unknown, 429: _rate_limited}


def _misconfigured(what: str) -> ProviderFailed:
    return _configuration(
        "openai-realtime-refused",
        f"OpenAI Realtime does not take what it was asked ({what}). Check the agent's voice.realtime, models.realtime "
        "and [realtime].",
    )


def _failed(code: str, sentence: str) -> ProviderFailed:
    return ProviderFailed(sentence, code=code, blame=Blame.PROVIDER, retryable=True)


def _configuration(code: str, sentence: str) -> ProviderFailed:
    return ProviderFailed(sentence, code=code, blame=Blame.CONFIGURATION)
