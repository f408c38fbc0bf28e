"""Which table is asked: a deployment's where one is named, else what runs here."""

import os
from pathlib import Path

import pytest

from calls.dynamo import DynamoCallStore
from offhook import up_state
from offhook.calls_table import opened
from offhook.missing import MissingPart
from offhook.places import STATE_FILE

LOCAL = "http://127.0.0.1:9"


def test_a_deployments_table_by_its_name(tmp_path: Path) -> None:
    assert isinstance(opened(tmp_path, {"OFFHOOK_TABLE": "calls", "AWS_ENDPOINT_URL": LOCAL}), DynamoCallStore)


def test_what_runs_here(tmp_path: Path) -> None:
    up_state.write(tmp_path / STATE_FILE, up_state.UpState(os.getpid(), "", "", LOCAL, "calls"))
    assert isinstance(opened(tmp_path, {}), DynamoCallStore)


def test_neither_is_said_with_both_ways_out(tmp_path: Path) -> None:
    with pytest.raises(MissingPart, match=r"offhook up.*OFFHOOK_TABLE"):
        opened(tmp_path, {"OFFHOOK_TABLE": " "})
