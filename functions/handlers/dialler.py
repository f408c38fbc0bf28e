"""Twilio's REST, for the four things that are asked of it: place a call, lead one elsewhere, end it, say what it cost.
Loaded by the API, the watchdog and the after-call function only."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar

from calls.errors import Blame, OffhookError
from calls.webhook_retries import QUICK
from handlers.settings import HandlerSettings
from handlers.wiring import Wired

if TYPE_CHECKING:
    from twilio.rest import Client

T = TypeVar("T")

TIMEOUT_S = 10.0
RING_S = 30
UNAUTHORISED = 401
EVENTS = ["initiated", "ringing", "answered", "completed"]

# https://www.twilio.com/docs/api/errors
_WRONG_NUMBER = frozenset({13223, 13224, 13225, 13226, 21211, 21214, 21217, 21401, 21421, 21601})
_WRONG_ACCOUNT = frozenset({10001, 20003, 20005, 20008, 20403, 21212, 21210, 21213, 21215, 21216, 21219})
_NOT_IN_PROGRESS = frozenset({20404, 21220})


class DialFailed(OffhookError):
    """Twilio did not take the call. `retryable` means that it may have taken it: nobody can tell."""

    default_code = "dial-failed"
    default_blame = Blame.TWILIO


class Dialler(Protocol):
    def dial(self, call_id: str, to_number: str, from_number: str) -> str:
        """Place the call, once; Twilio's CallSid. DialFailed."""

    def hang_up(self, twilio_sid: str) -> None:
        """End the call, ringing or talking; a call that has ended already is left alone. DialFailed."""


class TwilioDialler:
    """Over the twilio package, without retries: a POST that is sent twice rings twice. But what is asked with a token
    that Twilio does not know (401) is not done, and is asked once more where `fresh`, a look at the secret, gives
    settings with another one: it was rotated a moment ago."""

    def __init__(
        self,
        settings: HandlerSettings,
        timeout_s: float = TIMEOUT_S,
        fresh: Callable[[], HandlerSettings | None] = lambda: None,
    ) -> None:
        self._settings, self._timeout_s, self._fresh = settings, timeout_s, fresh

    def dial(self, call_id: str, to_number: str, from_number: str) -> str:
        public_url = self._settings.public_url
        call = self._asked(
            lambda client: client.calls.create(
                to=to_number,
                from_=from_number,
                url=f"{public_url}/twilio/voice/{call_id}{QUICK}",
                method="POST",
                fallback_url=f"{public_url}/twilio/lifeline{QUICK}",
                fallback_method="POST",
                status_callback=f"{public_url}/twilio/status{QUICK}",
                status_callback_method="POST",
                status_callback_event=EVENTS,
                timeout=RING_S,
            )
        )
        return str(call.sid)

    def redirect(self, twilio_sid: str, url: str) -> None:
        """Lead the live call to `url` at once, out of whatever it is doing; a call that has ended is left alone.
        DialFailed."""
        self._update(twilio_sid, url=url, method="POST")

    def hang_up(self, twilio_sid: str) -> None:
        self._update(twilio_sid, status="completed")

    def price(self, twilio_sid: str) -> tuple[str | None, str | None]:
        """`price` and `price_unit` as Twilio gives them ("-0.0085", "USD"); no price until minutes after the call.
        DialFailed."""
        call = self._asked(lambda client: client.calls(twilio_sid).fetch())
        return call.price, call.price_unit

    def _update(self, twilio_sid: str, **changes: str) -> None:
        from twilio.base.exceptions import TwilioRestException

        def update(client: "Client") -> None:
            try:
                client.calls(twilio_sid).update(**changes)
            except TwilioRestException as error:
                if error.code not in _NOT_IN_PROGRESS:
                    raise

        self._asked(update)

    def _asked(self, ask: Callable[["Client"], T]) -> T:
        """What `ask` gets of Twilio. DialFailed."""
        from requests import RequestException
        from twilio.base.exceptions import TwilioException

        try:
            try:
                return ask(self._client())
            except TwilioException as error:
                if getattr(error, "status", None) != UNAUTHORISED or not self._has_another_token():
                    raise
                return ask(self._client())
        except TwilioException as error:
            raise _refused(error) from error
        except RequestException as error:
            raise _unreached(error) from error

    def _has_another_token(self) -> bool:
        """Whether a look at the secret finds one, which is used from then on."""
        known = self._settings.twilio_auth_token
        self._settings = self._fresh() or self._settings
        return self._settings.twilio_auth_token != known

    def _client(self) -> "Client":
        settings = self._settings
        account = (settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_base_url)
        return _client(*account, self._timeout_s)


def dialler_of(wired: Wired, timeout_s: float = TIMEOUT_S) -> TwilioDialler:
    """With the token that `wired` has, or the one that a look at the secret finds."""

    def fresh() -> HandlerSettings | None:
        rewired = wired.rewired()
        return rewired.settings if rewired else None

    return TwilioDialler(wired.settings, timeout_s, fresh)


@cache
def _client(account_sid: str, auth_token: str, base_url: str, timeout_s: float) -> "Client":
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    client = Client(account_sid, auth_token, http_client=TwilioHttpClient(timeout=timeout_s))
    if base_url:
        client.api.base_url = base_url
    return client


def _refused(error: Exception) -> DialFailed:
    """Twilio's own words are left out: they quote the number."""
    code, status = getattr(error, "code", None), getattr(error, "status", None)
    number = code or status
    if not isinstance(number, int):
        return DialFailed("Twilio gave an answer that cannot be understood.", code="twilio-answer")
    blame = Blame.TWILIO
    if number in _WRONG_NUMBER:
        blame = Blame.CALLER
    elif number in _WRONG_ACCOUNT or status in (401, 403):
        blame = Blame.CONFIGURATION
    where = f"; see https://www.twilio.com/docs/api/errors/{code}" if code else ""
    return DialFailed(f"Twilio refused (error {number}){where}.", code=f"twilio-{number}", blame=blame)


def _unreached(error: Exception) -> DialFailed:
    from requests import ConnectTimeout
    from urllib3.exceptions import NewConnectionError

    cause = error.args[0] if error.args else None
    if isinstance(error, ConnectTimeout) or isinstance(getattr(cause, "reason", None), NewConnectionError):
        return DialFailed("Twilio could not be reached.", code="twilio-unreachable")
    return DialFailed(
        "Twilio's answer did not come in time, so nobody can tell whether it did as asked; look before asking again.",
        code="twilio-no-answer",
        retryable=True,
    )
