"""The settings that are no addresses, and the agents' files."""

import asyncio
import re

from calls.agent_files import load
from calls.errors import ConfigurationInvalid
from calls.settings_fields import SHORTEST_SECRET_CHARS
from offhook.doctor.exam import Exam
from offhook.doctor.finding import Finding, failed, passed
from offhook.doctor.settings import DoctorSettings

_SID = re.compile(r"AC[0-9a-fA-F]{32}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


async def settings(exam: Exam) -> Finding:
    return judge(exam.settings)


def judge(given: DoctorSettings) -> Finding:
    """Account, token, number and secret as they are written."""
    wrong = []
    if not _SID.fullmatch(given.account_sid):
        wrong.append(
            "TWILIO_ACCOUNT_SID must be AC and 32 hexadecimal digits"
            + (" (SK… is an API key)" if given.account_sid else "")
        )
    if not given.auth_token:
        wrong.append("TWILIO_AUTH_TOKEN is missing")
    elif len(given.auth_token) < SHORTEST_SECRET_CHARS:
        wrong.append("TWILIO_AUTH_TOKEN is too short to be one")
    if given.from_number and not _E164.fullmatch(given.from_number):
        wrong.append("OFFHOOK_FROM_NUMBER must be in E.164 form, like +15005550006")
    if given.stream_secret and len(given.stream_secret) < SHORTEST_SECRET_CHARS:
        wrong.append(f"OFFHOOK_STREAM_SECRET must have {SHORTEST_SECRET_CHARS} characters or more")
    if wrong:
        return failed(
            "; ".join(wrong) + ".",
            "A setting was left out, or put into another one's place.",
            "Set them in this environment as the deployment has them (`offhook doctor --help` lists all).",
        )
    return passed("account, token, number and secret are well formed")


async def agents(exam: Exam) -> Finding:
    folder, inbound = exam.settings.agents, exam.settings.inbound_agent
    try:
        found = await asyncio.to_thread(load, folder)
    except ConfigurationInvalid as error:
        return failed(
            error.failure.sentence + ".",
            "An agent's file has a mistake, or OFFHOOK_AGENTS names another folder.",
            "`offhook agents check` names file and field; give the deployment's folder with OFFHOOK_AGENTS.",
        )
    exam.notes.agents = found
    if inbound not in found:
        return failed(
            f"There is no agent {inbound!r}, which is to answer inbound calls.",
            "OFFHOOK_INBOUND_AGENT is mistyped, or the file is missing.",
            f"Name one of: {', '.join(found)}.",
        )
    return passed(f"{len(found)} agent{'s' if len(found) > 1 else ''}: {', '.join(found)}")
