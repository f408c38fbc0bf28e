"""template.yaml says what the code needs, no more and no less. What SAM makes of it is in test_sam.py."""

import ast
import json
import re
from typing import Any, NoReturn

import pytest

from calls.dynamo_table import create_table
from calls.errors import ConfigurationInvalid
from calls.record import FINAL
from calls.secret_settings import read_secret_settings
from calls.settings_kept import AGAIN_AFTER_S as AGAIN_AFTER_SECRET_S
from calls.stream_token import LIFETIME_S
from calls.watchdog import AGAIN_AFTER_MS
from handlers import measures, settings
from handlers.after_call_model import WITHIN_S as MODEL_WITHIN_S
from handlers.after_call_webhook import PAUSES_S
from handlers.after_call_webhook import WITHIN_S as WEBHOOK_WITHIN_S
from handlers.watchdog import REDIRECT_WITHIN_S
from offhook.stack.local_queue import AGAIN_AFTER_S, TRIES
from tests.infra.cloudformation import CHILDREN, FUNCTION, ROOT, ROUTE, function_behind, resources, template
from tests.infra.noting_environment import NotingEnvironment

# What each client method that the store uses asks IAM for. A transaction is allowed by the actions inside it:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
ACTIONS = {
    "get_item": "dynamodb:GetItem",
    "put_item": "dynamodb:PutItem",
    "query": "dynamodb:Query",
    "transact_write_items": "dynamodb:PutItem",
}


def test_every_route_leads_to_the_handler_that_serves_it() -> None:
    handlers = {name: properties["Handler"] for name, properties in resources(FUNCTION).items()}
    assert {route["RouteKey"]: handlers[function_behind(route)] for route in resources(ROUTE).values()} == {
        "POST /twilio/voice": "handlers.voice.handler",
        "POST /twilio/voice/{callId}": "handlers.voice.handler",
        "POST /twilio/resume": "handlers.resume.handler",
        "POST /twilio/resume/{stream}": "handlers.resume.handler",
        "POST /twilio/dialled": "handlers.resume.handler",
        "POST /twilio/dialled/{step}": "handlers.resume.handler",
        "POST /twilio/turn": "handlers.turn.handler",
        "POST /twilio/turn/{step}": "handlers.turn.handler",
        "POST /twilio/partial/{step}": "handlers.partial.handler",
        "POST /twilio/status": "handlers.status.handler",
        "POST /twilio/stream-status": "handlers.stream_status.handler",
        "POST /twilio/stream-status/{stream}": "handlers.stream_status.handler",
        "ANY /twilio/lifeline": "handlers.lifeline.handler",
        "ANY /twilio/lifeline/rung": "handlers.lifeline.handler",
        "POST /calls": "handlers.api.handler",
        "GET /calls": "handlers.api.handler",
        "GET /calls/{callId}": "handlers.api.handler",
        "GET /calls/by-sid/{twilioSid}": "handlers.api.handler",
        "POST /calls/{callId}/hangup": "handlers.api.handler",
        "GET /docs": "handlers.api.handler",
        "GET /docs/{name}": "handlers.api.handler",
        "GET /openapi.json": "handlers.api.handler",
    }


def test_the_api_may_invoke_every_function_and_nothing_else_may() -> None:
    permissions = resources("AWS::Lambda::Permission").values()
    assert sorted(p["FunctionName"]["Ref"] for p in permissions) == sorted(
        set(resources(FUNCTION)) - {"WatchdogFunction", "AfterCallFunction"}
    )
    assert {p["SourceArn"]["Fn::Sub"].rsplit(":", 1)[1] for p in permissions} == {"${Api}/*/*"}


def statements(function: str) -> list[tuple[str, Any]]:
    """(action, resource) for every permission of a function."""
    granted = []
    for policy in resources(FUNCTION)[function].get("Policies", ()):
        for written in policy["Statement"]:
            statement = written["Fn::If"][1] if "Fn::If" in written else written
            actions = statement["Action"]
            granted += [(a, statement["Resource"]) for a in ([actions] if isinstance(actions, str) else actions)]
    return granted


RECORDS_ONLY = {"StatusFunction", "StreamStatusFunction", "WatchdogFunction"}
"""They change a call's record and read nothing that was said."""

SECRET = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${SecretName}"
READ_SECRET = ("secretsmanager:GetSecretValue", {"Fn::Sub": f"{SECRET}-??????"})

TABLE, QUEUE = {"Fn::GetAtt": ["Table", "Arn"]}, {"Fn::GetAtt": ["WatchdogQueue", "Arn"]}


@pytest.mark.parametrize("function", sorted(set(resources(FUNCTION)) - {"LifelineFunction"}))
def test_a_function_may_do_to_the_table_what_the_store_does_and_no_more(function: str) -> None:
    tree = ast.parse((ROOT / "functions/calls/dynamo_requests.py").read_text())
    asked = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) == "self._client"
    }
    on_table = {action for action, resource in statements(function) if resource == TABLE}
    assert on_table == {ACTIONS[method] for method in asked} - (
        {"dynamodb:Query"} if function in RECORDS_ONLY else set()
    )


def test_the_lifeline_may_do_nothing() -> None:
    assert statements("LifelineFunction") == []


def test_only_the_lifeline_may_keep_executions_for_itself() -> None:
    reserved = {
        name: one["ReservedConcurrentExecutions"]
        for name, one in resources(FUNCTION).items()
        if "ReservedConcurrentExecutions" in one
    }
    assert list(reserved) == ["LifelineFunction"]
    assert reserved["LifelineFunction"]["Fn::If"][1] == {"Ref": "LifelineReserved"}
    assert template()["Parameters"]["LifelineReserved"]["Default"] == 0


def test_every_function_but_the_lifeline_may_read_the_one_secret() -> None:
    readers = {name for name in resources(FUNCTION) if READ_SECRET in statements(name)}
    assert readers == set(resources(FUNCTION)) - {"LifelineFunction"}


def test_beyond_table_and_secret_a_function_may_do_what_it_needs_and_no_more() -> None:
    beyond = {
        f: [granted for granted in statements(f) if granted[1] != TABLE and granted != READ_SECRET]
        for f in resources(FUNCTION)
    }
    assert {function: granted for function, granted in beyond.items() if granted} == {
        "CallsFunction": [("dynamodb:Query", {"Fn::Sub": "${Table.Arn}/index/newest"})],
        # Those that may ask Twilio for a stream.
        "VoiceFunction": [("sqs:SendMessage", QUEUE)],
        "ResumeFunction": [("sqs:SendMessage", QUEUE)],
        "TurnFunction": [("sqs:SendMessage", QUEUE)],
        # Its queue and the team's bus. That its stream's failures have somewhere to go, SAM sees to.
        "AfterCallFunction": [
            ("sqs:SendMessage", {"Fn::GetAtt": ["AfterCallQueue", "Arn"]}),
            (
                "events:PutEvents",
                {"Fn::Sub": "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBusName}"},
            ),
            ("xray:PutTraceSegments", "*"),  # where calls are traced; it takes no resource
            ("xray:PutSpans", "*"),
        ],
    }


def test_the_watchdog_is_asked_by_its_queue_alone_and_may_give_messages_back() -> None:
    asked = {name: p["Events"] for name, p in resources(FUNCTION).items() if "Events" in p}
    assert set(asked) == {"WatchdogFunction", "AfterCallFunction"}
    ((_, event),) = asked["WatchdogFunction"].items()
    assert (event["Type"], event["Properties"]["Queue"]) == ("SQS", QUEUE)
    assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert event["Properties"]["BatchSize"] == 1


def test_the_watchdogs_queue_gives_up_into_another_outwaits_the_function_and_is_the_local_one() -> None:
    queues = resources("AWS::SQS::Queue")
    queue, function = queues["WatchdogQueue"], resources(FUNCTION)["WatchdogFunction"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["WatchdogFailures", "Arn"]}
    assert queue["VisibilityTimeout"] > function["Timeout"]
    # A message that comes again must find the verdict of the time before old enough to be taken up.
    assert queue["VisibilityTimeout"] * 1000 > AGAIN_AFTER_MS > 2 * 1000 * REDIRECT_WITHIN_S
    assert all(queue["SqsManagedSseEnabled"] for queue in queues.values())
    assert (queue["VisibilityTimeout"], queue["RedrivePolicy"]["maxReceiveCount"]) == (AGAIN_AFTER_S, TRIES)
    tries_s = queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]
    assert queue["MessageRetentionPeriod"] > tries_s + 60  # and the longest WatchdogSeconds


def test_calls_that_have_ended_come_by_the_tables_stream_and_then_by_their_queue() -> None:
    function = resources(FUNCTION)["AfterCallFunction"]
    ended, settled = (event["Properties"] for event in function["Events"].values())
    assert ended["Stream"] == {"Fn::GetAtt": ["Table", "StreamArn"]}
    assert settled["Queue"] == {"Fn::GetAtt": ["AfterCallQueue", "Arn"]}
    assert settled["BatchSize"] == 1
    assert ended["FunctionResponseTypes"] == settled["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    failures = {"Fn::GetAtt": ["AfterCallFailures", "Arn"]}
    assert ended["DestinationConfig"]["OnFailure"]["Destination"] == failures
    (kept,) = ended["FilterCriteria"]["Filters"]
    image = json.loads(kept["Pattern"])["dynamodb"]["NewImage"]
    assert set(image["record"]["M"]["status"]["S"]) == {status.value for status in FINAL}
    assert image["sk"]["S"] == ["META"]
    queue = resources("AWS::SQS::Queue")["AfterCallQueue"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == failures
    tries_s = queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]
    assert queue["VisibilityTimeout"] > function["Timeout"]
    assert queue["MessageRetentionPeriod"] > tries_s + 900  # and the longest settling


def test_the_after_call_function_has_time_for_everything_at_its_slowest() -> None:
    webhook_s = (len(PAUSES_S) + 1) * WEBHOOK_WITHIN_S + sum(PAUSES_S)
    assert MODEL_WITHIN_S + webhook_s + 15 < resources(FUNCTION)["AfterCallFunction"]["Timeout"]


class RecordingClient:
    """A DynamoDB client that takes down how a table is asked for."""

    def __init__(self) -> None:
        self.table: dict[str, Any] = {}
        self.time_to_live: dict[str, Any] = {}

    class exceptions:  # noqa: N801 - boto3's own spelling
        class ResourceInUseException(Exception):
            pass

    def create_table(self, **definition: Any) -> None:
        self.table = definition

    def update_time_to_live(self, **setting: Any) -> None:
        self.time_to_live = setting

    def get_waiter(self, name: str) -> "RecordingClient":
        return self

    def wait(self, **limits: Any) -> None:
        return None

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(f"create_table asks for {name}: this fake has to learn it")


def test_the_table_is_the_one_that_runs_on_one_machine() -> None:
    client = RecordingClient()
    create_table(client, "calls")  # type: ignore[arg-type]  # a fake of the four methods that are used
    (declared,) = resources("AWS::DynamoDB::Table").values()
    assert client.table.pop("TableName") == "calls"
    assert client.table["StreamSpecification"].pop("StreamEnabled")  # which a template does not ask for apart
    assert {key: declared[key] for key in client.table} == client.table
    assert client.time_to_live["TimeToLiveSpecification"] == declared["TimeToLiveSpecification"]


def test_the_table_is_kept_unless_told_otherwise() -> None:
    table = template()["Resources"]["Table"]
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == {"Ref": "TableDeletionPolicy"}
    assert template()["Parameters"]["TableDeletionPolicy"]["Default"] == "Retain"
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_lambdas_are_given_every_setting_that_they_read_and_no_other() -> None:
    environment = NotingEnvironment()
    with pytest.raises(ConfigurationInvalid):
        settings.read(environment)
    read_secret_settings(environment)
    given = set(template()["Globals"]["Function"]["Environment"]["Variables"])
    asked = environment.asked | {measures.NAMESPACE}  # which needs no settings that could be wrong
    assert set(settings.SECRETS) <= asked
    asked -= set(settings.SECRETS)  # which are in the secret
    assert given - asked == set()
    assert asked - given == {"AWS_ENDPOINT_URL", "TWILIO_BASE_URL"}  # only where AWS and Twilio are played


def test_no_secret_passes_through_a_parameter_or_an_environment() -> None:
    variables = template()["Globals"]["Function"]["Environment"]["Variables"]
    assert not set(variables) & set(settings.SECRETS)
    assert variables["OFFHOOK_SECRET"] == {"Fn::Sub": SECRET}
    assert "{{resolve:" not in json.dumps(template())


def test_what_stood_before_is_good_until_everybody_has_looked_and_every_token_has_expired() -> None:
    kept, grace = (template()["Parameters"][name]["Default"] for name in ("SecretsSeconds", "SecretsGraceSeconds"))
    assert grace > kept + LIFETIME_S + AGAIN_AFTER_SECRET_S


def test_no_route_has_metrics_of_its_own_which_are_billed_and_which_nothing_looks_at() -> None:
    (stage,) = resources("AWS::ApiGatewayV2::Stage").values()
    assert not stage.get("DefaultRouteSettings", {}).get("DetailedMetricsEnabled")
    assert "RouteSettings" not in stage


def test_every_log_group_forgets() -> None:
    groups = resources("AWS::Logs::LogGroup")
    assert groups
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())


def test_a_webhook_answers_or_fails_before_twilio_gives_up_after_15_s() -> None:
    default = template()["Globals"]["Function"]["Timeout"]
    timeouts = {p["Handler"].split(".")[1]: p.get("Timeout", default) for p in resources(FUNCTION).values()}
    assert timeouts.pop("api") < 30  # API Gateway's own limit
    timeouts.pop("after_call")  # no webhook: nobody waits for it
    assert max(timeouts.values()) < 15


def test_the_readme_names_every_parameter() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert [name for name in template()["Parameters"] if not re.search(rf"`\"?{name}\b", text)] == []


@pytest.mark.parametrize("name", ["template.yaml", *(str(child.relative_to(ROOT)) for child in CHILDREN)])
def test_nothing_is_null_which_cloudformation_refuses(name: str) -> None:
    """A comma in a flow mapping that is not quoted makes a key without a value, and no linter says so."""
    assert ": null" not in json.dumps(template(name))
