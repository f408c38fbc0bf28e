from dataclasses import replace

import pytest

from calls import tools
from calls.reply import EndCall, Transfer
from tests.fakes.agents import AGENT

WITH_PERSON = replace(AGENT, transfer_number="+14155550199")


def test_a_transfer_is_offered_where_there_is_a_number() -> None:
    assert [tool.name for tool in tools.offered(AGENT)] == ["end_call"]
    assert [tool.name for tool in tools.offered(WITH_PERSON)] == ["end_call", "transfer"]


def test_what_a_function_does() -> None:
    assert tools.action_of(AGENT, "end_call", "{}") == EndCall("agent-goodbye")
    assert tools.action_of(WITH_PERSON, "transfer", '{"to": "billing"}') == Transfer("+14155550199")


@pytest.mark.parametrize("arguments", ["", "{", "[]", "null", "1e999", "[" * 9_000, '{"a": "' + "x" * 9_000 + '"}'])
def test_malformed_arguments_are_none_given(arguments: str) -> None:
    assert tools.action_of(AGENT, "end_call", arguments) == EndCall("agent-goodbye")


@pytest.mark.parametrize("name", ["", "delete_everything", "transfer"])
def test_a_function_that_was_not_offered_does_nothing(name: str) -> None:
    assert tools.action_of(AGENT, name, "{}") is None


def test_words_for_an_action_without_any() -> None:
    assert tools.words_before(AGENT, EndCall("agent-goodbye")) == "Goodbye, then."
    assert tools.words_before(AGENT, Transfer("+14155550199")) == "One moment, please."


def test_every_schema_is_an_object() -> None:
    assert all(tool.schema["type"] == "object" for tool in tools.TOOLS)
