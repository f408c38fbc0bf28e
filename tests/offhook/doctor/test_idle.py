import pytest

from offhook.doctor.balancer import attribute_in
from offhook.doctor.finding import State
from offhook.doctor.idle import Held, judge, judge_attribute


def test_a_stream_that_is_cut_names_the_time_out() -> None:
    assert judge(Held(75.0)).state is State.PASS
    cut = judge(Held(75.0, 60.02))
    assert cut.state is State.FAIL
    assert "after 60 s" in cut.saw
    assert "proxy_read_timeout" in cut.remedy


def test_a_refused_secret_is_no_time_out() -> None:
    assert "OFFHOOK_STREAM_SECRET" in judge(Held(75.0, 0.1, 4401)).saw


@pytest.mark.parametrize(("timeout_s", "state"), [(None, State.WARN), (60, State.FAIL), (3_600, State.PASS)])
def test_the_load_balancers_own_word(timeout_s: int | None, state: State) -> None:
    assert judge_attribute(timeout_s).state is state


def test_the_attribute_of_an_application_load_balancer() -> None:
    assert attribute_in({"Attributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "60"}]}) == 60
    assert attribute_in({"Attributes": [{"Key": "deletion_protection.enabled", "Value": "false"}]}) is None
