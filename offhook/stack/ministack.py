"""ministack: the AWS engine that serves the store on one machine, as a child process on loopback.

https://pypi.org/project/ministack/ - pinned in pyproject.toml. It keeps everything in memory.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config

from calls.dynamo import configuration
from offhook.stack.environment import LOCAL_KEY, LOOPBACK, REGION, local
from offhook.stack.processes import Process, free_port

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READY_WITHIN_S = 30.0

# Where botocore finds its own configuration: a name in the configuration file, one in the environment, a default, and
# a conversion. Without the first two, no profile and no file of a real account has a say.
_NO_ACCOUNT: dict[str, tuple[None, None, str | None, None]] = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


def process(port: int, log: Path, inherited: Mapping[str, str]) -> Process:
    """ministack on a loopback port, not started yet; `inherited` is the environment of the parent."""
    url = f"http://{LOOPBACK}:{port}"
    environment = {
        **local(inherited),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": LOOPBACK,
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        # It leaves a file with its process id in the folder for temporary files.
        "TMPDIR": str(log.parent),
    }
    return Process("ministack", "ministack", environment, log, f"{url}/_ministack/health")


@contextmanager
def running(log: Path, deadline_s: float = READY_WITHIN_S) -> Iterator[str]:
    """A healthy ministack's URL, for as long as the block runs. ProcessFailed where it cannot be had in time."""
    port = free_port()
    child = process(port, log, os.environ)
    child.start()
    try:
        child.wait_ready(deadline_s)
        yield f"http://{LOOPBACK}:{port}"
    finally:
        child.stop()


def local_client(endpoint_url: str, read_timeout_s: float = 10.0) -> "DynamoDBClient":
    """A DynamoDB client for an engine on loopback: no account, no proxy, nothing from the environment.

    The time-out is longer than a call's, for a small machine that is busy with speech.
    """
    session = boto3.session.Session(
        aws_access_key_id=LOCAL_KEY,
        aws_secret_access_key=LOCAL_KEY,
        region_name=REGION,
        botocore_session=botocore.session.Session(session_vars=_NO_ACCOUNT),
    )
    config = configuration(read_timeout_s).merge(Config(proxies={}))
    return session.client("dynamodb", endpoint_url=endpoint_url, config=config)
