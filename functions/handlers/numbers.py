"""Phone numbers as people write them, made E.164 by libphonenumber."""

import phonenumbers

from calls.errors import RequestRefused


def e164(text: str, field: str) -> str:
    """The number in E.164 ("+14155550100"). RequestRefused (code "number-invalid") names `field`, never the number.

    A number has to be possible in its country's plan, not known to be assigned: plans change, and Twilio judges that.
    """
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException as error:
        raise _refused(field) from error
    if number.extension or not phonenumbers.is_possible_number(number):
        raise _refused(field)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _refused(field: str) -> RequestRefused:
    return RequestRefused(
        f'"{field}" is not a phone number that can be dialled; write it with + and country code, without an extension.',
        code="number-invalid",
    )
