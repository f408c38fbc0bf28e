"""OpenAI's key: the list of models (which costs nothing), then one reply of a few tokens, as only a reply tells that a
quota is used up (429 insufficient_quota)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import httpx

from calls import openai_failures
from calls.openai_models import OPENAI, names_openai, reply_models, versioned
from offhook.doctor.exam import Exam
from offhook.doctor.finding import Finding, failed, passed, warned
from offhook.doctor.providers import uses
from offhook.doctor.settings import Vendor

_TOKENS = 16


async def openai(exam: Exam) -> Finding:
    wanting = [agent for agent in exam.notes.agents.values() if uses(agent, OPENAI)]
    if not wanting:
        return passed("no agent uses OpenAI")
    vendor = exam.settings.vendors.get(OPENAI, Vendor())
    if not vendor.key:
        return no_key("OpenAI", "OPENAI_API_KEY", wanting[0].name)
    listed = await _asked(exam, vendor, "GET", "/models", None)
    if listed is None or listed.status_code != httpx.codes.OK:
        return judge(listed, "its list of models")
    replying = next((agent for agent in wanting if names_openai(agent)), None)
    if replying is None:
        return passed("the key is accepted")
    model = reply_models(replying)[0]
    body = {"model": model, "messages": [{"role": "user", "content": "Hello."}], "max_completion_tokens": _TOKENS}
    return judge(await _asked(exam, vendor, "POST", "/chat/completions", body), model)


def no_key(name: str, setting: str, agent: str) -> Finding:
    return warned(
        f"Not checked: agent {agent} uses {name}, and {setting} is not given here.",
        f"Give {setting} as the deployment has it, and ask again.",
    )


def judge(answer: httpx.Response | None, what: str) -> Finding:
    """`answer` to a request for `what`; None where none came."""
    if answer is None:
        return failed(
            "OpenAI cannot be reached.",
            "No network from here, a proxy, or OPENAI_BASE_URL leads elsewhere.",
            "Try `curl -I https://api.openai.com`; look at https://status.openai.com.",
        )
    if answer.status_code == httpx.codes.OK:
        return passed("the key is accepted, and a reply was given")
    return _refused(answer, what)


def _refused(answer: httpx.Response, what: str) -> Finding:
    failure = openai_failures.of_status(answer.status_code, _error(answer), answer.headers.get("retry-after"), what)
    said, code = failure.failure.sentence, failure.failure.code
    if code == "openai-unauthorised":
        return failed(
            "OpenAI does not accept OPENAI_API_KEY (401).",
            "The key was mistyped, revoked, or belongs to another vendor or base URL.",
            "Make a key at https://platform.openai.com/api-keys, put it into the deployment's secret, and deploy.",
        )
    if code == "openai-quota":
        return failed(said, "The project's budget or prepaid credit is used up.", "Add credit, or raise the limit.")
    if code in ("openai-rate-limited", "openai-error"):
        return warned(said, "Ask again in a minute. If it stays so, raise the project's limits.")
    if code == "openai-model-unknown":
        return warned(f"The key is accepted, but OpenAI has no model {what} for it.", "See `models` in this table.")
    if what == "its list of models" and answer.status_code == httpx.codes.FORBIDDEN:
        return warned("The key may not list models (a restricted key).", "Nothing to do if calls are answered.")
    return failed(said, "Key, project or model do not fit together.", "Do as the sentence says.")


async def listed_models(exam: Exam, vendor: Vendor) -> Mapping[str, date | None] | None:
    """OpenAI's models by name, with the day of their shutdown where it tells one; None where it does not answer."""
    answer = await _asked(exam, vendor, "GET", "/models", None)
    if answer is None or answer.status_code != httpx.codes.OK:
        return None
    try:
        return {str(one["id"]): _day(one.get("shutdown_date")) for one in answer.json()["data"]}
    except (ValueError, KeyError, TypeError):
        return None


def _day(value: object) -> date | None:
    """An ISO date or moment, or epoch seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC).date()
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


async def _asked(
    exam: Exam, vendor: Vendor, method: str, path: str, body: Mapping[str, object] | None
) -> httpx.Response | None:
    url = versioned(vendor.base_url) + path
    try:
        async with exam.client(url) as client:
            return await client.request(method, url, json=body, headers={"Authorization": f"Bearer {vendor.key}"})
    except httpx.HTTPError:
        return None


def _error(answer: httpx.Response) -> dict[str, Any]:
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return error if isinstance(error, dict) else {}
