"""What Deepgram's refusals, errors and closings mean. Pure.

Statuses and codes: Deepgram's docs ("Errors", "Troubleshooting WebSocket, NET, and DATA errors") and the SDK's
ListenV2FatalError. Deepgram's own sentences are left out: they may repeat keyterms.
"""

import re

from calls.errors import Blame, ProviderFailed
from streamer.providers.vendor_socket import Vendor

_CODE = re.compile(r"[A-Za-z0-9_-]{1,48}")
_OUR_FAULT = frozenset(("UNPARSABLE_CLIENT_MESSAGE", "SchemaError", "DATA-0000", "INVALID_CONFIGURATION"))


def refused(status: int, _body: bytes) -> ProviderFailed:
    """A handshake that was answered with `status`."""
    match status:
        case 401 | 403:
            return ProviderFailed(
                f"Deepgram does not accept the key ({status}). Check DEEPGRAM_API_KEY.",
                code="deepgram-unauthorised",
                blame=Blame.CONFIGURATION,
            )
        case 402:
            return ProviderFailed(
                "Deepgram's credits are used up (402). Add credits in Deepgram's console.",
                code="deepgram-limit",
                retryable=True,
            )
        case 429:
            return ProviderFailed(
                "Deepgram has as many connections as the plan allows (429). Raise it, or lower OFFHOOK_MAX_CALLS.",
                code="deepgram-limit",
                retryable=True,
            )
        case _ if 400 <= status < 500:
            return ProviderFailed(
                f"Deepgram does not take the connection's settings ({status}). Check the agent's models.recogniser and"
                " hearing.keyterms.",
                code="deepgram-refused",
                blame=Blame.CONFIGURATION,
            )
    return DEEPGRAM.turned_away(f"it answered with {status}")


DEEPGRAM = Vendor("deepgram", "Deepgram", refused)


def closed(code: int, reason: str) -> ProviderFailed:
    """The socket was closed with this code and reason; 1006 is no closing handshake at all."""
    if code == 1008 or "DATA-0000" in reason:
        return _unacceptable("DATA-0000")
    if "NET-0001" in reason or "net0001" in reason:
        return DEEPGRAM.lost("no audio reached it for a while (NET-0001)")
    return DEEPGRAM.lost(f"it was closed with {code}")


def said(code: object) -> ProviderFailed:
    """Deepgram sent an error message with this code."""
    known = code if isinstance(code, str) and _CODE.fullmatch(code) else "an error without a code"
    return _unacceptable(known) if known in _OUR_FAULT else DEEPGRAM.lost(f"Deepgram reported {known}")


def _unacceptable(code: str) -> ProviderFailed:
    return ProviderFailed(
        f"Deepgram could not understand what was sent to it ({code}). Please report this as a bug of Offhook.",
        code="deepgram-refused",
        blame=Blame.OFFHOOK,
    )
