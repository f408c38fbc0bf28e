"""What Twilio says of the account, and of its debugger's last day."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from calls.twilio_codes import meaning_of
from offhook.doctor import alert_remedies, twilio_rest
from offhook.doctor.exam import Exam
from offhook.doctor.finding import Finding, failed, passed, warned
from offhook.doctor.twilio_rest import Account, LoggedAlert, Refused

LOOK_BACK = timedelta(hours=24)
MOST_TOLD = 3
_ROUTINE = frozenset({31921})
"""Twilio writes it whenever our side closes a stream, which is how a call leaves its stream on purpose."""


async def account(exam: Exam) -> Finding:
    try:
        return judge_account(await twilio_rest.account(exam.settings))
    except Refused as refused:
        return judge_refused(refused)


def judge_account(found: Account) -> Finding:
    if found.status != "active":
        return failed(
            f"The Twilio account is {found.status}.",
            "It ran out of money, or Twilio suspended it.",
            "Open https://console.twilio.com/billing: the reason and the way back are there.",
        )
    if found.type == "Trial":
        return warned(
            "The Twilio account is a trial: it calls verified numbers only, and speaks a notice before every call.",
            "Upgrade it in the console, or verify the numbers that it is to call.",
        )
    return passed("the account is active, and its auth token is accepted")


def judge_refused(refused: Refused) -> Finding:
    """Twilio did not say what was asked."""
    if refused.status in (401, 403):
        return failed(
            f"Twilio refuses TWILIO_AUTH_TOKEN for this TWILIO_ACCOUNT_SID ({refused.status}, error {refused.code}).",
            "The token is wrong or was rotated, belongs to another account or subaccount, or is an API key's secret.",
            "Copy the primary auth token of this account from https://console.twilio.com (Account Info), put it into "
            "the deployment's secret and into this environment, and deploy.",
        )
    if refused.status == 404:
        return failed(
            "Twilio does not know this TWILIO_ACCOUNT_SID, or not under this token (404).",
            "Account SID and auth token are of two accounts.",
            "Copy both from the same page of https://console.twilio.com.",
        )
    if refused.status == 0:
        return warned(
            "Not checked: Twilio's REST API cannot be reached from here.",
            "Try `curl -I https://api.twilio.com`; unset TWILIO_BASE_URL unless a box plays Twilio.",
            "No network, a proxy, or TWILIO_BASE_URL leads nowhere.",
        )
    return warned(
        f"Twilio's REST API answered HTTP {refused.status} (error {refused.code}).",
        f"https://www.twilio.com/docs/api/errors/{refused.code} explains it; ask again, and look at status.twilio.com.",
    )


async def alerts(exam: Exam) -> Finding:
    try:
        return judge_alerts(await twilio_rest.alerts(exam.settings, LOOK_BACK))
    except Refused as refused:
        return unasked(refused)


def unasked(refused: Refused) -> Finding:
    """An account that answers, and one resource that does not, is no proof of a fault."""
    return warned(
        f"Not checked: Twilio answered HTTP {refused.status or 'nothing'} (error {refused.code}).",
        "Ask again. An API key or subaccount may lack the right to read this; the main account's auth token has it.",
    )


def judge_alerts(found: Sequence[LoggedAlert]) -> Finding:
    """Old alerts are no proof that anything is wrong now, so the worst they make is a warning."""
    counted = Counter(one.code for one in found if one.level in ("error", "warning") and one.code not in _ROUTINE)
    if not counted:
        return passed("nothing in Twilio's debugger in the last 24 hours")
    told = counted.most_common(MOST_TOLD)
    saw = "; ".join(f"{code} {times}×: {_words(code)}" for code, times in told)
    more = len(counted) - len(told)
    remedy = " ".join(dict.fromkeys(alert_remedies.remedy_for(code) for code, _ in told))
    return warned(
        f"Twilio's debugger in the last 24 hours: {saw}{f' And {more} more kinds.' if more > 0 else ''}",
        f"{remedy} All of them: https://console.twilio.com/us1/monitor/logs/debugger",
    )


def _words(code: int) -> str:
    return meaning_of(code) or f"see https://www.twilio.com/docs/api/errors/{code}."
