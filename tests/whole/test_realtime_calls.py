"""Whole calls on OpenAI Realtime, against a simulator of its protocol."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from calls.conversation import Role
from calls.record import EndReason, Mode
from tests.fakes.box_parts import NoEars, NoMouth
from tests.vendors.script import OpenAIScript, Script, ToolCall
from tests.vendors.script_speech import Heard, RealtimeConnection, RealtimeScript, SpokenReply
from tests.vendors.vendors import Vendors
from tests.whole.realtime_agent import agents_on_realtime
from tests.whole.scene import Ended, scene, script
from tests.whole.vendor_agent import keys_for

LONG = (
    "We are open from nine to five, Monday to Friday, and on Saturday until one. On Sunday we are closed all day. "
    "The last appointment begins half an hour before we close, so please come in time."
)
HEARD = (
    Heard("What are your hours?"),
    Heard("Tuesday at three."),  # an interruption
    Heard("My name is Allison."),
    Heard("Thank you, that is all."),
)
REPLIES = (
    SpokenReply(LONG),
    SpokenReply("Tuesday at three is fine, I have noted it for you. What is your name?"),
    SpokenReply("Thanks, Allison. Anything else?"),
    SpokenReply("Goodbye then, and see you on Tuesday.", (ToolCall("end_call"),)),
)
STEPS = (
    'say = ["REC/hello.wav", "REC/hours.wav"]',
    'when = "agent-speaking"\nafter_ms = 4000\nsay = ["REC/digits/day-2.wav", "REC/digits/at.wav", "REC/digits/3.wav"]',
    'say = "REC/one-moment-please.wav"',
    'say = ["REC/auth-thankyou.wav"]',
)


PHRASES = 9
"""Sessions that speak the shipped agent's fixed phrases, when the task starts."""


async def test_greeting_turns_an_interruption_a_change_of_session_and_a_goodbye_by_a_tool(tmp_path: Path) -> None:
    """No session lives longer than 20 s here: between the second turn and the third the call changes to another."""
    told: list[int] = []
    connection = RealtimeConnection((Heard("unused"),))

    def think(messages: Sequence[Mapping[str, Any]]) -> SpokenReply:
        """By the caller's turns so far, whoever heard them."""
        callers = [one for one in messages if one["role"] == "user"]
        told.append(len(callers))
        return REPLIES[min(len(callers), len(REPLIES)) - 1]

    heard = [replace(connection, heard=HEARD[turn:]) for turn in (0, 2, 3)]
    first = replace(connection, heard=(*HEARD[:2], Heard("not by this session")))
    realtime = RealtimeScript((*[first] * PHRASES, *heard), think=think)
    async with Vendors(Script(openai=OpenAIScript(realtime=realtime))) as vendors:
        agents = agents_on_realtime(tmp_path / "agents", "[realtime]\nlongest_s = 20\n")
        extra = {**keys_for(vendors), "OFFHOOK_PHRASES": str(tmp_path / "phrases")}
        async with scene(tmp_path, NoEars(), NoMouth(), agents=agents, extra=extra) as here:
            ended = await (await here.call(script(tmp_path, *STEPS))).ended()
        meters = vendors.meters.realtime
    assert ended.modes == [Mode.REALTIME]
    assert told == [1, 2, 3, 4]
    assert ended.record.end_reason is EndReason.AGENT_GOODBYE
    assert ended.record.failures == ()
    assert ended.said_by(Role.CALLER) == [one.text for one in HEARD]
    _check_order(ended)
    assert not meters.refusals
    assert meters.truncations == 1
    assert meters.sessions_opened >= PHRASES + 2
    assert meters.sessions_open == 0


def _check_order(ended: Ended) -> None:
    roles = [turn.role for turn in ended.conversation.turns]
    assert roles == [Role.AGENT, Role.CALLER] * 4 + [Role.AGENT]
    said = ended.said_by(Role.AGENT)
    assert said[0].startswith("Hello, this is Maple Street Dental.")
    assert LONG.startswith(said[1])
    assert len(said[1]) > len("We are open from nine")
    assert said[2:] == [reply.text for reply in REPLIES[1:]]
