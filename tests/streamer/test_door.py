"""Who is let in while a secret is rotated: a stream must not be refused because two processes have looked at different
times."""

import asyncio
import time
from dataclasses import dataclass, replace

import pytest
from twilio.request_validator import RequestValidator

from calls.errors import TokenRefused
from calls.record import Mode
from calls.stream_token import Grant, mint
from streamer.door import Door
from streamer.twilio_stream import Started
from tests.streamer.test_server import AUTH_TOKEN, SECRET, settings

URL = "wss://voice.example.com"
NEW_TOKEN, NEW_SECRET = "b" * 32, "u" * 32
ROTATED = replace(settings(URL), twilio_auth_token=NEW_TOKEN, stream_secret=NEW_SECRET)
IN_ROTATION = replace(ROTATED, earlier_auth_tokens=(AUTH_TOKEN,), earlier_stream_secrets=(SECRET,))


@dataclass
class Looks:
    """A look at the secret that finds `found`."""

    door: Door
    found: bool = True
    taken: int = 0

    async def __call__(self) -> bool:
        await asyncio.sleep(0)
        self.taken += 1
        if self.found:
            self.door.settings = ROTATED
        return self.found


def signed(token: str) -> tuple[str, list[str]]:
    """The path and the signatures of an upgrade."""
    return "/stream", [str(RequestValidator(token).compute_signature(f"{URL}/stream", {}))]


def started(secret: str, expires_in_s: int = 60, nonce: str = "n") -> Started:
    grant = Grant("01CALL", "CA1", "default", Mode.PIPELINE, nonce, int(time.time()) + expires_in_s)
    return Started("MZ1", "CA1", {"callId": "01CALL", "token": mint(secret, grant)})


async def test_both_are_good_during_a_rotation_and_are_not_looked_up() -> None:
    door = Door(IN_ROTATION)
    door.look_anew = looks = Looks(door)
    assert [await door.is_signed(*signed(token)) for token in (NEW_TOKEN, AUTH_TOKEN)] == [True, True]
    assert (await door.admitted(started(NEW_SECRET, nonce="a"))).call_id == "01CALL"
    assert (await door.admitted(started(SECRET, nonce="b"))).call_id == "01CALL"
    assert looks.taken == 0


async def test_what_was_rotated_a_moment_ago_is_looked_up_and_let_in() -> None:
    door = Door(settings(URL))
    door.look_anew = looks = Looks(door)
    assert await door.is_signed(*signed(NEW_TOKEN))
    door.settings = settings(URL)
    assert (await door.admitted(started(NEW_SECRET))).call_id == "01CALL"
    assert looks.taken == 2


async def test_after_the_grace_the_old_ones_are_strangers() -> None:
    door = Door(ROTATED)
    door.look_anew = Looks(door, found=False)
    assert not await door.is_signed(*signed(AUTH_TOKEN))
    with pytest.raises(TokenRefused) as refused:
        await door.admitted(started(SECRET))
    assert refused.value.failure.code == "token-forged"


async def test_a_stranger_stays_one_whatever_a_look_finds() -> None:
    door = Door(settings(URL))
    door.look_anew = Looks(door)
    assert not await door.is_signed(*signed("nobody's"))
    with pytest.raises(TokenRefused):
        await door.admitted(started("nobody's"))


async def test_what_is_no_matter_of_the_secret_is_not_looked_up() -> None:
    door = Door(IN_ROTATION)
    door.look_anew = looks = Looks(door)
    for start, code in ((started(NEW_SECRET, -1), "token-expired"), (started(SECRET, -1), "token-expired")):
        with pytest.raises(TokenRefused) as refused:
            await door.admitted(start)
        assert refused.value.failure.code == code
    assert looks.taken == 0


async def test_a_token_opens_one_stream_whichever_secret_made_it() -> None:
    door, start = Door(IN_ROTATION), started(SECRET)
    await door.admitted(start)
    with pytest.raises(TokenRefused) as refused:
        await door.admitted(start)
    assert refused.value.failure.code == "token-replayed"


async def test_where_nothing_is_rotated_nobody_looks() -> None:
    assert not await Door(settings(URL)).is_signed(*signed(NEW_TOKEN))
