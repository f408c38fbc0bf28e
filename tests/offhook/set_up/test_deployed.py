"""Against a CloudFormation and a Secrets Manager on this machine."""

import json

import boto3
import pytest

from calls.errors import ConfigurationInvalid
from offhook.set_up.deployed import auth_token, stack

TEMPLATE = {
    "Parameters": {"FromNumber": {"Type": "String"}},
    "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
    "Outputs": {"VoiceWebhook": {"Value": "https://a.example/twilio/voice"}},
}


@pytest.fixture
def at(dynamo_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    return dynamo_endpoint


def test_what_a_stack_says_of_itself(at: str) -> None:
    cloudformation = boto3.client("cloudformation", endpoint_url=at)
    cloudformation.create_stack(
        StackName="set-up",
        TemplateBody=json.dumps(TEMPLATE),
        Parameters=[{"ParameterKey": "FromNumber", "ParameterValue": "+15005550006"}],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName="set-up", WaiterConfig={"Delay": 1})
    found = stack("set-up", at)
    assert found.outputs == {"VoiceWebhook": "https://a.example/twilio/voice"}
    assert found.parameters["FromNumber"] == "+15005550006"


def test_a_stack_that_is_not_there(at: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"the stack nobody cannot be read \(ValidationError\)"):
        stack("nobody", at)


def test_an_auth_token_and_a_secret_without_one(at: str) -> None:
    secrets = boto3.client("secretsmanager", endpoint_url=at)
    secrets.create_secret(Name="set-up/whole", SecretString='{"TWILIO_AUTH_TOKEN": "the token"}')
    secrets.create_secret(Name="set-up/empty", SecretString='{"OPENAI_API_KEY": "sk-private"}')
    assert auth_token("set-up/whole", at) == "the token"
    for name in ("set-up/empty", "set-up/nobody"):
        with pytest.raises(ConfigurationInvalid, match=f"the secret {name} does not give") as refused:
            auth_token(name, at)
        assert "sk-private" not in str(refused.value)
