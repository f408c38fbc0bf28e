from dataclasses import replace

import pytest

from calls import streams
from calls.errors import ProviderFailed
from calls.latency import Waterfall
from calls.record import Do, EndReason, Mode, ModeUse, NextStep, Status
from calls.reply import EndCall, Reply, Transfer
from calls.rungs import CLIMB_AFTER_MS
from calls.usage import Kind, Unit, Usage
from handlers import resume, turn, voice
from handlers.webhook import APOLOGY
from tests.fakes.agents import AGENT
from tests.handlers.desk import BEGAN_MS, REPLAYS, SID, House, ScriptedReplies, event, send

HOURS = {"SpeechResult": "What are your hours?", "Confidence": "0.9"}


def greeted(*replies: Reply | Exception) -> House:
    """A call in traditional mode whose greeting has been said; its first Gather asks for /twilio/turn/1."""
    house = House(ScriptedReplies(*replies), {"default": replace(AGENT, modes=(Mode.TRADITIONAL,))})
    assert "/twilio/turn/1" in house.post(voice, "/twilio/voice", {"From": "+14155550123", "To": "+1"}).body
    return house


def test_a_turn_is_written_thought_about_and_answered() -> None:
    house = greeted(Reply("Nine to five."))
    answer = house.post(turn, "/twilio/turn/1", HOURS)
    assert ">Nine to five.</Say></Gather>" in answer.body
    assert 'action="https://calls.example.com/twilio/turn/3#rc=2&amp;' in answer.body
    assert house.said() == [
        ("agent", "Hello, this is the desk."),
        ("caller", "What are your hours?"),
        ("agent", "Nine to five."),
    ]
    assert [t.said for t in house.thinking.asked[0].unanswered] == ["What are your hours?"]


def test_what_the_reply_used_is_written_for_its_turn() -> None:
    used = Usage("", "openai", "gpt-6-luna", Kind.MODEL, {Unit.TEXT_IN: 500, Unit.TEXT_OUT: 5})
    house = greeted(Reply("Nine to five.", used=used))
    house.post(turn, "/twilio/turn/1", HOURS)
    call_id = house.only_record().call_id
    (written,) = house.store.usage(call_id)
    assert written == replace(used, id=f"turn-1-{written.at_ms}", turn="turn-1-agent", at_ms=written.at_ms)
    assert written.turn == house.store.conversation(call_id).turns[-1].id
    assert written.at_ms > BEGAN_MS


def test_the_agents_turn_is_honest_about_say() -> None:
    house = greeted(Reply("Nine to five."))
    house.post(turn, "/twilio/turn/1", HOURS)
    spoken = house.store.conversation(house.only_record().call_id).turns[-1]
    assert (spoken.said, spoken.heard, spoken.cut, spoken.mode) == (spoken.said, spoken.said, False, "traditional")
    assert spoken.latency.model == 1  # the test's clock moves on by one at every look
    assert spoken.latency.total is None
    assert spoken.latency.ours is not None
    assert 0 <= spoken.latency.ours < 2_000
    greeting = house.store.conversation(house.only_record().call_id).turns[0]
    assert greeting.latency == Waterfall()


@pytest.mark.parametrize("path", ["/twilio/turn", "/twilio/turn/1"])
@pytest.mark.parametrize("headers", REPLAYS)
def test_the_same_turn_again_is_answered_the_same_and_written_once(path: str, headers: dict[str, str]) -> None:
    house = greeted(Reply("Nine to five."), Reply("Something else."))
    first = house.post(turn, path, HOURS, headers={"I-Twilio-Idempotency-Token": "t1"})
    stood = house.stands()
    assert house.post(turn, path, HOURS, headers=headers) == first
    assert house.stands() == stood


def test_without_a_step_the_signed_form_tells_turns_apart() -> None:
    house = greeted(Reply("Nine to five."), Reply("On Monday."))
    house.post(turn, "/twilio/turn", HOURS)
    assert ">On Monday.</Say>" in house.post(turn, "/twilio/turn", {"SpeechResult": "When?"}).body


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"Digits": "12#"}, "[keys 12#]"),
        ({"SpeechResult": "My number is", "Digits": "5"}, "My number is [keys 5]"),
        ({"SpeechResult": "  two\nlines\x07 "}, "two lines"),
    ],
)
def test_what_the_caller_said_or_pressed(form: dict[str, str], words: str) -> None:
    house = greeted(Reply("Noted."))
    house.post(turn, "/twilio/turn/1", form)
    assert house.said()[1] == ("caller", words)


def test_silence_is_asked_about_twice_and_then_ends_the_call() -> None:
    house = greeted()
    first = house.post(turn, "/twilio/turn/1", {"SpeechResult": "", "Digits": ""})
    assert ">Say that again, please.</Say></Gather>" in first.body
    assert "/twilio/turn/2" in first.body
    assert ">Are you still there?</Say></Gather>" in house.post(turn, "/twilio/turn/2").body
    last = house.post(turn, "/twilio/turn/3")
    assert ">I hear nobody. Goodbye.</Say><Hangup />" in last.body
    assert house.only_record().end_reason is EndReason.SILENCE
    assert house.thinking.asked == []


def test_a_repeated_silence_counts_once() -> None:
    house = greeted()
    house.post(turn, "/twilio/turn/1")
    house.post(turn, "/twilio/turn/1")
    assert house.only_record().empty_gathers == 1


def test_words_between_silences_start_the_count_again() -> None:
    house = greeted(Reply("Nine to five."))
    house.post(turn, "/twilio/turn/1")
    house.post(turn, "/twilio/turn/2", HOURS)
    assert ">Say that again, please.</Say>" in house.post(turn, "/twilio/turn/4").body


def test_the_callers_goodbye_ends_the_call() -> None:
    house = greeted()
    answer = house.post(turn, "/twilio/turn/1", {"SpeechResult": "Thank you, goodbye."})
    assert ">Goodbye, then.</Say><Hangup />" in answer.body
    assert house.only_record().end_reason is EndReason.CALLER_GOODBYE
    assert house.said()[-1] == ("agent", "Goodbye, then.")


def test_a_reply_that_ends_the_call() -> None:
    house = greeted(Reply("All noted. So long.", EndCall("agent-goodbye")))
    answer = house.post(turn, "/twilio/turn/1", HOURS)
    assert ">All noted. So long.</Say><Hangup />" in answer.body
    assert house.only_record().end_reason is EndReason.AGENT_GOODBYE


def test_a_reply_that_transfers() -> None:
    house = greeted(Reply("I put you through.", Transfer("+14155550199")))
    answer = house.post(turn, "/twilio/turn/1", HOURS)
    assert ">I put you through.</Say><Dial" in answer.body
    assert ">+14155550199</Dial>" in answer.body
    assert house.said()[-1] == ("agent", "I put you through.")


def test_a_reply_that_cannot_be_had_is_apologised_for_in_the_agents_words() -> None:
    house = greeted(ProviderFailed("The model is gone.", code="model-gone"))
    answer = house.post(turn, "/twilio/turn/1", HOURS)
    assert answer.status == 200
    assert ">We have trouble. Goodbye.</Say><Hangup />" in answer.body
    record = house.only_record()
    assert record.end_reason is EndReason.FAILED
    assert [failure.code for failure in record.failures] == ["model-gone"]


def test_a_fault_of_ours_is_apologised_for_and_the_words_are_kept() -> None:
    house = greeted(ValueError("What are your hours?"))
    answer = house.post(turn, "/twilio/turn/1", HOURS)
    assert (answer.status, APOLOGY in answer.body) == (200, True)
    assert house.only_record().end_reason is EndReason.FAILED
    assert house.said()[-1] == ("caller", "What are your hours?")


def test_words_spoken_as_the_call_ended_are_kept() -> None:
    house = greeted(Reply("Nine to five."))
    answer = house.post(turn, "/twilio/turn/1", {**HOURS, "CallStatus": "completed"})
    assert "<Response><Hangup /></Response>" in answer.body
    assert house.said()[-1] == ("caller", "What are your hours?")
    assert house.only_record().status is Status.COMPLETED


def test_the_limit_ends_the_call() -> None:
    house = greeted(Reply("Nine to five."))
    house.clock.ms += 600_000
    assert ">Our time is up. Goodbye.</Say><Hangup />" in house.post(turn, "/twilio/turn/1", HOURS).body
    assert house.only_record().end_reason is EndReason.LIMIT
    assert house.thinking.asked == []


def test_an_unknown_call() -> None:
    house = House()
    answer = house.post(turn, "/twilio/turn/1", HOURS)
    assert (answer.status, answer.body) == (
        404,
        "No call is known under this CallSid; calls begin at /twilio/voice.",
    )


@pytest.mark.parametrize("step", ["x", "-1", "1234567", "1.5", "%C2%B2"])
def test_a_path_that_is_no_step(step: str) -> None:
    house = greeted(Reply("Nine to five."))
    assert house.post(turn, f"/twilio/turn/{step}", HOURS).status == 404
    assert house.said() == [("agent", "Hello, this is the desk.")]


@pytest.mark.parametrize("signed", ["", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="])
def test_unsigned_turns_change_nothing(signed: str) -> None:
    house = greeted(Reply("Nine to five."))
    assert house.post(turn, "/twilio/turn/1", HOURS, signed=signed).status == 403
    assert house.said() == [("agent", "Hello, this is the desk.")]


def test_two_calls_at_once_keep_to_themselves() -> None:
    house = greeted(Reply("Nine to five."), Reply("On Monday."))
    other = {"CallSid": "CA00000000000000000000000000000009"}
    house.post(voice, "/twilio/voice", {"From": "+1", "To": "+2", **other})
    house.post(turn, "/twilio/turn/1", HOURS)
    house.post(turn, "/twilio/turn/1", {"SpeechResult": "When?", **other})
    said = {
        record.twilio_sid[-1]: [t.said for t in house.store.conversation(record.call_id).turns][1:]
        for record in house.store.recent(10).records
    }
    assert said == {"1": ["What are your hours?", "Nine to five."], "9": ["When?", "On Monday."]}


def test_the_rung_is_in_the_record() -> None:
    assert greeted().only_record().modes[0].mode is Mode.TRADITIONAL
    assert greeted().only_record().modes[0].started_at_ms > BEGAN_MS
    assert isinstance(greeted().only_record().modes[0], ModeUse)


def fallen() -> House:
    """A call that streamed, and has been in traditional mode for a while."""
    house = House(ScriptedReplies(Reply("Nine to five.")))
    house.post(voice, "/twilio/voice", {"From": "+14155550123", "To": "+1"})
    house.store.change(house.only_record().call_id, lambda r: streams.arrived(r, 1, house.clock()))
    house.store.change(house.only_record().call_id, lambda r: replace(r, next_step=NextStep(Do.GATHER)))
    assert "<Gather" in house.post(resume, "/twilio/resume/1", {"CallStatus": "in-progress"}).body
    house.clock.ms += CLIMB_AFTER_MS
    return house


def test_back_up_the_ladder_when_a_streamer_is_ready() -> None:
    house = fallen()
    house.streamer_ready = True
    answer = house.post(turn, "/twilio/turn/1", HOURS)
    assert 'action="https://calls.example.com/twilio/resume/2#rc=2&amp;' in answer.body
    assert '<Parameter name="resumed" value="yes" />' in answer.body
    assert house.post(turn, "/twilio/turn/1", HOURS) == answer
    assert house.said()[-1] == ("caller", "What are your hours?")
    assert [use.mode for use in house.only_record().modes] == [Mode.PIPELINE, Mode.TRADITIONAL, Mode.PIPELINE]


def test_nobody_asks_the_streamer_about_a_call_that_stays() -> None:
    house = House(
        ScriptedReplies(Reply("Nine to five.")), agents={"default": replace(AGENT, modes=(Mode.TRADITIONAL,))}
    )
    house.post(voice, "/twilio/voice", {"From": "+14155550123", "To": "+1"})

    def asked() -> bool:
        raise AssertionError("the streamer was asked")

    wired = replace(house.wired, streamer_ready=asked)
    answer = send(turn.router(lambda: wired), event("/twilio/turn/1", {"CallSid": SID, **HOURS}))
    assert ">Nine to five.</Say></Gather>" in answer.body


def test_down_it_stays_while_no_streamer_is_ready() -> None:
    assert ">Nine to five.</Say></Gather>" in fallen().post(turn, "/twilio/turn/1", HOURS).body
