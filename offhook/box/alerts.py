"""The account's debugger: every error and warning the box raises, newest first, served as Twilio's Alert resources."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import uuid4

from offhook.box.ports import Alert

LEVELS = ("error", "warning", "notice", "debug")


@dataclass(frozen=True, slots=True)
class LoggedAlert:
    """An alert with the sid and the UTC moment it was logged under."""

    sid: str
    alert: Alert
    created: datetime


def utc_now() -> datetime:
    return datetime.now(UTC)


class AlertLog:
    """Keeps the last `keep` alerts of one account. `on_alert` hears each as it is added."""

    def __init__(
        self,
        account_sid: str,
        *,
        now: Callable[[], datetime] = utc_now,
        on_alert: Callable[[Alert], None] | None = None,
        keep: int = 1000,
    ) -> None:
        self._account_sid = account_sid
        self._now = now
        self._on_alert = on_alert
        self._logged: deque[LoggedAlert] = deque(maxlen=keep)

    def add(self, alert: Alert) -> None:
        """Log one alert. Raises ValueError when its level is none of Twilio's."""
        if alert.level not in LEVELS:
            raise ValueError(f"alert level {alert.level!r} is not one of {', '.join(LEVELS)}")
        self._logged.appendleft(LoggedAlert(f"NO{uuid4().hex}", alert, self._now()))
        if self._on_alert is not None:
            self._on_alert(alert)

    def __len__(self) -> int:
        return len(self._logged)

    def of_call(self, call_sid: str) -> list[Alert]:
        """The alerts of one call, oldest first."""
        return [logged.alert for logged in reversed(self._logged) if logged.alert.call_sid == call_sid]

    def codes(self, call_sid: str) -> list[int]:
        """The codes of one call's alerts, oldest first."""
        return [alert.code for alert in self.of_call(call_sid)]

    def find(self, sid: str) -> LoggedAlert | None:
        """The alert logged under this NO sid."""
        return next((logged for logged in self._logged if logged.sid == sid), None)

    def select(
        self, *, level: str = "", start: datetime | None = None, end: datetime | None = None
    ) -> list[LoggedAlert]:
        """Newest first, filtered as the list resource filters: `start` inclusive, `end` exclusive."""
        return [
            logged
            for logged in self._logged
            if (not level or logged.alert.level == level)
            and (start is None or logged.created >= start)
            and (end is None or logged.created < end)
        ]

    def as_json(self, logged: LoggedAlert) -> dict[str, object]:
        """One Alert resource as the Monitor API shows it in a list."""
        alert = logged.alert
        created = logged.created.strftime("%Y-%m-%dT%H:%M:%SZ")
        text = {"Msg": alert.sentence, "ErrorCode": str(alert.code), "LogLevel": alert.level.upper()}
        if alert.url:
            text["url"] = alert.url
        return {
            "sid": logged.sid,
            "account_sid": self._account_sid,
            "alert_text": urlencode(text),
            "api_version": "2010-04-01",
            "date_created": created,
            "date_generated": created,
            "date_updated": created,
            "error_code": str(alert.code),
            "log_level": alert.level,
            "more_info": f"https://www.twilio.com/docs/errors/{alert.code}",
            "request_method": "POST" if alert.url else None,
            "request_url": alert.url or None,
            "resource_sid": alert.call_sid,
            "service_sid": None,
            "url": f"https://monitor.twilio.com/v1/Alerts/{logged.sid}",
        }
