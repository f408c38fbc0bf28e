"""Twelve misconfigurations, each planted in a deployment that is otherwise healthy: doctor names it, says how to mend
it, and fails nothing else. Real sockets throughout; only time is shortened."""

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from typer.testing import CliRunner, Result

from calls.comparison import Comparison
from calls.rate_card import standard
from calls.record import Status
from offhook.box.calls import Hook
from offhook.box.settings import Number
from offhook.cli import app
from offhook.comparison.reading import Reading, Wanted, read
from offhook.doctor.exam import Exam, trusted
from offhook.doctor.finding import State
from offhook.doctor.settings import DoctorSettings, Vendor
from offhook.doctor.stream_call import stream_call
from offhook.doctor.webhooks import finish
from offhook.places import STATE_FILE
from offhook.stack.environment import shared
from offhook.up_state import UpState, write
from tests.fakes.agents import AGENT
from tests.offhook.doctor.deployment import Deployment, deployed, failing, told
from tests.whole.vendor_agent import keys_for

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Deployment]:
    async with deployed(tmp_path_factory.mktemp("deployment")) as there:
        yield there


@pytest_asyncio.fixture(loop_scope="module")
async def there(whole: Deployment) -> AsyncIterator[Deployment]:
    """Healthy before and after."""
    await whole.mended()
    yield whole
    await whole.mended()


async def found(
    there: Deployment, where: Iterable[str], saw: str, remedy: str, settings: DoctorSettings | None = None
) -> None:
    """The checks `where` fail and no other does; the first says `saw`, and to do `remedy`."""
    outcomes = await there.examined(settings)
    failed = failing(outcomes)
    assert list(failed) == list(where), told(outcomes)
    finding = failed[next(iter(where))].finding
    assert saw in finding.saw
    assert remedy in finding.remedy
    assert finding.cause


async def test_a_healthy_deployment_passes_and_the_made_up_call_is_marked_and_over(there: Deployment) -> None:
    outcomes = await there.examined(replace(there.settings, patience_s=1.5, destinations=("+493012345678",)))
    assert {name for name, one in outcomes.items() if one.state is not State.PASS} == set(), told(outcomes)
    [record, *_] = there.stack.store.recent(1).records
    assert (record.from_number, record.status) == ("offhook-doctor", Status.COMPLETED)
    assert "was greeted" in outcomes["stream-call"].finding.saw
    assert read(there.stack.store, Comparison(), Wanted(), standard(), record.created_at_ms) == Reading(0, is_cut=False)


async def test_a_stream_on_a_token_of_the_doctors_own_leaves_a_marked_call_that_is_over(there: Deployment) -> None:
    exam = Exam(there.settings, trusted(there.settings.ca_file), time.time, date.today)
    exam.notes.agents = {AGENT.name: AGENT}
    finding = await stream_call(exam)
    assert finding.state is State.PASS, finding.saw
    await finish(exam)
    record = there.stack.store.by_sid(exam.notes.streamed_sid)
    assert record is not None
    assert (record.is_test, record.status) == (True, Status.COMPLETED)


@pytest.mark.parametrize("query", ["?", "?token=secret"])
async def test_a_query_string_in_the_stream_url(there: Deployment, query: str) -> None:
    url = there.settings.stream_url
    settings = replace(there.settings, stream_url=url + query)
    await found(there, ["stream-url"], "has a query string", f"Set OFFHOOK_STREAM_URL to {url}.", settings)


@pytest.mark.parametrize(
    ("change", "check", "saw"),
    [
        (lambda s: replace(s, public_url=s.public_url.replace("https", "http")), "public-url", "http:// instead of"),
        (lambda s: replace(s, stream_url=s.stream_url.replace("wss", "ws")), "stream-url", "ws:// instead of wss://"),
    ],
)
async def test_http_instead_of_https(
    there: Deployment, change: Callable[[DoctorSettings], DoctorSettings], check: str, saw: str
) -> None:
    await found(there, [check], saw, "Put TLS in front", change(there.settings))


async def test_a_proxy_that_drops_the_upgrade_header(there: Deployment) -> None:
    there.stream_front.drops_upgrade = True
    await found(there, ["stream-upgrade"], "instead of 101 (31920)", "proxy_set_header Upgrade")


async def test_an_idle_time_out_on_the_way(there: Deployment) -> None:
    there.stream_front.idle_s = 0.6
    settings = replace(there.settings, patience_s=2.0)
    await found(there, ["stream-idle"], "An idle stream was cut after 1 s", "idle_timeout.timeout_seconds", settings)


async def test_an_auth_token_that_twilio_refuses(there: Deployment) -> None:
    settings = replace(there.settings, auth_token="f" * 32)
    await found(there, ["twilio-account"], "(401, error 20003)", "Copy the primary auth token", settings)


async def test_an_auth_token_that_only_the_deployment_has_wrong(there: Deployment) -> None:
    there.box.auth_token = "e" * 32
    settings = replace(there.settings, auth_token="e" * 32)
    where = ["stream-token", "webhook-signature"]
    await found(there, where, "The streamer refuses a stream signed", "primary auth token", settings)
    outcomes = await there.examined(settings)
    assert "refuses a webhook signed with this TWILIO_AUTH_TOKEN (403)" in outcomes["webhook-signature"].finding.saw
    assert "into the deployment's secret" in outcomes["webhook-signature"].finding.remedy


async def test_a_number_that_points_elsewhere(there: Deployment) -> None:
    there.box.numbers[there.stack.from_number] = Number(Hook("https://demo.twilio.com/welcome/voice/"))
    ours = f"{there.settings.public_url}/twilio/voice, HTTP POST"
    await found(there, ["twilio-number"], "points elsewhere: a call asks demo.twilio.com", ours)


async def test_a_retired_model(there: Deployment, tmp_path: Path) -> None:
    text = (there.settings.agents / "default.toml").read_text("utf-8")
    (tmp_path / "default.toml").write_text(text.replace("openai/gpt-6-luna", "openai/gpt-4"), "utf-8")
    settings = replace(there.settings, agents=tmp_path)
    await found(there, ["models"], "openai/gpt-4 was shut down on 2026-10-23", "Name another", settings)


@pytest.mark.parametrize(
    ("vendor", "name"),
    [("openai", "OPENAI_API_KEY"), ("deepgram", "DEEPGRAM_API_KEY"), ("elevenlabs", "ELEVENLABS_API_KEY")],
)
async def test_a_bad_key(there: Deployment, vendor: str, name: str) -> None:
    wrong = Vendor("sk-this-is-not-the-key", there.settings.vendors[vendor].base_url)
    settings = replace(there.settings, vendors={**there.settings.vendors, vendor: wrong})
    await found(there, [vendor], f"does not accept {name}", "Make a key at https://", settings)


@pytest.mark.parametrize("off_s", [300, -300])
async def test_a_skewed_clock(there: Deployment, off_s: int) -> None:
    outcomes = await there.examined(now_s=lambda: time.time() + off_s)
    assert list(failing(outcomes)) == ["clock"], told(outcomes)
    finding = outcomes["clock"].finding
    # A Date header tells whole seconds, and a server may write the one of a second ago.
    assert re.search(f"clock is (299|300|301) s {'ahead' if off_s > 0 else 'behind'}", finding.saw)
    assert "Switch time synchronisation on" in finding.remedy


async def test_no_permission_to_call_a_country(there: Deployment) -> None:
    there.box.blocked_countries.add("DE")
    settings = replace(there.settings, destinations=("+493012345678",))
    await found(there, ["twilio-geo"], "may not call DE", "geo-permissions switch DE on", settings)


async def test_a_closed_port(there: Deployment) -> None:
    await there.stream_front.close()
    await found(there, ["stream-reach"], f"Port {there.stream_front.port} of 127.0.0.1 is closed", "Start the streamer")
    await there.web_front.close()
    outcomes = await there.examined()
    assert set(failing(outcomes)) == {"public-reach", "stream-reach"}, told(outcomes)


@pytest.mark.parametrize(
    ("shown", "saw"),
    [
        ("self-signed", "is self-signed"),
        ("expired", "outside its time of validity"),
        ("other-name", "is for another name"),
        (None, "does not speak TLS"),
    ],
)
async def test_a_certificate_that_twilio_refuses(there: Deployment, shown: str | None, saw: str) -> None:
    await there.web_front.listen(shown)
    await there.stream_front.listen(shown)
    outcomes = await there.examined()
    failed = failing(outcomes)
    assert set(failed) == {"public-reach", "stream-reach"}, told(outcomes)
    assert all(saw in one.finding.saw and one.finding.remedy for one in failed.values())


async def test_the_command_passes_what_runs_on_this_machine(there: Deployment, tmp_path: Path) -> None:
    state = UpState(os.getpid(), "", "", "", "", shared(there.stack.settings) | _addresses(there))
    write(tmp_path / STATE_FILE, state)
    shown = await asyncio.to_thread(command, there, "--out", str(tmp_path), "--to", "+493012345678")
    assert shown.exit_code == 0, shown.output
    assert "on this machine" in shown.output
    assert "│ fail │" not in shown.output


async def test_the_command_fails_with_json_for_a_program(there: Deployment, tmp_path: Path) -> None:
    there.box.blocked_countries.add("US")
    environment = {**shared(there.stack.settings), **_addresses(there)}
    shown = await asyncio.to_thread(command, there, "--json", "--only", "twilio-geo", **environment)
    assert shown.exit_code == 1, shown.output
    told_json = json.loads(shown.stdout)
    assert told_json["status"] == 1
    assert [one["state"] for one in told_json["checks"]] == ["pass", "pass", "pass", "fail"]


def command(there: Deployment, *arguments: str, **environment: str) -> Result:
    """`offhook doctor`, with the vendors' keys and the tests' authority in its environment."""
    more = {**keys_for(there.vendors), "SSL_CERT_FILE": there.settings.ca_file, "COLUMNS": "160"}
    cleared = dict.fromkeys(("OFFHOOK_PUBLIC_URL", "OFFHOOK_STREAM_URL"), "")
    return CliRunner().invoke(app, ["doctor", *arguments], env={**cleared, **more, **environment})


def _addresses(there: Deployment) -> dict[str, str]:
    """The addresses as the deployment has them: through TLS, as its signatures are made for."""
    return {"OFFHOOK_PUBLIC_URL": there.settings.public_url, "OFFHOOK_STREAM_URL": there.settings.stream_url}
