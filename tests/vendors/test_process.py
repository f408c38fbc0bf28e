"""The simulators in a process of their own."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import httpx

from tests.vendors.vendors import METERS_PATH

ROOT = Path(__file__).parent.parent.parent


async def test_a_process_serves_its_script_until_it_is_told_to_stop(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text('{"openai": {"replies": [{"text": "From a file.", "first_token_ms": 1}]}}')
    command = ("-m", "tests.vendors", "--script", str(script), "--with-parent", "--hold-collector")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=ROOT, stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    assert process.stdin is not None
    async with asyncio.timeout(20):
        urls = json.loads(await process.stdout.readline())
        process.send_signal(signal.SIGUSR1)
        async with httpx.AsyncClient(trust_env=False, headers={"authorization": "Bearer openai-key"}) as client:
            body = {"model": "gpt-5.4-mini", "messages": [{"role": "user", "content": "Hi"}]}
            answer = await client.post(f"{urls['openai']}/chat/completions", json=body)
            meters = await client.get(urls["deepgram"] + METERS_PATH)
        assert answer.json()["choices"][0]["message"]["content"] == "From a file."
        assert meters.json()["sockets_opened"] == 0
        process.stdin.close()
        told = json.loads(await process.stdout.readline())
        assert told["openai"]["requests"] == 1
        assert told["openai"]["asked"] == [[0, "Hi"]]
        assert told["openai"]["tokens_out"] == 4
        assert (told["realtime"]["sessions_opened"], told["live"]["sessions_open"]) == (0, 0)
        assert await process.wait() == 0


async def test_a_bad_script_is_named(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text('{"openai": {"model": "x"}}')
    pipe = asyncio.subprocess.PIPE
    command = ("-m", "tests.vendors", "--script", str(script))
    process = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=ROOT, stderr=pipe)
    async with asyncio.timeout(20):
        _, error = await process.communicate()
    assert process.returncode == 2
    assert b"openai.model" in error
