"""`offhook box`: the Twilio box without Offhook, pointed at somebody's server."""

import asyncio
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.text import Text

from offhook.box.box import Box, BoxEvent
from offhook.box.caller import CallerScript
from offhook.box.calls import BoxCall
from offhook.box.recording import write_wav
from offhook.box.settings import BoxSettings
from offhook.embedded import EmbeddedEars, EmbeddedMouth
from offhook.line_events import without_numbers
from offhook.line_words import is_bad, sentence_of
from offhook.termination import ending_on_sigterm
from offhook.words import clock
from streamer.providers.embedded_models import EmbeddedModels


async def run_box(settings: BoxSettings, script: CallerScript, ring_from: str, out: Path, console: Console) -> None:
    """Serves until cancelled. Where `ring_from` is a number, it rings the account's one number once."""
    models = await asyncio.to_thread(EmbeddedModels.load)
    try:
        box = Box(settings, EmbeddedEars(models), EmbeddedMouth(models), default_script=script)
        with ending_on_sigterm():
            async with box:
                await _serve(box, ring_from, out, console)
    finally:
        models.close()


async def _serve(box: Box, ring_from: str, out: Path, console: Console) -> None:
    box.on_event(partial(_show, console))
    box.on_call_ended(partial(_keep, console, out))
    console.print(f"The Twilio box answers at {box.base_url}     (Ctrl-C stops)")
    if ring_from:
        box.place_inbound(next(iter(box.numbers)), ring_from)
    await asyncio.Event().wait()


def _show(console: Console, event: BoxEvent) -> None:
    if sentence := sentence_of(event):
        line = f"{event.call_sid[:8]}…  {clock(event.at_ms):>7}  {without_numbers(sentence)}"
        console.print(Text(line, style="red" if is_bad(event) else ""), soft_wrap=True)


def _keep(console: Console, out: Path, call: BoxCall) -> None:
    if call.recording is None or not call.recording.caller:
        return
    path = out / f"{call.sid}.wav"
    try:
        write_wav(path, call.recording)
    except OSError as error:
        console.print(Text(f"{path} cannot be written: {error.strerror}", style="red"))
        return
    console.print(Text(f"{call.sid[:8]}…  kept in {path}", style="green"), soft_wrap=True)
