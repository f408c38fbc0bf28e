"""What a box is started with: the account it plays, its numbers, and how patient everybody is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from offhook.box.callbacks import Faults
from offhook.box.calls import FINAL, CallStatus, Hook
from offhook.box.interpreter import Behaviour
from offhook.box.nouns import e164
from offhook.box.webhooks import Timings


@dataclass(frozen=True, slots=True)
class Number:
    """A phone number of the account and what is asked when it rings: `voice` None is nothing.

    An application or a trunk goes before the URLs (twilio.com/docs/phone-numbers/api/incomingphonenumber-resource); the
    box plays neither.
    """

    voice: Hook | None
    fallback: Hook | None = None
    status_callback: Hook | None = None
    application_sid: str = ""
    trunk_sid: str = ""

    @property
    def answered(self) -> bool:
        """Whether a webhook is asked when it rings."""
        return self.voice is not None and not self.application_sid and not self.trunk_sid


@dataclass(frozen=True, slots=True)
class BoxSettings:
    """`numbers` maps E.164 numbers of the account to their configuration; a string is a voice URL, asked by POST.

    `refusals` are outside numbers that do not pick up, and the status their calls end with. `blocked_countries` are ISO
    codes of countries that the account may not call. `port` 0 takes a free one.
    `drain_ms` bounds the wait for status callbacks once a call is over. Raises ValueError on a bad sid or number.
    """

    account_sid: str
    auth_token: str
    numbers: Mapping[str, Number | str] = field(default_factory=dict)
    refusals: Mapping[str, CallStatus] = field(default_factory=dict)
    blocked_countries: frozenset[str] = frozenset()
    host: str = "127.0.0.1"
    port: int = 0
    ring_ms: int = 400
    drain_ms: int = 20_000
    timings: Timings = Timings()
    behaviour: Behaviour = Behaviour()
    faults: Faults = Faults()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"AC[0-9a-f]{32}", self.account_sid):
            raise ValueError("account_sid must be AC and 32 hexadecimal digits")
        if not self.auth_token:
            raise ValueError("auth_token must not be empty")
        for number in (*self.numbers, *self.refusals):
            if e164(number) != number:
                raise ValueError(f"{number!r} is not an E.164 phone number")
        for status in self.refusals.values():
            if status not in FINAL - {CallStatus.COMPLETED, CallStatus.CANCELED}:
                raise ValueError(f"a call cannot be refused with {status}")

    def configured(self) -> dict[str, Number]:
        return {
            number: Number(Hook(configured)) if isinstance(configured, str) else configured
            for number, configured in self.numbers.items()
        }
