"""A call as Twilio keeps it: sids, what was asked for, its status, the parameters of its webhooks, its JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import Literal
from uuid import uuid4

from offhook.box.line_log import LineLog
from offhook.box.line_stats import LineStats
from offhook.box.recording import Recording
from offhook.box.verbs import HttpMethod

API_VERSION = "2010-04-01"
Direction = Literal["inbound", "outbound-api"]
StatusEvent = Literal["initiated", "ringing", "answered", "completed"]
STATUS_EVENTS: tuple[StatusEvent, ...] = ("initiated", "ringing", "answered", "completed")


class CallStatus(StrEnum):
    """twilio.com/docs/voice/api/call-resource#call-status-values"""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"


FINAL = frozenset({CallStatus.COMPLETED, CallStatus.BUSY, CallStatus.FAILED, CallStatus.NO_ANSWER, CallStatus.CANCELED})


def new_sid(prefix: str) -> str:
    """A sid of Twilio's form: two letters and 32 hexadecimal digits."""
    return f"{prefix}{uuid4().hex}"


@dataclass(frozen=True, slots=True)
class Hook:
    """A URL of the application and how it is requested."""

    url: str
    method: HttpMethod = "POST"


@dataclass(frozen=True, slots=True)
class CallPlan:
    """What a call was placed with. `voice` or `twiml` says what happens once it is answered."""

    to: str
    from_: str
    direction: Direction
    voice: Hook | None = None
    twiml: str | None = None
    fallback: Hook | None = None
    status_callback: Hook | None = None
    status_events: frozenset[StatusEvent] = frozenset({"completed"})
    timeout_s: int = 60
    time_limit_s: int = 14_400


@dataclass(slots=True)
class CallStats:
    """Counts of what happened in a call; `recognised` holds what its gathers understood, in order. `line` is how well
    the clock and the playout kept time, once an answered call is over."""

    documents: int = 0
    verbs: int = 0
    streams: int = 0
    callbacks: int = 0
    recognised: list[str] = field(default_factory=list)
    line: LineStats | None = None


@dataclass(slots=True)
class BoxCall:
    """One call. Times are UTC; `answered_at_ms` is the epoch of the line's time 0; None until it happened."""

    account_sid: str
    plan: CallPlan
    created: datetime
    sid: str = field(default_factory=lambda: new_sid("CA"))
    status: CallStatus = CallStatus.QUEUED
    updated: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    answered_at_ms: int | None = None
    duration_s: int = 0
    recording: Recording | None = None
    stats: CallStats = field(default_factory=CallStats)
    log: LineLog = field(default_factory=LineLog)
    hung_up_by: Literal["", "caller", "application", "limit"] = ""

    @property
    def over(self) -> bool:
        return self.status in FINAL

    def form(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The parameters of every voice webhook (twilio.com/docs/voice/twiml#request-parameters) and `extra`.

        The geographic ones are sent blank where the box knows nothing, as Twilio sends them: they are signed too.
        """
        plan = self.plan
        form = {
            "AccountSid": self.account_sid,
            "ApiVersion": API_VERSION,
            "CallSid": self.sid,
            "CallStatus": str(self.status),
            "Direction": plan.direction,
            "From": plan.from_,
            "Caller": plan.from_,
            "To": plan.to,
            "Called": plan.to,
        }
        for party in ("From", "Caller", "To", "Called"):
            form |= {f"{party}City": "", f"{party}State": "", f"{party}Zip": "", f"{party}Country": "US"}
        if plan.direction == "inbound":
            form["StirVerstat"] = "TN-Validation-Passed-A"
        return form | dict(extra or {})

    def as_json(self) -> dict[str, object]:
        """The Call resource of the 2010-04-01 API."""
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Calls/{self.sid}"
        plan = self.plan
        return {
            **_NEVER_KNOWN,
            "sid": self.sid,
            "account_sid": self.account_sid,
            "to": plan.to,
            "to_formatted": plan.to,
            "from": plan.from_,
            "from_formatted": plan.from_,
            "status": str(self.status),
            "direction": plan.direction,
            "date_created": _rfc2822(self.created),
            "date_updated": _rfc2822(self.updated or self.created),
            "start_time": _rfc2822(self.started),
            "end_time": _rfc2822(self.ended),
            "duration": str(self.duration_s) if self.over else None,
            "price_unit": "USD",
            "api_version": API_VERSION,
            "queue_time": "0",
            "uri": f"{uri}.json",
            "subresource_uris": {name.lower(): f"{uri}/{name}.json" for name in _SUBRESOURCES},
        }


_NEVER_KNOWN = dict.fromkeys(
    (
        "parent_call_sid",
        "phone_number_sid",
        "price",
        "answered_by",
        "annotation",
        "forwarded_from",
        "group_sid",
        "caller_name",
        "stir_verstat",
        "trunk_sid",
    )
)
_SUBRESOURCES = ("Notifications", "Recordings", "Streams")


def _rfc2822(moment: datetime | None) -> str | None:
    return None if moment is None else format_datetime(moment)
