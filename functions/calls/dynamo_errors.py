"""botocore's errors in our words. Sentences name the table and AWS's error code, never the request or its items."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError

from calls.errors import Blame, StoreUnavailable

_NO_CREDENTIALS = (
    exceptions.CredentialRetrievalError,
    exceptions.NoCredentialsError,
    exceptions.NoRegionError,
    exceptions.PartialCredentialsError,
)
_PASSING = frozenset(
    {
        "InternalServerError",
        "ItemCollectionSizeLimitExceededException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_EXPECTED_REASONS = frozenset({"None", "ConditionalCheckFailed", "TransactionConflict"})
_PASSING_REASONS = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError"})
_FORBIDDEN = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    }
)


def unavailable(error: BotoCoreError | ClientError, table: str) -> StoreUnavailable:
    """What to raise, `from error`, where a request to the table failed for another reason than its condition.

    retryable: the table cannot be reached, is throttled or had a fault of its own.
    Not retryable: no such table or no right to it (blame: configuration), or a request that DynamoDB refuses.
    """
    if not isinstance(error, ClientError):
        return _never_sent(error, table)
    code = _code(error)
    if code == "ResourceNotFoundException":
        sentence = f"There is no table {table}; create it, or set OFFHOOK_TABLE to the one there is."
        return StoreUnavailable(sentence, code="store-table-missing", blame=Blame.CONFIGURATION)
    if code in _FORBIDDEN:
        sentence = f"AWS does not let us use the table {table} ({code})."
        return StoreUnavailable(sentence, code="store-forbidden", blame=Blame.CONFIGURATION)
    if code in _PASSING or _http_status(error) >= 500 or _cancelled_in_passing(error):
        return StoreUnavailable(f"The table {table} is busy or has a fault ({code}).", retryable=True)
    return StoreUnavailable(f"The table {table} refused a request ({code}).", code="store-refused")


def _never_sent(error: BotoCoreError, table: str) -> StoreUnavailable:
    name = type(error).__name__
    if isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError):
        return StoreUnavailable(f"The table {table} cannot be reached ({name}).", retryable=True)
    if isinstance(error, _NO_CREDENTIALS):
        sentence = f"The table {table} cannot be used: AWS credentials or the region are missing ({name})."
        return StoreUnavailable(sentence, code="store-forbidden", blame=Blame.CONFIGURATION)
    return StoreUnavailable(f"A request to the table {table} could not be made ({name}).", code="store-refused")


def contended(table: str) -> StoreUnavailable:
    """What to raise when other writers came in between every time that we tried."""
    sentence = f"Too many writers at once on one item of the table {table}."
    return StoreUnavailable(sentence, code="store-contended", retryable=True)


def standing_items(error: ClientError) -> list[dict[str, Any] | None] | None:
    """For a cancelled transaction: for each of its items, in order, what stood in the way of its condition (an item
    in DynamoDB's notation, empty where DynamoDB does not say), or None where the condition held.

    None for any other error. A transaction that was cancelled only because another one was at work on the same items
    gives a list of Nones: trying again is right.
    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CancellationReason.html
    """
    reasons = _reasons(error)
    if not reasons or not {reason.get("Code", "None") for reason in reasons} <= _EXPECTED_REASONS:
        return None
    return [
        dict(reason.get("Item", {})) if reason.get("Code") == "ConditionalCheckFailed" else None for reason in reasons
    ]


def item_in_the_way(error: ClientError) -> dict[str, Any] | None:
    """For a single write whose condition failed: the item that was there. None for any other error."""
    if _code(error) != "ConditionalCheckFailedException":
        return None
    return dict(_answer(error).get("Item", {}))


def _answer(error: ClientError) -> Mapping[str, Any]:
    """What DynamoDB answered, with the members that only its own errors have."""
    return cast("Mapping[str, Any]", error.response)


def _code(error: ClientError) -> str:
    return str(_answer(error).get("Error", {}).get("Code", "unknown"))


def _reasons(error: ClientError) -> Sequence[Mapping[str, Any]]:
    if _code(error) != "TransactionCanceledException":
        return ()
    return cast("Sequence[Mapping[str, Any]]", _answer(error).get("CancellationReasons", ()))


def _cancelled_in_passing(error: ClientError) -> bool:
    codes = {reason.get("Code", "None") for reason in _reasons(error)}
    return bool(codes) and codes <= _EXPECTED_REASONS | _PASSING_REASONS


def _http_status(error: ClientError) -> int:
    return int(_answer(error).get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
