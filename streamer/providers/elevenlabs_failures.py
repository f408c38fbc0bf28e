"""What ElevenLabs' refusals and errors mean. Pure.

Bodies are {"detail": {"status": code, "message": ...}}, errors on a socket {"error": code, "message": ...}; codes:
ElevenLabs' help page on API error codes. Its own sentences are left out: they may repeat what was to be spoken.
"""

import re

import orjson

from calls.errors import Blame, ProviderFailed
from streamer.providers.vendor_socket import ConnectionLost, Vendor

_CODE = re.compile(r"[A-Za-z0-9_-]{1,48}")
_KEY = frozenset(("invalid_api_key", "needs_authorization", "missing_permissions", "unauthorized"))
_SETTINGS = frozenset(("voice_not_found", "model_not_found", "invalid_voice_settings", "invalid_generation_config"))
_CONCURRENCY = frozenset(("too_many_concurrent_requests", "max_active_conversations", "rate_limited"))
_BUSY = frozenset(("system_busy", "busy"))


def refused(status: int, body: bytes) -> ProviderFailed:
    """A request or handshake that was answered with `status`."""
    code = _code_in(body)
    known = _known(code)
    if known is not None:
        return known
    match status:
        case 401 | 403:
            return said("invalid_api_key")
        case 402:
            return said("quota_exceeded")
        case 429:
            return said("too_many_concurrent_requests")
        case _ if 400 <= status < 500:
            return _misconfigured(code or str(status))
    return ELEVENLABS.turned_away(f"it answered with {status}")


ELEVENLABS = Vendor("elevenlabs", "ElevenLabs", refused)


def said(code: object) -> ProviderFailed:
    """ElevenLabs sent an error message with this code."""
    named = code if isinstance(code, str) and _CODE.fullmatch(code) else None
    return _known(named) or ELEVENLABS.lost(f"ElevenLabs reported {named or 'an error without a code'}")


def silent() -> ProviderFailed:
    """Everything went well, and nothing can be heard."""
    return ProviderFailed(
        "ElevenLabs answered with silence instead of speech. Check the agent's voice.speech in ElevenLabs' console.",
        code="elevenlabs-silent",
        retryable=True,
    )


def cut_short() -> ConnectionLost:
    return ELEVENLABS.lost("the speech ended long before its text")


def _known(code: str | None) -> ProviderFailed | None:
    if code in _KEY:
        return ProviderFailed(
            f"ElevenLabs does not accept the key ({code}). Check ELEVENLABS_API_KEY.",
            code="elevenlabs-unauthorised",
            blame=Blame.CONFIGURATION,
        )
    if code == "quota_exceeded":
        return ProviderFailed(
            "ElevenLabs' credits are used up (quota_exceeded). Add credits in ElevenLabs' console.",
            code="elevenlabs-quota",
        )
    if code in _CONCURRENCY:
        return ProviderFailed(
            f"ElevenLabs speaks as often at once as the plan allows ({code}). Raise it, or lower OFFHOOK_MAX_CALLS.",
            code="elevenlabs-limit",
            retryable=True,
        )
    if code in _BUSY:
        return ProviderFailed(
            f"ElevenLabs is too busy at the moment ({code}). Nothing needs to be changed; it passes.",
            code="elevenlabs-busy",
            retryable=True,
        )
    return _misconfigured(code) if code in _SETTINGS else None


def _misconfigured(code: str | None) -> ProviderFailed:
    return ProviderFailed(
        f"ElevenLabs does not take the request ({code}). Check the agent's voice.speech and models.speech.",
        code="elevenlabs-refused",
        blame=Blame.CONFIGURATION,
    )


def _code_in(body: bytes) -> str | None:
    try:
        detail = orjson.loads(body)["detail"]
        code = detail.get("status") or detail.get("code")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else None
