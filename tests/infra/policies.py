"""What IAM says to a request, for policies that only allow: statements of actions and resources with wildcards.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html. Conditions and denials are
refused: nobody here has written one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Asked:
    """A request: who, what ("dynamodb:GetItem"), and of which ARN."""

    who: str
    action: str
    resource: str


@dataclass(frozen=True, slots=True)
class Grant:
    """One action on one resource, either of which may hold wildcards."""

    action: str
    resource: str

    def allows(self, asked: Asked) -> bool:
        """Actions are compared without regard to case, resources as they are."""
        return bool(
            re.fullmatch(_pattern(self.action), asked.action, re.IGNORECASE)
            and re.fullmatch(_pattern(self.resource), asked.resource)
        )


def _pattern(text: str) -> str:
    return re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")


def grants(documents: Iterable[Mapping[str, Any]]) -> Iterator[Grant]:
    """Everything that policy documents allow. ValueError on what is not understood here."""
    for document in documents:
        for statement in document["Statement"]:
            if statement["Effect"] != "Allow" or set(statement) - {"Sid", "Effect", "Action", "Resource"}:
                raise ValueError(f"not a plain permission: {statement}")
            for action in _several(statement["Action"]):
                for resource in _several(statement["Resource"]):
                    yield Grant(action, resource)


def _several(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
