"""The webhooks, asked as Twilio asks and as a stranger would.

The voice webhook is asked for a call that does not exist: its CallSid is made up, and it comes from TEST_CALLER, which
is what the record shows, and by what the call counts nowhere (`CallRecord.is_test`). `finish` then tells the deployment
that it is over. Nobody is dialled.
"""

import asyncio
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from twilio.request_validator import RequestValidator

from calls.record import TEST_CALLER
from offhook.doctor.exam import Exam
from offhook.doctor.finding import Finding, failed, passed, warned

VOICE = "/twilio/voice"
STATUS = "/twilio/status"
SLOW_MS = 4_000
WRITTEN_WITHIN_S = 1.0
"""The streamer writes a record some moments after its stream has begun."""
_API = "2010-04-01"


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 0 is no answer at all, and `body` then says why."""

    status: int
    content_type: str = ""
    body: str = ""
    location: str = ""


def form_of(call_sid: str, account_sid: str, number: str, status: str) -> dict[str, str]:
    """https://www.twilio.com/docs/voice/twiml#twilios-request-to-your-application"""
    return {
        "CallSid": call_sid,
        "AccountSid": account_sid,
        "ApiVersion": _API,
        "Direction": "inbound",
        "CallStatus": status,
        "From": TEST_CALLER,
        "Caller": TEST_CALLER,
        "To": number,
        "Called": number,
    }


async def ask(exam: Exam, path: str, form: Mapping[str, str], auth_token: str) -> Answer:
    """POST `form`; signed, unless `auth_token` is empty."""
    url = exam.settings.public_url + path
    headers = {"User-Agent": "TwilioProxy/1.1"}
    if auth_token:
        headers["X-Twilio-Signature"] = str(RequestValidator(auth_token).compute_signature(url, dict(form)))
    try:
        async with exam.client(url) as client:
            answer = await client.post(url, data=dict(form), headers=headers)
    except httpx.HTTPError as error:
        return Answer(0, body=type(error).__name__)
    kind = answer.headers.get("content-type", "").split(";")[0].strip().lower()
    return Answer(answer.status_code, kind, answer.text, answer.headers.get("location", ""))


async def refusal(exam: Exam) -> Finding:
    """News of a call, unsigned: it must be refused before it is believed."""
    settings = exam.settings
    form = form_of(made_up_sid(), settings.account_sid, settings.from_number, "completed")
    return judge_refusal(await ask(exam, STATUS, form, ""), settings.public_url)


def judge_refusal(answer: Answer, public_url: str) -> Finding:
    if answer.status == 403:
        return passed("a webhook without Twilio's signature is refused (403)")
    if 200 <= answer.status < 300:
        return failed(
            f"A webhook without a signature was accepted (HTTP {answer.status}).",
            "Something else than Offhook answers there, or a proxy answers for it: anybody could steer calls.",
            f"Make sure that {public_url}{STATUS} reaches Offhook's own webhooks.",
        )
    return _not_ours(answer, f"{public_url}{STATUS}")


async def signature(exam: Exam) -> Finding:
    """The first webhook of a call, signed with our token; its TwiML is noted."""
    settings, notes = exam.settings, exam.notes
    notes.call_sid = made_up_sid()
    form = form_of(notes.call_sid, settings.account_sid, settings.from_number, "in-progress")
    since_s = time.monotonic()
    answer = await ask(exam, VOICE, form, settings.auth_token)
    finding = judge_signature(answer, settings.public_url, round((time.monotonic() - since_s) * 1000))
    if 200 <= answer.status < 300:
        notes.twiml, notes.served_by = answer.body, answer.content_type
    return finding


def judge_signature(answer: Answer, public_url: str, took_ms: int) -> Finding:
    if 200 <= answer.status < 300 and took_ms > SLOW_MS:
        return warned(
            f"The first webhook was accepted, but took {took_ms} ms.",
            "A caller hears nothing that long; Twilio waits 15 s. Look for cold starts, a slow table, a far region.",
        )
    if 200 <= answer.status < 300:
        return passed("a webhook signed with TWILIO_AUTH_TOKEN is accepted")
    if answer.status == 403:
        return failed(
            "The deployment refuses a webhook signed with this TWILIO_AUTH_TOKEN (403).",
            "Either the deployment holds another auth token than the one given here, or its OFFHOOK_PUBLIC_URL is not "
            f"exactly {public_url}: Twilio signs the URL, and the two must be the same letter for letter.",
            "Compare both. `twilio-account` passes, so the token given here is right: put the account's primary auth "
            "token into the deployment's secret and deploy again. A proxy that rewrites the path has the same effect.",
        )
    return _not_ours(answer, f"{public_url}{VOICE}")


def _not_ours(answer: Answer, url: str) -> Finding:
    match answer.status:
        case 0:
            return failed(
                f"{url} broke the connection off ({answer.body}).",
                "The server behind it is down or overloaded, or a proxy in front has no server to ask.",
                "Look at its log; ask again when `curl -i` on the URL answers.",
            )
        case 404 | 405:
            return failed(
                f"{url} answers {answer.status}: there is no such webhook.",
                "The base leads to something else, or a path (a stage like /prod) is missing from it or doubled.",
                "Set OFFHOOK_PUBLIC_URL to the base under which a POST to /twilio/voice without signature gets 403.",
            )
        case status if 300 <= status < 400:
            return failed(
                f"{url} redirects (HTTP {status}).",
                "http is redirected to https, or one host to another; Twilio signs the first URL, we check the last.",
                "Set OFFHOOK_PUBLIC_URL to where it redirects to.",
            )
        case 401 | 407:
            return failed(
                f"{url} asks for a password ({answer.status}).",
                "A proxy or a staging gate stands in front; Twilio cannot pass it.",
                "Let /twilio/* through without it: Offhook checks Twilio's signature itself.",
            )
        case status:
            return failed(
                f"{url} answers HTTP {status}.",
                "The deployment is there but cannot serve: bad settings, a table it cannot reach, or a failing start.",
                "Its log names the reason: `sam logs` for the functions; on one machine out/state/logs.",
            )


async def status(exam: Exam) -> Finding:
    """The end of the made-up call, so that none stands open in the records."""
    answer = await _ended(exam, exam.notes.call_sid)
    exam.notes.is_call_over = True
    if 200 <= answer.status < 300:
        return passed("the end of the made-up call was taken; its record is completed")
    return _not_ours(answer, f"{exam.settings.public_url}{STATUS}")


async def finish(exam: Exam) -> None:
    """Tell the deployment that the made-up calls are over, as far as `status` has not."""
    if exam.notes.twiml and not exam.notes.is_call_over:
        await status(exam)
    if exam.notes.streamed_sid:
        await asyncio.sleep(WRITTEN_WITHIN_S)
        await _ended(exam, exam.notes.streamed_sid)


async def _ended(exam: Exam, call_sid: str) -> Answer:
    settings = exam.settings
    form = form_of(call_sid, settings.account_sid, settings.from_number, "completed")
    return await ask(exam, STATUS, {**form, "CallDuration": "0"}, settings.auth_token)


def made_up_sid() -> str:
    return f"CA{uuid.uuid4().hex}"
