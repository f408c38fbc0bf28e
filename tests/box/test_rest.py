"""The REST API with Twilio's own client as the referee."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from offhook.box.box import Box
from offhook.box.calls import BoxCall, CallStatus
from offhook.box.ports import Alert
from offhook.box.recording import Recording, write_wav
from offhook.box.settings import BoxSettings
from tests.box.application import ACCOUNT, TOKEN, Application, serving
from tests.box.speech import FakeEars, FakeMouth, spoken

OURS = "+15005550006"
THEIRS = "+14155550100"
APPLICATION, TRUNK = "AP" + "a" * 32, "TK" + "b" * 32
WAITS = '<Response><Pause length="60"/></Response>'
T = TypeVar("T")


class Account:
    """A box, an application for it, and a client of it."""

    def __init__(self, box: Box, application: Application) -> None:
        self.box = box
        self.application = application
        self.client = Client(ACCOUNT, TOKEN)
        self.client.api.base_url = box.base_url
        self.client.monitor.base_url = box.base_url
        self._happened = asyncio.Event()
        box.on_event(lambda _event: self._happened.set())

    async def ask(self, call: Callable[[], T]) -> T:
        return await asyncio.to_thread(call)

    async def refused(self, call: Callable[[], object]) -> tuple[int, int]:
        with pytest.raises(TwilioRestException) as refused:
            await asyncio.to_thread(call)
        return refused.value.status, refused.value.code

    def place(self, **changes: Any) -> Any:
        wanted: dict[str, Any] = {"to": THEIRS, "from_": OURS, "url": f"{self.application.url}/voice"} | changes
        return self.client.calls.create(**{name: value for name, value in wanted.items() if value is not None})

    async def placed(self, **changes: Any) -> BoxCall:
        """A call that has been answered."""
        sid = (await self.ask(lambda: self.place(**changes))).sid
        await self.until(lambda: self.box.calls[sid].status is CallStatus.IN_PROGRESS)
        return self.box.calls[sid]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Look again at every event of the box."""
        async with asyncio.timeout(5):
            while not holds():
                self._happened.clear()
                await self._happened.wait()

    async def over(self, call: BoxCall) -> None:
        async with asyncio.timeout(5):
            await self.box.ended(call)


@asynccontextmanager
async def account(**settings: Any) -> AsyncIterator[Account]:
    async with serving() as application:
        application.on("/voice", WAITS)
        application.on("/status", "")
        numbers = {OURS: f"{application.url}/voice"}
        base = BoxSettings(ACCOUNT, TOKEN, numbers, **({"ring_ms": 20} | settings))
        async with Box(base, FakeEars(), FakeMouth()) as box:
            yield Account(box, application)


def controls(at: Account) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=at.box.base_url, auth=(ACCOUNT, TOKEN), trust_env=False)


async def test_a_call_is_placed_fetched_listed_and_completed() -> None:
    async with account() as at:
        placed = await at.ask(at.place)
        assert (placed.status, placed.direction, placed.to, placed._from) == ("queued", "outbound-api", THEIRS, OURS)
        assert placed.date_created is not None
        call = await at.placed()
        fetched = await at.ask(lambda: at.client.calls(call.sid).fetch())
        assert (fetched.status, fetched.duration, fetched.end_time) == ("in-progress", None, None)
        listed = await at.ask(lambda: at.client.calls.list(page_size=1))
        assert [one.sid for one in listed] == [call.sid, placed.sid]
        ended = await at.ask(lambda: at.client.calls(call.sid).update(status="completed"))
        assert ended.sid == call.sid
        await at.over(call)
        after = await at.ask(lambda: at.client.calls(call.sid).fetch())
        assert (after.status, after.duration) == ("completed", "1")
        assert call.hung_up_by == "application"
        assert [one.sid for one in await at.ask(lambda: at.client.calls.list(status="completed"))] == [call.sid]


async def test_calls_that_twilio_would_not_place() -> None:
    async with account() as at:
        assert await at.refused(lambda: at.place(to="+1415")) == (400, 21211)
        assert await at.refused(lambda: at.place(from_="+15005550001")) == (400, 21210)
        assert await at.refused(lambda: at.place(url="/voice")) == (400, 21205)
        assert at.box.calls == {}


async def test_status_callbacks_as_the_client_asks_for_them() -> None:
    async with account() as at:
        at.application.on("/voice", "<Response/>")
        callback = f"{at.application.url}/status"
        events = ["initiated", "answered", "hiccup"]
        call = await at.ask(lambda: at.place(status_callback=callback, status_callback_event=events))
        await at.over(at.box.calls[call.sid])
        assert [form["CallStatus"] for form in at.application.forms("/status")] == ["initiated", "in-progress"]
        assert at.box.alerts.codes(call.sid) == [21626]


async def test_a_live_call_is_redirected_to_a_url_and_to_twiml() -> None:
    async with account() as at:
        at.application.on("/other", WAITS)
        call = await at.placed()
        await at.ask(lambda: at.client.calls(call.sid).update(url=f"{at.application.url}/other", method="GET"))
        await at.until(lambda: bool(at.application.forms("/other")))
        await at.ask(lambda: at.client.calls(call.sid).update(twiml="<Response><Hangup/></Response>"))
        await at.over(call)
        assert call.status is CallStatus.COMPLETED
        assert at.application.forms("/other")[0]["CallSid"] == call.sid


async def test_twiml_in_the_request_is_run_without_a_fetch() -> None:
    async with account() as at:
        placed = await at.ask(lambda: at.place(url=None, twiml="<Response><Say>Hi</Say></Response>"))
        await at.over(at.box.calls[placed.sid])
        assert at.application.seen == []


async def test_a_call_that_is_over_cannot_be_changed() -> None:
    async with account() as at:
        at.application.on("/voice", "<Response/>")
        placed = await at.ask(at.place)
        call = at.box.calls[placed.sid]
        await at.over(call)
        assert await at.refused(lambda: at.client.calls(call.sid).update(status="completed")) == (400, 21220)
        assert await at.refused(lambda: at.client.calls(call.sid).update(twiml="<Response/>")) == (400, 21220)


async def test_a_ringing_call_is_canceled_and_cannot_be_redirected() -> None:
    async with account(ring_ms=5000) as at:
        placed = await at.ask(at.place)
        call = at.box.calls[placed.sid]
        assert await at.refused(lambda: at.client.calls(call.sid).update(twiml="<Response/>")) == (400, 21220)
        assert await at.refused(lambda: at.client.calls(call.sid).update(status="answered")) == (400, 20001)
        await at.ask(lambda: at.client.calls(call.sid).update(status="canceled"))
        await at.over(call)
        assert call.status is CallStatus.CANCELED
        assert call.recording is None
        assert at.application.seen == []


async def test_canceled_does_not_touch_a_call_in_progress() -> None:
    async with account() as at:
        call = await at.placed()
        await at.ask(lambda: at.client.calls(call.sid).update(status="canceled"))
        assert call.status is CallStatus.IN_PROGRESS


async def test_a_time_limit_ends_the_call() -> None:
    async with account() as at:
        call = await at.placed(time_limit=1)
        await at.over(call)
        assert (call.status, call.hung_up_by) == (CallStatus.COMPLETED, "limit")


async def test_strangers_are_turned_away() -> None:
    async with account() as at:
        stranger = Client(ACCOUNT, "wrong")
        stranger.api.base_url = at.box.base_url
        assert await at.refused(lambda: stranger.calls("CA" + "0" * 32).fetch()) == (401, 20003)
        assert await at.refused(lambda: at.client.calls("CA" + "0" * 32).fetch()) == (404, 20404)
        async with httpx.AsyncClient(base_url=at.box.base_url, trust_env=False) as http:
            body = (await http.get(f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json")).json()
            other = await http.get(f"/2010-04-01/Accounts/AC{'1' * 32}/Calls.json", auth=(ACCOUNT, TOKEN))
            ring = await http.post("/box/inbound", json={})
    assert body == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }
    assert other.status_code == 404
    assert ring.status_code == 401


async def test_alerts_are_read_with_the_monitor_client() -> None:
    async with account() as at:
        at.box.alerts.add(Alert(11200, "error", "CA1", "HTTP 500", "https://a.example/voice"))
        at.box.alerts.add(Alert(12200, "warning", "CA1", "Foo"))
        alerts = await at.ask(lambda: at.client.monitor.v1.alerts.list(page_size=1))
        errors = await at.ask(lambda: at.client.monitor.v1.alerts.list(log_level="error"))
        one = await at.ask(lambda: at.client.monitor.v1.alerts(alerts[0].sid).fetch())
    assert [alert.error_code for alert in alerts] == ["12200", "11200"]
    assert [alert.request_url for alert in errors] == ["https://a.example/voice"]
    assert one.resource_sid == "CA1"


async def test_an_inbound_call_is_rung_with_a_script(tmp_path: Path) -> None:
    voice = spoken(4000)
    write_wav(tmp_path / "book.wav", Recording(caller=voice, agent=voice))
    script = tmp_path / "caller.toml"
    script.write_text('[[step]]\nsay = "book.wav"\nwhen = "now"\n[[step]]\nhang_up = true\nwhen = "now"\n')
    async with account() as at, controls(at) as http:
        number = {"number": OURS, "voice_url": f"{at.application.url}/other", "voice_method": "GET"}
        assert (await http.post("/box/numbers", json=number)).json() == {"number": OURS}
        at.application.on("/other", '<Response><Gather timeout="60"/></Response>')
        rung = await http.post("/box/inbound", json={"to": OURS, "from": THEIRS, "script": str(script)})
        call = at.box.calls[rung.json()["sid"]]
        await at.over(call)
        assert rung.status_code == 201
        assert (call.plan.direction, call.hung_up_by) == ("inbound", "caller")
        assert at.application.forms("/other")[0]["Direction"] == "inbound"


async def test_controls_that_make_no_sense(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere.toml")
    refusals: list[tuple[str, object, int]] = [
        ("/box/inbound", {"to": "+15005550001", "from": THEIRS}, 21211),
        ("/box/inbound", {"to": OURS, "from": "me"}, 21212),
        ("/box/inbound", {"to": OURS, "from": THEIRS, "script": nowhere}, 20001),
        ("/box/inbound", ["to"], 20001),
        ("/box/numbers", {"number": "x", "voice_url": "http://a"}, 21401),
        ("/box/numbers", {"number": OURS}, 21402),
        ("/box/numbers", {"number": OURS, "voice_url": "http://a", "voice_method": "PUT"}, 21403),
    ]
    async with account() as at, controls(at) as http:
        answers = [await http.post(path, json=body) for path, body, _ in refusals]
        large = await http.post("/box/inbound", content=b" " * (1024 * 1024 + 1))
    assert [answer.json()["code"] for answer in answers] == [code for _, _, code in refusals]
    assert {answer.status_code for answer in answers} == {400}
    assert large.status_code == 413


async def test_an_account_its_numbers_and_the_countries_it_may_call() -> None:
    async with account(blocked_countries=frozenset({"DE"})) as at:
        at.client.voice.base_url = at.box.base_url
        fetched = await at.ask(lambda: at.client.api.accounts(ACCOUNT).fetch())
        assert (fetched.sid, fetched.status, fetched.type, fetched.auth_token) == (ACCOUNT, "active", "Full", None)
        [number] = await at.ask(lambda: at.client.incoming_phone_numbers.list(phone_number=OURS))
        assert (number.phone_number, number.voice_url) == (OURS, f"{at.application.url}/voice")
        assert (number.voice_method, number.voice_fallback_url, number.trunk_sid) == ("POST", "", None)
        assert await at.ask(lambda: at.client.incoming_phone_numbers.list(phone_number=THEIRS)) == []
        permissions = at.client.voice.v1.dialing_permissions
        blocked = await at.ask(lambda: permissions.countries("DE").fetch())
        france = await at.ask(lambda: permissions.countries("FR").fetch())
        assert (blocked.low_risk_numbers_enabled, france.low_risk_numbers_enabled) == (False, True)
        assert blocked.country_codes == ["+49"]
        listed = await at.ask(permissions.countries.list)
        assert [one.iso_code for one in listed if not one.low_risk_numbers_enabled] == ["DE"]
        assert await at.refused(lambda: permissions.countries("XX").fetch()) == (404, 20404)


async def test_a_country_that_is_not_permitted_is_not_called() -> None:
    async with account(blocked_countries=frozenset({"DE"})) as at:
        assert await at.refused(lambda: at.place(to="+493012345678")) == (400, 21215)
        assert at.box.calls == {}


async def test_a_number_is_pointed_elsewhere() -> None:
    async with account() as at:
        [number] = await at.ask(lambda: at.client.incoming_phone_numbers.list(phone_number=OURS))
        context = at.client.incoming_phone_numbers(number.sid)
        moved = await at.ask(lambda: context.update(voice_url="https://a.example/voice", voice_method="GET"))
        assert (moved.voice_url, moved.voice_method, moved.status_callback) == ("https://a.example/voice", "GET", "")
        given = await at.ask(lambda: context.update(status_callback="https://a.example/s", trunk_sid=TRUNK))
        assert (given.voice_url, given.status_callback, given.trunk_sid) == (
            moved.voice_url,
            "https://a.example/s",
            TRUNK,
        )
        taken = await at.ask(lambda: context.update(voice_application_sid=APPLICATION))
        assert (taken.voice_application_sid, taken.trunk_sid) == (APPLICATION, None)
        assert (await at.ask(context.fetch)).voice_application_sid == APPLICATION
        assert await at.refused(lambda: context.update(voice_url="not a URL")) == (400, 21402)
        assert await at.refused(lambda: context.update(voice_method="PUT")) == (400, 21403)
        assert await at.refused(lambda: context.update(trunk_sid="TK1")) == (400, 21502)
        assert await at.refused(at.client.incoming_phone_numbers("PN" + "0" * 32).fetch) == (404, 20404)
