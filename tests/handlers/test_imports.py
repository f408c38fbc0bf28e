"""A caller waits while a Lambda imports: what the webhooks must not load, each proven in a process of its own."""

import subprocess
import sys
from pathlib import Path

FUNCTIONS = Path(__file__).parents[2] / "functions"
SDKS = ("openai", "twilio.rest", "boto3", "s3transfer", "fastapi", "pydantic", "requests", "aiohttp", "httpx", "httpx2")
HEAVY = (*SDKS, "phonenumbers", "multiprocessing")


def loaded_by(statement: str) -> set[str]:
    script = f"import sys; {statement}; print(*sys.modules, sep='\\n')"
    run = subprocess.run([sys.executable, "-c", script], cwd=FUNCTIONS, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_webhooks_load_nothing_heavy() -> None:
    # With the resolver built and the store's module loaded, this is all that the cold starts import.
    names = ("voice", "resume", "turn", "status", "stream_status")
    loaded = loaded_by("; ".join(f"import handlers.{n}; handlers.{n}.handler" for n in names) + "; import calls.dynamo")
    assert {f"handlers.{name}" for name in names} <= loaded
    assert loaded.isdisjoint(HEAVY)


def test_importing_a_handler_reads_no_settings_and_makes_no_client() -> None:
    no_client = "import calls.aws_clients as clients; assert not clients._data.cache_info().currsize"
    assert "twilio.rest" not in loaded_by(f"import handlers.voice, handlers.watchdog, handlers.api; {no_client}")


def test_the_collector_rests_while_what_a_caller_waits_for_is_loaded() -> None:
    for name in ("voice", "turn", "resume"):
        at_the_end = f"import gc; gc.disable = lambda: print('rests'); import handlers.{name}; print(gc.isenabled())"
        loaded = loaded_by(at_the_end)
        assert {"rests", "True"} <= loaded


def test_not_even_a_turn_that_a_model_answers_loads_an_sdk() -> None:
    assert loaded_by("import handlers.model_thinking").isdisjoint(HEAVY)
