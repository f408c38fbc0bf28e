import base64
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from handlers.lifeline import APOLOGY, CONNECTING, GOODBYE, answer
from offhook.box import twiml
from offhook.box.verbs import Dial, Hangup, Say

PERSON = {"OFFHOOK_LIFELINE_NUMBER": "+14155550177", "OFFHOOK_PUBLIC_URL": "https://calls.example.com/a&b"}
RUNG = "/twilio/lifeline/rung"


def verbs(event: Any, environment: dict[str, str]) -> list[Any]:
    """What the strict box makes of the answer."""
    said = answer(event, environment)
    assert (said["statusCode"], said["headers"]) == (200, {"content-type": "text/xml"})
    read = twiml.parse(said["body"])
    assert read.issues == ()
    return list(read.verbs)


def test_an_apology_and_goodbye() -> None:
    say, hangup = verbs({"rawPath": "/twilio/lifeline"}, {})
    assert isinstance(say, Say)
    assert say.text == f"{APOLOGY} {GOODBYE}"
    assert isinstance(hangup, Hangup)


def test_an_apology_and_a_person() -> None:
    say, dial = verbs({"rawPath": "/twilio/lifeline"}, PERSON)
    assert (isinstance(say, Say), isinstance(dial, Dial)) == (True, True)
    assert say.text == f"{APOLOGY} {CONNECTING}"
    assert (dial.number, dial.action) == ("+14155550177", "https://calls.example.com/a&b/twilio/lifeline/rung")


@pytest.mark.parametrize("number", ["", "  ", "14155550177", "+14155", "+1<Dial>", "person", "+0123456789"])
def test_a_number_that_cannot_be_dialled_is_nobodys(number: str) -> None:
    assert "<Dial" not in answer({}, {**PERSON, "OFFHOOK_LIFELINE_NUMBER": number})["body"]


@pytest.mark.parametrize(
    ("form", "connected"),
    [
        ("DialCallStatus=completed&CallSid=CA1", True),
        ("CallSid=CA1&DialCallStatus=answered", True),
        ("DialCallStatus=no-answer", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("encoded", [True, False])
def test_after_the_person_nobody_is_rung_again(form: str, connected: bool, encoded: bool) -> None:
    body = base64.b64encode(form.encode()).decode() if encoded else form
    found = verbs({"rawPath": RUNG, "body": body, "isBase64Encoded": encoded}, PERSON)
    assert [type(verb) for verb in found] == ([Hangup] if connected else [Say, Hangup])


@pytest.mark.parametrize(
    "event",
    [
        None,
        {},
        [],
        "x",
        {"rawPath": None},
        {"rawPath": RUNG, "body": None},
        {"rawPath": RUNG, "body": "x", "isBase64Encoded": True},
        {"rawPath": RUNG, "body": "ü", "isBase64Encoded": True},
        {"rawPath": RUNG, "body": 7, "isBase64Encoded": 7},
        {"rawPath": "/elsewhere", "body": "a" * 100_000},
    ],
)
def test_anything_is_answered(event: Any) -> None:
    document = ElementTree.fromstring(answer(event, PERSON)["body"])
    assert document.tag == "Response"
    assert len(document)


def test_nothing_but_pythons_own_library_is_loaded() -> None:
    # Without site-packages, so that nothing else could be.
    script = "import sys; sys.path.insert(0, 'functions'); import handlers.lifeline; print(*sys.modules, sep='\\n')"
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert loaded - set(sys.stdlib_module_names) - {"__main__"} == {"handlers"}
    assert "calls" not in loaded
