"""Asks AWS's JSON services without a client of botocore's: for a Lambda that a caller waits for, and for the streamer's
writing, which shares a core with the calls.

Signature, connections and errors are botocore's. What is left out is the client: its modules, the service's model and
the rules of its endpoints take a cold start longer than all the requests that it makes, and every request 1.7 times the
processor (2.3 ms against 1.3). What this does not know (endpoints of another kind, AWS's other partitions) is left to a
client, by `is_enough` and `is_known`.

Tries again as botocore does in its mode "standard": what failed on the way, 500 to 504 and throttling, after a pause
drawn up to 1, 2, 4 s. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

import json
import random
import re
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's own
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

_PLAIN_REGION = re.compile(r"(us|eu|ap|sa|ca|me|af|il|mx)(-gov)?-[a-z]+-\d+")
_ANOTHER_ENDPOINT = ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_ENDPOINT_URL_{}", "AWS_CA_BUNDLE")
_PASSING_STATUSES = frozenset({500, 502, 503, 504})
_PASSING = frozenset(
    {
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_LONGEST_PAUSE_S = 20.0


@dataclass(frozen=True, slots=True)
class Service:
    """A JSON service: its name, what comes before an operation in X-Amz-Target, how long it is waited for, and which of
    AWS's two versions of JSON it speaks. `words` is its name as it is written in settings, where that differs."""

    name: str
    target: str
    connect_s: float
    read_s: float
    attempts: int
    connections: int = 10
    json_version: str = "1.0"
    words: str = ""


def is_enough(service: Service, environment: Mapping[str, str]) -> bool:
    """Whether `AwsJson.of` finds in the environment all that it needs, and nothing that it does not know."""
    named = all(environment.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
    return named and is_known(service, _region(environment), environment)


def is_known(service: Service, region: str, environment: Mapping[str, str]) -> bool:
    """Whether the service's own endpoint in `region` is meant, as far as the environment says."""
    others = [name.format((service.words or service.name).upper()) for name in _ANOTHER_ENDPOINT]
    return not any(map(environment.get, others)) and _PLAIN_REGION.fullmatch(region) is not None


def _region(environment: Mapping[str, str]) -> str:
    return environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION", "")


class Credentials(NamedTuple):
    """What is signed with, by botocore's names; its own class would load the readers of configuration files."""

    access_key: str
    secret_key: str
    token: str | None


class AwsJson:
    """One service in `region`. Safe to share between threads. `credentials` are asked for with every request, so that
    whoever gives them may keep them fresh. `endpoint_url` stands in for AWS's own."""

    @classmethod
    def of(cls, service: Service, environment: Mapping[str, str], endpoint_url: str | None) -> "AwsJson":
        """In the environment's region with its credentials, as a Lambda has them for its whole life."""
        given = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
        credentials = Credentials(*given, environment.get("AWS_SESSION_TOKEN"))
        return cls(service, _region(environment), lambda: credentials, endpoint_url)

    def __init__(
        self,
        service: Service,
        region: str,
        credentials: Callable[[], Credentials],
        endpoint_url: str | None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._region, self._credentials = region, credentials
        self._service = service
        self._url = f"{endpoint_url or f'https://{service.name}.{region}.amazonaws.com'}/"
        # Types are looser than the stubs have them: botocore's own clients give the same.
        timeout: Any = (service.connect_s, service.read_s)
        options: Any = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
        self._connections = URLLib3Session(
            proxies=get_environ_proxies(self._url),
            timeout=timeout,
            max_pool_connections=service.connections,
            socket_options=options,
        )
        self._sleep, self._chance = sleep, chance

    def ask(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """What the service answers. botocore's own errors: ClientError for a refusal, others for what never arrived."""
        body = json.dumps(parameters).encode()
        for attempt in range(self._service.attempts - 1):
            try:
                return self._once(operation, body)
            except ClientError as error:
                if not _passes(error):
                    raise
            except (ConnectionError, HTTPClientError):
                pass  # failed on the way: the last attempt, below, raises what it meets
            self._sleep(self._chance() * min(2.0**attempt, _LONGEST_PAUSE_S))
        return self._once(operation, body)

    def _once(self, operation: str, body: bytes) -> dict[str, Any]:
        headers = {
            "Content-Type": f"application/x-amz-json-{self._service.json_version}",
            "X-Amz-Target": f"{self._service.target}.{operation}",
        }
        request = AWSRequest("POST", self._url, headers=headers, data=body)
        credentials: Any = self._credentials()  # of botocore's names; see Credentials
        SigV4Auth(credentials, self._service.name, self._region).add_auth(request)
        answer = self._connections.send(request.prepare())
        if answer.status_code != 200:
            raise ClientError(_refusal(answer.status_code, answer.content), operation)
        try:
            return cast("dict[str, Any]", json.loads(answer.content))
        except ValueError as error:
            raise HTTPClientError(error=error) from error


def _refusal(status: int, body: bytes) -> Any:
    """An error as botocore parses it: {"__type": "com.amazonaws...#Code", ...}; or whatever stands before AWS said."""
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        told = {}
    code = str(told.get("__type", "Unknown")).rpartition("#")[2]
    message = str(told.get("message") or told.get("Message") or "")
    return {**told, "Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}


def _passes(error: ClientError) -> bool:
    told = error.response
    return told["Error"]["Code"] in _PASSING or told["ResponseMetadata"]["HTTPStatusCode"] in _PASSING_STATUSES
