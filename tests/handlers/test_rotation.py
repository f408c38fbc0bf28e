"""What handlers do while a secret is rotated under them."""

from dataclasses import replace

import pytest

from calls.errors import ConfigurationInvalid, SecretsUnavailable
from handlers import lifeline, status, voice
from handlers.wiring import Wired
from tests.handlers.api_desk import Desk, FakeTwilio
from tests.handlers.desk import API_KEY, AUTH_TOKEN, SETTINGS, SID, Answer, House, event, send, signature

NEW_TOKEN = "the-auth-token-after-the-rotation"
PATH = "/twilio/voice"
FORM = {"CallSid": SID}


class Looks:
    """`rewired` of a deployment whose secret was changed; `taken` counts them."""

    def __init__(self, found: Wired | None) -> None:
        self.found, self.taken = found, 0

    def __call__(self) -> Wired | None:
        self.taken += 1
        return self.found


def asked(wired: Wired, token: str) -> Answer:
    return send(voice.router(lambda: wired), event(PATH, FORM, signed=signature(PATH, FORM, token)))


def test_the_token_before_is_good_beside_the_new_one() -> None:
    settings = replace(SETTINGS, twilio_auth_token=NEW_TOKEN, earlier_auth_tokens=(AUTH_TOKEN,))
    wired = House(settings=settings).wired
    assert [asked(wired, token).status for token in (AUTH_TOKEN, NEW_TOKEN, "nobody's")] == [200, 200, 403]


def test_a_token_that_is_not_known_yet_is_looked_up_and_the_call_goes_on_with_it() -> None:
    house = House()
    looks = Looks(replace(house.wired, settings=replace(SETTINGS, twilio_auth_token=NEW_TOKEN)))
    assert asked(replace(house.wired, rewired=looks), NEW_TOKEN).status == 200
    assert looks.taken == 1
    assert house.only_record().twilio_sid == SID


def test_a_strangers_signature_stays_a_strangers() -> None:
    house = House()
    looks = Looks(replace(house.wired, settings=replace(SETTINGS, twilio_auth_token=NEW_TOKEN)))
    assert asked(replace(house.wired, rewired=looks), "nobody's").status == 403
    assert asked(replace(house.wired, rewired=Looks(None)), NEW_TOKEN).status == 403


def test_what_is_no_matter_of_the_token_is_not_looked_up() -> None:
    house, looks = House(), Looks(None)
    wired = replace(house.wired, rewired=looks)
    assert asked(wired, AUTH_TOKEN).status == 200
    assert send(voice.router(lambda: wired), event(PATH, FORM, signed="")).status == 403
    assert send(voice.router(lambda: wired), event(PATH, FORM, body="x" * 70_000)).status == 413
    assert looks.taken == 0


async def test_an_api_key_that_is_not_known_yet_is_looked_up() -> None:
    class Rotated(House):
        @property
        def wired(self) -> Wired:
            keys = replace(SETTINGS, api_keys=("a-key-that-was-just-added",))
            return replace(super().wired, rewired=Looks(replace(super().wired, settings=keys)))

    desk = Desk(Rotated(), FakeTwilio())
    keys = ("a-key-that-was-just-added", API_KEY, "a-key-of-nobody-at-all", "")
    assert [(await desk.ask("GET", "/calls", key=key)).status_code for key in keys] == [200, 200, 401, 401]


def test_without_any_secret_a_caller_hears_the_apology_and_news_are_refused_once() -> None:
    def wiring() -> Wired:
        raise SecretsUnavailable("Secrets Manager could not be reached.")

    heard = send(voice.router(wiring), event(PATH, FORM))
    assert (heard.status, heard.body) == (200, lifeline.document("", ""))
    assert send(status.router(wiring), event("/twilio/status", FORM)).status == 500


def test_without_any_settings_a_caller_is_put_through_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFHOOK_LIFELINE_NUMBER", "+14155550177")
    monkeypatch.setenv("OFFHOOK_PUBLIC_URL", "https://calls.example.com")

    def wiring() -> Wired:
        raise ConfigurationInvalid("OFFHOOK_TABLE is missing.")

    heard = send(voice.router(wiring), event(PATH, FORM))
    assert (heard.status, heard.body) == (200, lifeline.document("+14155550177", "https://calls.example.com"))


async def test_without_any_secret_the_api_says_so() -> None:
    class Away(House):
        @property
        def wired(self) -> Wired:
            raise SecretsUnavailable("Secrets Manager could not be reached.")

    answer = await Desk(Away(), FakeTwilio()).ask("GET", "/calls")
    assert (answer.status_code, answer.json()["code"]) == (503, "secrets-unavailable")


@pytest.mark.parametrize("token", [AUTH_TOKEN, NEW_TOKEN])
def test_news_signed_with_either_token_are_taken(token: str) -> None:
    settings = replace(SETTINGS, twilio_auth_token=NEW_TOKEN, earlier_auth_tokens=(AUTH_TOKEN,))
    house, form = House(settings=settings), {**FORM, "CallStatus": "completed"}
    told = event("/twilio/status", form, signed=signature("/twilio/status", form, token))
    assert send(status.router(lambda: house.wired), told).status == 204
