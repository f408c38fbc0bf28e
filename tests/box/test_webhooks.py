import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from starlette.responses import RedirectResponse, Response

from offhook.box.webhooks import Answer, Request, Timings, WebhookFailure, Webhooks, overrides
from tests.box.application import TOKEN, Application, Seen, serving, xml

FORM = {"CallSid": "CA1", "From": "+14155550100", "SpeechResult": "", "b": "ä &="}


@asynccontextmanager
async def webhooks(timings: Timings = Timings()) -> AsyncIterator[Webhooks]:  # noqa: B008 - a frozen value
    sender = Webhooks(TOKEN, timings)
    try:
        yield sender
    finally:
        await sender.aclose()


async def failure(request: Request, timings: Timings = Timings()) -> WebhookFailure:  # noqa: B008 - a frozen value
    async with webhooks(timings) as sender:
        with pytest.raises(WebhookFailure) as failed:
            await sender.send(request)
    return failed.value


async def post(application: Application, path: str) -> Answer:
    async with webhooks() as sender:
        return await sender.send(Request(application.url + path, "POST", FORM))


async def test_a_post_is_a_signed_form_blanks_and_all() -> None:
    async with serving() as application:
        application.on("/voice", "<Response/>")
        answer = await post(application, "/voice?a=1")
    (seen,) = application.seen
    assert seen.signed
    assert seen.form == FORM
    assert seen.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert seen.headers["i-twilio-idempotency-token"]
    assert answer == Answer(f"{application.url}/voice?a=1", "text/xml", b"<Response/>")


async def test_a_get_carries_the_form_in_its_signed_query() -> None:
    async with serving() as application:
        application.on("/voice", "<Response/>")
        async with webhooks() as sender:
            answer = await sender.send(Request(f"{application.url}/voice?a=1", "GET", FORM))
    (seen,) = application.seen
    assert seen.method == "GET"
    assert seen.signed
    assert seen.form == {"a": "1"} | FORM
    assert answer.url == f"{application.url}/voice?a=1"


async def test_a_redirect_is_followed_with_a_get_that_is_signed_again() -> None:
    async with serving() as application:
        application.on("/voice", RedirectResponse("/moved/here", 302))
        application.on("/moved/here", "<Response/>")
        answer = await post(application, "/voice")
    assert [(seen.method, seen.signed, seen.form) for seen in application.seen] == [
        ("POST", True, FORM),
        ("GET", True, {}),
    ]
    assert answer.url == f"{application.url}/moved/here"


async def test_307_repeats_the_post() -> None:
    async with serving() as application:
        application.on("/voice", RedirectResponse("/moved", 307))
        application.on("/moved", "<Response/>")
        await post(application, "/voice")
    assert application.forms("/moved") == [FORM]


async def test_too_many_redirects() -> None:
    async with serving() as application:
        application.on("/voice", RedirectResponse("/voice", 302))
        failed = await failure(Request(f"{application.url}/voice", "POST", {}))
    assert failed.code == 11215
    assert len(application.seen) == 11


async def test_an_error_status_fails_at_once() -> None:
    async with serving() as application:
        application.on("/voice", Response(status_code=503))
        failed = await failure(Request(f"{application.url}/voice", "POST", {}))
    assert (failed.code, failed.sentence) == (11200, "The answer was HTTP 503.")
    assert len(application.seen) == 1


async def test_retries_that_were_asked_for_carry_one_token() -> None:
    async with serving() as application:
        application.on("/voice", Response(status_code=503), Response(status_code=500), "<Response/>")
        async with webhooks() as sender:
            await sender.send(Request(f"{application.url}/voice#rc=2&rp=5xx", "POST", FORM))
    assert len(application.seen) == 3
    assert len({seen.headers["i-twilio-idempotency-token"] for seen in application.seen}) == 1
    assert all(seen.signed for seen in application.seen)


async def test_a_failed_connection_is_tried_once_more_with_the_same_token() -> None:
    tokens: list[str] = []

    def network(request: httpx.Request) -> httpx.Response:
        tokens.append(request.headers["i-twilio-idempotency-token"])
        if len(tokens) != 2:
            raise httpx.ConnectError("refused")
        return httpx.Response(200)

    sender = Webhooks(TOKEN, Timings(), httpx.MockTransport(network))
    request = Request("http://a.example/voice", "POST", FORM)
    await sender.send(request)
    assert tokens[0] == tokens[1]
    with pytest.raises(WebhookFailure) as failed:
        await sender.send(replace(request, url="http://a.example/voice#rc=0"))
    await sender.aclose()
    assert failed.value.code == 11205
    assert tokens[2] != tokens[0]


async def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/voice"
        assert (await failure(Request(url, "POST", {}))).code == 11205


async def test_a_slow_answer_runs_out_of_time() -> None:
    release = asyncio.Event()

    async def slow(_seen: Seen) -> Response:
        await release.wait()
        return xml("<Response/>")

    async with serving() as application:
        application.on("/voice", slow)
        read = await failure(Request(f"{application.url}/voice#rt=100", "POST", {}))
        total = await failure(Request(f"{application.url}/voice", "POST", {}), Timings(total_ms=150))
        release.set()
    assert (read.code, read.sentence) == (11200, "No answer within 100 ms.")
    assert (total.code, total.sentence) == (11200, "No answer within 150 ms in all.")


async def test_cookies_stay_with_the_call() -> None:
    async with serving() as application:
        application.on("/voice", Response("<Response/>", headers={"set-cookie": "s=1"}), "<Response/>")
        async with webhooks() as sender:
            await sender.send(Request(f"{application.url}/voice", "POST", {}))
            await sender.send(Request(f"{application.url}/voice", "POST", {}))
    assert [seen.headers.get("cookie") for seen in application.seen] == [None, "s=1"]


@pytest.mark.parametrize("url", ["", "/voice", "ftp://a.example/x", "http://"])
async def test_urls_that_cannot_be_asked(url: str) -> None:
    assert (await failure(Request(url, "POST", {}))).code == 11100


def test_overrides_within_their_bounds() -> None:
    assert overrides("http://a/#ct=50&rt=99999&tt=200&rc=9&rp=ct,4xx", Timings()) == Timings(
        connect_ms=100, read_ms=15_000, total_ms=200, retries=5, retry_on=frozenset({"ct", "4xx"})
    )
    assert overrides("http://a/", Timings(retries=0)) == Timings(retries=0)


def test_an_unknown_retry_policy() -> None:
    with pytest.raises(WebhookFailure) as failed:
        overrides("http://a/#rp=sometimes", Timings())
    assert failed.value.code == 11243
