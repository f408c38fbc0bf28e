"""The table of calls that a person asks about: what `offhook up` runs, or a deployment's."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from calls.dynamo import DynamoCallStore, client
from calls.dynamo_forget import CallForgetter
from calls.store import CallStore
from offhook import up_state
from offhook.missing import MissingPart
from offhook.places import STATE_FILE
from offhook.stack import ministack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def opened(out: Path, environment: Mapping[str, str] = os.environ) -> CallStore:
    """OFFHOOK_TABLE with the AWS credentials and region of the environment where that is set; else what `offhook up`
    runs over `out`. MissingPart where there is neither. For reading: its clock stands still."""
    return DynamoCallStore(*_place(out, environment), lambda: 0)


def forgetter(out: Path, environment: Mapping[str, str] = os.environ) -> CallForgetter:
    """Of the same table. MissingPart, as above."""
    return CallForgetter(*_place(out, environment))


def _place(out: Path, environment: Mapping[str, str]) -> tuple["DynamoDBClient", str]:
    if table := environment.get("OFFHOOK_TABLE", "").strip():
        return client(environment.get("AWS_ENDPOINT_URL") or None), table
    try:
        state = up_state.read(out / STATE_FILE)
    except MissingPart as error:
        raise MissingPart(f"{error} For a deployment give OFFHOOK_TABLE, AWS_REGION and AWS credentials.") from error
    return ministack.local_client(state.store_url), state.table
