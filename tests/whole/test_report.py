"""A dozen calls through the box, faults planted in some: the report over them shows these and no others."""

import asyncio
import json
import re
import uuid
from pathlib import Path

import httpx
from typer.testing import CliRunner

from calls.comparison import Comparison
from calls.errors import Blame
from calls.rate_card import standard
from offhook.box.caller_script import CallerScript
from offhook.cli import app
from offhook.comparison.reading import Wanted, read
from offhook.stack.environment import LOCAL_KEY, REGION
from tests.fakes.box_parts import DeafEars, ToneMouth
from tests.fakes.light import TURNS_BEFORE_GOODBYE
from tests.whole.scene import AGENTS, Ended, Scene, UnderWay, scene, script

PLANTED = {"poor": 3, "lost": 2, "broken": 2}
BLAMED = {
    "poor": ("openai-quota", Blame.CONFIGURATION),
    "lost": ("openai-cut-off", Blame.PROVIDER),
    "broken": ("engine-broke", Blame.OFFHOOK),
}
WELL, LEAVING = 4, 1


def agents_in(folder: Path) -> Path:
    folder.mkdir()
    text = re.sub(r"(?m)^greeting = .*$", 'greeting = "Hello."', (AGENTS / "default.toml").read_text(encoding="utf-8"))
    for name in ("default", *PLANTED):
        (folder / f"{name}.toml").write_text(text.replace('name = "default"', f'name = "{name}"'), encoding="utf-8")
    return folder


class Callers:
    """Who picks up at each number."""

    def __init__(self, here: Scene) -> None:
        self._here = here
        self._scripts: dict[str, CallerScript] = {}
        here.box.script_for = self._scripts.get

    async def call(self, agent: str, does: CallerScript) -> Ended:
        number = f"+1415555{len(self._scripts) + 1200:04d}"
        self._scripts[number] = does
        stack = self._here.stack
        headers = {"Authorization": f"Bearer {stack.api_key}", "Idempotency-Key": str(uuid.uuid4())}
        async with httpx.AsyncClient(base_url=stack.public_url, trust_env=False, timeout=20) as http:
            answer = await http.post("/calls", json={"to": number, "agent": agent}, headers=headers)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return await UnderWay(self._here, self._here.box.calls[answer.json()["twilioSid"]]).ended()


async def make_calls(here: Scene, folder: Path) -> list[Ended]:
    whole = script(folder, *['say = "REC/hello.wav"'] * (TURNS_BEFORE_GOODBYE + 1))
    cuts_in = 'when = "agent-speaking"\nafter_ms = 800\nsay = "REC/hello.wav"'
    leaves = script(folder, 'say = "REC/hello.wav"', cuts_in, "hang_up = true")
    gives_up = script(folder, 'say = "REC/hello.wav"', 'when = "now"\nwait_ms = 6000', "hang_up = true")
    callers = Callers(here)
    wanted = [("default", whole)] * WELL + [("default", leaves)] * LEAVING
    wanted += [(name, gives_up) for name, count in PLANTED.items() for _ in range(count)]
    return await asyncio.gather(*(callers.call(agent, does) for agent, does in wanted))


async def test_a_report_over_calls_with_planted_faults_shows_exactly_those(tmp_path: Path) -> None:
    agents = agents_in(tmp_path / "agents")
    module = "tests.fakes.faulty_light_streamer"
    async with scene(tmp_path, DeafEars(), ToneMouth(), agents=agents, streamer_module=module) as here:
        calls = await make_calls(here, tmp_path)
        comparison, store = Comparison(), here.stack.store
        now_ms = max(ended.record.ended_at_ms or 0 for ended in calls)
        await asyncio.to_thread(read, store, comparison, Wanted(), standard(), now_ms)
        settings = {
            "OFFHOOK_TABLE": here.stack.settings.table,
            "AWS_ENDPOINT_URL": here.stack.settings.aws_endpoint_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": LOCAL_KEY,
            "AWS_SECRET_ACCESS_KEY": LOCAL_KEY,
            "COLUMNS": "160",
        }
        page = tmp_path / "report.html"
        shown = await asyncio.to_thread(
            CliRunner().invoke, app, ["report", "--json", "--html", str(page)], env=settings
        )
        poor = next(ended.record for ended in calls if ended.record.agent == "poor")
        why = await asyncio.to_thread(CliRunner().invoke, app, ["why", poor.twilio_sid], env=settings)
    expected = {BLAMED[name]: count for name, count in PLANTED.items()}
    whole = comparison.whole
    assert {(fault.code, fault.blame): fault.calls for fault in whole.faults} == expected
    assert (whole.calls, whole.connected, whole.completed, whole.fell) == (12, 12, WELL, sum(PLANTED.values()))
    assert whole.greeting is not None
    assert whole.greeting.n == 12
    assert whole.barge_in is not None
    answers = [turn.latency.total for ended in calls for turn in ended.conversation.turns]
    assert whole.latency is not None
    assert whole.latency.max_ms == max(total for total in answers if total is not None)
    assert shown.exit_code == 0, shown.output
    failures = json.loads(shown.stdout)["all"]["failures"]
    assert {(failure["code"], Blame(failure["blame"])): failure["calls"] for failure in failures} == expected
    assert "openai-quota" in page.read_text(encoding="utf-8")
    assert why.exit_code == 0, why.output
    assert why.stdout.startswith("The call fell from pipeline to traditional mode: OpenAI refuses: the account has no")
