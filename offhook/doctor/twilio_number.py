"""Where the deployment's number leads, and which countries may be called."""

from collections.abc import Iterable
from urllib.parse import urlsplit

import phonenumbers

from calls.webhook_retries import QUICK, bare
from offhook.doctor import twilio_rest
from offhook.doctor.exam import Exam
from offhook.doctor.finding import Finding, failed, passed, warned
from offhook.doctor.privacy import masked
from offhook.doctor.twilio_account import unasked
from offhook.doctor.twilio_rest import NumberHooks, Refused
from offhook.doctor.webhooks import STATUS, VOICE

_CONSOLE = "In https://console.twilio.com, Phone Numbers, Active numbers, Voice Configuration"


async def number(exam: Exam) -> Finding:
    settings = exam.settings
    if not settings.from_number:
        return warned(
            "Not checked: OFFHOOK_FROM_NUMBER is not given.", "Give the deployment's number to have its webhooks read."
        )
    try:
        found = await twilio_rest.number(settings)
    except Refused as refused:
        return unasked(refused)
    return judge_number(found, settings.from_number, settings.public_url)


def judge_number(hooks: NumberHooks | None, from_number: str, public_url: str) -> Finding:
    name = masked(from_number)
    if hooks is None:
        return failed(
            f"The account has no number {name}.",
            "OFFHOOK_FROM_NUMBER is mistyped, or the number belongs to another account or subaccount.",
            "Set OFFHOOK_FROM_NUMBER to a number of this account, in E.164 form like +15005550006.",
        )
    return _elsewhere(hooks, name, f"{public_url}{VOICE}") or _incomplete(hooks, name, public_url)


def _elsewhere(hooks: NumberHooks, name: str, voice: str) -> Finding | None:
    mend = f'{_CONSOLE}: "A call comes in" = Webhook, {voice}, HTTP POST.'
    if hooks.trunk_sid or hooks.application_sid:
        what = "a SIP trunk" if hooks.trunk_sid else "a TwiML App"
        saw = f"The number {name} is given to {what}, which goes before its webhook."
        return failed(saw, "It was set up for something else.", f"{mend} (This takes it from {what}.)")
    if bare(hooks.voice_url) != voice:
        where = urlsplit(hooks.voice_url).netloc + urlsplit(hooks.voice_url).path if hooks.voice_url else "nothing"
        saw = f"The number {name} points elsewhere: a call asks {where}, not {voice}."
        return failed(saw, "It was never pointed here, or points at an older deployment or Twilio's demo.", mend)
    if hooks.voice_method.upper() != "POST":
        saw = f"The number {name} asks with HTTP {hooks.voice_method.upper()}; the webhooks answer POST only."
        return failed(saw, "The method was chosen by mistake.", mend)
    return None


def _incomplete(hooks: NumberHooks, name: str, public_url: str) -> Finding:
    status = f"{public_url}{STATUS}"
    if bare(hooks.status_url) != status or hooks.status_method.upper() != "POST":
        return warned(
            f"The number {name} does not report how calls end: its status callback is "
            f"{'not set' if not hooks.status_url else 'not ours, or not POST'}.",
            f'{_CONSOLE}: "Call status changes" = {status}, HTTP POST. Otherwise records of inbound calls stay open.',
        )
    if not hooks.fallback_url:
        return warned(
            f"The number {name} has no fallback URL: where the webhook fails, callers hear Twilio's own error.",
            f'{_CONSOLE}: "Primary handler fails" = the deployment\'s lifeline (its output names it), HTTP POST.',
        )
    if not all(urlsplit(url).fragment for url in (hooks.voice_url, hooks.fallback_url, hooks.status_url)):
        return warned(
            f"The number {name} gives its webhooks one try: a single HTTP 500 puts a call through to the fallback.",
            f"Run `offhook twilio set-up`, or in the console end each of its three URLs with {QUICK} (Twilio's "
            "connection overrides).",
        )
    return passed(f"{name} asks {public_url}{VOICE} by POST, again where it fails, reports its end, and has a fallback")


async def geo(exam: Exam) -> Finding:
    """The countries of the numbers to be called: `--to`, the agents' transfer numbers, and the own number's."""
    transfers = [agent.transfer_number for agent in exam.notes.agents.values()]
    countries = countries_of([*exam.settings.destinations, *transfers, exam.settings.from_number])
    if not countries:
        return warned("Not checked: no number to be called is known.", "Give one with --to, like --to +4930123456.")
    try:
        refused = [iso for iso in countries if not await twilio_rest.may_call(exam.settings, iso)]
    except Refused as error:
        return unasked(error)
    return judge_geo(countries, refused)


def countries_of(numbers: Iterable[str]) -> list[str]:
    """ISO codes of E.164 numbers, none twice; by the country code alone where the number is none that is in use."""
    found: dict[str, None] = {}
    for text in filter(None, numbers):
        try:
            number = phonenumbers.parse(text)
        except phonenumbers.NumberParseException:
            continue
        region = phonenumbers.region_code_for_number(number)
        found[region or phonenumbers.region_code_for_country_code(number.country_code or 0)] = None
    return [iso for iso in found if len(iso) == 2 and iso != "ZZ"]


def judge_geo(countries: list[str], refused: list[str]) -> Finding:
    if refused:
        named = ", ".join(refused)
        return failed(
            f"The account may not call {named}: calls there are refused with error 21215 (or 13227).",
            "Twilio switches most countries off until they are asked for, against toll fraud.",
            f"In https://console.twilio.com/us1/develop/voice/settings/geo-permissions switch {named} on.",
        )
    return passed(f"calls to {', '.join(countries)} are permitted")
