"""One call as a person sees it: placed, followed line by line, and laid out at the end."""

import asyncio
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from calls.record import Direction
from calls.twilio_codes import is_routine, meaning_of
from offhook.call_file import conversation_of, zero_of
from offhook.call_request import CallRequest
from offhook.cost_table import cost_table, doubts
from offhook.follow import Followed, follow
from offhook.live import LiveTranscript
from offhook.outcome_table import outcome_lines
from offhook.phone import Phone, PlacedCall
from offhook.turn_table import turn_table
from offhook.verdict import why_not_whole


async def run_call(phone: Phone, request: CallRequest, console: Console, *, deadline_s: float) -> bool:
    """Place the call and show it to its end and after. True when it was a whole call, with a goodbye."""
    what = "Calling" if request.direction is Direction.OUTBOUND else "Ringing in from"
    console.print(Text(f"{what} {request.number}", style="bold"))
    placed = await phone.place(request)
    console.print(Text(f"callId {placed.call_id}  twilioSid {placed.twilio_sid}", style="dim"))
    followed = await _followed(phone, placed, console, deadline_s)
    folder = await phone.kept(placed) if followed.record.is_final else None
    call: dict[str, Any] | None = json.loads((folder / "call.json").read_text("utf-8")) if folder else None
    # What was kept knows what the line carried; the store's turns are all there is of a call that was not.
    conversation = conversation_of(call) if call else followed.conversation
    _show(console, followed, turn_table(conversation, 0 if call else zero_of(followed.record)), folder, call)
    why_not = why_not_whole(followed.record, conversation)
    console.print(Text(why_not or _good_end(followed), style="bold red" if why_not else "bold green"))
    return not why_not


async def _followed(phone: Phone, placed: PlacedCall, console: Console, deadline_s: float) -> Followed:
    zero_ms = 0

    def zero() -> int:
        return zero_ms

    def saw(seen: Followed) -> None:
        nonlocal zero_ms
        zero_ms = zero_of(seen.record)

    live = LiveTranscript(console, zero)

    async def tell() -> None:
        async for event in phone.events(placed.twilio_sid):
            live.happened(event.at_ms, event.sentence, bad=event.bad)

    following = asyncio.create_task(
        follow(phone.store, placed.call_id, live.turn, live.rung, saw, deadline_s=deadline_s), name="follow"
    )
    telling = asyncio.create_task(tell(), name="tell")
    try:
        # A line that cannot be followed any more ends the wait at once; one whose events have ended does not.
        await asyncio.wait({following, telling}, return_when=asyncio.FIRST_COMPLETED)
        if not following.done():
            telling.result()
        return await following
    finally:
        following.cancel()
        telling.cancel()
        await asyncio.gather(following, telling, return_exceptions=True)


def _show(console: Console, followed: Followed, turns: Table, folder: Path | None, call: dict[str, Any] | None) -> None:
    console.print()
    console.print(turns)
    if call and "outcome" in call:
        for lines in outcome_lines(call["outcome"], call["turns"]):
            console.print(lines)
    if call and "cost" in call:
        console.print(cost_table(call["cost"]))
        for sentence in doubts(call["cost"]):
            console.print(Text(sentence, style="yellow"))
    for failure in followed.record.failures:
        console.print(Text(f"{failure.blame.value}: {failure.sentence} ({failure.code})", style="yellow"))
    for alert in call["alerts"] if call else []:
        if not is_routine(alert["code"], alert["sentence"]):
            told = f"Twilio's debugger, {alert['level']} {alert['code']}: {alert['sentence']}"
            console.print(Text(f"{told} {meaning_of(alert['code'])}".rstrip(), style="red"))
    if folder:
        for file in sorted(folder.iterdir()):
            console.print(Text(str(file)), soft_wrap=True)


def _good_end(followed: Followed) -> str:
    reason = followed.record.end_reason
    return f"The call is {followed.record.status.value}: {reason.value if reason else ''}."
