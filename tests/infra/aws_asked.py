"""Stands before an AWS of this machine and takes down who asks what of it.

Who asks is told by the access key, which is part of every signature; what, by the request's target. Every function and
task has a key of its own here, so nothing has to be changed in what is looked at.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp
from aiohttp import web

from offhook.stack.environment import LOOPBACK, REGION
from tests.infra.policies import Asked

_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/[^/]+/([^/]+)/")
_ACCOUNT = f"{REGION}:000000000000"
# What the parts of a transaction ask IAM for:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
_PARTS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


def asked(service: str, operation: str, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every (action, resource) that IAM is asked about for one request."""
    if service == "dynamodb" and operation in {"TransactWriteItems", "TransactGetItems"}:
        for item in body["TransactItems"]:
            ((kind, part),) = item.items()
            yield f"dynamodb:{_PARTS.get(kind, 'GetItem')}", _table(part)
    elif service == "dynamodb":
        yield f"dynamodb:{operation}", _table(body)
    elif service == "sqs":
        yield f"sqs:{operation}", f"arn:aws:sqs:{_ACCOUNT}:{body['QueueUrl'].rsplit('/', 1)[1]}"
    elif service == "events":
        for entry in body["Entries"]:
            yield f"events:{operation}", f"arn:aws:events:{_ACCOUNT}:event-bus/{entry['EventBusName']}"
    elif service == "secretsmanager":
        # Six characters stand for those that Secrets Manager adds.
        yield f"secretsmanager:{operation}", f"arn:aws:secretsmanager:{_ACCOUNT}:secret:{body['SecretId']}-Ab12Cd"
    else:
        yield f"{service}:{operation}", "*"


def _table(body: Mapping[str, Any]) -> str:
    index = f"/index/{body['IndexName']}" if "IndexName" in body else ""
    return f"arn:aws:dynamodb:{_ACCOUNT}:table/{body['TableName']}{index}"


class AwsAsked:
    """Serves on loopback while it is entered, and passes everything on to `aws`. `seen` grows as it is asked."""

    def __init__(self, aws: str, port: int) -> None:
        self.seen: set[Asked] = set()
        self._aws = aws
        self._port = port
        application = web.Application(client_max_size=4 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        self._runner = web.AppRunner(application)
        self._session: aiohttp.ClientSession | None = None

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    async def __aenter__(self) -> "AwsAsked":
        self._session = aiohttp.ClientSession(auto_decompress=False, trust_env=False)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, self._port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        if self._session:
            await self._session.close()

    async def _pass_on(self, request: web.Request) -> web.Response:
        body = await request.read()
        if told := _CREDENTIAL.search(request.headers.get("Authorization", "")):
            operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
            what = json.loads(body) if body else {}
            self.seen |= {Asked(told[1], *one) for one in asked(told[2], operation, what)}
        assert self._session is not None
        url = f"{self._aws}{request.raw_path}"
        async with self._session.request(request.method, url, data=body, headers=request.headers) as answer:
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in {"content-length", "transfer-encoding"}}
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)
