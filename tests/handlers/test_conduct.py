"""What holds for every step of a call, whichever webhook asks."""

from dataclasses import replace

from calls.agent_after import Privacy
from calls.conversation import Turn
from calls.errors import StoreUnavailable
from calls.record import Mode
from calls.reply import Reply
from handlers import turn, voice
from tests.fakes.agents import AGENT
from tests.fakes.memory_store import MemoryCallStore
from tests.handlers.desk import House, ScriptedReplies

HOURS = {"SpeechResult": "What are your hours?"}


class Dying(MemoryCallStore):
    """The process dies where it would write the agent's answer, as often as `deaths` says."""

    deaths = 0

    def append_turn(self, call_id: str, turn: Turn) -> None:
        if turn.id == "turn-1-agent" and self.deaths:
            self.deaths -= 1
            raise StoreUnavailable("The table went away.", retryable=True)
        super().append_turn(call_id, turn)


def greeted(store: MemoryCallStore, *replies: Reply) -> House:
    house = House(ScriptedReplies(*replies), {"default": replace(AGENT, modes=(Mode.TRADITIONAL,))}, store=store)
    house.post(voice, "/twilio/voice", {"From": "+1", "To": "+2"})
    return house


def test_a_death_between_answer_and_turn_is_made_good_when_twilio_asks_again() -> None:
    store = Dying()
    house = greeted(store, Reply("Nine to five."), Reply("Something else."))
    store.deaths = 2  # the webhook itself tries twice
    house.post(turn, "/twilio/turn/1", HOURS)
    assert house.said()[-1] == ("caller", "What are your hours?")
    again = house.post(turn, "/twilio/turn/1", HOURS)
    assert ">Nine to five.</Say></Gather>" in again.body
    assert house.said()[-1] == ("agent", "Nine to five.")


def test_a_table_that_is_away_for_a_moment_costs_neither_the_answer_nor_the_agent() -> None:
    store = Dying()
    house = greeted(store, Reply("Nine to five."), Reply("Something else."))
    store.deaths = 1
    assert ">Nine to five.</Say></Gather>" in house.post(turn, "/twilio/turn/1", HOURS).body
    assert house.said()[1:] == [("caller", "What are your hours?"), ("agent", "Nine to five.")]
    assert len(house.thinking.asked) == 1


NUMBER = {"SpeechResult": "My number is 415 555 0123."}
READ_BACK = "I have noted 4 1 5, 5 5 5, 0 1 2 3. Is that right?"


def private(*replies: Reply) -> House:
    agent = replace(AGENT, modes=(Mode.TRADITIONAL,), privacy=Privacy(("phone",), keep_days=7))
    house = House(ScriptedReplies(*replies), {"default": agent})
    house.post(voice, "/twilio/voice", {"From": "+1", "To": "+2"})
    return house


def test_a_private_number_is_thought_about_and_spoken_and_stands_nowhere() -> None:
    house = private(Reply(READ_BACK), Reply("Thank you."))
    assert READ_BACK in house.post(turn, "/twilio/turn/1", NUMBER).body
    assert [t.said for t in house.thinking.asked[0].unanswered] == ["My number is 415 555 0123."]
    assert house.said()[1:] == [
        ("caller", "My number is [phone]."),
        ("agent", "I have noted [phone]. Is that right?"),
    ]
    record = house.only_record()
    assert (record.redact, record.keep_days) == (("phone",), 7)
    remembered = house.store.answer_of(record.call_id, "turn-1") or ""
    assert "0123" not in remembered
    assert "0 1 2 3" not in remembered
    again = house.post(turn, "/twilio/turn/1", NUMBER).body
    assert ">I have noted [phone]. Is that right?</Say>" in again
    house.post(turn, "/twilio/turn/3", {"SpeechResult": "Yes."})
    assert [t.said for t in house.thinking.asked[1].turns][1] == "My number is [phone]."


class Racing(MemoryCallStore):
    """The same webhook, sent twice at once: the other one's answer is remembered first."""

    def answered_before(self, call_id: str, step: str, answer: str) -> str:
        if step == "turn-1":
            super().answered_before(call_id, step, answer.replace("Nine to five.", "Ten to six."))
        return super().answered_before(call_id, step, answer)


def test_of_two_answers_at_once_one_stands_and_is_the_one_written() -> None:
    house = greeted(Racing(), Reply("Nine to five."))
    assert ">Ten to six.</Say></Gather>" in house.post(turn, "/twilio/turn/1", HOURS).body
    assert house.said()[-1] == ("agent", "Ten to six.")


def test_the_words_written_are_the_words_spoken() -> None:
    house = greeted(MemoryCallStore(), Reply("Nine\x07 to  five. " + "word " * 1_000))
    body = house.post(turn, "/twilio/turn/1", HOURS).body
    spoken = body.split(">", 4)[4].split("</Say>")[0]
    assert house.said()[-1] == ("agent", spoken)
    assert len(spoken) <= 3_000
