"""How a call rings, is answered or not, and tells of it: the box around one exchange."""

import asyncio

import pytest
from starlette.responses import Response

from offhook.box.call_requests import CallUpdate
from offhook.box.calls import CallStatus
from offhook.box.interpreter import APOLOGY
from tests.box.application import Seen, serving, xml
from tests.box.speech import FakeMouth
from tests.box.whole_box import GOODBYE, OURS, THEIRS, box_for, outbound, over


async def test_an_outbound_call_reports_every_status_in_order() -> None:
    async with serving() as application:
        application.on("/voice", GOODBYE)
        application.on("/status", "")
        async with box_for(application) as box:
            call = await over(box, box.place_outbound(outbound(application)))
    assert application.forms("/voice")[0]["CallStatus"] == "in-progress"
    told = application.forms("/status")
    assert [form["CallStatus"] for form in told] == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in told] == ["0", "1", "2", "3"]
    assert told[3]["CallDuration"] == str(call.duration_s) == "1"


@pytest.mark.parametrize(("reason", "status"), [("busy", CallStatus.BUSY), ("rejected", CallStatus.NO_ANSWER)])
async def test_a_rejected_call_is_never_answered(reason: str, status: CallStatus) -> None:
    async with serving() as application:
        application.on("/voice", f'<Response><Reject reason="{reason}"/></Response>')
        application.on("/status", "")
        async with box_for(application) as box:
            call = await over(box, box.place_inbound(OURS, THEIRS))
    assert (call.status, call.answered_at_ms, call.recording, call.duration_s) == (status, None, None, 0)
    assert application.forms("/status")[0]["CallStatus"] == str(status)


async def test_a_call_given_up_while_the_application_thinks_is_canceled() -> None:
    asked, release = asyncio.Event(), asyncio.Event()

    async def thinks(_seen: Seen) -> Response:
        asked.set()
        await release.wait()
        return xml("<Response><Say>late</Say></Response>")

    async with serving() as application:
        application.on("/voice", thinks)
        application.on("/status", "")
        async with box_for(application) as box:
            call = box.place_inbound(OURS, THEIRS)
            await asked.wait()
            box.update(call, CallUpdate(end="completed"))
            release.set()
            await over(box, call)
    assert (call.status, call.answered_at_ms) == (CallStatus.CANCELED, None)


async def test_a_pause_before_all_else_delays_the_answer() -> None:
    async with serving() as application:
        application.on("/voice", '<Response><Pause length="1"/><Say>a</Say></Response>')
        application.on("/status", "")
        async with box_for(application) as box:
            call = await over(box, box.place_inbound(OURS, THEIRS))
    assert call.started is not None
    assert (call.started - call.created).total_seconds() >= 1
    assert call.duration_s == 1


@pytest.mark.parametrize("status", [CallStatus.BUSY, CallStatus.FAILED, CallStatus.NO_ANSWER])
async def test_numbers_that_do_not_pick_up(status: CallStatus) -> None:
    async with serving() as application:
        application.on("/status", "")
        async with box_for(application, refusals={THEIRS: status}) as box:
            call = await over(box, box.place_outbound(outbound(application, timeout_s=1)))
    assert call.status is status
    assert [form["CallStatus"] for form in application.forms("/status")] == ["initiated", "ringing", str(status)]


async def test_an_application_that_is_away_costs_the_call_and_says_so() -> None:
    async with serving() as application:
        application.on("/voice", Response(status_code=500))
        application.on("/status", "")
        mouth = FakeMouth()
        async with box_for(application, mouth=mouth) as box:
            call = await over(box, box.place_inbound(OURS, THEIRS))
    assert box.alerts.codes(call.sid) == [11200]
    assert call.status is CallStatus.COMPLETED
    assert mouth.said == [APOLOGY]


async def test_a_slow_status_receiver_does_not_hold_up_the_call() -> None:
    async def slow(_seen: Seen) -> Response:
        await asyncio.sleep(0.4)
        return xml("")

    async with serving() as application:
        application.on("/voice", "<Response><Say>a</Say></Response>")
        application.on("/status", slow)
        async with box_for(application) as box:
            call = await over(box, box.place_outbound(outbound(application)))
    assert call.ended is not None
    assert (call.ended - call.created).total_seconds() < 0.4
    assert len(application.forms("/status")) == 4


async def test_status_callbacks_that_never_get_through_are_given_up() -> None:
    release = asyncio.Event()

    async def never(_seen: Seen) -> Response:
        await release.wait()
        return xml("")

    async with serving() as application:
        application.on("/voice", "<Response><Hangup/></Response>")
        application.on("/status", never)
        async with box_for(application, drain_ms=100) as box:
            call = await over(box, box.place_outbound(outbound(application)))
            release.set()
    assert call.status is CallStatus.COMPLETED
    assert box.alerts.codes(call.sid) == [11200]
