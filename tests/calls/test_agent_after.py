import re
from pathlib import Path

import pytest

from calls.agent import parse, read
from calls.agent_after import AfterCall, FieldSchema, Privacy, json_schema
from calls.openai_models import DEFAULT_MODEL, shutdown_of
from calls.summary import model_of

ROOT = Path(__file__).parents[2]
HEAD = 'name = "desk"\nprompt = "You keep a desk."\ngreeting = "Hello."\n'
TABLE = """
[after_call]
model = "openai"
[after_call.fields.caller_name]
description = "Who called."
[after_call.fields.outcome]
enum = ["booked", "lost"]
[after_call.fields.guests]
type = "integer"
[after_call.fields.day]
format = "date"
[privacy]
redact = ["card", "phone"]
keep_days = 30
"""


def test_an_agent_that_says_nothing_quotes_and_keeps_nothing_back() -> None:
    agent = parse(HEAD, "desk.toml")
    assert (agent.after_call, agent.privacy, model_of(agent)) == (AfterCall(), Privacy(), "")


def test_what_an_agent_may_ask_of_its_calls() -> None:
    agent = parse(HEAD + TABLE, "desk.toml")
    assert agent.after_call.fields == (
        FieldSchema("caller_name", "string", "Who called."),
        FieldSchema("outcome", "string", enum=("booked", "lost")),
        FieldSchema("guests", "integer"),
        FieldSchema("day", "string", format="date"),
    )
    assert agent.privacy == Privacy(("card", "phone"), keep_days=30)
    assert model_of(agent) == DEFAULT_MODEL


def test_the_model_that_is_asked_where_none_is_named_does_not_go_away() -> None:
    assert shutdown_of(DEFAULT_MODEL) is None


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('[after_call]\nmodel = "deepgram/x"', 'after_call.model must be "scripted", "openai" or "openai/<model>"'),
        ('[after_call.fields.Name]\ntype = "string"', "after_call.fields.Name must be named in lower-case"),
        ('[after_call.fields.x]\ntype = "object"', "after_call.fields.x.type must be one of string, integer"),
        ('[after_call.fields.x]\ntype = "integer"\nformat = "date"', 'after_call.fields.x.type must be "string" where'),
        ('[after_call.fields.x]\nenum = ["a"]\nformat = "date"', "after_call.fields.x.enum cannot stand beside"),
        ('[after_call.fields.x]\nenum = ["a", "a"]', "after_call.fields.x.enum must be a list of 1 to 50 texts"),
        ("[after_call.fields.x]\nenum = []", "after_call.fields.x.enum must be a list of 1 to 50 texts"),
        ('[after_call.fields.x]\ndescripton = "a"', "did you mean after_call.fields.x.description?"),
        ("[after_call]\nfields = 3", "after_call.fields must be a table"),
        ('[privacy]\nredact = ["names"]', "privacy.redact must be a list of card, email, phone"),
        ("[privacy]\nkeep = 3", "privacy.keep is not a field; did you mean privacy.keep_days?"),
        ("[privacy]\nkeep_days = 0", "privacy.keep_days must be a whole number from 1 to 3650, not 0"),
    ],
)
def test_what_is_wrong_is_named(table: str, problem: str) -> None:
    agent, problems = read(HEAD + table, "desk.toml")
    assert agent is None
    assert any(problem in told for told in problems), problems


def test_what_the_docs_show_is_a_file_that_can_be_read() -> None:
    shown = re.search(r"```toml\n(.*?)```", (ROOT / "docs" / "after-call.md").read_text("utf-8"), re.DOTALL)
    assert shown is not None
    agent = parse(HEAD + shown[1], "desk.toml")
    assert [field.name for field in agent.after_call.fields] == ["caller_name", "result", "day", "guests"]
    assert agent.privacy.redact == ("card", "email", "phone")


def test_every_table_that_the_docs_show_can_be_read_by_itself() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "after-call.md").read_text("utf-8"), re.DOTALL)
    agents = [parse(HEAD + block, "desk.toml") for block in blocks]
    assert [agent.budget.is_set for agent in agents] == [False, True, False]
    assert agents[2].privacy == Privacy(("card", "email", "phone"), keep_days=30)


def test_more_fields_than_a_model_can_be_asked_for_are_refused() -> None:
    many = "".join(f'[after_call.fields.f{n}]\ntype = "string"\n' for n in range(41))
    _, problems = read(HEAD + many, "desk.toml")
    assert problems == ["after_call.fields must be at most 40 fields"]


def test_a_field_as_json_schema_may_always_be_unknown() -> None:
    assert json_schema(FieldSchema("x", "integer", "How many.")) == {
        "type": ["integer", "null"],
        "description": "How many.",
    }
    assert json_schema(FieldSchema("x", "string", enum=("a",))) == {"type": ["string", "null"], "enum": ["a", None]}
    assert json_schema(FieldSchema("x", "string", format="date")) == {"type": ["string", "null"], "format": "date"}
    assert json_schema(FieldSchema("x", "string", format="phone")) == {"type": ["string", "null"]}
