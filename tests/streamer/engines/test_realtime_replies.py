"""What the realtime engine makes of replies: fixed words, answers, what broke off, what nobody hears."""

from calls.conversation import Conversation
from calls.record import EndReason
from calls.reply import EndCall
from streamer.engines.lead_in import LEAD_KEPT_MS, MOST_SILENT_MS
from streamer.events import (
    Answer,
    CancelReply,
    Fill,
    ReplyDone,
    ReplyFilled,
    ReplyLost,
    ReplySpoken,
    ReplyWorded,
    Say,
    Used,
)
from tests.fakes.agents import AGENT
from tests.streamer.engines.realtime_desk import desk, until
from tests.streamer.engines.realtime_parts import FakeSession, audio, settled


async def test_the_greeting_does_not_wait_for_the_session_and_is_told_to_it() -> None:
    async with desk(FakeSession()) as here:
        here.engine.order(Say(1, "Hello."))
        await settled()
        assert [type(event) for event in here.events] == [ReplyWorded, ReplySpoken, ReplyDone]
        session = await here.ready()
        assert session.told() == [("assistant", "Hello.")]


async def test_a_greeting_that_is_not_kept_is_the_sessions_first_response_and_kept_then() -> None:
    async with desk(FakeSession()) as here:
        here.speaker.unkept.add("Hello there.")
        here.engine.order(Say(1, "Hello there."))
        await settled()
        assert here.events == []
        session = await here.ready()
        (asked,) = session.of("response.create")
        assert asked["response"]["input"][0]["content"][0]["text"] == 'Say exactly: "Hello there."'
        assert "conversation" not in asked["response"]  # it becomes part of it, as the answers do
        session.say("response.created", response={"id": "r", "metadata": {"offhook_reply": "1"}})
        session.say("response.output_audio_transcript.delta", response_id="r", delta="Hello there.")
        session.say("response.output_audio.delta", **audio("r", 200))
        await settled()
        assert len(here.events.of(ReplySpoken)) == 1  # as it comes
        session.say("response.output_audio.delta", **audio("r", 300))
        session.say("response.done", response={"id": "r", "status": "completed", "output": []})
        await settled()
        assert here.events.of(ReplyDone) == [ReplyDone(1, None)]
        assert "".join(event.text for event in here.events.of(ReplySpoken)) == "Hello there."
        assert [len(mulaw) for mulaw in here.speaker.kept.values()] == [500 * 8]
        assert session.told() == []


async def test_a_phrase_in_other_words_is_heard_as_it_was_said_and_not_kept() -> None:
    async with desk(FakeSession()) as here:
        here.speaker.unkept.add("Hello there.")
        here.engine.order(Say(1, "Hello there."))
        session = await here.ready()
        session.say("response.created", response={"id": "r", "metadata": {"offhook_reply": "1"}})
        session.say("response.output_audio_transcript.delta", response_id="r", delta="Hi.")
        session.say("response.output_audio.delta", **audio("r", 200))
        session.say("response.done", response={"id": "r", "status": "completed", "output": []})
        await settled()
        assert [event.text for event in here.events.of(ReplyWorded)] == ["Hi."]
        assert here.events.of(ReplyDone) == [ReplyDone(1, None)]
        assert here.speaker.kept == {}


async def test_of_a_phrase_whose_session_dies_the_next_one_says_what_is_left() -> None:
    async with desk(FakeSession(), FakeSession()) as here:
        here.speaker.unkept.add("Hello there. How can I help?")
        here.engine.order(Say(1, "Hello there. How can I help?"))
        first = await here.ready()
        first.say("response.created", response={"id": "r", "metadata": {"offhook_reply": "1"}})
        first.say("response.output_audio_transcript.delta", response_id="r", delta="Hello there. ")
        first.say("response.output_audio.delta", **audio("r", 2_000))
        first.break_off()
        await settled()
        second = await here.ready(1)
        (asked,) = second.of("response.create")
        assert asked["response"]["input"][0]["content"][0]["text"] == 'Say exactly: "How can I help?"'
        assert second.told() == [("assistant", "Hello there. ")]
        second.say("response.created", response={"id": "q", "metadata": {"offhook_reply": "1"}})
        second.say("response.output_audio.delta", **audio("q", 500))
        second.say("response.done", response={"id": "q", "status": "completed", "output": []})
        await settled()
        assert here.events.of(ReplyDone) == [ReplyDone(1, None)]
        assert here.speaker.kept == {}


async def test_a_phrase_that_was_cut_is_put_right() -> None:
    async with desk(FakeSession()) as here:
        session = await here.ready()
        here.engine.order(Say(1, "Hello there."))
        here.engine.order(CancelReply(1, 100, "Hello"))
        assert session.told() == [("assistant", "Hello there."), ("assistant", "Hello")]
        assert len(session.of("conversation.item.delete")) == 1


async def test_a_function_without_a_word_gets_its_words() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        call = {"type": "function_call", "call_id": "c", "name": "end_call", "arguments": "{}"}
        session.say("response.done", response={"id": "r", "status": "completed", "output": [call]})
        await settled()
        assert [event.text for event in here.events.of(ReplySpoken)] == [AGENT.closing]
        assert here.events.of(ReplyDone) == [ReplyDone(1, EndCall(EndReason.AGENT_GOODBYE.value))]


async def test_an_answer_that_is_limited_is_asked_for_when_the_vendor_wants_to_be_asked() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        error = {"type": "rate_limit_error", "code": "rate_limit_exceeded", "message": "Try again in 50ms."}
        session.say("response.done", response={"id": "r", "status": "failed", "status_details": {"error": error}})
        await settled()
        assert len(session.of("response.create")) == 1
        await until(lambda: len(session.of("response.create")) == 2)
        assert here.events.of(ReplyLost) == []


async def test_an_answer_that_is_limited_for_too_long_is_lost() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        session.say("rate_limits.updated", rate_limits=[{"name": "tokens", "remaining": 0, "reset_seconds": 30.0}])
        error = {"type": "rate_limit_error", "code": "rate_limit_exceeded"}
        session.say("response.done", response={"id": "r", "status": "failed", "status_details": {"error": error}})
        await settled()
        assert [event.failure.code for event in here.events.of(ReplyLost)] == ["openai-realtime-rate-limited"]
        assert len(session.of("response.create")) == 1


async def test_a_filler_and_one_that_cannot_be_had() -> None:
    async with desk(FakeSession()) as here:
        here.speaker.missing.add("Hm.")
        here.engine.order(Fill(1, "Hm."))
        here.engine.order(Fill(1, "Let me see."))
        await settled()
        assert [event.text for event in here.events.of(ReplyFilled)] == ["Let me see."]


async def test_a_phrase_that_cannot_be_spoken_is_a_lost_reply() -> None:
    async with desk(FakeSession()) as here:
        here.speaker.missing.add("Hello.")
        here.engine.order(Say(1, "Hello."))
        await settled()
        assert [event.reply_id for event in here.events.of(ReplyLost)] == [1]


async def test_words_and_sound_and_what_was_used() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        session.say("response.output_audio_transcript.delta", response_id="r", delta="Good day.")
        session.say("response.output_audio.delta", **audio("r", 500))
        usage = {"output_token_details": {"audio_tokens": 10}}
        done = {"id": "r", "status": "completed", "output": [], "usage": usage, "metadata": {"offhook_reply": "1"}}
        session.say("response.done", response=done)
        await settled()
        assert [event.text for event in here.events.of(ReplyWorded)] == ["Good day."]
        assert "".join(event.text for event in here.events.of(ReplySpoken)) == "Good day."
        assert here.events.of(ReplyDone) == [ReplyDone(1, None)]
        assert [event.reply_id for event in here.events.of(Used)] == [1]


async def test_an_interruption_cancels_truncates_and_drops_what_comes_late() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        session.say("response.output_audio.delta", **audio("r", 500))
        await settled()
        here.engine.order(CancelReply(1, 300, "Good"))
        session.say("response.output_audio.delta", **audio("r", 500))
        await settled()
        assert [one["response_id"] for one in session.of("response.cancel")] == ["r"]
        assert [one["audio_end_ms"] for one in session.of("conversation.item.truncate")] == [300]
        assert len(here.events.of(ReplySpoken)) == 1
        here.engine.order(Answer(2, Conversation()))
        assert len(session.of("response.create")) == 1  # the first is not done yet
        done = {"id": "r", "status": "cancelled", "output": [{"id": "item", "type": "message"}]}
        session.say("response.done", response=done)
        await settled()
        assert len(session.of("response.create")) == 2
        assert session.of("conversation.item.delete") == []


async def test_what_was_made_for_nobody_is_forgotten() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        here.engine.order(CancelReply(1))
        done = {"id": "r", "status": "cancelled", "output": [{"id": "item", "type": "message"}]}
        session.say("response.done", response=done)
        await settled()
        assert [one["item_id"] for one in session.of("conversation.item.delete")] == ["item"]


def say_silence(session: FakeSession, response_id: str = "r", duration_ms: int = 300) -> None:
    """An answer of silence, with words in its transcript."""
    session.say("response.output_audio_transcript.delta", response_id=response_id, delta="Good day.")
    session.say("response.output_audio.delta", **audio(response_id, duration_ms, f"{response_id}-item", is_voice=False))


def silent_response(response_id: str = "r") -> dict[str, object]:
    return {"id": response_id, "status": "completed", "output": [{"id": f"{response_id}-item", "type": "message"}]}


async def test_an_answer_of_silence_is_forgotten_and_asked_for_once_more() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        say_silence(session)
        session.say("response.done", response=silent_response())
        await settled()
        assert here.events == [], "neither its silence nor its words are an answer"
        assert [one["item_id"] for one in session.of("conversation.item.delete")] == ["r-item"]
        assert len(session.of("response.create")) == 2
        session.say("response.created", response={"id": "q", "metadata": {"offhook_reply": "1"}})
        session.say("response.output_audio_transcript.delta", response_id="q", delta="Good day.")
        session.say("response.output_audio.delta", **audio("q", 500))
        session.say("response.done", response={"id": "q", "status": "completed", "output": []})
        await settled()
        assert [event.text for event in here.events.of(ReplyWorded)] == ["Good day."]
        assert here.events.of(ReplyDone) == [ReplyDone(1, None)]
        here.engine.order(CancelReply(1, 200, "Good"))
        cuts = [(one["item_id"], one["audio_end_ms"]) for one in session.of("conversation.item.truncate")]
        assert cuts == [("item", 200)], "what is gone at the vendor cannot be cut"


async def test_a_second_answer_of_silence_is_a_lost_reply() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        say_silence(session)
        session.say("response.done", response=silent_response())
        session.say("response.created", response={"id": "q", "metadata": {"offhook_reply": "1"}})
        say_silence(session, "q")
        session.say("response.done", response=silent_response("q"))
        await settled()
        assert len(here.events) == 1
        assert [event.failure.code for event in here.events.of(ReplyLost)] == ["openai-realtime-silent"]


async def test_silence_that_has_no_end_is_not_waited_for() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        say_silence(session, duration_ms=MOST_SILENT_MS + 100)
        await settled()
        assert [one["response_id"] for one in session.of("response.cancel")] == ["r"]
        assert len(session.of("response.create")) == 1  # the first is not done yet
        session.say("response.done", response={**silent_response(), "status": "cancelled"})
        await settled()
        assert len(session.of("response.create")) == 2
        assert here.events == []


async def test_silence_before_a_voice_is_left_out_and_counted_where_it_is_cut() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        session.say("response.output_audio.delta", **audio("r", 300, is_voice=False))
        await settled()
        assert here.events == []
        session.say("response.output_audio.delta", **audio("r", 500))
        await settled()
        (spoken,) = here.events.of(ReplySpoken)
        assert len(spoken.mulaw) == (500 + LEAD_KEPT_MS) * 8
        here.engine.order(CancelReply(1, 100, ""))
        assert [one["audio_end_ms"] for one in session.of("conversation.item.truncate")] == [400 - LEAD_KEPT_MS]


async def test_a_function_behind_silence_is_carried_out_with_its_words() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        say_silence(session)
        call = {"type": "function_call", "call_id": "c", "name": "end_call", "arguments": "{}"}
        session.say("response.done", response={"id": "r", "status": "completed", "output": [call]})
        await settled()
        assert [event.text for event in here.events.of(ReplySpoken)] == [AGENT.closing]
        assert here.events.of(ReplyDone) == [ReplyDone(1, EndCall(EndReason.AGENT_GOODBYE.value))]
