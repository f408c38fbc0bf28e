"""Who may stream: the checks between an accepted socket and a running call. No I/O.

The socket is accepted first and refused afterwards with a close code, because a refused upgrade is error 31920 to
Twilio and tells nobody why (https://www.twilio.com/docs/api/errors/31920).
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from twilio.request_validator import RequestValidator

from calls import stream_token
from calls.errors import TokenRefused
from calls.stream_token import Grant
from streamer.twilio_stream import Started

UNAUTHORISED = 4401
"""Closes every socket that has not proved whose it is: signature, token, or no `start` in time."""
ALREADY_STREAMED = 4409
FORGED = "token-forged"
"""The code of a refusal for a token that none of the known secrets made."""
START_WITHIN_S = 10.0
START_WITHIN_FRAMES = 20
_MAX_REMEMBERED = 100_000


def signature_is_good(
    auth_token: str, stream_url: str, path: str, signatures: Sequence[str], earlier: Sequence[str] = ()
) -> bool:
    """Twilio signs the upgrade like a GET without parameters, over the URL as it was given; stacks differ on whether
    that says wss or https (twilio-python issue 885), so both count. More than one signature is nobody's. While the
    token is rotated `earlier` ones are good as well."""
    if len(signatures) != 1:
        return False
    scheme, rest = stream_url.split("://", 1)
    twin = {"wss": "https", "ws": "http"}[scheme]
    validators = [RequestValidator(token) for token in (auth_token, *earlier)]
    urls = [f"{one}://{rest}{path}" for one in (scheme, twin)]
    return any(bool(validator.validate(url, {}, signatures[0])) for validator in validators for url in urls)


@dataclass(slots=True)
class SpentTokens:
    """The nonces of tokens that have opened a stream on this task, until they expire: a token opens one stream."""

    _nonces: OrderedDict[str, float] = field(default_factory=OrderedDict)

    def spend(self, nonce: str, expires_at_s: float, now_s: float) -> None:
        """Raises TokenRefused (code "token-replayed") for a nonce that was spent before."""
        if self._nonces.get(nonce, 0.0) > now_s:
            raise TokenRefused("This stream token has opened a stream already.", code="token-replayed")
        for known in [n for n, until in list(self._nonces.items())[:100] if until <= now_s]:
            del self._nonces[known]
        while len(self._nonces) >= _MAX_REMEMBERED:
            self._nonces.popitem(last=False)
        self._nonces[nonce] = expires_at_s


def admit(started: Started, secret: str, spent: SpentTokens, now_s: float, earlier: Sequence[str] = ()) -> Grant:
    """What the token on `start` allows. While the secret is rotated `earlier` ones are good as well. Raises
    TokenRefused: missing, forged, expired, of another call, replayed."""
    token = started.parameters.get("token", "")
    if not token:
        raise TokenRefused("The stream's start carries no token parameter.", code="token-missing")
    grant = _verified((secret, *earlier), token, started, now_s)
    spent.spend(grant.nonce, grant.expires_at_s, now_s)
    return grant


def _verified(secrets: Sequence[str], token: str, started: Started, now_s: float) -> Grant:
    *first, last = secrets
    for secret in first:
        try:
            return stream_token.verify(secret, token, started.parameters.get("callId"), started.call_sid, now_s)
        except TokenRefused as refused:
            if refused.failure.code != FORGED:
                raise
    return stream_token.verify(last, token, started.parameters.get("callId"), started.call_sid, now_s)
