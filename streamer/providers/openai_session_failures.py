"""What OpenAI's two APIs of spoken sessions mean alike by their refusals, errors and closed sockets. Pure.

An `error` event, the `error` of a failed response and the body of a refused handshake all carry {"type", "code",
"message", "param"}. No sentence holds OpenAI's own message: it may quote speech, or the key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from calls.errors import Blame, ProviderFailed
from streamer.providers.openai_error_fields import KEY, MODEL, QUOTA, error_in, word
from streamer.providers.vendor_socket import ConnectionLost, Vendor

RATE = frozenset(
    (
        *("rate_limit_exceeded", "rate_limit_error", "too_many_requests", "concurrent_sessions_exceeded"),
        *("requests", "tokens"),
    )
)
OVER = frozenset(("session_expired", "session_duration_exceeded"))


@dataclass(frozen=True, slots=True)
class SessionFailures:
    """Of one API. `code` and `name` are its Vendor's, `session` what it opens ("a Live session"). Sentences: what to do
    where the key may not use the API (`forbidden`) or its model (`model_unknown`), and about a session that was `over`;
    `to_check` is what an agent may have set wrong. `limited` makes the failure of an error that means too many
    requests."""

    code: str
    name: str
    session: str
    forbidden: str
    model_unknown: str
    over: str
    to_check: str
    limited: Callable[[Mapping[str, Any]], ProviderFailed]

    @property
    def vendor(self) -> Vendor:
        return Vendor(self.code, self.name, self.refused)

    def refused(self, status: int, body: bytes) -> ProviderFailed:
        """A handshake that was answered with `status`."""
        fields = error_in(body)
        return self.known(fields) or self._of_status(status, fields)

    def _of_status(self, status: int, fields: Mapping[str, Any]) -> ProviderFailed:
        match status:
            case 401:
                return self._unauthorised()
            case 403:
                return self._configuration("forbidden", self.forbidden)
            case 404:
                return self._configuration("model-unknown", self.model_unknown)
            case 429:
                return self.limited(fields)
        if 400 <= status < 500:
            return self._misconfigured(word(fields.get("code")) or str(status))
        return self.vendor.turned_away(f"it answered with {status}")

    def said(self, fields: Mapping[str, Any]) -> ProviderFailed | None:
        """What an `error` object means; None for an error of OpenAI's own."""
        known = self.known(fields)
        if known is None and fields.get("type") == "invalid_request_error":
            what = word(fields.get("code")) or word(fields.get("param"))
            return self._misconfigured(what or "invalid_request_error")
        return known

    def known(self, fields: Mapping[str, Any]) -> ProviderFailed | None:
        """What the words of an `error` object mean, where they are known ones."""
        words = {word(fields.get("code")), word(fields.get("type"))}
        if words & QUOTA:
            return self._configuration(
                "quota",
                "The OpenAI account has used up its credit or its limit. Add credit, or raise the limit, in OpenAI's "
                "billing settings.",
            )
        if words & KEY:
            return self._unauthorised()
        if words & MODEL:
            return self._configuration("model-unknown", self.model_unknown)
        if words & RATE:
            return self.limited(fields)
        return self.expired() if words & OVER else None

    def closed(self, code: int) -> ProviderFailed:
        """A session whose socket was closed with this WebSocket code (1005 or 1006: without a word)."""
        match code:
            case 3000 | 4001:
                return self._unauthorised()
            case 1008:
                return self._misconfigured("close code 1008")
            case 1005 | 1006:
                return self.vendor.lost("it was cut without a word")
        return self.vendor.lost(f"OpenAI closed it with code {code}")

    def expired(self) -> ConnectionLost:
        return ConnectionLost(
            f"The {self.name} session reached OpenAI's limit on its length. {self.over}",
            code=f"{self.code}-expired",
            retryable=True,
        )

    def own_error(self, fields: Mapping[str, Any]) -> str:
        """The sentence about an error of OpenAI's own."""
        code = word(fields.get("code")) or "no code"
        return f"{self.name} had an error of its own ({code}). Check its status page if that happens often."

    def garbage(self) -> ProviderFailed:
        return ProviderFailed(
            f"What answers for {self.name} does not speak its protocol. Check OPENAI_BASE_URL and proxies in between.",
            code=f"{self.code}-garbage",
            retryable=True,
        )

    def not_taken(self) -> ConnectionLost:
        """The socket no longer takes what is written."""
        return self.vendor.lost("it takes no more audio")

    def _unauthorised(self) -> ProviderFailed:
        sentence = f"OpenAI did not accept the API key for {self.session} (401). Set OPENAI_API_KEY to a valid key."
        return self._configuration("unauthorised", sentence)

    def _misconfigured(self, what: str) -> ProviderFailed:
        sentence = f"{self.name} does not take what it was asked ({what}). Check {self.to_check}."
        return self._configuration("refused", sentence)

    def _configuration(self, kind: str, sentence: str) -> ProviderFailed:
        return ProviderFailed(sentence, code=f"{self.code}-{kind}", blame=Blame.CONFIGURATION)
