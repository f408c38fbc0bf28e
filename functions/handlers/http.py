"""Twilio's webhooks as HTTP requests, as an HTTP API of API Gateway hands them to a Lambda, and the answers to them.

A caller waits for every cold start, so this is no framework: Powertools' event handler took half of all that the voice
webhook imports (docs/decisions.md). https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """`headers` by their names in small letters. `body` is in base64 where `is_base64`."""

    path: str
    headers: Mapping[str, str]
    body: str
    is_base64: bool = False


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Without a body it has no type."""

    status: int
    body: str = ""
    content_type: str = "text/plain"

    def as_lambda(self) -> dict[str, Any]:
        """The Lambda's answer, payload format 2.0."""
        return {
            "statusCode": self.status,
            "headers": {"content-type": self.content_type} if self.body else {},
            "body": self.body,
            "isBase64Encoded": False,
        }


def of_event(event: Mapping[str, Any]) -> HttpRequest:
    """The request in an HTTP API event, payload format 2.0, of the stage $default."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return HttpRequest(event["rawPath"], headers, event.get("body") or "", bool(event.get("isBase64Encoded")))


Work = Callable[..., HttpAnswer]
"""Answers (request), and with the parts of its path by their names."""


class Routes:
    """POST routes by path; "<name>" in one stands for a part without a slash."""

    def __init__(self, works: Mapping[str, Work]) -> None:
        self._works = [(re.compile(re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", path)), work) for path, work in works.items()]

    def answer(self, request: HttpRequest) -> HttpAnswer:
        for pattern, work in self._works:
            if found := pattern.fullmatch(request.path):
                return work(request, **found.groupdict())
        return HttpAnswer(404, "There is nothing at this path.")

    def including(self, other: "Routes") -> "Routes":
        """Both together."""
        both = Routes({})
        both._works = [*self._works, *other._works]
        return both
