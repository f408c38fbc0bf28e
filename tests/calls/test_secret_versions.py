import pytest

from calls.errors import ConfigurationInvalid
from calls.secret_versions import SecretRead, SecretVersions, followed, parsed

GRACE_S = 900.0
OLD, NEW, NEWER = {"TOKEN": "old"}, {"TOKEN": "new"}, {"TOKEN": "newer"}


def test_what_has_stood_for_long_has_nothing_beside_it() -> None:
    known = followed(None, SecretRead(OLD, 0.0), GRACE_S, 10_000.0)
    assert known == SecretVersions(OLD)
    assert known.former("TOKEN", 10_000.0) == ()


def test_a_process_that_starts_in_a_rotation_takes_the_version_before_for_as_long_as_it_is_good() -> None:
    known = followed(None, SecretRead(NEW, 1_000.0, OLD), GRACE_S, 1_010.0)
    assert known.former("TOKEN", 1_899.0) == ("old",)
    assert known.former("TOKEN", 1_900.0) == ()


def test_a_process_that_has_known_it_takes_it_without_being_told() -> None:
    known = followed(SecretVersions(OLD), SecretRead(NEW, 1_000.0), GRACE_S, 1_010.0)
    assert (known.current, known.former("TOKEN", 1_899.0)) == (NEW, ("old",))


def test_two_changes_within_the_grace_leave_both_versions_before_to_who_has_known_them() -> None:
    once = followed(SecretVersions(OLD), SecretRead(NEW, 1_000.0, OLD), GRACE_S, 1_010.0)
    twice = followed(once, SecretRead(NEWER, 1_100.0, NEW), GRACE_S, 1_110.0)
    assert twice.former("TOKEN", 1_110.0) == ("new", "old")
    assert twice.former("TOKEN", 1_900.0) == ("new",)
    assert twice.former("TOKEN", 2_000.0) == ()


def test_another_look_at_the_same_makes_no_value_good_for_longer() -> None:
    once = followed(SecretVersions(OLD), SecretRead(NEW, 1_000.0, OLD), GRACE_S, 1_010.0)
    again = followed(once, SecretRead(NEW, 1_000.0, OLD), GRACE_S, 1_800.0)
    assert again.earlier == ((OLD, 1_900.0),)
    assert followed(again, SecretRead(NEW, 1_000.0), GRACE_S, 1_900.0) == SecretVersions(NEW)


def test_a_value_that_stayed_is_no_former_one_and_a_missing_one_is_none() -> None:
    known = SecretVersions({"TOKEN": "same", "KEY": "new"}, (({"TOKEN": "same"}, 2_000.0), ({"KEY": ""}, 2_000.0)))
    assert known.former("TOKEN", 1_000.0) == known.former("KEY", 1_000.0) == ()


def test_going_back_to_the_version_before_leaves_the_mistake_good_for_the_grace_alone() -> None:
    once = followed(SecretVersions(OLD), SecretRead(NEW, 1_000.0, OLD), GRACE_S, 1_010.0)
    back = followed(once, SecretRead(OLD, 1_100.0, NEW), GRACE_S, 1_110.0)
    assert (back.current, back.former("TOKEN", 1_110.0)) == (OLD, ("new",))


@pytest.mark.parametrize("text", ["", "plain-text", '["a"]', '{"TOKEN": 7}', '{"TOKEN": null}'])
def test_a_secret_that_is_no_object_of_texts_is_refused_without_a_word_of_it(text: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="JSON object") as refused:
        parsed(text)
    assert refused.value.failure.code == "secret-malformed"
    assert not text or text not in refused.value.failure.sentence


def test_a_secret_is_an_object_of_texts() -> None:
    assert parsed('{"TOKEN": "t", "KEY": ""}') == {"TOKEN": "t", "KEY": ""}
