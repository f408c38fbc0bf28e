import asyncio
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import httpx

from offhook.box.callbacks import Faults
from offhook.box.calls import BoxCall, CallPlan
from offhook.box.partial_callbacks import AT_ONCE, PartialCallbacks
from offhook.box.ports import Alert
from offhook.box.webhooks import Request, Timings, Webhooks


class Receiver:
    """Takes partial results of one call; one whose number is in `slow` is answered once `let_go` is set."""

    def __init__(self, faults: Faults = Faults(), slow: frozenset[str] = frozenset(), status: int = 204) -> None:  # noqa: B008 - frozen values
        self.answered: list[str] = []
        self.alerts: list[Alert] = []
        self.let_go = asyncio.Event()
        self.slow, self.status = slow, status
        self.call = BoxCall("AC1", CallPlan("+1", "+2", "inbound"), datetime(2026, 11, 22, tzinfo=UTC))
        self.webhooks = Webhooks("token", Timings(retries=0), httpx.MockTransport(self._take))
        self.callbacks = PartialCallbacks(self.call, self.webhooks, self.alerts.append, faults)

    async def _take(self, request: httpx.Request) -> httpx.Response:
        number = dict(parse_qsl(request.content.decode()))["SequenceNumber"]
        if number in self.slow:
            await self.let_go.wait()
        self.answered.append(number)
        return httpx.Response(self.status)

    def send(self, *numbers: int) -> None:
        for number in numbers:
            self.callbacks.send(Request("http://app.example/partial", "POST", {"SequenceNumber": str(number)}))

    async def received(self, count: int) -> list[str]:
        async with asyncio.timeout(5):
            while len(self.answered) < count:  # noqa: ASYNC110 - the receiver has no event to wait for
                await asyncio.sleep(0)
        return self.answered

    async def close(self) -> None:
        await self.callbacks.close()
        await self.webhooks.aclose()


async def test_one_waits_for_no_other() -> None:
    receiver = Receiver(slow=frozenset({"0"}))
    receiver.send(0, 1, 2)
    assert sorted(await receiver.received(2)) == ["1", "2"]
    receiver.let_go.set()
    assert (await receiver.received(3))[-1] == "0"
    await receiver.close()
    assert receiver.call.stats.callbacks == 3


async def test_faults_swap_and_double_them() -> None:
    receiver = Receiver(Faults(times=2, reorder=True))
    receiver.send(0, 1)
    received = await receiver.received(4)
    await receiver.close()
    assert received[0] == "1"
    assert sorted(received) == ["0", "0", "1", "1"]


async def test_a_receiver_that_refuses_is_an_alert() -> None:
    receiver = Receiver(status=500)
    receiver.send(0)
    await receiver.received(1)
    await asyncio.sleep(0.01)
    await receiver.close()
    assert [alert.code for alert in receiver.alerts] == [11200]
    assert receiver.call.stats.callbacks == 0


async def test_there_is_a_bound_on_them_and_the_end_of_the_call_ends_them() -> None:
    receiver = Receiver(slow=frozenset(str(number) for number in range(AT_ONCE + 1)))
    receiver.send(*range(AT_ONCE + 1))
    assert [alert.code for alert in receiver.alerts] == [11200]
    async with asyncio.timeout(5):
        await receiver.close()
    assert receiver.answered == []
