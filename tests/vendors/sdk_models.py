"""Messages read with the vendors' own models, strictly: every field known, every needed field there, types right."""

from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_origin

import orjson
from pydantic import BaseModel, TypeAdapter

_Model = TypeVar("_Model")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def parsed(kind: type[_Model], message: bytes | str, *, strict: bool = False) -> _Model:
    """`message` as `kind`. Raises ValidationError, or AssertionError where a field is not in the vendor's model.

    `strict`: no conversions either, such as of a number in a string.
    """
    model: _Model = parsed_any(kind, message, strict=strict)
    return model


def parsed_any(kind: Any, message: bytes | str, *, strict: bool = False) -> Any:
    """The same for a kind that is no class, such as a union."""
    model = _adapter(kind).validate_python(orjson.loads(message), strict=strict)
    extra = unknown_fields(model)
    assert not extra, f"{kind}: not in the SDK's model: {extra}"
    return model


def models_by_type(union: Any) -> dict[str, type[BaseModel]]:
    """The members of an SDK's union of events by the one value of their `type`.

    A union itself must not be asked: for a type it does not know it takes its first member.
    """
    members = get_args(get_args(union)[0] if get_origin(union) is Annotated else union)
    return {get_args(one.model_fields["type"].annotation)[0]: one for one in members}


def unknown_fields(value: object, where: str = "") -> list[str]:
    """Paths of all fields that the models in `value` do not know."""
    if isinstance(value, BaseModel):
        found = [f"{where}.{name}" for name in value.model_extra or ()]
        for name in type(value).model_fields:
            found += unknown_fields(getattr(value, name), f"{where}.{name}")
        return found
    if isinstance(value, list):
        return [path for index, one in enumerate(value) for path in unknown_fields(one, f"{where}[{index}]")]
    return []
