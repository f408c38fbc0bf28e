"""The parts of an agent file that matter once a call is over: `[after_call]` and `[privacy]`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from calls.fields import Fields

EXTRACTIVE = "scripted"
MOST_FIELDS = 40
MOST_CHOICES = 50
LONGEST_KEPT_DAYS = 3_650
TYPES = ("string", "integer", "number", "boolean")
FORMATS = ("date", "time", "email", "phone")
REDACTABLE = ("card", "email", "phone")

_FIELD = re.compile(r"[a-z][a-z0-9_]{0,62}")
_MODEL = re.compile(r"scripted|openai(/[A-Za-z0-9][A-Za-z0-9._:-]*)?")


@dataclass(frozen=True, slots=True)
class FieldSchema:
    """One field to find in a call, as the part of JSON Schema that is taken: `type`, `description`, and for a string
    `enum` (empty for any text) or `format` ("" or one of FORMATS; "phone" is ours)."""

    name: str
    type: str
    description: str = ""
    enum: tuple[str, ...] = ()
    format: str = ""


@dataclass(frozen=True, slots=True)
class AfterCall:
    """`model` sums a call up: "scripted" quotes it, "openai" or "openai/<model>" is asked. `fields` may be empty."""

    model: str = EXTRACTIVE
    fields: tuple[FieldSchema, ...] = ()


@dataclass(frozen=True, slots=True)
class Privacy:
    """`redact`: what is taken out of a call's words before they are kept, logged or sent (REDACTABLE). `keep_days`: how
    long after its beginning everything kept of a call is deleted; None: never."""

    redact: tuple[str, ...] = ()
    keep_days: int | None = None


def after_call(fields: Fields) -> AfterCall:
    """The table `[after_call]`; what is wrong with it is noted in `fields`."""
    model = fields.shaped(
        "model", EXTRACTIVE, '"scripted", "openai" or "openai/<model>"', lambda value: bool(_MODEL.fullmatch(value))
    )
    table = fields.table("fields")
    names = list(table.plain())
    if len(names) > MOST_FIELDS:
        fields.note("fields", f"must be at most {MOST_FIELDS} fields")
    schemas = tuple(_schema(name, table) for name in names)
    table.finish()
    fields.finish()
    return AfterCall(model, schemas)


def _schema(name: str, table: Fields) -> FieldSchema:
    if not _FIELD.fullmatch(name):
        table.note(name, "must be named in lower-case letters, digits and underscores")
    fields = table.table(name)
    known = ", ".join(TYPES)
    schema = FieldSchema(
        name=name,
        type=fields.shaped("type", "string", f"one of {known}", lambda value: value in TYPES),
        description=fields.text("description", "", longest=500, may_be_empty=True),
        enum=tuple(fields.texts("enum", [], f"a list of 1 to {MOST_CHOICES} texts, none twice", _are_choices)),
        format=fields.shaped("format", "", f"one of {', '.join(FORMATS)}", lambda value: value in FORMATS),
    )
    if schema.type != "string" and (schema.enum or schema.format):
        fields.note("type", 'must be "string" where there is an enum or a format')
    if schema.enum and schema.format:
        fields.note("enum", "cannot stand beside a format")
    fields.finish()
    return schema


def _are_choices(choices: list[str]) -> bool:
    return 1 <= len(choices) <= MOST_CHOICES and len(set(choices)) == len(choices) and all(map(str.strip, choices))


def privacy(fields: Fields) -> Privacy:
    """The table `[privacy]`; what is wrong with it is noted in `fields`."""
    want = f"a list of {', '.join(REDACTABLE)}, none twice"
    redact = fields.texts("redact", [], want, lambda v: set(v) <= set(REDACTABLE) and len(set(v)) == len(v))
    keep_days = fields.whole("keep_days", 0, 1, LONGEST_KEPT_DAYS)
    fields.finish()
    return Privacy(tuple(redact), keep_days or None)


def json_schema(schema: FieldSchema) -> Mapping[str, object]:
    """The field's value as JSON Schema, with null for unknown."""
    value: dict[str, object] = {"type": [schema.type, "null"]}
    if schema.description:
        value["description"] = schema.description
    if schema.enum:
        value["enum"] = [*schema.enum, None]
    if schema.format and schema.format != "phone":
        value["format"] = schema.format
    return value
