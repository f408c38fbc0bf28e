"""The idle time-out of the AWS load balancer in front of the streamer, where this machine may ask AWS."""

import asyncio
import socket
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from offhook.doctor.addresses import is_private

_ATTRIBUTE = "idle_timeout.timeout_seconds"
_PATIENCE = Config(connect_timeout=2, read_timeout=4, retries={"total_max_attempts": 1})


async def idle_timeout_s(stream_url: str) -> int | None:
    """Seconds; None without credentials, without leave to ask, or where no load balancer of the account is there. AWS
    is not asked about an address of this machine or of a private network."""
    host = urlsplit(stream_url).hostname or ""
    return None if is_private(host) else await asyncio.to_thread(_idle_timeout_s, host)


def _idle_timeout_s(host: str) -> int | None:
    session = boto3.session.Session()
    try:
        # Without these botocore asks the instance metadata service, which takes seconds on a laptop to say nothing.
        if session.region_name is None or session.get_credentials() is None:
            return None
        client: Any = session.client("elbv2", config=_PATIENCE)
        behind = _addresses(host)
        for balancer in client.describe_load_balancers()["LoadBalancers"]:
            name = balancer["DNSName"]
            if name.lower() == host.lower() or behind & _addresses(name):
                return attribute_in(
                    client.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])
                )
    except (BotoCoreError, ClientError):
        return None
    return None


def attribute_in(answer: dict[str, Any]) -> int | None:
    """From the answer to DescribeLoadBalancerAttributes; a network load balancer has no such attribute."""
    values = {one["Key"]: one["Value"] for one in answer["Attributes"]}
    return int(values[_ATTRIBUTE]) if _ATTRIBUTE in values else None


def _addresses(host: str) -> frozenset[str]:
    try:
        return frozenset(str(found[4][0]) for found in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM))
    except OSError:
        return frozenset()
