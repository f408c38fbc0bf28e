"""Settings of one secret, on a clock that stands still: what is looked at, when, and what serves meanwhile."""

import pytest

from calls.errors import ConfigurationInvalid, Failure, OffhookError, SecretsUnavailable
from calls.secret_versions import SecretRead, SecretVersions
from calls.settings_kept import AGAIN_AFTER_S, AT_MOST_EVERY_S, SettingsKept, SettingsSettled

BEGAN_S = 1_800_000_000.0
KEEP_S, GRACE_S = 60.0, 900.0


class Vault:
    """The secret, when it was changed, and what a look at it fails with. `looks` says of each whether it was a first
    one; `stale` keeps the codes that were told."""

    def __init__(self, token: str = "old") -> None:
        self.token, self.since_s, self.before = token, 0.0, ""
        self.failing: OffhookError | None = None
        self.looks: list[bool] = []
        self.stale: list[str] = []
        self.now_s = BEGAN_S
        self.kept = SettingsKept(
            self.look, made, keep_s=KEEP_S, grace_s=GRACE_S, now_s=lambda: self.now_s, stale=self.told
        )

    def look(self, is_first: bool) -> SecretRead:
        self.looks.append(is_first)
        if self.failing:
            raise self.failing
        return SecretRead({"TOKEN": self.token}, self.since_s, {"TOKEN": self.before} if self.before else {})

    def rotate(self, token: str) -> None:
        self.before, self.token, self.since_s = self.token, token, self.now_s

    def told(self, why: Failure) -> None:
        self.stale.append(why.code)


def made(versions: SecretVersions, now_s: float) -> tuple[str, ...]:
    """Settings that are the tokens which are good; "short" is refused."""
    if versions.current["TOKEN"] == "short":
        raise ConfigurationInvalid("The token is too short.", code="token-short")
    return (versions.current["TOKEN"], *versions.former("TOKEN", now_s))


AWAY = SecretsUnavailable("Throttled.", code="secrets-throttlingexception")


def test_one_look_serves_for_its_time() -> None:
    vault = Vault()
    first = vault.kept.current()
    vault.now_s += KEEP_S - 1
    assert vault.kept.current() is first
    assert vault.looks == [True]
    vault.now_s += 1
    assert vault.kept.current() == ("old",)
    assert vault.looks == [True, False]


def test_a_changed_secret_is_taken_up_at_the_next_look_beside_the_old_one_for_the_grace() -> None:
    vault = Vault()
    vault.kept.current()
    vault.rotate("new")
    assert vault.kept.current() == ("old",)
    vault.now_s += KEEP_S
    assert vault.kept.current() == ("new", "old")
    vault.now_s = BEGAN_S + GRACE_S
    assert vault.kept.current() == ("new",)


def test_who_was_shown_an_unknown_one_has_it_looked_at_now() -> None:
    vault = Vault()
    vault.kept.current()
    vault.now_s += 1
    vault.rotate("new")
    assert vault.kept.anew() == ("new", "old")
    assert vault.kept.current() == ("new", "old")
    assert len(vault.looks) == 2


def test_strangers_have_it_looked_at_once_in_some_seconds() -> None:
    vault = Vault()
    vault.kept.current()
    assert [vault.kept.anew() for _ in range(3)] == [None] * 3
    assert len(vault.looks) == 2
    vault.now_s += AT_MOST_EVERY_S
    vault.rotate("new")
    assert vault.kept.anew() == ("new", "old")


def test_the_last_known_value_serves_while_secrets_manager_is_away_and_it_is_told() -> None:
    vault = Vault()
    first = vault.kept.current()
    vault.failing = AWAY
    vault.now_s += KEEP_S
    assert vault.kept.current() == first
    assert vault.stale == ["secrets-throttlingexception"]
    vault.now_s += AGAIN_AFTER_S - 1
    assert vault.kept.current() == first
    assert len(vault.looks) == 2, "a look that fails holds up who waits for it, so the next is later"
    vault.now_s += 1
    vault.failing = None
    vault.rotate("new")
    assert vault.kept.current() == ("new", "old")


def test_a_grace_ends_while_secrets_manager_is_away() -> None:
    vault = Vault()
    vault.kept.current()
    vault.rotate("new")
    vault.kept.anew()
    vault.failing = AWAY
    vault.now_s = BEGAN_S + GRACE_S
    assert vault.kept.current() == ("new",)


def test_a_version_that_cannot_work_is_not_taken_up() -> None:
    vault = Vault()
    vault.kept.current()
    vault.rotate("short")
    vault.now_s += KEEP_S
    assert vault.kept.current() == ("old",)
    assert vault.stale == ["token-short"]
    vault.rotate("new")
    vault.now_s += AGAIN_AFTER_S
    assert vault.kept.current()[0] == "new"


@pytest.mark.parametrize("failing", [AWAY, ConfigurationInvalid("No object.", code="secret-malformed")])
def test_where_nothing_is_known_yet_it_fails_once_each_time_it_is_asked(failing: OffhookError) -> None:
    vault = Vault()
    vault.failing = failing
    for _ in range(2):
        with pytest.raises(OffhookError) as failed:
            vault.kept.current()
        assert failed.value is failing
    assert vault.kept.anew() is None
    assert (vault.looks, vault.stale) == ([True, True], [])
    vault.failing = None
    assert vault.kept.current() == ("old",)


def test_a_clock_that_is_set_back_makes_no_value_last_longer() -> None:
    vault = Vault()
    vault.kept.current()
    vault.rotate("new")
    vault.now_s -= 3600
    assert vault.kept.current()[0] == "new"


def test_settled_settings_are_never_anew() -> None:
    settled = SettingsSettled("settings")
    assert (settled.current(), settled.anew()) == ("settings", None)
