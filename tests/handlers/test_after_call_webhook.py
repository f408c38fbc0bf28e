import socket

import pytest

from calls.errors import ConfigurationInvalid
from handlers.after_call_webhook import PAUSES_S, DeliveryFailed, HttpWebhook
from tests.whole.receiver import SECRET, receiving

NOW_MS = 1_795_000_100_250
OTHER_SECRET = "b3RoZXItd2ViaG9vay1zZWNyZXQtb2YtdGVhbQ=="


class Pauses:
    def __init__(self) -> None:
        self.taken: list[float] = []

    def __call__(self, pause_s: float) -> None:
        self.taken.append(pause_s)


def webhook(url: str, pauses: Pauses, secret: str = SECRET) -> HttpWebhook:
    return HttpWebhook(url, secret, now_ms=lambda: NOW_MS, sleep=pauses, within_s=2.0)


def test_what_is_sent_is_signed_and_taken() -> None:
    pauses = Pauses()
    with receiving() as team:
        webhook(team.url, pauses).send("01A.call.ended", '{"data": "Größe"}'.encode())
    assert team.taken == {"01A.call.ended": {"data": "Größe"}}
    assert (team.refused, pauses.taken) == (0, [])


def test_a_team_that_is_away_for_a_moment_is_asked_again_under_the_same_id() -> None:
    pauses = Pauses()
    with receiving() as team:
        team.answers = [503, 429]
        webhook(team.url, pauses).send("01A.call.ended", b"{}")
    assert team.deliveries == ["01A.call.ended"]
    assert pauses.taken == list(PAUSES_S)


@pytest.mark.parametrize(("status", "pauses"), [(500, list(PAUSES_S)), (404, []), (410, []), (302, [])])
def test_a_team_that_refuses_is_not_asked_for_ever(status: int, pauses: list[float]) -> None:
    taken = Pauses()
    with receiving() as team:
        team.answers = [status] * 3
        with pytest.raises(DeliveryFailed) as refused:
            webhook(team.url, taken).send("01A.call.ended", b"{}")
    assert refused.value.failure.code == f"webhook-{status}"
    assert (team.deliveries, taken.taken) == ([], pauses)


def test_nobody_at_the_url() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/secret-path"
        with pytest.raises(DeliveryFailed) as unreached:
            webhook(url, Pauses()).send("01A.call.ended", b"{}")
    assert unreached.value.failure.code == "webhook-unreachable"
    assert "secret-path" not in str(unreached.value)


def test_a_receiver_with_another_secret_refuses() -> None:
    with receiving() as team:
        with pytest.raises(DeliveryFailed):
            webhook(team.url, Pauses(), "whsec_" + "A" * 32).send("01A.call.ended", b"{}")
        with pytest.raises(ConfigurationInvalid):
            webhook(team.url, Pauses(), "whsec_no base64 at all").send("01A.call.ended", b"{}")
    assert (team.refused, team.deliveries) == (1, [])


@pytest.mark.parametrize("secrets", [(SECRET, OTHER_SECRET), (OTHER_SECRET, SECRET)])
def test_while_the_secret_is_rotated_the_receiver_may_know_either(secrets: tuple[str, str]) -> None:
    with receiving() as team:
        HttpWebhook(team.url, *secrets, now_ms=lambda: NOW_MS, within_s=2.0).send("01A.call.ended", b"{}")
    assert (team.deliveries, team.refused) == (["01A.call.ended"], 0)
