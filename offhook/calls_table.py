"""The table of calls that a person asks about: what `offhook up` runs, or a deployment's."""

import os
from collections.abc import Mapping
from pathlib import Path

from calls.dynamo import DynamoCallStore, client
from calls.store import CallStore
from offhook import up_state
from offhook.missing import MissingPart
from offhook.places import STATE_FILE
from offhook.stack import ministack


def opened(out: Path, environment: Mapping[str, str] = os.environ) -> CallStore:
    """OFFHOOK_TABLE with the AWS credentials and region of the environment where that is set; else what `offhook up`
    runs over `out`. MissingPart where there is neither. For reading: its clock stands still."""
    if table := environment.get("OFFHOOK_TABLE", "").strip():
        return DynamoCallStore(client(environment.get("AWS_ENDPOINT_URL") or None), table, lambda: 0)
    try:
        state = up_state.read(out / STATE_FILE)
    except MissingPart as error:
        raise MissingPart(f"{error} For a deployment give OFFHOOK_TABLE, AWS_REGION and AWS credentials.") from error
    return DynamoCallStore(ministack.local_client(state.store_url), state.table, lambda: 0)
