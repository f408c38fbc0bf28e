"""The deployed stack's later life: the same again, an update, a mistake, and its end. The last to use it: by its name,
this file comes after those that call through it.
"""

from pathlib import Path

import pytest

from tests.infra import deployed
from tests.infra.cloudformation import ROOT
from tests.infra.conftest import PARAMETERS, Deploy
from tests.infra.deployed import STACK, Deployed, client
from tests.infra.sam_tool import SAM_BIN, run

pytestmark = pytest.mark.sam


def watchdog_s(aws: str) -> set[str]:
    told = client(aws, "lambda").list_functions()["Functions"]
    return {one["Environment"]["Variables"]["OFFHOOK_WATCHDOG_S"] for one in told}


def test_the_same_again_changes_nothing(aws: str, stack: Deployed, deploy: Deploy) -> None:
    assert "No changes to deploy" in deploy(PARAMETERS)
    assert deployed.outputs_of(aws) == stack.outputs


def test_a_mistake_is_refused_and_an_update_reaches_every_function(aws: str, stack: Deployed, deploy: Deploy) -> None:
    with pytest.raises(AssertionError, match="'WatchdogSeconds' must be a number not greater than 60"):
        deploy({**PARAMETERS, "WatchdogSeconds": "500"})
    assert watchdog_s(aws) == {"3"}
    deploy({**PARAMETERS, "WatchdogSeconds": "5"})
    assert watchdog_s(aws) == {"5"}
    assert deployed.outputs_of(aws) == stack.outputs, "addresses and the table stay what they were"


def test_torn_down_nothing_is_left(aws: str, stack: Deployed, tmp_path: Path) -> None:
    command = [str(SAM_BIN / "python"), str(ROOT / "tests/infra/sam_delete.py"), "--stack-name", STACK, "--no-prompts"]
    keys = {"AWS_ENDPOINT_URL": aws, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    run([*command, "--region", "us-east-1"], tmp_path, **keys)
    assert client(aws, "lambda").list_functions()["Functions"] == []
    assert client(aws, "dynamodb").list_tables()["TableNames"] == []
    assert client(aws, "iam").list_roles()["Roles"] == []
    assert client(aws, "sqs").list_queues().get("QueueUrls", []) == []
    assert client(aws, "ecs").list_clusters()["clusterArns"] == []
    gone = client(aws, "cloudformation").list_stacks()["StackSummaries"]
    assert {one["StackStatus"] for one in gone if one["StackName"].startswith(STACK)} == {"DELETE_COMPLETE"}
