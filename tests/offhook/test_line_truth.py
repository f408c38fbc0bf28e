from dataclasses import replace

from calls.conversation import Conversation, Role, Turn
from calls.latency import Waterfall
from calls.redaction import redactor
from offhook.box.line_log import LineLog, Spoken, Understood
from offhook.line_truth import heard_part, true_to_line

ZERO_MS = 1_795_000_000_000


def turn(number: int, role: Role, said: str, at_ms: int, mode: str = "traditional") -> Turn:
    return Turn(f"t{number}", role, said, said, False, ZERO_MS + at_ms, ZERO_MS + at_ms, mode)


GREETING = turn(0, Role.AGENT, "Hello.", 10)
QUESTION = turn(1, Role.CALLER, "When?", 3300)
ANSWER = replace(turn(2, Role.AGENT, "We open at nine.", 3301), latency=Waterfall(model=7))
INTERRUPTION = turn(3, Role.CALLER, "[keys 12]", 6000)
GOODBYE = turn(4, Role.AGENT, "Goodbye.", 6001)
CONVERSATION = Conversation((GREETING, QUESTION, ANSWER, INTERRUPTION, GOODBYE))

LOG = LineLog(
    spoken=[
        Spoken("Hello.", 120, 1120, 1000, 140, 1100, cut=False),
        Spoken("We open at nine.", 3500, 4500, 1600, 3560, 4480, cut=True),
        Spoken("Goodbye.", 6200, 7000, 800, 6220, 6980, cut=False),
    ],
    understood=[Understood("When?", "", 1800, 2200, 3120), Understood("", "12", 4480, 5900, 5920)],
)


def seen(conversation: Conversation) -> list[tuple[str, bool, int, int]]:
    return [(t.heard, t.cut, t.started_at_ms - ZERO_MS, t.ended_at_ms - ZERO_MS) for t in conversation.turns]


def test_times_words_and_cuts_are_those_of_the_line() -> None:
    assert seen(true_to_line(CONVERSATION, LOG, ZERO_MS)) == [
        ("Hello.", False, 140, 1100),
        ("When?", False, 1800, 2200),
        ("We open at", True, 3560, 4480),
        ("[keys 12]", False, 4480, 5900),
        ("Goodbye.", False, 6220, 6980),
    ]


def test_words_that_are_private_are_matched_as_they_are_kept() -> None:
    log = replace(LOG, spoken=[replace(LOG.spoken[0], text="Call 415 555 0123.")])
    kept = Conversation((replace(GREETING, said="Call [phone].", heard="Call [phone]."),))
    (told,) = true_to_line(kept, log, ZERO_MS, redactor(("phone",))).turns
    assert (told.heard, told.started_at_ms - ZERO_MS) == ("Call [phone].", 140)
    assert true_to_line(kept, log, ZERO_MS).turns[0].heard == ""


def test_latency_runs_from_the_last_voice_to_the_first_sound() -> None:
    greeting, _, answer, _, goodbye = true_to_line(CONVERSATION, LOG, ZERO_MS).turns
    assert greeting.latency == Waterfall()
    assert answer.latency == Waterfall(total=1360, endpointing=920, model=7)
    assert goodbye.latency == Waterfall(total=320, endpointing=20)


def test_the_waterfall_of_an_answer_that_was_asked_for_adds_up() -> None:
    log = LineLog(LOG.spoken, [Understood("When?", "", 1800, 2200, 3120, 3200, 3480), LOG.understood[1]])
    _, _, answer, _, _ = true_to_line(CONVERSATION, log, ZERO_MS).turns
    assert answer.latency == Waterfall(total=1360, endpointing=1000, model=7, speech=80, ours=273)


def test_an_answer_without_a_model_is_ours_to_the_last_ms() -> None:
    log = LineLog(LOG.spoken, [LOG.understood[0], Understood("", "12", 4480, 5900, 5920, 5920, 6000)])
    goodbye = true_to_line(CONVERSATION, log, ZERO_MS).turns[-1]
    assert goodbye.latency == Waterfall(total=320, endpointing=20, speech=220, ours=80)


def test_an_answer_that_never_came_to_sound_was_not_heard() -> None:
    log = LineLog(LOG.spoken[:2], LOG.understood)
    last = true_to_line(CONVERSATION, log, ZERO_MS).turns[-1]
    assert (last.said, last.heard, last.cut) == ("Goodbye.", "", True)
    assert last.started_at_ms == GOODBYE.started_at_ms


def test_the_same_words_twice_are_told_apart_by_their_order() -> None:
    again = turn(1, Role.AGENT, "Hello.", 2000)
    log = LineLog([LOG.spoken[0], Spoken("Hello.", 2120, 3120, 1000, 2140, 3100, cut=False)])
    twice = true_to_line(Conversation((GREETING, again)), log, ZERO_MS)
    assert [start for _, _, start, _ in seen(twice)] == [140, 2140]


def test_words_that_the_application_did_not_write_are_passed_over() -> None:
    log = LineLog([Spoken("Please hold.", 0, 500, 500, 0, 500, cut=False), LOG.spoken[0]])
    assert seen(true_to_line(Conversation((GREETING,)), log, ZERO_MS)) == [("Hello.", False, 140, 1100)]


def test_a_turn_of_the_streamer_is_left_alone() -> None:
    streamed = replace(GREETING, mode="pipeline", heard="Hel", cut=True)
    assert true_to_line(Conversation((streamed,)), LOG, ZERO_MS).turns == (streamed,)


def test_turns_are_in_the_order_in_which_they_began() -> None:
    over = turn(1, Role.CALLER, "Wait.", 5)
    log = LineLog([LOG.spoken[0]], [Understood("Wait.", "", 400, 900, 1800)])
    assert [t.said for t in true_to_line(Conversation((over, GREETING)), log, ZERO_MS).turns] == ["Hello.", "Wait."]


def test_a_word_is_heard_once_its_last_letter_was_spoken() -> None:
    assert heard_part("We open at nine.", 0, 1600) == ""
    assert heard_part("We open at nine.", 199, 1600) == ""
    assert heard_part("We open at nine.", 200, 1600) == "We"
    assert heard_part("We open at nine.", 1599, 1600) == "We open at"
    assert heard_part("We open at nine.", 1600, 1600) == "We open at nine."
    assert heard_part("", 10, 10) == ""
