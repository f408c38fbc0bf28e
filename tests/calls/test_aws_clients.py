"""What is said of botocore's errors."""

import pytest
from botocore import exceptions
from botocore.exceptions import BotoCoreError

from calls.aws_clients import what_to_do


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (exceptions.NoRegionError(), "AWS_REGION"),
        (exceptions.CredentialRetrievalError(provider="container-role", error_msg="403"), "the task's role"),
        (exceptions.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), "the task's role"),
        (exceptions.NoCredentialsError(), "the task's role"),
        (exceptions.ProfileNotFound(profile="x"), "AWS_PROFILE"),
        (exceptions.ConnectTimeoutError(endpoint_url="https://x"), "security groups"),
        (exceptions.HTTPClientError(error="garbage"), "security groups"),
        (exceptions.UnknownServiceError(service_name="x", known_service_names=[]), "report it"),
    ],
)
def test_there_is_something_to_do_about_each(error: BotoCoreError, word: str) -> None:
    assert word in what_to_do(error)
