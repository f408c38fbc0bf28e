"""The image, built by buildah from the Dockerfile and run by podman as its task runs it: `make image`. Its settings are
in Secrets Manager and its credentials come as ECS gives them, or the image might lack what is needed for that.

Where the base image cannot be fetched a stand-in of Debian's own Python serves (infra/image/stand_in.sh); the output
says which it was.
"""

import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from calls.record import EndReason, Mode
from offhook.box.caller_script import CallerScript
from streamer.settings import SECRETS
from tests.fakes.box_parts import NoEars, NoMouth
from tests.infra import ecs_credentials
from tests.infra.cloudformation import ROOT
from tests.infra.streamer_in_image import OF_AN_ENGINE_WITHOUT_SYSTEMD
from tests.vendors.script import DeepgramScript, Listening, OpenAIScript, Reply, Script, ToolCall, Utterance
from tests.vendors.vendors import Vendors
from tests.whole.scene import UnderWay, scene, script
from tests.whole.vendor_agent import agents_on_vendors, keys_for

WANTED = "OFFHOOK_IMAGE"
VENDORS = Script(
    deepgram=DeepgramScript((Listening((Utterance("What are your hours?"), Utterance("At three, please."))),)),
    openai=OpenAIScript(
        (Reply("From nine to five."), Reply("Goodbye then.", (ToolCall("end_call"),))),
        by="turn",
    ),
)
DRAIN_S = 60
WRITES = """
for path in ("/srv/offhook/x", "/x", "/tmp/x"):
    try:
        open(path, "w")
        print("may")
    except OSError as error:
        print(error.errno)
"""


@pytest.fixture(scope="module")
def image() -> str:
    name = os.environ.get(WANTED, "")
    if not name:
        pytest.skip("THE IMAGE IS NOT BUILT AND NOT RUN HERE: `make image` does, where there are buildah and podman")
    return name


def podman(*arguments: str) -> str:
    done = subprocess.run(
        ["podman", *OF_AN_ENGINE_WITHOUT_SYSTEMD, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def described(image: str) -> Mapping[str, object]:
    (told,) = json.loads(podman("image", "inspect", image))
    config: Mapping[str, object] = told["Config"]
    return config


def test_the_image_is_nobodys_checks_itself_and_brings_bytecode(image: str) -> None:
    config = described(image)
    assert config["User"] == "10001:10001"
    assert config["Volumes"] == {"/tmp": {}}
    health = described(image).get("Healthcheck") or json.loads(podman("image", "inspect", image))[0]["Healthcheck"]
    assert "/srv/offhook/streamer/health_check.py" in json.dumps(health)
    look = "import glob; print(len(glob.glob('/srv/offhook/**/__pycache__/*.pyc', recursive=True)))"
    ran = ("run", "--rm", "--network=host", "--ulimit=nofile=4096:4096", "--ulimit=nproc=4000:4000")
    assert int(podman(*ran, "--entrypoint=python", image, "-c", look)) > 500


async def test_a_call_in_a_container_as_in_ecs_ends_by_itself_after_sigterm(image: str, tmp_path: Path) -> None:
    assert shutil.which("podman")
    says = script(tmp_path, 'say = "REC/hours.wav"', 'say = "REC/auth-thankyou.wav"')
    with ecs_credentials.given() as credentials:
        await _calls_and_drains(image, tmp_path, says, credentials.environment)
    assert credentials.given > 0
    assert credentials.refused == []


async def _calls_and_drains(image: str, tmp_path: Path, says: CallerScript, credentials: Mapping[str, str]) -> None:
    async with Vendors(VENDORS) as vendors:
        agents = agents_on_vendors(tmp_path / "agents")
        extra = {**keys_for(vendors), **credentials, WANTED: image, "OFFHOOK_DRAIN_S": str(DRAIN_S)}
        module = "tests.infra.streamer_in_image"
        extra["PYTHONPATH"] = os.pathsep.join((str(ROOT / "functions"), str(ROOT)))
        async with scene(tmp_path, NoEars(), NoMouth(), agents=agents, extra=extra, streamer_module=module) as here:
            container = podman("ps", "--quiet", "--filter", "name=offhook-calls-").split()[0]
            await asyncio.to_thread(_look_inside, container)
            call = await here.call(says)
            await call.until(_speaking)
            told_s = time.monotonic()
            stopping = asyncio.create_task(here.stack.stop_streamer(drain_s=DRAIN_S))
            ended = await call.ended()
            await stopping
            took_s = time.monotonic() - told_s
    assert ended.modes == [Mode.PIPELINE], "it was not moved to another mode"
    assert ended.record.end_reason is EndReason.AGENT_GOODBYE
    assert ended.record.failures == ()
    assert took_s < DRAIN_S, "the container ended when its call had"
    assert container not in podman("ps", "--all", "--quiet")


def _speaking(call: UnderWay) -> bool:
    return call.line.agent_audible


def _look_inside(container: str) -> None:
    """As who, with which secrets, where it may write, and what its health check says."""
    inside = ("exec", container, "python", "-I", "-c")
    assert podman(*inside, "import os; print(os.getuid(), os.getgid())").split() == ["10001", "10001"]
    environment = json.loads(podman(*inside, "import json, os; print(json.dumps(dict(os.environ)))"))
    assert not {*SECRETS, "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL"} & set(environment)
    assert podman(*inside, WRITES).split() == ["30", "30", "may"]  # EROFS
    podman("exec", container, "python", "-I", "-S", "/srv/offhook/streamer/health_check.py")
