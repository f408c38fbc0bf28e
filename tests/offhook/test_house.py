from offhook.box.caller_script import CallerScript, HangUp, Step
from offhook.house import Scripts

SHORT = CallerScript((Step(HangUp()),))
LONG = CallerScript((Step(HangUp()), Step(HangUp())))
OTHERWISE = CallerScript((Step(HangUp(), when="now"),))


def test_each_call_to_a_number_gets_the_script_it_was_placed_with() -> None:
    scripts = Scripts(OTHERWISE)
    scripts.expect("+15551230101", SHORT)
    scripts.expect("+15551230101", LONG)
    scripts.expect("+15551230102", LONG)
    assert [scripts("+15551230101"), scripts("+15551230101"), scripts("+15551230101")] == [SHORT, LONG, OTHERWISE]
    assert scripts("+15551230102") == LONG


def test_the_script_of_a_refused_call_is_not_left_for_the_next() -> None:
    scripts = Scripts(OTHERWISE)
    scripts.expect("+15551230101", SHORT)
    scripts.forget("+15551230101", SHORT)
    assert scripts("+15551230101") == OTHERWISE
