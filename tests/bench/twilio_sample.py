"""`python -m tests.bench.twilio_sample`, in .venv-peers: Twilio's own speech-assistant sample, as it was fetched to
OFFHOOK_BENCH_SAMPLE (docs/benchmarks.md), unchanged but for where OpenAI is and what it is called there.

Its prints go nowhere: they would be most of what it costs.
"""
# mypy: disable-error-code="import-not-found, misc, untyped-decorator"

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import uvicorn
import websockets

_connect = websockets.connect


def _to_simulator(url: str, **options: Any) -> Any:
    """Any address of OpenAI's becomes the simulator's."""
    assert urlsplit(url).hostname == "api.openai.com", "the sample talks to OpenAI alone"
    base_url = os.environ["OPENAI_BASE_URL"].replace("http", "ws", 1)
    return _connect(f"{base_url}/realtime?model=gpt-realtime-2.1", **options)


def sample() -> ModuleType:
    """The module that was fetched, imported."""
    spec = importlib.util.spec_from_file_location("speech_assistant", Path(os.environ["OFFHOOK_BENCH_SAMPLE"]))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    setattr(websockets, "connect", _to_simulator)  # noqa: B010 - the sample has OpenAI's address in its code
    sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    assistant = sample()
    assistant.app.add_api_websocket_route("/stream", assistant.handle_media_stream)
    assistant.app.add_api_route("/readyz", lambda: "ready")
    uvicorn.run(assistant.app, host="127.0.0.1", port=int(os.environ["PORT"]), loop="uvloop", log_level="warning")


if __name__ == "__main__":
    main()
