from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from calls.errors import ProviderFailed, StoreUnavailable
from calls.record import CallRecord, EndReason, Mode, Status, on_rung
from calls.reply import Reply, Transfer
from calls.usage import Kind, Unit, Usage
from handlers import partial, turn, voice
from handlers.ahead import WAIT_MS, claimed
from handlers.partial import FINISHED_S, OPEN_S
from handlers.wiring import Wired
from tests.fakes.agents import AGENT
from tests.fakes.memory_store import MemoryCallStore
from tests.handlers.desk import House, ScriptedReplies

MODEL = replace(
    AGENT,
    modes=(Mode.TRADITIONAL,),
    models=replace(AGENT.models, reply="openai/gpt-6-luna"),
    transfer_number="+14155550199",
)
HOURS = {"SpeechResult": "What are your hours?", "Confidence": "0.9"}
NINE = Reply("Nine to five.", used=Usage("", "openai", "gpt-6-luna", Kind.MODEL, {Unit.TEXT_OUT: 5}))


@dataclass
class Ahead(House):
    """`pauses` is every pause a handler made; `meanwhile` is what happens in the next ones."""

    pauses: list[float] = field(default_factory=list)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.ms += round(seconds * 1000)
        if self.meanwhile:
            self.meanwhile.pop(0)()

    @property
    def wired(self) -> Wired:
        wired = super().wired
        return replace(wired, pause=self.pause, nonce=lambda: f"nonce-{self.clock()}")

    def hear(self, stable: str, unstable: str = "", sequence: int | None = 0, step: int = 1, **more: str) -> int:
        form = {"StableSpeechResult": stable, "UnstableSpeechResult": unstable, **more}
        numbered = form if sequence is None else {**form, "SequenceNumber": str(sequence)}
        return self.post(partial, f"/twilio/partial/{step}", numbered).status

    def used(self) -> list[tuple[str, str]]:
        return [(usage.id, usage.turn) for usage in self.store.usage(self.only_record().call_id)]


def greeted(*replies: Reply | Exception, agent: object = MODEL) -> Ahead:
    house = Ahead(ScriptedReplies(*replies), {"default": agent})  # type: ignore[dict-item]  # an Agent, by its default
    body = house.post(voice, "/twilio/voice", {"From": "+14155550123", "To": "+1"}).body
    assert 'partialResultCallback="https://calls.example.com/twilio/partial/1"' in body
    return house


def test_a_reply_begun_on_what_was_understood_is_the_turns_reply() -> None:
    house = greeted(NINE)
    assert house.hear("what are your hours") == 204
    assert house.said() == [("agent", "Hello, this is the desk.")]
    answer = house.post(turn, "/twilio/turn/1", HOURS)
    assert ">Nine to five.</Say></Gather>" in answer.body
    (asked,) = house.thinking.asked
    assert [turn.heard for turn in asked.unanswered] == ["what are your hours"]
    assert house.used() == [("turn-1-ahead-1", "turn-1-agent")]


def test_the_agents_turn_says_how_long_the_caller_waited_for_it() -> None:
    house = greeted(NINE)
    house.hear("what are your hours")
    house.clock.ms += 5_000
    house.post(turn, "/twilio/turn/1", HOURS)
    spoken = house.store.conversation(house.only_record().call_id).turns[-1]
    assert spoken.latency.model is not None
    assert spoken.latency.model < 10


def test_other_words_in_the_end_are_thought_about_anew_and_both_replies_are_paid() -> None:
    house = greeted(NINE, replace(NINE, text="On Saturday until one."))
    house.hear("what are your hours")
    answer = house.post(turn, "/twilio/turn/1", {"SpeechResult": "What are your hours on Saturday?"})
    assert ">On Saturday until one.</Say>" in answer.body
    first, second = house.used()
    assert first == ("turn-1-ahead-1", "turn-1-agent")
    assert second[0].startswith("turn-1-18")


def test_a_reply_on_its_way_is_waited_for() -> None:
    house = greeted(NINE)
    answers: list[str] = []

    class Slow(ScriptedReplies):
        def reply(self, *given: object) -> Reply:
            house.meanwhile.append(lambda: house.store.answered_before(call_id, "turn-1-ahead-1-said", finished()))
            answers.append(house.post(turn, "/twilio/turn/1", HOURS).body)
            return NINE

    def finished() -> str:
        return '{"reply": {"text": "Nine to five.", "keys": 0, "action": null}, "took_ms": 800}'

    call_id = house.only_record().call_id
    house.thinking = Slow()
    house.hear("what are your hours")
    assert ">Nine to five.</Say></Gather>" in answers[0]
    assert house.pauses == [OPEN_S, 0.03]


def test_a_reply_that_never_comes_is_thought_of_by_the_turn() -> None:
    house = greeted(Reply("Thought anew."))
    call_id = house.only_record().call_id
    assert claimed(house.wired, call_id, "turn-1", "what are your hours", 1) == 1
    answer = house.post(turn, "/twilio/turn/1", HOURS)
    assert ">Thought anew.</Say>" in answer.body
    assert WAIT_MS * 0.9 < sum(house.pauses) * 1000 <= WAIT_MS


def test_a_reply_that_could_not_be_had_is_thought_of_again() -> None:
    house = greeted(ProviderFailed("Gone.", code="gone"), NINE)
    house.hear("what are your hours")
    assert ">Nine to five.</Say>" in house.post(turn, "/twilio/turn/1", HOURS).body
    assert house.only_record().failures == ()


def test_an_action_comes_through() -> None:
    house = greeted(Reply("One moment.", Transfer("+14155550199")))
    house.hear("what are your hours")
    body = house.post(turn, "/twilio/turn/1", HOURS).body
    assert ">One moment.</Say><Dial" in body
    assert "+14155550199" in body


@pytest.mark.parametrize("sequence", [0, None])
def test_the_same_words_again_begin_nothing(sequence: int | None) -> None:
    house = greeted(NINE)
    house.hear("what are your hours", sequence=sequence)
    house.hear("What are your hours?", sequence=sequence)
    assert len(house.thinking.asked) == 1


def test_two_replies_are_begun_for_one_turn_at_the_most() -> None:
    house = greeted(NINE, NINE, NINE)
    for sequence, words in enumerate(("what", "what are", "what are your", "what are your hours")):
        house.hear(words, sequence=sequence)
    assert [asked.unanswered[-1].heard for asked in house.thinking.asked] == ["what", "what are"]


def test_the_second_may_be_the_right_one() -> None:
    house = greeted(NINE, Reply("The second."))
    house.hear("what are", sequence=0)
    house.hear("what are your hours", sequence=1)
    assert ">The second.</Say>" in house.post(turn, "/twilio/turn/1", HOURS).body


def test_an_older_partial_result_gives_way_to_a_newer_one() -> None:
    house = greeted(NINE, NINE)
    house.meanwhile.append(lambda: house.hear("what are your hours", sequence=1))
    house.hear("what are", sequence=0)
    assert [asked.unanswered[-1].heard for asked in house.thinking.asked] == ["what are your hours"]


def test_one_that_is_overtaken_on_its_way_begins_nothing() -> None:
    house = greeted(NINE, NINE)
    house.hear("what are your hours", sequence=1)
    house.hear("what are", sequence=0)
    assert [asked.unanswered[-1].heard for asked in house.thinking.asked] == ["what are your hours"]


def test_one_that_comes_after_its_turn_begins_nothing() -> None:
    house = greeted(NINE, NINE)
    house.post(turn, "/twilio/turn/1", HOURS)
    stood = house.stands()
    assert house.hear("what are your hours") == 204
    assert house.stands() == stood


@pytest.mark.parametrize(
    ("stable", "unstable", "stability", "pause"),
    [
        ("What are your hours?", "", "", FINISHED_S),
        ("What are your", "hours?", "0.9", FINISHED_S),
        ("What are your", "hours?", "0.3", OPEN_S),
        ("What are your", "hours?", "high", OPEN_S),
        ("what are your hours", "", "0.9", OPEN_S),
    ],
)
def test_words_that_may_go_on_have_to_stand_for_longer(
    stable: str, unstable: str, stability: str, pause: float
) -> None:
    house = greeted(NINE)
    house.hear(stable, unstable, Stability=stability)
    assert house.pauses == [pause]


@pytest.mark.parametrize("words", ["", "  ", "...", "Thank you, goodbye."])
def test_what_is_not_thought_about_is_not_begun(words: str) -> None:
    house = greeted()
    assert house.hear(words) == 204
    assert house.thinking.asked == []


def _over(record: CallRecord) -> CallRecord:
    return replace(record, status=Status.COMPLETED)


def _hung_up(record: CallRecord) -> CallRecord:
    return replace(record, end_reason=EndReason.OPERATOR_HUNG_UP)


def _streaming(record: CallRecord) -> CallRecord:
    return on_rung(record, Mode.PIPELINE, record.created_at_ms)


@pytest.mark.parametrize("change", [_over, _hung_up, _streaming])
def test_a_call_that_does_not_talk_on_here_begins_nothing(change: Callable[[CallRecord], CallRecord]) -> None:
    house = greeted()
    house.store.change(house.only_record().call_id, change)
    assert house.hear("what are your hours") == 204
    assert house.thinking.asked == []


def test_the_records_own_state_is_left_alone() -> None:
    house = greeted(NINE)
    before = house.only_record()
    house.hear("what are your hours")
    assert house.only_record() == before


@pytest.mark.parametrize(
    "agent",
    [
        replace(MODEL, models=replace(MODEL.models, reply="scripted")),
        replace(MODEL, turn_taking=replace(MODEL.turn_taking, speculate=False)),
    ],
)
def test_an_agent_that_does_not_begin_ahead_is_told_no_partial_results(agent: object) -> None:
    house = Ahead(ScriptedReplies(NINE), {"default": agent})  # type: ignore[dict-item]  # an Agent
    assert "partialResultCallback" not in house.post(voice, "/twilio/voice", {"From": "+14155550123", "To": "+1"}).body
    assert house.hear("what are your hours") == 204
    assert house.thinking.asked == []


def test_a_turn_whose_table_is_slow_about_it_thinks_for_itself() -> None:
    house = greeted(NINE, Reply("Thought anew."))
    house.hear("what are your hours")

    class Forgetful(MemoryCallStore):
        def answer_of(self, call_id: str, step: str) -> str | None:
            if "ahead" in step:
                raise StoreUnavailable("Slow.")
            return super().answer_of(call_id, step)

    forgetful = Forgetful()
    forgetful.__dict__.update(house.store.__dict__)
    house.store = forgetful
    assert ">Thought anew.</Say>" in house.post(turn, "/twilio/turn/1", HOURS).body


@pytest.mark.parametrize("path", ["/twilio/partial/x", "/twilio/partial/99999999"])
def test_a_path_that_names_nothing_is_taken_as_news_of_nothing(path: str) -> None:
    house = greeted()
    assert house.post(partial, path, {"StableSpeechResult": "hours"}).status == 204


def test_a_forged_one_is_refused() -> None:
    house = greeted()
    assert house.post(partial, "/twilio/partial/1", {"StableSpeechResult": "hours"}, signed="no").status == 403
    assert house.thinking.asked == []
