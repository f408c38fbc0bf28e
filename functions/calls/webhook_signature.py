"""Signs what is sent to the team's URL, as Standard Webhooks 1.0 has it, so that every library of that name can verify
it (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md). Pure.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from calls.errors import ConfigurationInvalid

_PREFIX = "whsec_"


def headers(secret: str, webhook_id: str, at_s: int, body: bytes) -> Mapping[str, str]:
    """webhook-id, webhook-timestamp and webhook-signature for `body`, sent at `at_s` (epoch seconds).

    `secret` is base64, with or without "whsec_" before it; ConfigurationInvalid where it is not.
    """
    signed = f"{webhook_id}.{at_s}.".encode() + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ConfigurationInvalid(
            "OFFHOOK_WEBHOOK_SECRET must be base64, with or without whsec_ before it."
        ) from error
