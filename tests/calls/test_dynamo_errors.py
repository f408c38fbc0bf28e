from typing import Any, cast

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    ReadTimeoutError,
)

from calls.dynamo_errors import contended, item_in_the_way, standing_items, unavailable
from calls.errors import Blame


def refusal(code: str, status: int = 400, **members: Any) -> ClientError:
    response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}, **members}
    return ClientError(cast("Any", response), "PutItem")


def cancelled(*reasons: dict[str, Any]) -> ClientError:
    return refusal("TransactionCanceledException", CancellationReasons=list(reasons))


PASSED = {"Code": "None"}
TAKEN = {"Code": "ConditionalCheckFailed", "Item": {"callId": {"S": "01A"}}}
CONFLICT = {"Code": "TransactionConflict"}
THROTTLED = {"Code": "ThrottlingError"}
INVALID = {"Code": "ValidationError"}


@pytest.mark.parametrize(
    ("error", "code", "blame", "retryable"),
    [
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "store-unavailable", Blame.OFFHOOK, True),
        (ConnectTimeoutError(endpoint_url="http://127.0.0.1:1"), "store-unavailable", Blame.OFFHOOK, True),
        (ReadTimeoutError(endpoint_url="http://127.0.0.1:1"), "store-unavailable", Blame.OFFHOOK, True),
        (refusal("ThrottlingException"), "store-unavailable", Blame.OFFHOOK, True),
        (refusal("TransactionInProgressException"), "store-unavailable", Blame.OFFHOOK, True),
        (refusal("InternalServerError", 500), "store-unavailable", Blame.OFFHOOK, True),
        (refusal("something new", 503), "store-unavailable", Blame.OFFHOOK, True),
        (cancelled(PASSED, THROTTLED), "store-unavailable", Blame.OFFHOOK, True),
        (cancelled(PASSED, INVALID), "store-refused", Blame.OFFHOOK, False),
        (refusal("ValidationException"), "store-refused", Blame.OFFHOOK, False),
        (ParamValidationError(report="wrong"), "store-refused", Blame.OFFHOOK, False),
        (refusal("ResourceNotFoundException"), "store-table-missing", Blame.CONFIGURATION, False),
        (refusal("AccessDeniedException"), "store-forbidden", Blame.CONFIGURATION, False),
        (NoCredentialsError(), "store-forbidden", Blame.CONFIGURATION, False),
        (NoRegionError(), "store-forbidden", Blame.CONFIGURATION, False),
    ],
)
def test_what_a_request_that_failed_is_called(
    error: BotoCoreError | ClientError, code: str, blame: Blame, retryable: bool
) -> None:
    failure = unavailable(error, "calls").failure
    assert (failure.code, failure.blame, failure.retryable) == (code, blame, retryable)
    assert "table calls" in failure.sentence


def test_a_sentence_does_not_repeat_what_was_asked() -> None:
    error = refusal("ValidationException")
    error.response["Error"]["Message"] = "the item +14155550123 is wrong"
    assert "+1415" not in unavailable(error, "calls").failure.sentence


def test_contention_may_be_tried_again() -> None:
    failure = contended("calls").failure
    assert (failure.code, failure.retryable) == ("store-contended", True)


def test_a_cancelled_transaction_tells_what_stood_in_the_way() -> None:
    assert standing_items(cancelled(PASSED, TAKEN)) == [None, {"callId": {"S": "01A"}}]
    assert standing_items(cancelled(TAKEN, CONFLICT)) == [{"callId": {"S": "01A"}}, None]


def test_what_stood_in_the_way_may_be_unknown() -> None:
    assert standing_items(cancelled({"Code": "ConditionalCheckFailed"}, PASSED)) == [{}, None]


def test_a_conflict_alone_has_nothing_in_the_way() -> None:
    assert standing_items(cancelled(CONFLICT, PASSED)) == [None, None]


@pytest.mark.parametrize(
    "error", [cancelled(), cancelled(TAKEN, THROTTLED), cancelled(INVALID), refusal("ConditionalCheckFailedException")]
)
def test_other_errors_are_no_cancelled_condition(error: ClientError) -> None:
    assert standing_items(error) is None


def test_a_failed_condition_tells_the_item_that_was_there() -> None:
    assert item_in_the_way(refusal("ConditionalCheckFailedException", Item={"pk": {"S": "x"}})) == {"pk": {"S": "x"}}
    assert item_in_the_way(refusal("ConditionalCheckFailedException")) == {}
    assert item_in_the_way(refusal("ValidationException")) is None
