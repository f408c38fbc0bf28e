"""`offhook twilio set-up` against the Twilio box."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from typer.testing import CliRunner, Result

from calls.webhook_retries import QUICK
from offhook.box.box import Box
from offhook.box.calls import Hook
from offhook.box.settings import BoxSettings, Number
from offhook.cli import app
from tests.box.application import ACCOUNT, TOKEN
from tests.box.speech import FakeEars, FakeMouth

OURS = "+15005550006"
DEMO = Number(Hook("https://demo.twilio.com/welcome", "GET"), application_sid="AP" + "a" * 32)
POINT = ["--public-url", "https://a.example", "--number", OURS]


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    async with Box(BoxSettings(ACCOUNT, TOKEN, {OURS: DEMO}), FakeEars(), FakeMouth()) as running:
        yield running


async def asked(box: Box, *arguments: str, token: str = TOKEN) -> Result:
    env = {
        "TWILIO_BASE_URL": box.base_url,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": token,
        "OFFHOOK_PUBLIC_URL": "",
        "OFFHOOK_FROM_NUMBER": "",
        "COLUMNS": "160",
    }
    return await asyncio.to_thread(CliRunner().invoke, app, ["twilio", "set-up", *arguments], env=env)


async def test_a_dry_run_shows_the_difference_and_writes_nothing(box: Box) -> None:
    shown = await asked(box, *POINT, "--dry-run")
    assert shown.exit_code == 1
    assert "The number +1500…06" in shown.output
    assert OURS not in shown.output
    rows = [line.split() for line in shown.output.splitlines()]
    assert ["TwiML", "App", DEMO.application_sid, "nothing"] in rows
    now, then = "https://demo.twilio.com/welcome", f"https://a.example/twilio/voice{QUICK}"
    assert [now, "POST", then] in [row[5:] for row in rows]
    assert box.numbers[OURS] == DEMO


async def test_the_number_is_pointed_once(box: Box) -> None:
    assert (await asked(box, *POINT, "--yes")).exit_code == 0
    assert box.numbers[OURS] == Number(
        Hook(f"https://a.example/twilio/voice{QUICK}"),
        Hook(f"https://a.example/twilio/lifeline{QUICK}"),
        Hook(f"https://a.example/twilio/status{QUICK}"),
    )
    again = await asked(box, *POINT, "--dry-run")
    assert again.exit_code == 0
    assert "nothing to change" in again.output


@pytest.mark.parametrize(
    ("arguments", "token", "sentence"),
    [
        (["--yes"], TOKEN, "there is nothing to point at"),
        (POINT, TOKEN, "nobody is here to say yes"),
        ([*POINT, "--yes"], "wrong", "Twilio refuses TWILIO_AUTH_TOKEN"),
        ([*POINT[:-1], "+15005550007", "--yes"], TOKEN, "the account has no number +1500…07"),
        ([*POINT[:-1], "12", "--yes"], TOKEN, "write it like"),
        ([*POINT[:2], "--yes"], TOKEN, "--number is missing"),
        (["--public-url", "a.example", *POINT[2:], "--yes"], TOKEN, "Twilio cannot call"),
    ],
)
async def test_what_cannot_be_done_is_said(box: Box, arguments: list[str], token: str, sentence: str) -> None:
    refused = await asked(box, *arguments, token=token)
    assert refused.exit_code != 0
    assert sentence in str(refused.exception)
    assert box.numbers[OURS] == DEMO
