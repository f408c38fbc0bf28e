"""Read template.yaml as plain values: `!Ref X` becomes {"Ref": "X"}, `!Sub x` {"Fn::Sub": "x"}, as in its JSON form."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FUNCTION = "AWS::Serverless::Function"
ROUTE = "AWS::ApiGatewayV2::Route"


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        text = str(loader.construct_scalar(node))
        return {name: text.split(".") if suffix == "GetAtt" else text}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short_form)


CHILDREN = sorted((ROOT / "infra").glob("*.yaml"))


@cache
def template(name: str = "template.yaml") -> Mapping[str, Any]:
    """A template by its path from the root."""
    loaded: Mapping[str, Any] = yaml.load((ROOT / name).read_text(), _Loader)
    return loaded


def resources(kind: str, name: str = "template.yaml") -> dict[str, Mapping[str, Any]]:
    """The properties of every resource of one type, by logical name."""
    made = template(name)["Resources"].items()
    return {logical: one.get("Properties", {}) for logical, one in made if one["Type"] == kind}


def function_behind(route: Mapping[str, Any]) -> str:
    """The logical name of the function that a route leads to."""
    integration = route["Target"]["Fn::Sub"].removeprefix("integrations/${").removesuffix("}")
    name: str = resources("AWS::ApiGatewayV2::Integration")[integration]["IntegrationUri"]["Fn::GetAtt"][0]
    return name


def handlers() -> list[str]:
    """Every handler, "package.module.function"."""
    return [properties["Handler"] for properties in resources(FUNCTION).values()]
