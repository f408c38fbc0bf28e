"""What must never be printed: tokens, keys and whole phone numbers. Pure."""

import re
from collections.abc import Iterable
from dataclasses import replace

from offhook.doctor.finding import Finding

_SHORTEST_SECRET_CHARS = 6
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}(?![0-9])")


def masked(number: str) -> str:
    """ "+14155550100" -> "+1415…00": enough to know one's own number by."""
    return f"{number[:5]}…{number[-2:]}" if len(number) > 8 else "…"


def clean(text: str, secrets: Iterable[str]) -> str:
    """`text` without any of `secrets`, and with every phone number in it masked."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET_CHARS:
            text = text.replace(secret, "[…]")
    return _NUMBER.sub(lambda found: masked(found[0]), text)


def clean_finding(finding: Finding, secrets: Iterable[str]) -> Finding:
    """The last gate before anything is shown: whatever a server put into its answer, none of our secrets leaves."""
    kept = tuple(secrets)
    return replace(
        finding, saw=clean(finding.saw, kept), cause=clean(finding.cause, kept), remedy=clean(finding.remedy, kept)
    )
