"""X-Twilio-Signature as Twilio computes it for what it sends.

HMAC-SHA1 with the account's auth token over the URL exactly as requested, query included and fragment left out,
followed by every form parameter's name and value in name order (twilio.com/docs/usage/webhooks/webhooks-security).
Written apart from the twilio package, whose RequestValidator is then a referee and not a mirror.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import urldefrag

HEADER = "X-Twilio-Signature"


def sign(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """The header's value, base64. `form` is empty for a GET: its parameters are in `url` already."""
    signed = urldefrag(url).url + "".join(name + form[name] for name in sorted(form))
    return b64encode(hmac.digest(auth_token.encode(), signed.encode(), "sha1")).decode()
