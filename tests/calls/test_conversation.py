from calls.conversation import Conversation, Role, Turn
from calls.latency import Waterfall


def turn(turn_id: str, role: Role, started_at_ms: int, heard: str = "words") -> Turn:
    return Turn(turn_id, role, "words", heard, heard != "words", started_at_ms, started_at_ms + 500, "pipeline")


GREETING = turn("g", Role.AGENT, 1_000)
QUESTION = turn("q", Role.CALLER, 2_000)
ANSWER = turn("a", Role.AGENT, 3_000)


def test_turns_stand_in_the_order_they_began_whichever_is_added_first() -> None:
    assert Conversation().adding(ANSWER).adding(GREETING).adding(QUESTION).turns == (GREETING, QUESTION, ANSWER)


def test_turns_that_began_together_stand_as_they_were_added() -> None:
    together = turn("b", Role.AGENT, 2_000)
    assert Conversation().adding(QUESTION).adding(together).turns == (QUESTION, together)


def test_a_known_turn_stays_as_it_is() -> None:
    conversation = Conversation().adding(QUESTION)
    assert conversation.adding(turn("q", Role.AGENT, 9_000)) is conversation


def test_adding_leaves_the_conversation_before_alone() -> None:
    before = Conversation((GREETING,))
    before.adding(QUESTION)
    assert before.turns == (GREETING,)


def test_a_question_waits_until_it_is_answered() -> None:
    assert Conversation((GREETING, QUESTION)).unanswered == (QUESTION,)
    assert Conversation((GREETING, QUESTION, ANSWER)).unanswered == ()


def test_an_answer_of_which_nothing_was_heard_answers_nothing() -> None:
    unheard = turn("a", Role.AGENT, 3_000, heard="")
    more = turn("m", Role.CALLER, 4_000)
    assert Conversation((GREETING, QUESTION, unheard, more)).unanswered == (QUESTION, more)


def test_an_answer_that_was_cut_answers() -> None:
    assert Conversation((GREETING, QUESTION, turn("a", Role.AGENT, 3_000, heard="wo"))).unanswered == ()


def test_nobody_waits_in_an_empty_conversation() -> None:
    assert Conversation().unanswered == ()


def test_a_turn_has_no_latency_until_it_is_measured() -> None:
    assert QUESTION.latency == Waterfall(None, None, None, None, None, None, None)
