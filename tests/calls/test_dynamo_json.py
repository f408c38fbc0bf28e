"""Who asks the table. What it is asked is in the store's contract (test_dynamo_contract.py)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from calls.dynamo_json import lasting_client, quick_client
from calls.dynamo_table import client
from calls.errors import ConfigurationInvalid

LAMBDAS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1"}
NOBODY = "http://127.0.0.1:1"


def test_a_lambda_asks_without_a_client() -> None:
    assert not hasattr(quick_client(LAMBDAS, NOBODY), "meta")


def test_where_the_credentials_are_elsewhere_a_client_asks() -> None:
    assert quick_client({"AWS_REGION": "us-east-1"}, NOBODY).meta.endpoint_url == NOBODY


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Nothing of AWS in the environment, and no instance to ask for credentials."""
    names = ("PROFILE", "DEFAULT_REGION", "REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "CA_BUNDLE")
    for name in names:
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


@pytest.mark.usefixtures("no_aws")
def test_a_task_asks_an_engine_on_this_machine_without_a_client() -> None:
    assert not hasattr(lasting_client({}, NOBODY), "meta")


def test_one_name_for_the_region_is_enough(no_aws: pytest.MonkeyPatch) -> None:
    """ECS sets AWS_REGION, which botocore does not look at."""
    no_aws.setenv("AWS_REGION", "eu-central-1")
    assert client(None).meta.region_name == "eu-central-1"


def test_a_task_asks_its_region_without_a_client(no_aws: pytest.MonkeyPatch) -> None:
    for name, value in LAMBDAS.items():
        no_aws.setenv(name, value)
    assert not hasattr(lasting_client(LAMBDAS, None), "meta")


def test_where_a_file_has_a_say_a_client_asks(no_aws: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in LAMBDAS.items():
        no_aws.setenv(name, value)
    (tmp_path / "config").write_text("[default]\nuse_fips_endpoint = true\n", "utf-8")
    assert lasting_client(LAMBDAS, None).meta.endpoint_url == "https://dynamodb-fips.us-east-1.amazonaws.com"


@pytest.mark.usefixtures("no_aws")
def test_where_no_region_is_known_it_is_told() -> None:
    with pytest.raises(ConfigurationInvalid, match="AWS_REGION"):
        lasting_client({}, None)


@pytest.mark.parametrize("made", [lambda: client(None), lambda: lasting_client(LAMBDAS, None)])
def test_half_a_credential_is_told_of(no_aws: pytest.MonkeyPatch, made: Callable[[], object]) -> None:
    no_aws.setenv("AWS_REGION", "us-east-1")
    no_aws.setenv("AWS_ACCESS_KEY_ID", "local")
    with pytest.raises(ConfigurationInvalid, match=r"\(PartialCredentialsError\)\. Look at the AWS credentials"):
        made()
