import asyncio
import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from calls.agent import parse
from calls.agent_keep import Keep
from calls.conversation import Role, Turn
from calls.record import Mode
from calls.stream_token import Grant, nonce_of
from offhook.box.recording import read_mulaw
from streamer.bridge import Bridge
from streamer.caller_audio import LONGEST_MS, CallerAudio, caller_audio
from streamer.journal import Journal
from streamer.server import StreamServer
from streamer.session import Session
from streamer.twilio_stream import Media
from tests.fakes.agents import AGENT
from tests.fakes.light import LightEngines
from tests.fakes.memory_store import MemoryCallStore
from tests.streamer.test_bridge import RECORD, FakeSocket, ObedientEngine
from tests.streamer.test_server import LOUD, close_code, media, running, settings, start, token

NAMES = {"callId": "01K", "agent": "desk", "mode": "pipeline"}
STARTED_MS = 1_795_000_000_000
VOICE = b"\x10\x90" * 80
TEXT = 'name = "desk"\nprompt = "Be kind."\ngreeting = "Hello."\n'
TURNS = (
    Turn("t1", Role.AGENT, "Hello.", "Hello.", False, STARTED_MS + 82, STARTED_MS + 900, "pipeline"),
    Turn("t2", Role.CALLER, "Secret.", "Secret.", False, STARTED_MS + 1500, STARTED_MS + 1900, "pipeline"),
    Turn("t3", Role.AGENT, "Well,", "", True, STARTED_MS + 2000, STARTED_MS + 2100, "pipeline"),
)


def frame(at_ms: int, mulaw: bytes = VOICE) -> Media:
    return Media(mulaw, at_ms, "")


async def test_the_callers_side_is_kept_on_the_media_clock(tmp_path: Path) -> None:
    kept = CallerAudio(tmp_path / "deep", NAMES, "MZ1", STARTED_MS, keep_days=7)
    kept.hear(frame(0))
    kept.hear(frame(60))
    kept.press("1", STARTED_MS + 70)
    await kept.write(TURNS, caller_left=True)
    assert read_mulaw(tmp_path / "deep" / "01K-MZ1.wav") == VOICE + b"\xff" * 320 + VOICE
    text = (tmp_path / "deep" / "01K-MZ1.json").read_text()
    assert json.loads(text) == {
        **NAMES,
        "startedAtMs": STARTED_MS,
        "lengthMs": 80,
        "keepUntilMs": STARTED_MS + 7 * 86_400_000,
        "keys": [{"key": "1", "atMs": 70}],
        "agentSpans": [[82, 900]],
        "callerLeft": True,
    }
    assert "Secret" not in text
    assert sorted(file.name for file in (tmp_path / "deep").iterdir()) == ["01K-MZ1.json", "01K-MZ1.wav"]
    assert (tmp_path / "deep" / "01K-MZ1.wav").stat().st_mode & 0o077 == 0


def test_a_frame_that_comes_again_is_kept_once_and_one_too_late_not_at_all() -> None:
    kept = CallerAudio(Path(), NAMES, "MZ1", STARTED_MS)
    kept.hear(frame(0, b"\x20" * 160))
    kept.hear(frame(0))
    kept.hear(frame(LONGEST_MS))
    assert kept.told((), caller_left=False)["lengthMs"] == 20


async def test_a_folder_that_cannot_be_written_to_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.ERROR):
        await CallerAudio(tmp_path / "file", NAMES, "MZ1", STARTED_MS).write((), caller_left=False)
    assert "cannot be kept in OFFHOOK_CALLER_AUDIO" in caplog.text


@pytest.mark.parametrize(
    ("more", "folder", "is_kept"),
    [
        ("", "/kept", False),
        ("[keep]\ncaller_audio = true\n", "/kept", True),
        ("[keep]\ncaller_audio = true\n", "", False),
    ],
)
def test_a_voice_is_kept_where_the_agent_allows_it_and_there_is_a_place(more: str, folder: str, is_kept: bool) -> None:
    grant = Grant("01K", "CA1", "desk", Mode.PIPELINE, "n", 0)
    kept = caller_audio(Path(folder) if folder else None, parse(TEXT + more, "desk.toml"), grant, "MZ1", STARTED_MS)
    assert (kept is not None) is is_kept


def test_nothing_is_kept_of_a_call_that_the_doctor_made_up() -> None:
    grant = Grant("01K", "CA1", "desk", Mode.PIPELINE, nonce_of("n", is_test=True), 0)
    agent = parse(f"{TEXT}[keep]\ncaller_audio = true\n", "desk.toml")
    assert caller_audio(Path("/kept"), agent, grant, "MZ1", STARTED_MS) is None


@pytest.mark.parametrize(("more", "until"), [("", None), ("[privacy]\nkeep_days = 30\n", STARTED_MS + 30 * 86_400_000)])
def test_a_voice_has_the_end_that_the_agent_sets(more: str, until: int | None) -> None:
    grant = Grant("01K", "CA1", "desk", Mode.PIPELINE, "n", 0)
    agent = parse(f"{TEXT}[keep]\ncaller_audio = true\n{more}", "desk.toml")
    kept = caller_audio(Path("/kept"), agent, grant, "MZ1", STARTED_MS)
    assert kept is not None
    assert kept.told((), caller_left=True)["keepUntilMs"] == until


async def test_a_call_gives_what_it_hears_and_who_ended_it() -> None:
    store, socket, engine = MemoryCallStore(), FakeSocket(), ObedientEngine()
    store.create(RECORD)
    kept = CallerAudio(Path(), NAMES, "MZ1", 1_000_000)
    now_ms = 1_000_000
    session = Session(AGENT, Mode.PIPELINE, "MZ1", now_ms)
    bridge = Bridge(socket, "MZ1", session, lambda _: engine, Journal(store, RECORD.call_id), lambda: now_ms, kept)
    running = asyncio.create_task(bridge.run())
    async with asyncio.timeout(3):
        while "mark" not in socket.events():  # noqa: ASYNC110 - the greeting has gone out
            await asyncio.sleep(0.005)
    socket.put(event="media", media={"payload": "f39/fw==", "timestamp": "20"})
    socket.put(event="dtmf", dtmf={"digit": "1"})
    socket.put(event="stop")
    async with asyncio.timeout(5):
        await running
    told = kept.told(session.dialogue.conversation.turns, caller_left=bridge.was_left)
    assert (told["lengthMs"], told["keys"], told["callerLeft"]) == (20, [{"key": "1", "atMs": 0}], True)


async def test_a_stream_to_the_server_leaves_its_callers_audio(tmp_path: Path) -> None:
    allowing = replace(AGENT, keep=Keep(caller_audio=True))
    server = StreamServer(
        replace(settings(), caller_audio=tmp_path), {AGENT.name: allowing}, LightEngines(), MemoryCallStore()
    )
    async with running(server) as address, connect(f"ws://{address}/stream") as socket:
        await socket.send(start(token()))
        await socket.send(media(LOUD, 0))
        await socket.send(media(LOUD, 40))
        await socket.send(json.dumps({"event": "stop"}))
        await close_code(socket)
        async with asyncio.timeout(3):
            while not (heard := tmp_path / "01CALL-MZ01CALL.wav").exists():  # noqa: ASYNC110 - written by a thread
                await asyncio.sleep(0.01)
    assert json.loads(heard.with_suffix(".json").read_text())["callerLeft"] is True
    assert read_mulaw(heard) == b"\x10" * 160 + b"\xff" * 160 + b"\x10" * 160
