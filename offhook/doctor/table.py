"""The table of calls: is it there, may it be read, has it the keys that `template.yaml` gives it."""

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from calls.dynamo_table import NEWEST
from offhook.doctor.exam import Exam
from offhook.doctor.finding import Finding, failed, passed, warned
from offhook.doctor.settings import DoctorSettings
from offhook.stack import ministack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PATIENCE = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_GIVE = "Give AWS credentials that may `dynamodb:DescribeTable`, a region, and OFFHOOK_TABLE (an output of the stack)."


async def table(exam: Exam) -> Finding:
    settings = exam.settings
    if not settings.table:
        return warned("Not checked: OFFHOOK_TABLE is not given.", _GIVE)
    try:
        description = await asyncio.to_thread(_described, settings)
    except (NoCredentialsError, NoRegionError):
        return warned("Not checked: there are no AWS credentials, or no region, here.", _GIVE)
    except ClientError as error:
        return judge_refused(str(error.response.get("Error", {}).get("Code", "")), settings.table)
    except BotoCoreError as error:
        return failed(
            f"DynamoDB cannot be reached ({type(error).__name__}).",
            "No network to AWS, or AWS_ENDPOINT_URL leads nowhere.",
            "Check the network and AWS_ENDPOINT_URL.",
        )
    return judge(description)


def _described(settings: DoctorSettings) -> dict[str, Any]:
    client: DynamoDBClient
    if urlsplit(settings.aws_endpoint_url).hostname in _LOOPBACK:
        client = ministack.local_client(settings.aws_endpoint_url)
    else:
        session = boto3.session.Session()
        client = session.client("dynamodb", endpoint_url=settings.aws_endpoint_url or None, config=_PATIENCE)
    return dict(client.describe_table(TableName=settings.table)["Table"])


def judge_refused(code: str, name: str) -> Finding:
    if code == "ResourceNotFoundException":
        return failed(
            f"There is no table {name} in this account and region.",
            "The name, the region or the account is another one's.",
            "Take OFFHOOK_TABLE from the stack's outputs, with the credentials and region it was deployed with.",
        )
    if code == "AccessDeniedException":
        return warned("Not checked: these credentials may not describe the table.", _GIVE)
    return failed(
        f"AWS refuses these credentials ({code}).",
        "They have expired, or are another account's; a clock that is off looks the same.",
        "Log in again (`aws sts get-caller-identity` tells whose they are).",
    )


def judge(description: dict[str, Any]) -> Finding:
    """DescribeTable's Table."""
    name, status = description["TableName"], description["TableStatus"]
    indexes = {one["IndexName"]: _keys(one["KeySchema"]) for one in description.get("GlobalSecondaryIndexes", ())}
    if _keys(description["KeySchema"]) != ["pk", "sk"] or indexes.get(NEWEST) != ["listing", "callId"]:
        return failed(
            f"The table {name} has other keys than Offhook's (pk, sk; index {NEWEST}: listing, callId).",
            "OFFHOOK_TABLE names another application's table, or the table was made by hand.",
            "Let the stack make the table, and take its name from the outputs.",
        )
    if status not in ("ACTIVE", "UPDATING"):
        return failed(f"The table {name} is {status}.", "It is being made or deleted.", "Wait until it is ACTIVE.")
    return passed(f"{name} is there, with Offhook's keys")


def _keys(schema: list[dict[str, str]]) -> list[str]:
    return [one["AttributeName"] for one in sorted(schema, key=lambda one: one["KeyType"])]
