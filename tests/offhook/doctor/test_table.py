from typing import Any

import pytest

from offhook.doctor.finding import State
from offhook.doctor.table import judge, judge_refused

KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
NEWEST = [{"AttributeName": "listing", "KeyType": "HASH"}, {"AttributeName": "callId", "KeyType": "RANGE"}]
GOOD: dict[str, Any] = {
    "TableName": "calls",
    "TableStatus": "ACTIVE",
    "KeySchema": KEYS,
    "GlobalSecondaryIndexes": [{"IndexName": "newest", "KeySchema": NEWEST}],
}


@pytest.mark.parametrize(
    ("description", "state", "saw"),
    [
        (GOOD, State.PASS, "with Offhook's keys"),
        ({**GOOD, "KeySchema": KEYS[:1]}, State.FAIL, "other keys"),
        ({**GOOD, "GlobalSecondaryIndexes": []}, State.FAIL, "other keys"),
        ({**GOOD, "TableStatus": "DELETING"}, State.FAIL, "is DELETING"),
    ],
)
def test_tables(description: dict[str, Any], state: State, saw: str) -> None:
    finding = judge(description)
    assert finding.state is state
    assert saw in finding.saw


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("ResourceNotFoundException", State.FAIL),
        ("AccessDeniedException", State.WARN),
        ("ExpiredTokenException", State.FAIL),
    ],
)
def test_refusals(code: str, state: State) -> None:
    assert judge_refused(code, "calls").state is state
