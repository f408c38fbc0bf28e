"""What a person asks of `offhook demo` and `offhook call`, checked before anything is started."""

from dataclasses import dataclass
from pathlib import Path

import phonenumbers

from calls.errors import ConfigurationInvalid, RequestRefused
from calls.record import Direction, Mode
from offhook.box.caller_script import CallerScript, ScriptInvalid, parse_script

CALLER_NUMBER = "+15551230101"


@dataclass(frozen=True, slots=True)
class CallRequest:
    """One call. `number` (E.164) is the far end: it is dialled (outbound) or rings in (inbound). `agent` is empty and
    `mode` None where the deployment is to choose."""

    direction: Direction
    number: str
    script: Path
    agent: str = ""
    mode: Mode | None = None


def checked_number(text: str) -> str:
    """The number in E.164. RequestRefused says what is wrong and how one looks."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException as error:
        raise RequestRefused(f'"{text}" is not a phone number; write it like {CALLER_NUMBER}.') from error
    if not phonenumbers.is_possible_number(number):
        raise RequestRefused(f'"{text}" has too few or too many digits; write it like {CALLER_NUMBER}.')
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_script(path: Path) -> CallerScript:
    """ConfigurationInvalid for a script that cannot be followed."""
    try:
        return parse_script(path)
    except ScriptInvalid as error:
        raise ConfigurationInvalid(str(error)) from error
