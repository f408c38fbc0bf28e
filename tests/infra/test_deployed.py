"""`sam deploy` of the whole, streamer included, into ministack; then what it made, and a webhook through its API.

ministack keeps the books of ECS, CloudFront and the network and runs nothing of them: what is proved is that the stacks
fit together, and that what one makes reaches the others.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import boto3
import httpx
import pytest

from offhook.stack import ministack
from offhook.stack.environment import LOOPBACK, local
from offhook.stack.processes import Process, free_port
from tests.infra.cloudformation import ROOT
from tests.infra.sam_tool import SAM_BIN, run

pytestmark = pytest.mark.sam

TOKEN = "t" * 32
PUBLIC = "https://calls.example.com"
IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/streamer@sha256:" + "a" * 64
SECRETS = {"TWILIO_AUTH_TOKEN": TOKEN, "OFFHOOK_API_KEYS": "k" * 24}
SECRETS |= dict.fromkeys(("OPENAI_API_KEY", "DEEPGRAM_API_KEY", "ELEVENLABS_API_KEY"), "")
PARAMETERS = {
    "TwilioAccountSid": "AC" + "0" * 32,
    "FromNumber": "+15005550006",
    "SecretName": "offhook/test",
    "TableDeletionPolicy": "Delete",
    "PublicUrl": PUBLIC,
    "StreamerImageUri": IMAGE,
}


@pytest.fixture(scope="module")
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


def client(aws: str, service: str) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    return boto3.client(service, endpoint_url=aws, **keys)  # type: ignore[call-overload]  # any service


@pytest.fixture(scope="module")
def outputs(aws: str, sam: str, built: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the deployed stack tells."""
    folder = tmp_path_factory.mktemp("deploy")
    run([str(SAM_BIN / "python"), str(ROOT / "tests/infra/for_ministack.py"), str(built), str(folder)], folder)
    client(aws, "secretsmanager").create_secret(Name="offhook/test", SecretString=json.dumps(SECRETS))
    command = [sam, "deploy", "-t", str(folder / "template.yaml"), "--stack-name", "offhook", "--resolve-s3"]
    command += ["--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", "--no-confirm-changeset"]
    command += ["--parameter-overrides", *(f"{name}={value}" for name, value in PARAMETERS.items())]
    run(command, folder, AWS_ENDPOINT_URL=aws, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
    (stack,) = client(aws, "cloudformation").describe_stacks(StackName="offhook")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def test_the_service_runs_the_image_with_what_the_other_stacks_made(aws: str, outputs: dict[str, str]) -> None:
    ecs = client(aws, "ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    (service,) = ecs.describe_services(cluster=cluster, services=ecs.list_services(cluster=cluster)["serviceArns"])[
        "services"
    ]
    task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    (container,) = task["containerDefinitions"]
    told = {variable["name"]: variable["value"] for variable in container["environment"]}
    assert container["image"] == IMAGE
    assert told["OFFHOOK_TABLE"] == outputs["TableName"]
    assert told["OFFHOOK_STREAM_URL"] == outputs["StreamUrl"]
    assert outputs["StreamUrl"].startswith("wss://")
    assert outputs["StreamUrl"].endswith(".cloudfront.net")
    (network,) = [service["networkConfiguration"]["awsvpcConfiguration"]]
    assert (len(network["subnets"]), len(network["securityGroups"])) == (2, 1)


def test_every_function_knows_where_calls_stream_to(aws: str, outputs: dict[str, str]) -> None:
    functions = client(aws, "lambda").list_functions()["Functions"]
    told = {function["Handler"]: function["Environment"]["Variables"]["OFFHOOK_STREAM_URL"] for function in functions}
    assert "handlers.voice.handler" in told
    assert set(told.values()) == {outputs["StreamUrl"]}


def test_the_deployed_api_leads_to_the_functions(aws: str, outputs: dict[str, str]) -> None:
    """The lifeline needs nothing, so it answers here too; the others want /var/task, where Lambda has the agents."""
    (api,) = client(aws, "apigatewayv2").get_apis()["Items"]
    host = f"{api['ApiId']}.execute-api.localhost:{aws.rsplit(':', 1)[1]}"
    asked = httpx.post(f"{aws}/twilio/lifeline", headers={"Host": host}, timeout=30, trust_env=False)
    assert (asked.status_code, asked.headers["content-type"].split(";")[0]) == (200, "text/xml")
    assert [verb.tag for verb in ElementTree.fromstring(asked.text)] == ["Say", "Hangup"]
