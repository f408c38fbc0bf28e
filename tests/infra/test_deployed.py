"""`sam deploy` of the whole, streamer included, into ministack; then what it made, and a webhook through its API.

ministack keeps the books of ECS, CloudFront and the network and runs nothing of them: what is proved is that the stacks
fit together, and that what one makes reaches the others. Calls through what was deployed are in test_emulated.py;
updates and the end of it in test_torn_down.py.
"""

from xml.etree import ElementTree

import httpx
import pytest

from tests.infra.conftest import IMAGE, PARAMETERS, SECRETS
from tests.infra.deployed import Deployed, client

pytestmark = pytest.mark.sam


def test_the_service_runs_the_image_with_what_the_other_stacks_made(aws: str, stack: Deployed) -> None:
    ecs = client(aws, "ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    arns = ecs.list_services(cluster=cluster)["serviceArns"]
    (service,) = ecs.describe_services(cluster=cluster, services=arns)["services"]
    task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    (container,) = task["containerDefinitions"]
    assert container["image"] == IMAGE
    assert stack.task["OFFHOOK_TABLE"] == stack.outputs["TableName"]
    assert stack.task["OFFHOOK_STREAM_URL"] == stack.outputs["StreamUrl"]
    assert stack.outputs["StreamUrl"].startswith("wss://")
    assert stack.outputs["StreamUrl"].endswith(".cloudfront.net")
    (network,) = [service["networkConfiguration"]["awsvpcConfiguration"]]
    assert (len(network["subnets"]), len(network["securityGroups"])) == (2, 1)


def test_every_function_knows_where_calls_stream_to(stack: Deployed) -> None:
    told = {one.handler: one.environment["OFFHOOK_STREAM_URL"] for one in stack.functions.values()}
    assert "handlers.voice.handler" in told
    assert set(told.values()) == {stack.outputs["StreamUrl"]}


def test_functions_and_task_are_told_where_the_secret_is_and_none_of_what_it_holds(stack: Deployed) -> None:
    told = [*(one.environment for one in stack.functions.values()), stack.task]
    ours = f"arn:aws:secretsmanager:us-east-1:000000000000:secret:{PARAMETERS['SecretName']}"
    assert {one["OFFHOOK_SECRET"] for one in told} == {ours}
    assert [name for one in told for name, value in one.items() if value in SECRETS.values()] == []


def test_the_deployed_api_leads_to_the_functions(aws: str, stack: Deployed) -> None:
    """The lifeline needs nothing, so it answers here too; the others want /var/task, where Lambda has the agents."""
    (api,) = client(aws, "apigatewayv2").get_apis()["Items"]
    host = f"{api['ApiId']}.execute-api.localhost:{aws.rsplit(':', 1)[1]}"
    asked = httpx.post(f"{aws}/twilio/lifeline", headers={"Host": host}, timeout=30, trust_env=False)
    assert (asked.status_code, asked.headers["content-type"].split(";")[0]) == (200, "text/xml")
    assert [verb.tag for verb in ElementTree.fromstring(asked.text)] == ["Say", "Hangup"]
