"""The fields of an error as OpenAI's sockets and handshakes carry it, and the codes both speech APIs share. Pure."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

KEY = frozenset(("invalid_api_key", "authentication_error", "incorrect_api_key", "invalid_authentication"))
QUOTA = frozenset(
    ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "credit_balance_exhausted")
)
MODEL = frozenset(("model_not_found", "invalid_model", "unsupported_model", "model_not_available"))
_AGAIN_IN = re.compile(r"(?i)\btry again in (?:(\d{1,3})m)?(\d{1,6}(?:\.\d{1,6})?)(ms|s)\b")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def word(value: object) -> str:
    """A vendor's code where it is one, so that no speech slips in with it."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""


def pause_in(message: object) -> float | None:
    """The seconds after which an error's text asks to try again ("Please try again in 1.2s."); nothing else is read
    of it."""
    found = _AGAIN_IN.search(message) if isinstance(message, str) else None
    if found is None:
        return None
    minutes, amount, unit = found.groups()
    return int(minutes or 0) * 60 + float(amount) / (1000 if unit == "ms" else 1)


def error_in(body: bytes) -> Mapping[str, Any]:
    """The error of a refused handshake's body; empty where it has none."""
    try:
        fields = orjson.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return fields if isinstance(fields, dict) else {}
