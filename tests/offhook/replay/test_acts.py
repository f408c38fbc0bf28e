from offhook.box.caller import Moment
from offhook.replay.acts import (
    FEWER_MS,
    PATIENCE_MS,
    Act,
    After,
    Cue,
    acts_of,
    at_their_times,
    cue_of,
    is_due,
    without_agent,
)

CALLER = bytes(range(250)) * 400  # 12.5 s
GREETING, ANSWER = (0, 5000), (7500, 15_000)


def heard(
    now_ms: int,
    *agent: tuple[int, int],
    audible: bool = False,
    acted: tuple[int, int] = (0, 0),
) -> Moment:
    """As it is for a caller who has waited since their last act."""
    return Moment(now_ms, agent, audible, *acted, waiting_from_ms=acted[1])


# Read out of the recording


def test_a_caller_who_answered_is_so_long_after_the_agents_last_sound() -> None:
    assert cue_of(5620, (0, 0), [GREETING, ANSWER]) == Cue(After.AGENT_DONE, 620, 1)


def test_a_caller_who_broke_in_is_so_far_into_the_agents_words() -> None:
    assert cue_of(11_400, (5620, 6800), [GREETING, ANSWER]) == Cue(After.AGENT_BEGAN, 3900, 1)


def test_the_agents_words_are_counted_from_the_callers_last_act() -> None:
    filler, answer = (7200, 7900), (9500, 12_000)
    assert cue_of(12_700, (5620, 6800), [GREETING, filler, answer]) == Cue(After.AGENT_DONE, 700, 2)


def test_a_caller_who_went_on_by_themselves_is_so_long_after_their_own_last_sound() -> None:
    assert cue_of(7400, (5620, 6800), [GREETING, ANSWER]) == Cue(After.SELF, 600)
    assert cue_of(300, (0, 0), [(900, 5000)]) == Cue(After.SELF, 300)


def test_what_the_agent_was_saying_when_interrupted_is_no_answer() -> None:
    assert cue_of(9900, (8000, 9000), [(7500, 8400)]) == Cue(After.SELF, 900)


def test_an_agent_that_talked_on_has_answered_in_its_way() -> None:
    assert cue_of(15_600, (8000, 9000), [ANSWER]) == Cue(After.AGENT_DONE, 600, 0)


def test_the_acts_of_a_call() -> None:
    acts = acts_of(
        CALLER,
        caller_spans=[(5640, 6000), (6300, 6800), (9020, 9900)],
        agent_spans=[(0, 2000), (2500, 5000), (7500, 9300), (10_600, 11_000)],
        keys=[("1", 11_700), ("#", 11_900)],
        hung_up_ms=12_400,
    )
    assert [(act.cue, act.was_ms, act.sound_ms, act.key) for act in acts] == [
        (Cue(After.AGENT_DONE, 540, 1), 5540, 1260, ""),
        (Cue(After.AGENT_BEGAN, 1420, 1), 8920, 980, ""),
        (Cue(After.AGENT_DONE, 700, 1), 11_700, 0, "1"),
        (Cue(After.SELF, 200), 11_900, 0, "#"),
        (Cue(After.SELF, 500), 12_400, 0, ""),
    ]
    assert acts[0].mulaw == CALLER[5540 * 8 : 6900 * 8]


def test_an_agent_that_speaks_in_the_callers_breath_parts_their_words() -> None:
    breath = [(1000, 2000), (2400, 3000)]
    assert [act.was_ms for act in acts_of(CALLER, breath, [])] == [900]
    assert [act.was_ms for act in acts_of(CALLER, breath, [(2100, 2300)])] == [900, 2300]


def test_without_the_agents_side_a_long_silence_held_an_answer() -> None:
    acts = without_agent(acts_of(CALLER, [(500, 1000), (1700, 2000), (3700, 4000)], []))
    assert [act.cue for act in acts] == [
        Cue(After.AGENT_DONE, 700, 1),
        Cue(After.SELF, 600),
        Cue(After.AGENT_DONE, 700, 1),
    ]


def test_at_their_times_everything_is_where_it_was_and_nothing_is_left_out() -> None:
    acts = acts_of(CALLER, [(1000, 2000)], [], keys=[("5", 3000)], hung_up_ms=12_500)
    timed = at_their_times(acts, CALLER)
    assert timed == (
        Act(Cue(After.AT, 0), 0, CALLER[:24_000], 3000),
        Act(Cue(After.AT, 3000), 3000, key="5"),
        Act(Cue(After.AT, 3000), 3000, CALLER[24_000:], 9500),
        Act(Cue(After.AT, 12_500), 12_500),
    )


# Found again in the new call


def test_an_answer_is_due_the_same_gap_after_the_agent_fell_silent() -> None:
    cue = Cue(After.AGENT_DONE, 620, 1)
    assert not is_due(cue, heard(600))
    assert not is_due(cue, heard(8500, (300, 8000)))
    assert is_due(cue, heard(8620, (300, 8000)))


def test_an_agent_whose_sound_is_still_coming_has_not_finished() -> None:
    assert not is_due(Cue(After.AGENT_DONE, 620, 1), heard(8620, (300, 8000), audible=True))


def test_an_agent_that_draws_breath_is_waited_for() -> None:
    cue = Cue(After.AGENT_DONE, 620, 1)
    assert not is_due(cue, heard(4000, (300, 3000), (3400, 4000), audible=True))
    assert is_due(cue, heard(5100, (300, 3000), (3400, 4480)))


def test_a_caller_who_thinks_for_long_speaks_though_the_agent_has_begun_again() -> None:
    cue = Cue(After.AGENT_DONE, 6000, 1)
    assert not is_due(cue, heard(8900, (300, 3000), (8000, 8900), audible=True))
    assert is_due(cue, heard(9000, (300, 3000), (8000, 9000), audible=True))


def test_breaking_in_is_due_as_far_into_the_agents_words() -> None:
    cue = Cue(After.AGENT_BEGAN, 3900, 1)
    last = (5600, 6800)
    assert not is_due(cue, heard(12_000, GREETING, (8200, 12_000), audible=True, acted=last))
    assert is_due(cue, heard(12_100, GREETING, (8200, 12_100), audible=True, acted=last))


def test_an_answer_that_is_shorter_now_is_broken_into_at_the_same_moment() -> None:
    assert is_due(Cue(After.AGENT_BEGAN, 3900, 1), heard(12_100, (8200, 9000), acted=(5600, 6800)))


def test_a_second_utterance_is_waited_for_and_then_no_more() -> None:
    cue, last = Cue(After.AGENT_DONE, 700, 2), (5600, 6800)
    assert not is_due(cue, heard(9000, (7200, 7900), acted=last))
    assert is_due(cue, heard(13_000, (7200, 7900), (9500, 12_300), acted=last))
    assert is_due(cue, heard(7900 + 700 + FEWER_MS, (7200, 7900), acted=last))


def test_an_agent_that_talks_on_now_and_did_not_then_is_waited_for() -> None:
    cue, last = Cue(After.AGENT_DONE, 640, 1), (11_400, 14_300)
    assert not is_due(cue, heard(17_000, (7500, 16_000), acted=last))
    assert is_due(cue, heard(16_000 + 640 + FEWER_MS, (7500, 16_000), acted=last))
    assert is_due(cue, heard(20_000, (7500, 16_000), (16_800, 19_300), acted=last))


def test_going_on_is_due_after_the_callers_own_pause_whatever_the_agent_does() -> None:
    cue = Cue(After.SELF, 600)
    assert not is_due(cue, heard(7399, (7000, 7399), audible=True, acted=(5600, 6800)))
    assert is_due(cue, heard(7400, (7000, 7400), audible=True, acted=(5600, 6800)))


def test_a_caller_whose_cue_never_comes_acts_in_the_end() -> None:
    cue = Cue(After.AGENT_DONE, 700, 1)
    assert not is_due(cue, heard(7000 + 700 + PATIENCE_MS - 1, acted=(5600, 7000)))
    assert is_due(cue, heard(7000 + 700 + PATIENCE_MS, acted=(5600, 7000)))


def test_a_time_of_its_own_is_due_then() -> None:
    assert not is_due(Cue(After.AT, 3000), heard(2980))
    assert is_due(Cue(After.AT, 3000), heard(3000))
