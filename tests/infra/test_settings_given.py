"""Every setting that the code names is given by the template to who reads it, or is in the secret, and none besides.

The settings' own readers are held to the template in test_template.py and test_stacks.py; here it is every name in the
code, wherever it stands.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from handlers import settings as handlers_settings
from streamer import settings as streamer_settings
from tests.infra.cloudformation import FUNCTION, ROOT, resources, template

NAME = re.compile(r"(OFFHOOK|TWILIO|OPENAI|DEEPGRAM|ELEVENLABS|AWS|ECS|LAMBDA|OTEL|POWERTOOLS)_[A-Z0-9_]+|PORT")
PLAYED = {"AWS_ENDPOINT_URL", "TWILIO_BASE_URL"}
"""Only where AWS and Twilio are played."""

NOT_DEPLOYED = {"OFFHOOK_CALLER_AUDIO"}
"""A place for people's voices: a task has none, and a team that wants one says where."""

GIVEN_BY_LAMBDA = {
    *("AWS_REGION", "AWS_DEFAULT_REGION"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
}
KEPT_AWAY = {"AWS_CA_BUNDLE", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_USE_FIPS_ENDPOINT"}
"""Where one of these is set, botocore's own client is made, which knows what to do with it."""

SHARED = "functions/calls/secret_settings.py"
"""What the core reads of settings: where the secrets are, for the functions and for the streamer alike."""

# Who looks at the environment at all. The core never does.
LOOKS = {
    "functions/handlers/lifeline.py",
    "functions/handlers/measures.py",
    "functions/handlers/wiring.py",
    "streamer/__main__.py",
    "streamer/health_check.py",
}


def modules(*rooms: str) -> Iterator[tuple[Path, ast.AST]]:
    for room in rooms:
        place = ROOT / room
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            yield path, ast.parse(path.read_text("utf-8"))


def named(*rooms: str) -> set[str]:
    """Every text in the code that is the name of a setting, all of it."""
    texts = (node.value for _, tree in modules(*rooms) for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str) and NAME.fullmatch(text)}


def test_the_functions_are_given_every_setting_that_they_name() -> None:
    given = set(template()["Globals"]["Function"]["Environment"]["Variables"])
    assert named("functions/handlers", SHARED) - PLAYED - set(handlers_settings.SECRETS) == given
    own: list[Any] = [one for one in resources(FUNCTION).values() if "Environment" in one]
    assert own == [], "what one function alone is given is looked at by nobody here"


def test_the_task_is_given_every_setting_that_the_streamer_names() -> None:
    (task,) = resources("AWS::ECS::TaskDefinition", "infra/streamer.yaml").values()
    (container,) = task["ContainerDefinitions"]
    given = {one["Name"] for one in container["Environment"]}
    assert named("streamer", SHARED) - PLAYED - NOT_DEPLOYED - set(streamer_settings.SECRETS) == given


def test_the_core_names_no_setting_but_the_port_and_where_the_secrets_are() -> None:
    """Nobody else's would be looked for above, in what the functions and the task are given."""
    rest = {p.relative_to(ROOT).as_posix() for p, _ in modules("functions/calls")} - {SHARED}
    aws_own = {name for name in named(*rest) if name.startswith("AWS_")}
    assert aws_own <= GIVEN_BY_LAMBDA | KEPT_AWAY
    assert named(*rest) - aws_own == {"PORT"}
    assert named(SHARED) - PLAYED == {"OFFHOOK_SECRET", "OFFHOOK_SECRETS_S", "OFFHOOK_SECRETS_GRACE_S"}


@pytest.mark.parametrize("room", ["functions/calls", "functions/handlers", "streamer"])
def test_nobody_else_looks_at_the_environment(room: str) -> None:
    looking = {
        path.relative_to(ROOT).as_posix()
        for path, tree in modules(room)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }
    assert looking <= LOOKS
