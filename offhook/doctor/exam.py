"""One examination: the settings, the tools that every check uses, and what checks note for those that build on them."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date

import certifi
import httpx

from calls.agent import Agent
from calls.errors import ConfigurationInvalid
from offhook.doctor.addresses import is_loopback_url
from offhook.doctor.finding import Finding
from offhook.doctor.settings import DoctorSettings

HTTP_TIMEOUT_S = 8.0


@dataclass(slots=True)
class Notes:
    """What one check leaves for the next. `call_sid` is made up; `twiml` the answer to that call's first webhook.
    `streamed_sid` is of a second made-up call, which had a stream on a minted token and no webhook."""

    agents: dict[str, Agent] = field(default_factory=dict)
    call_sid: str = ""
    twiml: str = ""
    served_by: str = ""
    streamed_sid: str = ""
    is_call_over: bool = False


@dataclass(slots=True)
class Exam:
    """`now_s` is this machine's clock (epoch seconds), `today` its date."""

    settings: DoctorSettings
    tls: ssl.SSLContext
    now_s: Callable[[], float]
    today: Callable[[], date]
    notes: Notes = field(default_factory=Notes)

    def client(self, url: str) -> httpx.AsyncClient:
        """For requests to `url`'s host; past any proxy of the environment where that is this machine."""
        return httpx.AsyncClient(
            verify=self.tls, trust_env=not is_loopback_url(url), timeout=HTTP_TIMEOUT_S, follow_redirects=False
        )


@dataclass(frozen=True, slots=True)
class Check:
    """`needs` names the checks that must not have failed before this one makes sense; `after` those that it only waits
    for. Both stand before it in the list."""

    name: str
    title: str
    run: Callable[[Exam], Awaitable[Finding]]
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    deadline_s: float = 15.0


def trusted(ca_file: str) -> ssl.SSLContext:
    """Certificates as a public client trusts them: Mozilla's roots, not this machine's store, in which a company may
    have put its own; or `ca_file` alone. ConfigurationInvalid where that cannot be read."""
    try:
        return ssl.create_default_context(cafile=ca_file or certifi.where())
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationInvalid(f"the certificates in {ca_file} cannot be read: {error}") from error
