"""Whole calls through the deployed stack: the built functions under Lambda's own emulator, the streamer beside them.

Three calls at once, one in each mode; every test looks at the same three.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from calls.after_call import EVENT
from calls.conversation import Role
from calls.record import Direction, EndReason, Mode, Status
from tests.fakes.box_parts import ToneMouth
from tests.infra import emulator
from tests.infra.calling import Calling, Held, calling
from tests.infra.deployed import TASK, Deployed
from tests.infra.emulator import Lambda
from tests.infra.policies import Asked
from tests.vendors.script import DeepgramScript, Listening, OpenAIScript, Reply, Script, ToolCall, Utterance
from tests.vendors.script_speech import Heard, RealtimeConnection, RealtimeScript, SpokenReply
from tests.vendors.vendors import Vendors
from tests.whole.scene import script
from tests.whole.vendor_agent import agents_on_vendors

pytestmark = [pytest.mark.sam, pytest.mark.asyncio(loop_scope="session")]

MODES = (Mode.TRADITIONAL, Mode.PIPELINE, Mode.REALTIME)
ASKS, TIME = "What are your hours?", "At three, please."
ANSWER, GOODBYE = "From nine to five.", "Goodbye then."
END = (ToolCall("end_call"),)
SPOKEN = (SpokenReply(ANSWER), SpokenReply(GOODBYE, END))
SETTLED_WITHIN_S = 30.0


class Ears:
    """Hears the caller's two sentences in turn, whatever was said."""

    def __init__(self) -> None:
        self._heard = 0

    async def recognise(self, mulaw: bytes) -> str:
        self._heard += 1
        return ASKS if self._heard == 1 else TIME


def spoken(messages: Any) -> SpokenReply:
    callers = [one for one in messages if one["role"] == "user"]
    return SPOKEN[min(len(callers), len(SPOKEN)) - 1]


VENDORS = Script(
    deepgram=DeepgramScript((Listening((Utterance(ASKS), Utterance(TIME))),)),
    openai=OpenAIScript(
        (Reply(ANSWER), Reply(GOODBYE, END)),
        by="turn",
        realtime=RealtimeScript((RealtimeConnection((Heard(ASKS), Heard(TIME))),), think=spoken),
    ),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is left when the three calls have been summed up."""

    held: Mapping[Mode, Held]
    cold_starts: Mapping[str, int]
    asked: frozenset[Asked]
    failed: tuple[str, ...]
    looked_up: tuple[int, ...]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("emulated")


@pytest.fixture(scope="module")
def functions(stack: Deployed, built: Path, lambda_python: str, folder: Path) -> Iterator[Lambda]:
    if not (emulator.RUNTIME / ".ready").exists():
        pytest.skip("the Lambda runtime is not here: `make test` downloads it into .cache/lambda-runtime")
    if emulator.rie() is None:
        pytest.skip("SAM's package has no Lambda emulator for this machine")
    running = Lambda(built / "VoiceFunction", lambda_python, folder, stack.functions)
    yield running
    running.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def seen(aws: str, stack: Deployed, functions: Lambda, folder: Path) -> AsyncIterator[Seen]:
    agents = agents_on_vendors(folder / "agents")
    file = agents / "default.toml"
    modes = 'modes = ["realtime", "pipeline", "traditional"] #'
    file.write_text(file.read_text("utf-8").replace("modes =", modes, 1), "utf-8")
    async with (
        Vendors(VENDORS) as vendors,
        calling(aws, stack, functions, Ears(), ToneMouth(), vendors, agents, folder) as here,
    ):
        says = script(folder, 'say = "REC/hours.wav"', 'say = "REC/auth-thankyou.wav"')
        ended = await asyncio.gather(
            here.place(says, Mode.TRADITIONAL), here.place(says, Mode.PIPELINE), here.ring(says)
        )
        looked_up = await _look_up(here, ended[0])
        await _settled(here, ended)
        yield Seen(
            dict(zip(MODES, ended, strict=True)),
            dict(functions.cold_starts),
            frozenset(here.asked.seen),
            tuple(here.gateway.failed),
            looked_up,
        )


async def _look_up(here: Calling, call: Held) -> tuple[int, ...]:
    """What the rest of the API answers: as many statuses."""
    record = call.record
    paths = ("/calls", f"/calls/{record.call_id}", f"/calls/by-sid/{record.twilio_sid}", "/docs", "/openapi.json")
    answers = [await here.api.get(path) for path in paths]
    answers.append(await here.api.post(f"/calls/{record.call_id}/hangup"))
    answers.append(await here.api.post("/twilio/lifeline"))
    answers.append(await here.api.post("/twilio/voice", data={"CallSid": "CA" + "0" * 32}))
    return tuple(answer.status_code for answer in answers)


async def _settled(here: Calling, ended: Iterable[Held]) -> None:
    """Wait until every call has been summed up and an event about it has been taken."""
    async with asyncio.timeout(SETTLED_WITHIN_S):
        for one in ended:
            while await asyncio.to_thread(here.store.kept, one.record.call_id, EVENT) is None:  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.1)


@pytest.mark.parametrize("mode", MODES)
async def test_a_call_is_held_in_its_mode_and_ended_by_the_agent(seen: Seen, mode: Mode) -> None:
    held = seen.held[mode]
    assert held.modes == [mode]
    assert held.record.status is Status.COMPLETED
    assert held.record.end_reason in {EndReason.AGENT_GOODBYE, EndReason.CALLER_GOODBYE}
    assert held.record.failures == ()
    assert held.said_by(Role.CALLER) == [ASKS, TIME]
    assert held.said_by(Role.AGENT)[1:] == [ANSWER, GOODBYE]


async def test_calls_came_in_and_went_out(seen: Seen) -> None:
    assert {mode: held.record.direction for mode, held in seen.held.items()} == {
        Mode.TRADITIONAL: Direction.OUTBOUND,
        Mode.PIPELINE: Direction.OUTBOUND,
        Mode.REALTIME: Direction.INBOUND,
    }


async def test_every_function_was_asked_and_none_failed(seen: Seen, stack: Deployed) -> None:
    assert set(seen.cold_starts) == set(stack.functions)
    assert seen.failed == ()


async def test_the_api_tells_of_the_calls_and_believes_no_stranger(seen: Seen) -> None:
    assert seen.looked_up[:5] == (httpx.codes.OK,) * 5
    assert seen.looked_up[5] in {httpx.codes.OK, httpx.codes.CONFLICT}
    assert seen.looked_up[6:] == (httpx.codes.OK, httpx.codes.FORBIDDEN)


async def test_everything_that_was_asked_of_aws_is_allowed_to_who_asked(seen: Seen, stack: Deployed) -> None:
    assert {one.who for one in seen.asked} >= {"VoiceFunction", "TurnFunction", "AfterCallFunction", TASK}
    refused = [one for one in seen.asked if not any(grant.allows(one) for grant in stack.granted[one.who])]
    assert refused == []


# What is allowed and was not asked for in three calls that went well, and when it is.
NOT_ASKED = {
    ("AfterCallFunction", "sqs:SendMessage", "AfterCallFailures"): "Lambda itself, of what the stream could not do",
    ("ResumeFunction", "sqs:SendMessage", "WatchdogQueue"): "a call that streams again after its stream broke",
    ("TurnFunction", "sqs:SendMessage", "WatchdogQueue"): "a call in traditional mode that climbs back to a stream",
    ("Task", "dynamodb:Query", "Table"): "a call that comes back, whose streamer reads what was said before",
    ("WatchdogFunction", "dynamodb:PutItem", "Table"): "a stream that never came",
}


async def test_nothing_is_allowed_that_nobody_needs(seen: Seen, stack: Deployed) -> None:
    def logical(arn: str) -> str:
        return re.sub(r"^(table/)?offhook-(\w+)-\w+", r"\2", arn.rsplit(":", 1)[1])

    given = [(who, grant) for who, all_of in stack.granted.items() for grant in all_of]
    idle = [(who, g) for who, g in given if not any(one.who == who and g.allows(one) for one in seen.asked)]
    assert {(who, g.action, logical(g.resource)) for who, g in idle} - set(NOT_ASKED) == set()
    assert set(NOT_ASKED) - {(who, g.action, logical(g.resource)) for who, g in given} == set()
