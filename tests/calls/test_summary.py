import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from calls import agent_files, summary
from calls.agent import Agent
from calls.agent_after import AfterCall, FieldSchema
from calls.conversation import Conversation, Role, Turn
from calls.errors import ProviderFailed
from calls.openai_chat import Chunks
from calls.outcome import Field, Kind, Outcome, Support, from_plain, to_plain

AGENTS: Mapping[str, Agent] = agent_files.load(Path(__file__).parents[2] / "functions" / "agents")
DESK = AGENTS["default"]
FIELDS = (
    FieldSchema("caller_name", "string"),
    FieldSchema("result", "string", enum=("booked", "lost")),
    FieldSchema("guests", "integer"),
    FieldSchema("day", "string", format="date"),
)
ASKING = replace(DESK, after_call=AfterCall("openai/gpt-6-luna", FIELDS))
MONDAY = date(2026, 11, 23)


def turn(number: int, role: Role, heard: str, said: str = "", mode: str = "pipeline") -> Turn:
    return Turn(f"t{number}", role, said or heard, heard, bool(said), number, number, mode)


def talk(*heard: str) -> Conversation:
    """Greeting first, then caller and agent by turns."""
    roles = (Role.AGENT, Role.CALLER)
    return Conversation(tuple(turn(n, roles[n % 2], words) for n, words in enumerate((DESK.greeting, *heard))))


BOOKED = talk(
    "I would like a cleaning tomorrow at three.",
    "What telephone number can we reach you on?",
    "Five five five oh one three four.",
    "Let me read that back: your cleaning on Tuesday at 3 PM. Is that right?",
    "Yes, please.",
    "Thank you. I have noted your cleaning on Tuesday, November 24th at 3 PM.",
    "Goodbye.",
)


def completion(content: Any, **changes: Any) -> dict[str, Any]:
    text = content if isinstance(content, str) else json.dumps(content)
    return {"choices": [{"message": {"content": text}, "finish_reason": "stop"}], **changes}


def said(**fields: tuple[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {schema.name: {"value": None, "evidence": []} for schema in FIELDS}
    return {
        "summary": "Ann called.",
        "fields": found | {n: {"value": v, "evidence": e} for n, (v, e) in fields.items()},
    }


# --- what is heard ---------------------------------------------------------------------------------------------------


def test_only_what_was_heard_goes_further() -> None:
    cut = turn(1, Role.AGENT, "We open", "We open at nine.")
    unheard = turn(2, Role.AGENT, "", "Never played.")
    heard = summary.heard(Conversation((cut, unheard, turn(3, Role.CALLER, "415 555 0123"))), str.swapcase)
    assert [(one.id, one.said, one.heard) for one in heard.turns] == [
        ("t1", "wE OPEN", "wE OPEN"),
        ("t3", "415 555 0123", "415 555 0123"),
    ]


def test_nobody_spoke() -> None:
    assert summary.nobody_spoke(talk())
    assert not summary.nobody_spoke(talk("Hello?"))
    assert summary.silent(DESK, talk()) == Outcome(
        Kind.NOBODY_SPOKE,
        "Nobody spoke.",
        tuple(map(Field, ("request", "noted", "service", "day", "time", "phone"))),
        ("t0",),
    )


# --- without a model -------------------------------------------------------------------------------------------------


def test_the_desks_slots_are_told_with_the_turns_that_filled_them() -> None:
    outcome = summary.extract(DESK, BOOKED, MONDAY)
    assert (outcome.kind, outcome.turns) == (Kind.EXTRACTIVE, tuple(f"t{n}" for n in range(8)))
    assert outcome.fields == (
        Field("request", "book", ("t1",), Support.NOT_CHECKABLE),
        Field("noted", True, ("t5",), Support.NOT_CHECKABLE),
        Field("service", "cleaning", ("t1",), Support.FOUND),
        Field("day", "2026-11-24", ("t1",), Support.FOUND),
        Field("time", "15:00", ("t1",), Support.FOUND),
        Field("phone", "5550134", ("t3",), Support.FOUND),
    )


def test_an_extract_quotes_word_for_word() -> None:
    told = summary.extract(DESK, BOOKED, MONDAY).summary
    assert told.startswith('Extract in their own words. Caller: "I would like a cleaning tomorrow at three."')
    assert told.endswith('Agent, at last: "Thank you. I have noted your cleaning on Tuesday, November 24th at 3 PM."')


def test_a_long_quotation_is_cut_at_a_word() -> None:
    told = summary.extract(DESK, talk("word " * 100), MONDAY).summary
    assert told.endswith('word ..."')
    assert len(told) < 300


@pytest.mark.parametrize("said_last", ["No, never mind, cancel that.", "No.", "Hm, the number is wrong.", ""])
def test_nothing_is_noted_that_the_caller_did_not_agree_to(said_last: str) -> None:
    conversation = talk(*(one.heard for one in BOOKED.turns[1:5]), *([said_last] if said_last else []))
    found = {field.name: field.value for field in summary.extract(DESK, conversation, MONDAY).fields}
    assert (found["request"], found["noted"]) == ("book", None)


def test_a_second_request_begins_anew_but_for_the_number() -> None:
    conversation = Conversation((*BOOKED.turns[:7], turn(7, Role.CALLER, "I also want to cancel an appointment.")))
    found = {field.name: field.value for field in summary.extract(DESK, conversation, MONDAY).fields}
    assert (found["request"], found["noted"], found["day"], found["phone"]) == ("cancel", None, None, "5550134")


def test_the_desk_says_nothing_of_a_call_that_it_did_not_hold() -> None:
    on_model = replace(DESK, models=replace(DESK.models, reply="openai/gpt-6-luna"))
    realtime = Conversation(tuple(replace(one, mode="realtime") for one in BOOKED.turns))
    for outcome in (summary.extract(on_model, BOOKED, MONDAY), summary.extract(DESK, realtime, MONDAY)):
        assert {field.value for field in outcome.fields} == {None}


def test_fields_of_the_agents_own_take_the_desks_slots_of_that_name() -> None:
    outcome = summary.extract(ASKING, BOOKED, MONDAY, "No key.")
    assert [(field.name, field.value) for field in outcome.fields] == [
        ("caller_name", None),
        ("result", None),
        ("guests", None),
        ("day", "2026-11-24"),
    ]
    assert outcome.why == "No key."


# --- with a model ----------------------------------------------------------------------------------------------------


def test_a_model_is_asked_for_exactly_the_fields_each_of_which_may_be_unknown() -> None:
    body = summary.request(ASKING, talk("It's Ann."), MONDAY)
    assert body["model"] == "gpt-6-luna"
    assert body["reasoning_effort"] == "none"
    assert "Monday, 2026-11-23" in body["messages"][0]["content"]
    assert body["messages"][1]["content"] == f"1 agent: {DESK.greeting}\n2 caller: It's Ann."
    form = body["response_format"]["json_schema"]
    assert form["strict"] is True
    fields = form["schema"]["properties"]["fields"]
    assert fields["required"] == [schema.name for schema in FIELDS]
    assert fields["properties"]["result"]["properties"]["value"] == {
        "type": ["string", "null"],
        "enum": ["booked", "lost", None],
    }
    for part in (form["schema"], fields, *fields["properties"].values()):
        assert part["additionalProperties"] is False
        assert set(part["required"]) == set(part["properties"])


def test_an_agent_without_fields_of_its_own_gets_the_usual_ones_from_a_model() -> None:
    agent = replace(DESK, after_call=AfterCall("openai"))
    schema = summary.request(agent, talk("Hi."), MONDAY)["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["fields"]["required"] == ["outcome", "caller_name", "callback_number", "next_action"]


def test_what_a_model_says_is_checked_value_by_value() -> None:
    conversation = talk("It's Ann, for three, tomorrow.", "Noted, Ann.")
    answer = said(caller_name=("Ann", [2, 9]), result=("booked", [3]), guests=(5, [2]), day=("2026-11-24", [2]))
    chunks = Chunks("gpt-6-luna")
    used = {"prompt_tokens": 90, "completion_tokens": 20}
    outcome = summary.answered(completion(answer, usage=used), chunks, ASKING, conversation, MONDAY)
    assert outcome == Outcome(
        Kind.MODEL,
        "Ann called.",
        (
            Field("caller_name", "Ann", ("t1",), Support.FOUND),
            Field("result", "booked", ("t2",), Support.NOT_CHECKABLE),
            Field("guests"),  # nobody said five
            Field("day", "2026-11-24", ("t1",), Support.FOUND),
        ),
        ("t0", "t1", "t2"),
        "gpt-6-luna",
    )
    assert chunks.usage is not None
    assert (chunks.usage.input_tokens, chunks.usage.output_tokens) == (90, 20)
    assert from_plain(json.loads(json.dumps(to_plain(outcome)))) == outcome


@pytest.mark.parametrize(
    "wrong",
    [
        {"result": ("maybe", [1])},
        {"day": ("tomorrow", [1])},
        {"day": ("2026-02-30", [1])},
        {"caller_name": ("Ann", [])},
    ],
)
def test_a_value_that_is_none_of_its_kind_is_unknown(wrong: dict[str, tuple[Any, Any]]) -> None:
    outcome = summary.answered(completion(said(**wrong)), Chunks("m"), ASKING, talk("It's Ann."), MONDAY)
    assert {field.value for field in outcome.fields} == {None}


@pytest.mark.parametrize(
    "answer",
    [
        completion("no json"),
        completion([1]),
        completion({"summary": "x"}),
        completion({"summary": "", "fields": {}}),
        completion({"summary": "x", "fields": {}}),
        completion(said(guests=("three", [1]))),
        completion(said(guests=(True, [1]))),
        completion(said(caller_name=("Ann", ["1"]))),
        completion(said(caller_name=("Ann", None))),
        {"choices": []},
        {"choices": [{"message": {"refusal": "I cannot."}, "finish_reason": "stop"}]},
        {"choices": [{"message": {"content": None}, "finish_reason": "length"}]},
        {"error": {"code": "server_error"}},
        "text",
        None,
    ],
)
def test_an_answer_of_another_shape_is_refused_whole(answer: Any) -> None:
    with pytest.raises(ProviderFailed) as refused:
        summary.answered(answer, Chunks("m"), ASKING, talk("It's Ann."), MONDAY)
    assert refused.value.failure.retryable
