"""A task whose secret changes: looked at on a timer and out of turn, given out on the event loop, never in a call's
way."""

import asyncio
import json
import threading
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from calls.errors import ConfigurationInvalid, SecretsUnavailable
from calls.metrics import Measure
from calls.settings_kept import SettingsSettled
from streamer.rekeying import Rekeying, settings_kept
from streamer.settings import StreamerSettings
from tests.streamer.test_server import settings
from tests.streamer.test_settings import LEAST

FIRST, SECOND, THIRD = (replace(settings(), stream_secret=letter * 32) for letter in "abc")
NAME = "offhook/rekeying"
ARN = f"arn:aws:secretsmanager:us-east-1:000000000000:secret:{NAME}"


class Kept:
    """Implements `calls.settings_kept.Kept` by hand. `asked_from` keeps the threads that looks were taken in."""

    def __init__(self) -> None:
        self.now, self.next = FIRST, FIRST
        self.asked_from: set[int] = set()
        self.may_answer = threading.Event()
        self.may_answer.set()

    def current(self) -> StreamerSettings:
        self.asked_from.add(threading.get_ident())
        return self.now

    def anew(self) -> StreamerSettings | None:
        self.asked_from.add(threading.get_ident())
        self.may_answer.wait(5)
        before, self.now = self.now, self.next
        return self.now if self.now != before else None


async def until(told: list[StreamerSettings], count: int) -> None:
    async with asyncio.timeout(3):
        while len(told) < count:  # noqa: ASYNC110 - a plain list is told
            await asyncio.sleep(0.005)


async def test_a_change_is_given_out_once_by_the_timer() -> None:
    kept, told = Kept(), list[StreamerSettings]()
    running = asyncio.create_task(Rekeying(kept, told.append, tick_s=0.005).run())
    kept.now = SECOND
    await until(told, 1)
    await asyncio.sleep(0.03)
    kept.now = THIRD
    await until(told, 2)
    running.cancel()
    await asyncio.wait([running])
    assert told == [SECOND, THIRD]


async def test_a_look_out_of_turn_says_whether_it_found_anything_and_gives_it_out_first() -> None:
    kept, told = Kept(), list[StreamerSettings]()
    rekeying = Rekeying(kept, told.append)
    kept.asked_from.clear()
    assert not await rekeying.look_anew()
    kept.next = SECOND
    assert await rekeying.look_anew()
    assert told == [SECOND]
    assert threading.get_ident() not in kept.asked_from, "no look holds up the event loop"


async def test_who_comes_while_another_looks_has_what_that_finds() -> None:
    kept, told = Kept(), list[StreamerSettings]()
    rekeying = Rekeying(kept, told.append)
    kept.next = SECOND
    kept.may_answer.clear()
    looking = asyncio.gather(rekeying.look_anew(), rekeying.look_anew())
    await asyncio.sleep(0.02)
    kept.may_answer.set()
    assert list(await looking) == [True, True]
    assert told == [SECOND]


async def test_a_look_that_takes_too_long_is_not_waited_for() -> None:
    kept = Kept()
    kept.next = SECOND
    kept.may_answer.clear()
    rekeying = Rekeying(kept, lambda _: None, within_s=0.02)
    assert not await rekeying.look_anew()
    kept.may_answer.set()


def test_without_a_secret_named_the_settings_are_the_environments() -> None:
    kept = settings_kept(LEAST, lambda _: None)
    assert isinstance(kept, SettingsSettled)
    assert kept.current().stream_secret == "s" * 32


def test_the_secret_is_read_at_the_start_and_a_change_is_found(
    dynamo_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    for name, value in {**keys, "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    manager = boto3.client("secretsmanager", endpoint_url=dynamo_endpoint)
    held = {"OFFHOOK_STREAM_SECRET": "a" * 32, "DEEPGRAM_API_KEY": "deepgram-key", "OFFHOOK_API_KEYS": "k" * 24}
    manager.create_secret(Name=NAME, SecretString=json.dumps(held))
    environment = {"OFFHOOK_TABLE": "calls", "OFFHOOK_SECRET": ARN, "AWS_ENDPOINT_URL": dynamo_endpoint, **keys}
    told: list[Measure] = []
    kept = settings_kept(environment, told.extend)
    assert (kept.current().stream_secret, kept.current().vendors.deepgram_key) == ("a" * 32, "deepgram-key")
    manager.put_secret_value(
        SecretId=NAME, SecretString=json.dumps({**held, "OFFHOOK_STREAM_SECRET": "b" * 32, "DEEPGRAM_API_KEY": "new"})
    )
    anew = kept.anew()
    assert anew is not None
    assert (anew.stream_secret, anew.earlier_stream_secrets) == ("b" * 32, ("a" * 32,))
    assert anew.vendors.deepgram_key == "new"
    assert told == []


def test_a_secret_that_is_not_there_keeps_the_task_from_starting(dynamo_endpoint: str) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1"}
    named = {"OFFHOOK_SECRET": f"{ARN}-nowhere", "AWS_ENDPOINT_URL": dynamo_endpoint, **keys}
    kept = settings_kept({**LEAST, **named}, lambda _: None)
    with pytest.raises(SecretsUnavailable, match="ResourceNotFoundException"):
        kept.current()
    with pytest.raises(ConfigurationInvalid, match="OFFHOOK_SECRET"):
        settings_kept({**LEAST, **named, "OFFHOOK_SECRET": str(Path("offhook"))}, lambda _: None)
