"""What IAM is taken to say."""

import pytest

from tests.infra.aws_asked import asked
from tests.infra.policies import Asked, Grant, grants

TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/calls"


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("dynamodb:GetItem", TABLE, True),
        ("dynamodb:getitem", TABLE, True),
        ("dynamodb:*", TABLE, True),
        ("*", "*", True),
        ("dynamodb:Get*", "arn:aws:dynamodb:*:*:table/call?", True),
        ("dynamodb:PutItem", TABLE, False),
        ("dynamodb:GetItem", f"{TABLE}-of-others", False),
        ("dynamodb:GetItem", TABLE.upper(), False),
        ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:000000000000:table/call", False),
        ("dynamodb.GetItem", TABLE, False),
    ],
)
def test_a_grant_allows_its_action_on_its_resource(action: str, resource: str, allowed: bool) -> None:
    assert Grant(action, resource).allows(Asked("VoiceFunction", "dynamodb:GetItem", TABLE)) is allowed


def test_a_table_is_not_its_index() -> None:
    assert not Grant("dynamodb:Query", TABLE).allows(Asked("f", "dynamodb:Query", f"{TABLE}/index/newest"))


def test_a_document_grants_every_action_on_every_resource() -> None:
    statement = {"Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": ["r", "s"]}
    assert [(g.action, g.resource) for g in grants([{"Statement": [statement]}])] == [
        ("a:B", "r"),
        ("a:B", "s"),
        ("a:C", "r"),
        ("a:C", "s"),
    ]


@pytest.mark.parametrize("more", [{"Effect": "Deny"}, {"Condition": {}}, {"NotAction": "a:B"}])
def test_what_is_not_understood_is_refused(more: dict[str, object]) -> None:
    statement = {"Effect": "Allow", "Action": "a:B", "Resource": "r", **more}
    with pytest.raises(ValueError, match="not a plain permission"):
        list(grants([{"Statement": [statement]}]))


def test_a_transaction_asks_for_what_its_parts_do() -> None:
    items = [{"Put": {"TableName": "calls"}}, {"ConditionCheck": {"TableName": "calls"}}]
    assert list(asked("dynamodb", "TransactWriteItems", {"TransactItems": items})) == [
        ("dynamodb:PutItem", TABLE),
        ("dynamodb:ConditionCheckItem", TABLE),
    ]


def test_an_index_a_queue_and_a_bus_are_named_by_their_arns() -> None:
    queue, entry = {"QueueUrl": "http://localhost:1/000000000000/q"}, {"EventBusName": "default"}
    assert list(asked("dynamodb", "Query", {"TableName": "calls", "IndexName": "newest"})) == [
        ("dynamodb:Query", f"{TABLE}/index/newest")
    ]
    assert list(asked("sqs", "SendMessage", queue)) == [("sqs:SendMessage", "arn:aws:sqs:us-east-1:000000000000:q")]
    assert list(asked("events", "PutEvents", {"Entries": [entry]})) == [
        ("events:PutEvents", "arn:aws:events:us-east-1:000000000000:event-bus/default")
    ]


def test_a_secret_is_named_by_its_arn_with_the_characters_that_its_name_lacks() -> None:
    ((action, resource),) = asked("secretsmanager", "GetSecretValue", {"SecretId": "offhook/dev"})
    granted = Grant(action, "arn:aws:secretsmanager:us-east-1:000000000000:secret:offhook/dev-??????")
    assert granted.allows(Asked("f", "secretsmanager:GetSecretValue", resource))
    others = "arn:aws:secretsmanager:us-east-1:000000000000:secret:offhook/dev-of-others-Ab12Cd"
    assert not granted.allows(Asked("f", "secretsmanager:GetSecretValue", others))
