"""What a stack has become in an AWS of this machine, as AWS's own interfaces tell it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from offhook.stack.environment import REGION
from tests.infra.emulator import Function
from tests.infra.policies import Grant, grants

STACK = "offhook"


def client(aws: str, service: str) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}
    return boto3.client(service, endpoint_url=aws, **keys)  # type: ignore[call-overload]  # any service


@dataclass(frozen=True, slots=True)
class Source:
    """What a function is asked by, besides the API. `patterns` keep what it wants of a stream."""

    function: str
    arn: str
    batch: int
    patterns: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Deployed:
    """By the template's logical names. `routes` maps a route's key to a function; `task` is the environment of the
    streamer's container."""

    functions: Mapping[str, Function]
    granted: Mapping[str, tuple[Grant, ...]]
    routes: Mapping[str, str]
    sources: tuple[Source, ...]
    task: Mapping[str, str]
    outputs: Mapping[str, str]


TASK = "Task"
"""The name under which `granted` has what the streamer's task may do."""


def outputs_of(aws: str) -> dict[str, str]:
    (stack,) = client(aws, "cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def look(aws: str) -> Deployed:
    """The stack as it stands."""
    listed = client(aws, "lambda").list_functions()["Functions"]
    names = {one["FunctionName"]: one["FunctionName"].split("-")[1] for one in listed}
    functions = {
        names[one["FunctionName"]]: Function(
            names[one["FunctionName"]],
            one["Handler"],
            one["Timeout"],
            one["MemorySize"],
            one["Environment"]["Variables"],
        )
        for one in listed
    }
    granted = {names[one["FunctionName"]]: _granted(aws, one["Role"]) for one in listed}
    task = _task(aws)
    return Deployed(
        functions,
        granted | {TASK: _granted(aws, task["taskRoleArn"])},
        _routes(aws, names),
        _sources(aws, names),
        {one["name"]: one["value"] for one in task["containerDefinitions"][0]["environment"]},
        outputs_of(aws),
    )


def quieten(aws: str) -> None:
    """Have the AWS of this machine run no function by itself."""
    functions = client(aws, "lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.delete_event_source_mapping(UUID=mapping["UUID"])


def _granted(aws: str, role_arn: str) -> tuple[Grant, ...]:
    """What the template itself allows; AWS's own policies, for logs and for its pollers, have another name each."""
    iam, role = client(aws, "iam"), role_arn.rsplit("/", 1)[1]
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    return tuple(dict.fromkeys(grants(documents)))


def _routes(aws: str, names: Mapping[str, str]) -> dict[str, str]:
    gateway = client(aws, "apigatewayv2")
    (api,) = gateway.get_apis()["Items"]
    led = {
        one["IntegrationId"]: names[one["IntegrationUri"].rsplit(":", 1)[1]]
        for one in gateway.get_integrations(ApiId=api["ApiId"])["Items"]
    }
    routes = gateway.get_routes(ApiId=api["ApiId"])["Items"]
    return {route["RouteKey"]: led[route["Target"].rsplit("/", 1)[1]] for route in routes}


def _sources(aws: str, names: Mapping[str, str]) -> tuple[Source, ...]:
    return tuple(
        Source(
            names[one["FunctionArn"].rsplit(":", 1)[1]],
            one["EventSourceArn"],
            one["BatchSize"],
            tuple(json.loads(kept["Pattern"]) for kept in one.get("FilterCriteria", {}).get("Filters", ())),
        )
        for one in client(aws, "lambda").list_event_source_mappings()["EventSourceMappings"]
    )


def _task(aws: str) -> Mapping[str, Any]:
    ecs = client(aws, "ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    arns = ecs.list_services(cluster=cluster)["serviceArns"]
    (service,) = ecs.describe_services(cluster=cluster, services=arns)["services"]
    task: Mapping[str, Any] = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    return task
