"""What a deployed stack says of itself: its webhooks, its number and account, and the auth token that it was given."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from calls.errors import ConfigurationInvalid

_PATIENCE = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})


@dataclass(frozen=True, slots=True)
class Stack:
    """Parameters and outputs by name. A parameter that was not given is empty."""

    name: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]


def stack(name: str, endpoint_url: str = "") -> Stack:
    """Raises ConfigurationInvalid where there is no such stack, or AWS is not to be asked."""
    try:
        found = _client("cloudformation", endpoint_url).describe_stacks(StackName=name)["Stacks"]
    except (BotoCoreError, ClientError, ValueError) as error:
        raise ConfigurationInvalid(
            f"the stack {name} cannot be read ({_why(error)}). Region and credentials are those of the AWS CLI: "
            f"try `aws cloudformation describe-stacks --stack-name {name}`"
        ) from error
    if not found:
        raise ConfigurationInvalid(f"there is no stack {name} in this region and account")
    return Stack(
        name,
        {one["ParameterKey"]: one.get("ParameterValue", "") for one in found[0].get("Parameters", ())},
        {one["OutputKey"]: one.get("OutputValue", "") for one in found[0].get("Outputs", ())},
    )


def auth_token(secret: str, endpoint_url: str = "") -> str:
    """TWILIO_AUTH_TOKEN out of the deployment's secret. Raises ConfigurationInvalid where it is not to be had."""
    try:
        text = _client("secretsmanager", endpoint_url).get_secret_value(SecretId=secret)["SecretString"]
        return str(json.loads(text)["TWILIO_AUTH_TOKEN"])
    except (BotoCoreError, ClientError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationInvalid(
            f"the secret {secret} does not give TWILIO_AUTH_TOKEN ({_why(error)}). Set TWILIO_AUTH_TOKEN in the "
            "environment instead"
        ) from error


def _client(service: str, endpoint_url: str) -> Any:
    return boto3.client(service, endpoint_url=endpoint_url or None, config=_PATIENCE)  # type: ignore[call-overload]  # by name


def _why(error: Exception) -> str:
    """A word for it that cannot hold the secret's text."""
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
