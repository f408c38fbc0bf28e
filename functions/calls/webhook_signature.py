"""Signs what is sent to the team's URL, as Standard Webhooks 1.0 has it, so that every library of that name can verify
it (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md). Pure.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from calls.errors import ConfigurationInvalid

_PREFIX = "whsec_"


def headers(secrets: Sequence[str], webhook_id: str, at_s: int, body: bytes) -> Mapping[str, str]:
    """webhook-id, webhook-timestamp and webhook-signature for `body`, sent at `at_s` (epoch seconds), signed with each
    of `secrets`: a verifier takes one of several signatures, which is how a secret is rotated.

    A secret is base64, with or without "whsec_" before it; ConfigurationInvalid where it is not.
    """
    signed = f"{webhook_id}.{at_s}.".encode() + body
    digests = [hmac.new(_key(secret), signed, hashlib.sha256).digest() for secret in secrets]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests),
    }


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ConfigurationInvalid(
            "OFFHOOK_WEBHOOK_SECRET must be base64, with or without whsec_ before it."
        ) from error
