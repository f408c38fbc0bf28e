"""What `sam build` makes, and what `sam deploy` makes of it: once for every test that looks at either."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

import artefact
from offhook.stack import ministack
from offhook.stack.environment import LOOPBACK, local
from offhook.stack.processes import Process, free_port
from tests.infra import deployed
from tests.infra.cloudformation import ROOT
from tests.infra.deployed import Deployed
from tests.infra.sam_tool import SAM_BIN, WHEELS, run
from tests.vendors.script import Script

Deploy = Callable[[Mapping[str, str]], str]

LOOKS_EVERY_S = "0.2"
"""How often SAM asks what becomes of a change; AWS is asked every 5 s."""

TOKEN = "t" * 32
IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/streamer@sha256:" + "a" * 64
VENDORS = Script()
SECRETS = {
    "TWILIO_AUTH_TOKEN": TOKEN,
    "OFFHOOK_API_KEYS": "k" * 24,
    "OFFHOOK_STREAM_SECRET": "s" * 64,
    "OFFHOOK_WEBHOOK_SECRET": "d2ViaG9va3M" * 4,
    "OPENAI_API_KEY": VENDORS.openai.api_key,
    "DEEPGRAM_API_KEY": VENDORS.deepgram.api_key,
    "ELEVENLABS_API_KEY": VENDORS.elevenlabs.api_key,
}
PARAMETERS = {
    "TwilioAccountSid": "AC" + "0" * 32,
    "FromNumber": "+15005550006",
    "SecretName": "offhook/test",
    "TableDeletionPolicy": "Delete",
    "PublicUrl": "https://calls.example.com",
    "StreamerImageUri": IMAGE,
    "EventBusName": "default",
    "AfterCallSeconds": "1",
}


@pytest.fixture(scope="session")
def sam() -> str:
    """The SAM CLI."""
    if not (SAM_BIN / "sam").exists():
        pytest.skip("SAM is not installed: `make test` installs it into .venv-sam")
    return str(SAM_BIN / "sam")


@pytest.fixture(scope="session")
def lambda_python() -> str:
    """A Python of Lambda's version."""
    found = artefact.lambda_python()
    if found is None:
        pytest.skip(f"PYTHON {artefact.LAMBDA_PYTHON} IS NOT ON THIS MACHINE: nothing proves that the artefact runs")
    return found


@pytest.fixture(scope="session")
def built(sam: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `sam build` filled, one folder a function and one a child."""
    if not (WHEELS / ".ready").exists():
        pytest.skip("the Lambdas' wheels are not here: `make test` downloads them into .cache/wheels")
    folder = tmp_path_factory.mktemp("sam")
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(WHEELS), "PIP_CONFIG_FILE": os.devnull}
    command = [sam, "build", "-t", str(ROOT / "template.yaml"), "-b", str(folder / "build")]
    run(command, folder, PYTHON=sys.executable, **offline)
    return folder / "build"


@pytest.fixture(scope="session")
def aws(sam: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a ministack that understands SAM."""
    port, log = free_port(), tmp_path_factory.mktemp("aws") / "ministack.log"
    like = {**local(os.environ), "PYTHONPATH": str(ROOT), "GATEWAY_PORT": str(port), "BIND_HOST": LOOPBACK}
    like |= {"IOT_MTLS_ENABLED": "0", "LOG_LEVEL": "WARNING", "TMPDIR": str(log.parent)}
    url = f"http://{LOOPBACK}:{port}"
    (packages,) = (SAM_BIN.parent / "lib").glob("python*/site-packages")
    child = Process("ministack", "tests.infra.ministack_with_sam", like, log, f"{url}/_ministack/health", str(packages))
    child.start()
    try:
        child.wait_ready(ministack.READY_WITHIN_S)
        yield url
    finally:
        child.stop()


@pytest.fixture(scope="session")
def deploy(aws: str, sam: str, built: Path, tmp_path_factory: pytest.TempPathFactory) -> Deploy:
    """`sam deploy` of what was built, with parameters; what it printed."""
    folder = tmp_path_factory.mktemp("deploy")
    run([str(SAM_BIN / "python"), str(ROOT / "tests/infra/for_ministack.py"), str(built), str(folder)], folder)

    def deploy(parameters: Mapping[str, str]) -> str:
        command = [sam, "deploy", "-t", str(folder / "template.yaml"), "--stack-name", deployed.STACK, "--resolve-s3"]
        command += ["--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", "--no-confirm-changeset"]
        command += ["--no-fail-on-empty-changeset", "--parameter-overrides"]
        command += [f"{name}={value}" for name, value in parameters.items()]
        keys = {"AWS_ENDPOINT_URL": aws, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        return run(command, folder, SAM_CLI_POLL_DELAY=LOOKS_EVERY_S, **keys)

    return deploy


@pytest.fixture(scope="session")
def stack(aws: str, deploy: Deploy) -> Deployed:
    """The stack as it was first deployed; no function is run by the AWS that it is in, but for those asked by hand."""
    client = deployed.client(aws, "secretsmanager")
    client.create_secret(Name=PARAMETERS["SecretName"], SecretString=json.dumps(SECRETS))
    deploy(PARAMETERS)
    found = deployed.look(aws)
    deployed.quieten(aws)
    return found
