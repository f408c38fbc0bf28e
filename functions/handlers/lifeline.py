"""POST /twilio/lifeline: Twilio's fallback URL, for when a webhook has failed or not answered.

Python's own library and nothing else: no store, no settings that could be wrong, no signature. Whoever asks, by
whatever method, is told the same: an apology and a person where one is configured, or an apology and goodbye.
`/twilio/lifeline/rung` is where `<Dial>` leads: the person has hung up, or nobody took the call.

OFFHOOK_LIFELINE_NUMBER (E.164) is the person, OFFHOOK_PUBLIC_URL where Twilio asks on.
"""

import base64
import binascii
import html
import os
import re
from collections.abc import Mapping
from typing import Any

APOLOGY = "I am sorry, something has gone wrong on our side."
GOODBYE = "Please call again a little later. Goodbye."
CONNECTING = "I am putting you through to a person. One moment, please."
RUNG = "/rung"
RING_S = 25

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def document(number: str, public_url: str) -> str:
    """An apology, and the person or, where `number` is none that can be dialled, a goodbye. Nobody is rung twice: what
    `<Dial>` leads to is the goodbye alone."""
    if not _E164.fullmatch(number):
        return _response(f"<Say>{APOLOGY} {GOODBYE}</Say><Hangup />")
    action = html.escape(f"{public_url}/twilio/lifeline{RUNG}")
    dial = f'<Dial action="{action}" method="POST" timeout="{RING_S}">{number}</Dial>'
    return _response(f"<Say>{APOLOGY} {CONNECTING}</Say>{dial}")


def after_person(connected: bool) -> str:
    """When the person has hung up, or nobody took the call."""
    return _response("<Hangup />" if connected else f"<Say>{GOODBYE}</Say><Hangup />")


def answer(event: Any, environment: Mapping[str, str]) -> dict[str, Any]:
    """The HTTP answer to any event whatever."""
    path = str(event.get("rawPath", "")) if isinstance(event, Mapping) else ""
    body = (
        after_person(_connected(event))
        if path.rstrip("/").endswith(RUNG)
        else document(environment.get("OFFHOOK_LIFELINE_NUMBER", "").strip(), environment.get("OFFHOOK_PUBLIC_URL", ""))
    )
    return {"statusCode": 200, "headers": {"content-type": "text/xml"}, "body": body}


def _connected(event: Mapping[str, Any]) -> bool:
    """Whether the form says that the person was spoken with."""
    body = str(event.get("body") or "")
    try:
        text = base64.b64decode(body).decode("utf-8", "replace") if event.get("isBase64Encoded") else body
    except (binascii.Error, ValueError):
        return False
    return "DialCallStatus=completed" in text or "DialCallStatus=answered" in text


def _response(inside: str) -> str:
    inside = inside.replace("<Say>", '<Say language="en-US">')
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>'


def handler(event: Any, _context: Any) -> dict[str, Any]:
    """The Lambda's entry point."""
    return answer(event, os.environ)
