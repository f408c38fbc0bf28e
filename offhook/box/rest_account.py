"""What an account tells of itself over REST: its status, its numbers, the countries it may call.

    GET  /2010-04-01/Accounts/{AccountSid}.json                        twilio.com/docs/iam/api/account
    GET  /2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers.json   twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
    GET  /v1/DialingPermissions/Countries, .../{IsoCode}               twilio.com/docs/voice/api/dialingpermissions-country-resource

    GET POST .../IncomingPhoneNumbers/{Sid}.json                       the same page

Shapes and names are Twilio's. Pure, but for the numbers it is given.
"""  # noqa: E501 - the addresses of the pages

import hashlib
from collections.abc import Iterable, Mapping

import phonenumbers

from offhook.box.calls import API_VERSION
from offhook.box.settings import Number

CREATED = "Sat, 01 Aug 2026 00:00:00 +0000"
"""When everything in the account was made."""


def account(account_sid: str) -> dict[str, object]:
    """The Account resource, without its auth token."""
    uri = f"/{API_VERSION}/Accounts/{account_sid}"
    return {
        "auth_token": None,
        "date_created": CREATED,
        "date_updated": CREATED,
        "friendly_name": "The account of the box",
        "owner_account_sid": account_sid,
        "sid": account_sid,
        "status": "active",
        "subresource_uris": {
            "calls": f"{uri}/Calls.json",
            "incoming_phone_numbers": f"{uri}/IncomingPhoneNumbers.json",
        },
        "type": "Full",
        "uri": f"{uri}.json",
    }


def numbers(account_sid: str, configured: Mapping[str, Number], wanted: str) -> list[dict[str, object]]:
    """IncomingPhoneNumber resources; `wanted` is the PhoneNumber filter, empty for all."""
    return [
        number(account_sid, name, configuration) for name, configuration in configured.items() if wanted in ("", name)
    ]


def sid_of(number: str) -> str:
    """An E.164 number's PN sid, the same each time."""
    return "PN" + hashlib.md5(number.encode(), usedforsecurity=False).hexdigest()


def number(account_sid: str, number: str, hooks: Number) -> dict[str, object]:
    """One IncomingPhoneNumber resource."""
    sid = sid_of(number)
    voice, fallback, status = hooks.voice, hooks.fallback, hooks.status_callback
    return {
        "sid": sid,
        "account_sid": account_sid,
        "friendly_name": number,
        "phone_number": number,
        "api_version": API_VERSION,
        "origin": "twilio",
        "status": "in-use",
        "type": "local",
        "beta": False,
        "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
        "date_created": CREATED,
        "date_updated": CREATED,
        "voice_url": voice.url if voice else "",
        "voice_method": voice.method if voice else "POST",
        "voice_fallback_url": fallback.url if fallback else "",
        "voice_fallback_method": fallback.method if fallback else "POST",
        "voice_caller_id_lookup": False,
        "voice_receive_mode": "voice",
        "voice_application_sid": hooks.application_sid,
        "trunk_sid": hooks.trunk_sid or None,
        "status_callback": status.url if status else "",
        "status_callback_method": status.method if status else "POST",
        "sms_url": "",
        "sms_method": "POST",
        "sms_fallback_url": "",
        "sms_fallback_method": "POST",
        "sms_application_sid": "",
        "address_requirements": "none",
        "address_sid": None,
        "bundle_sid": None,
        "identity_sid": None,
        "emergency_status": "Inactive",
        "emergency_address_sid": None,
        "emergency_address_status": "unregistered",
        "uri": f"/{API_VERSION}/Accounts/{account_sid}/IncomingPhoneNumbers/{sid}.json",
    }


def country_of(number: str) -> str:
    """The ISO code of an E.164 number's country, or empty."""
    try:
        return str(phonenumbers.region_code_for_number(phonenumbers.parse(number)) or "")
    except phonenumbers.NumberParseException:
        return ""


def is_country(iso: str) -> bool:
    return iso in phonenumbers.SUPPORTED_REGIONS


def countries(blocked: Iterable[str], base_url: str) -> list[dict[str, object]]:
    """DialingPermissions Country resources of all countries; `blocked` are the ISO codes that may not be called."""
    return [country(iso, blocked, base_url) for iso in sorted(phonenumbers.SUPPORTED_REGIONS)]


def country(iso: str, blocked: Iterable[str], base_url: str) -> dict[str, object]:
    """One of them. A country that may be called may be called on its ordinary numbers only, as an account begins."""
    url = f"{base_url}v1/DialingPermissions/Countries/{iso}"
    return {
        "iso_code": iso,
        "name": iso,
        "continent": None,
        "country_codes": [f"+{phonenumbers.country_code_for_region(iso)}"],
        "low_risk_numbers_enabled": iso not in blocked,
        "high_risk_special_numbers_enabled": False,
        "high_risk_tollfraud_numbers_enabled": False,
        "url": url,
        "links": {"highrisk_special_prefixes": f"{url}/HighRiskSpecialPrefixes"},
    }
