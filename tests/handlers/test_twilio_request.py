import base64
from urllib.parse import urlencode

import pytest
from twilio.request_validator import HMAC_SHA256, RequestValidator

from handlers.http import of_event
from handlers.twilio_request import LARGEST_BODY_BYTES, TwilioRequest, WebhookRefused, read
from tests.handlers.desk import AUTH_TOKEN, PUBLIC_URL, SID, event, signature

PATH = "/twilio/turn/3"
FORM = {"CallSid": SID, "SpeechResult": "", "From": "+14155550123", "City": "Zürich & more"}


def read_event(made: dict[str, object]) -> TwilioRequest:
    return read(of_event(made), PUBLIC_URL, AUTH_TOKEN)


def refusal(made: dict[str, object]) -> tuple[int, str]:
    with pytest.raises(WebhookRefused) as caught:
        read_event(made)
    return caught.value.status, caught.value.failure.code


def test_a_signed_form_is_read_with_its_blanks() -> None:
    request = read_event(event(PATH, FORM))
    assert request.form == FORM
    assert request.call_sid == SID
    assert request.field("SpeechResult") == ""
    assert request.field("Absent") == ""


def test_a_body_that_is_not_base64_is_read_as_well() -> None:
    assert read_event(event(PATH, FORM, is_base64=False)).form == FORM


def test_a_repeated_field_counts_in_the_signature_and_reads_as_its_first_value() -> None:
    body = f"CallSid={SID}&A=1&A=2"
    signed = str(RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC_URL + PATH, {"CallSid": SID, "A": "1A2"}))
    assert read_event(event(PATH, {}, signed=signed, body=body)).form["A"] == "1"


def test_a_signature_by_sha256_where_the_header_says_so() -> None:
    signed = str(RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC_URL + PATH, FORM, HMAC_SHA256))
    settings = {"X-Twilio-Webhooks-Signature-Settings": "key=k,algorithm=HMAC_SHA256"}
    assert read_event(event(PATH, FORM, signed=signed, headers=settings)).form == FORM
    assert refusal(event(PATH, FORM, signed=signed)) == (403, "signature-forged")
    assert refusal(event(PATH, FORM, headers={**settings, **dict.fromkeys(settings, "algorithm=MD5")})) == (
        403,
        "signature-forged",
    )


@pytest.mark.parametrize(
    ("signed", "code"),
    [
        ("", "signature-missing"),
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "signature-forged"),
        ("ü", "signature-forged"),
        (signature(PATH, FORM, token="another-account's-token"), "signature-forged"),
        (signature("/twilio/turn/4", FORM), "signature-forged"),
        (signature(PATH, FORM, base="https://attacker.example.com"), "signature-forged"),
        (signature(PATH, FORM, base="http://calls.example.com"), "signature-forged"),
        (signature(PATH, {**FORM, "SpeechResult": "yes"}), "signature-forged"),
        (signature(PATH, {k: v for k, v in FORM.items() if v}), "signature-forged"),
        (signature(PATH, FORM) + "," + signature(PATH, FORM), "signature-forged"),
    ],
)
def test_what_twilio_did_not_sign_is_refused(signed: str, code: str) -> None:
    assert refusal(event(PATH, FORM, signed=signed)) == (403, code)


def test_a_query_that_was_not_signed_is_no_part_of_the_url() -> None:
    made = event(PATH, FORM)
    made["rawQueryString"] = "CallSid=other"
    made["queryStringParameters"] = {"CallSid": "other"}
    assert read_event(made).form == FORM


@pytest.mark.parametrize(
    ("body", "is_base64", "expected"),
    [
        ("x" * (2 * LARGEST_BODY_BYTES), False, (413, "body-too-large")),
        ("A=" + "x" * LARGEST_BODY_BYTES, False, (413, "body-too-large")),
        ("", True, (403, "signature-forged")),
        ("&".join(f"f{n}=" for n in range(501)), False, (400, "form-unreadable")),
    ],
)
def test_empty_and_huge_bodies(body: str, is_base64: bool, expected: tuple[int, str]) -> None:
    assert refusal(event(PATH, FORM, body=body, is_base64=is_base64)) == expected


@pytest.mark.parametrize("raw", ["not base64!", base64.b64encode(b"\xff\xfe").decode()])
def test_a_body_that_is_not_text(raw: str) -> None:
    made = event(PATH, FORM)
    made["body"] = raw
    assert refusal(made) == (400, "body-unreadable")


@pytest.mark.parametrize("form", [{}, {"CallSid": ""}, {"CallSid": "CA1"}, {"CallSid": SID + "0"}, {"CallSid": "../x"}])
def test_a_signed_form_without_a_call_sid(form: dict[str, str]) -> None:
    assert refusal(event(PATH, form)) == (400, "sid-missing")


def test_no_body_at_all() -> None:
    made = event(PATH, {})
    del made["body"]
    assert refusal(made) == (400, "sid-missing")


def test_what_is_not_signed_is_not_in_the_request() -> None:
    assert read_event(event(PATH, FORM, headers={"I-Twilio-Idempotency-Token": "t1"})) == read_event(event(PATH, FORM))


def test_the_form_helper_of_these_tests_says_what_twilio_says() -> None:
    # Twilio's documented example: the sorted fields follow the URL without separators.
    assert "CallSid" in urlencode(FORM)
    assert signature(PATH, {"b": "2", "a": "1"}) == signature(PATH, {"a": "1", "b": "2"})
