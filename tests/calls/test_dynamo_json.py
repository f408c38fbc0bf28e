"""Who asks the Lambdas' table. What it is asked is in the store's contract (test_dynamo_contract.py)."""

from calls.dynamo_json import quick_client

LAMBDAS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1"}
NOBODY = "http://127.0.0.1:1"


def test_a_lambda_asks_without_a_client() -> None:
    assert not hasattr(quick_client(LAMBDAS, NOBODY), "meta")


def test_where_the_credentials_are_elsewhere_a_client_asks() -> None:
    assert quick_client({"AWS_REGION": "us-east-1"}, NOBODY).meta.endpoint_url == NOBODY
