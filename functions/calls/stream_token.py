"""The token that opens `/stream`: an HMAC over who may speak for which call, until when.

It travels as `<Parameter name="token">`, whose name and value together stay under 500 characters
(https://www.twilio.com/docs/voice/twiml/stream#custom-parameters). The agent and the mode travel inside it, so that a
call can be served while the store is down. A token is good until it expires; whoever verifies it remembers `nonce`
until then, and so refuses one that comes twice.

    v1.<base64url of a JSON array: the fields of Grant in order>.<base64url of HMAC-SHA256 over "v1.<payload>">
"""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from calls.errors import ConfigurationInvalid, TokenRefused
from calls.record import TEST_CALLER, Mode

VERSION = "v1"
LIFETIME_S = 60
LONGEST_CHARS = 480


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token allows: one stream for this call, driven by `agent` in `mode`, opened before `expires_at_s` (epoch
    seconds). `nonce` is random and names this one token. `stream` is the stream's number in the call (0: not said)."""

    call_id: str
    twilio_sid: str
    agent: str
    mode: Mode
    nonce: str
    expires_at_s: int
    stream: int = 0

    @property
    def is_test(self) -> bool:
        """Whether the call is a made-up one (`CallRecord.is_test`), which a streamer has to know without the table."""
        return self.nonce.startswith(TEST_CALLER)


def nonce_of(random: str, *, is_test: bool) -> str:
    """The nonce that a token has, of a random name."""
    return f"{TEST_CALLER}-{random}" if is_test else random


def mint(secret: str, grant: Grant) -> str:
    """The token for `grant`: ASCII, at most 480 characters. ConfigurationInvalid when its names do not fit."""
    names = [grant.call_id, grant.twilio_sid, grant.agent, grant.mode.value, grant.nonce]
    # Without a number as it always was.
    fields = [*names, grant.expires_at_s, *([grant.stream] if grant.stream else [])]
    payload = _encoded(json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode())
    token = f"{VERSION}.{payload}.{_mac(secret, payload)}"
    if len(token) > LONGEST_CHARS:
        raise ConfigurationInvalid(
            f"The agent's name ({len(grant.agent)} characters) makes a stream token longer than Twilio carries; "
            "give the agent a name of at most 64 plain letters.",
            code="token-too-long",
        )
    return token


def verify(secret: str, token: str, call_id: str | None, twilio_sid: str, now_s: float) -> Grant:
    """What `token` grants to this call at `now_s`. Where `call_id` is None the token names the call alone.

    Raises TokenRefused, whose code says why: token-malformed, token-forged, token-expired, token-other-call.
    """
    version, _, rest = token.partition(".")
    payload, dot, mac = rest.partition(".")
    if version != VERSION or not dot or not token.isascii() or len(token) > LONGEST_CHARS:
        raise TokenRefused("The stream token is not one that Offhook makes.", code="token-malformed")
    if not hmac.compare_digest(_mac(secret, payload).encode(), mac.encode()):
        raise TokenRefused("The stream token was not signed with this installation's secret.", code="token-forged")
    grant = _parsed(payload)
    if now_s >= grant.expires_at_s:
        raise TokenRefused("The stream token has expired.", code="token-expired")
    if call_id not in {None, grant.call_id} or twilio_sid != grant.twilio_sid:
        raise TokenRefused("The stream token belongs to another call.", code="token-other-call")
    return grant


def _parsed(payload: str) -> Grant:
    try:
        call_id, twilio_sid, agent, mode, nonce, *numbers = json.loads(urlsafe_b64decode(payload + "=="))
        return Grant(str(call_id), str(twilio_sid), str(agent), Mode(mode), str(nonce), *map(int, numbers))
    except (ValueError, TypeError) as error:
        raise TokenRefused("The stream token cannot be read.", code="token-malformed") from error


def _mac(secret: str, payload: str) -> str:
    return _encoded(hmac.digest(secret.encode(), f"{VERSION}.{payload}".encode(), "sha256"))


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
