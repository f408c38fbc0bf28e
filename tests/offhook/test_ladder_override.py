import tomllib
from pathlib import Path

import pytest

from calls.agent_files import load
from calls.errors import ConfigurationInvalid
from calls.record import Mode
from offhook.ladder_override import copy_agents, with_ladder
from offhook.places import SHIPPED_AGENTS

AGENT = """# An agent.
name = "desk"
prompt = "Be kind."
greeting = "Hello."
modes = [
    "realtime",
    "traditional",
]  # best first

[limits]
call_s = 60
"""


def test_the_ladder_is_replaced_and_nothing_else() -> None:
    before, after = tomllib.loads(AGENT), tomllib.loads(with_ladder(AGENT, Mode.TRADITIONAL))
    assert after == {**before, "modes": ["traditional"]}


def test_every_ladder_ends_in_traditional() -> None:
    assert tomllib.loads(with_ladder(AGENT, Mode.PIPELINE))["modes"] == ["pipeline", "traditional"]


def test_an_agent_without_a_ladder_of_its_own_gets_one() -> None:
    text = 'name = "desk"\n[limits]\ncall_s = 60\n'
    assert tomllib.loads(with_ladder(text, Mode.TRADITIONAL)) == {
        "modes": ["traditional"],
        "name": "desk",
        "limits": {"call_s": 60},
    }


def test_the_copy_changes_one_agent_only(tmp_path: Path) -> None:
    original = load(SHIPPED_AGENTS)
    copied = load(copy_agents(SHIPPED_AGENTS, tmp_path / "agents", "default", Mode.TRADITIONAL))
    assert copied["default"].modes == (Mode.TRADITIONAL,)
    assert copied["default"].desk == original["default"].desk
    assert {name: a for name, a in copied.items() if name != "default"} == {
        name: a for name, a in original.items() if name != "default"
    }


def test_an_agent_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"there is no agent nobody .* default"):
        copy_agents(SHIPPED_AGENTS, tmp_path, "nobody", None)
