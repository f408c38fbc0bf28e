from dataclasses import replace

import pytest

from calls.dynamo_rules import checked_limit, checked_sid, next_version, with_sid
from calls.errors import CallExists, MoveRefused, RequestRefused
from calls.record import CallRecord, Direction, Mode, ModeUse

SEEN = CallRecord("01A", Direction.INBOUND, "default", "+14155550100", "+14155550123", 1_000, version=4)


def test_a_change_is_the_next_version() -> None:
    assert next_version(SEEN, replace(SEEN, agent="desk")) == replace(SEEN, agent="desk", version=5)


def test_a_change_does_not_choose_its_version() -> None:
    assert next_version(SEEN, replace(SEEN, agent="desk", version=99)) == replace(SEEN, agent="desk", version=5)


def test_an_equal_record_is_no_change() -> None:
    assert next_version(SEEN, replace(SEEN)) is None


def test_a_change_is_bounded() -> None:
    changed = next_version(SEEN, replace(SEEN, modes=(ModeUse(Mode.PIPELINE, 0, 1, "why"),) * 500))
    assert changed is not None
    assert len(changed.modes) == 40


@pytest.mark.parametrize("changed", [replace(SEEN, call_id="01B"), replace(SEEN, twilio_sid="CA1")])
def test_a_change_keeps_the_names(changed: CallRecord) -> None:
    with pytest.raises(MoveRefused) as refused:
        next_version(SEEN, changed)
    assert refused.value.failure.code == "identity-changed"


def test_a_sid_is_given_once() -> None:
    attached = with_sid(SEEN, "CA1")
    assert attached == replace(SEEN, twilio_sid="CA1", version=5)
    assert with_sid(attached, "CA1") is None
    with pytest.raises(CallExists):
        with_sid(attached, "CA2")


def test_an_empty_sid_is_none() -> None:
    assert checked_sid("CA1") == "CA1"
    with pytest.raises(RequestRefused):
        checked_sid("")


@pytest.mark.parametrize("limit", [1, 100])
def test_a_page_size_that_is_allowed(limit: int) -> None:
    assert checked_limit(limit) == limit


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_size_that_is_not(limit: int) -> None:
    with pytest.raises(RequestRefused) as refused:
        checked_limit(limit)
    assert refused.value.failure.code == "limit-invalid"
