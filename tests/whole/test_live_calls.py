"""Whole calls on OpenAI Live, against a simulator of its protocol."""

from pathlib import Path

from calls.conversation import Role
from calls.record import EndReason, Mode
from tests.fakes.box_parts import NoEars, ToneMouth
from tests.vendors.script import OpenAIScript, Script, ToolCall
from tests.vendors.script_speech import Heard, LiveConnection, LiveScript, SpokenReply
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


async def _call(folder: Path, *connections: LiveConnection, steps: tuple[str, ...] = STEPS, number: str = "") -> Ended:
    """The call, once no session is open any more."""
    vendor_script = Script(openai=OpenAIScript(live=LiveScript(connections)))
    async with Vendors(vendor_script) as vendors:
        agents = agents_on_realtime(folder / "agents")
        _on_live(agents / "default.toml", number)
        async with scene(folder, NoEars(), ToneMouth(), agents=agents, extra=keys_for(vendors)) as here:
            ended = await (await here.call(script(folder, *steps))).ended()
        live = vendors.meters.live
    assert not live.refusals
    assert (live.sessions_open, live.sockets_open) == (0, 0)
    assert live.sessions_opened == len(connections)
    return ended


def _on_live(file: Path, number: str) -> None:
    """`number`: whom a caller is connected to."""
    text = file.read_text(encoding="utf-8").replace("[models]", '[models]\nrealtime = "openai/gpt-live-1"')
    file.write_text(f'transfer_number = "{number}"\n{text}', encoding="utf-8")


async def test_greeting_turns_an_interruption_an_exchanged_session_and_a_goodbye_by_delegation(tmp_path: Path) -> None:
    first = LiveConnection(HEARD[:2], REPLIES[:2], expires_s=30.0)  # exchanged after 24 s, while the caller waits
    then = LiveConnection(HEARD[2:], REPLIES[2:])
    ended = await _call(tmp_path, first, then, steps=(*STEPS[:2], "wait_ms = 8000", *STEPS[2:]))
    assert ended.modes == [Mode.REALTIME]
    assert ended.record.failures == ()
    assert ended.said_by(Role.CALLER) == [heard.text for heard in HEARD]
    assert ended.record.end_reason in (EndReason.AGENT_GOODBYE, EndReason.CALLER_GOODBYE)
    roles = [turn.role for turn in ended.conversation.turns]
    assert roles == [Role.AGENT, Role.CALLER] * 4 + [Role.AGENT]
    said = ended.said_by(Role.AGENT)
    assert said[0].startswith("Hello, this is Maple Street Dental.")
    assert LONG.startswith(said[1])
    assert len(said[1]) > len("We are open from nine")
    assert said[2:] == [reply.text for reply in REPLIES[1:]]


async def test_a_caller_who_asks_for_a_person_is_connected(tmp_path: Path) -> None:
    connect = SpokenReply("Of course, I connect you now.", (ToolCall("transfer"),))
    person = LiveConnection((Heard("Can I talk to a person?"),), (connect,))
    ended = await _call(tmp_path, person, steps=STEPS[:1], number="+12025550188")
    assert ended.modes == [Mode.REALTIME]
    assert ended.record.end_reason is EndReason.TRANSFERRED
    assert ended.said_by(Role.AGENT)[1] == connect.text
