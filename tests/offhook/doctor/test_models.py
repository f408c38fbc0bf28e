from dataclasses import replace
from datetime import date

import pytest

from calls.record import Mode
from offhook.doctor.finding import State
from offhook.doctor.models import Named, instead_of, judge, openai_models_of
from tests.fakes.agents import AGENT

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("model", "listed", "state", "saw"),
    [
        ("gpt-6-luna", None, State.PASS, "none retired"),
        ("gpt-6-luna", {"gpt-6-luna": None}, State.PASS, "all known to OpenAI"),
        ("gpt-6-luna", {}, State.FAIL, "not among the models"),
        ("gpt-4", None, State.FAIL, "was shut down on 2026-10-23"),
        ("gpt-5-mini", {"gpt-5-mini": None}, State.WARN, "will be shut down on 2026-12-11"),
        ("gpt-realtime", None, State.WARN, "will be shut down on 2027-01-20"),
        ("gpt-6-luna", {"gpt-6-luna": date(2026, 11, 1)}, State.FAIL, "was shut down on 2026-11-01"),
    ],
)
def test_models_that_go(model: str, listed: dict[str, date | None] | None, state: State, saw: str) -> None:
    finding = judge([Named("default", "reply", model)], TODAY, listed)
    assert finding.state is state
    assert saw in finding.saw


def test_a_replacement_is_named() -> None:
    finding = judge([Named("default", "realtime", "gpt-realtime")], date(2027, 2, 1), None)
    assert "openai/gpt-realtime-2.1" in finding.remedy


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-realtime-mini", "openai/gpt-realtime-2.1-mini"),
        ("whisper-1", "openai/gpt-live-transcribe"),
        ("gpt-4", "openai/gpt-6-luna"),
    ],
)
def test_what_to_name_instead(model: str, name: str) -> None:
    assert instead_of(model) == name


def test_what_no_mode_of_the_ladder_uses_does_not_count() -> None:
    agent = replace(AGENT, models=replace(AGENT.models, reply="openai/gpt-4", realtime="openai/gpt-realtime"))
    assert [one.model for one in openai_models_of([agent])] == ["gpt-4"]
    streaming = replace(agent, modes=(Mode.REALTIME, Mode.TRADITIONAL))
    assert [one.model for one in openai_models_of([streaming])] == ["gpt-4", "gpt-realtime", "gpt-live-transcribe"]


def test_names_that_openai_may_not_know_are_told_where_nothing_is_worse() -> None:
    doubtful = judge([Named("default", "reply", "gpt-6-luna")], TODAY, None, ["Odd.", "Odder."])
    assert (doubtful.state, doubtful.saw) == (State.WARN, "Odd. Odder.")
    assert judge([Named("default", "reply", "gpt-4")], TODAY, None, ["Odd."]).state is State.FAIL
