from dataclasses import replace

import pytest

from calls.conversation import Conversation, Role, Turn
from calls.errors import Blame, Failure
from calls.latency import Waterfall
from calls.record import CallRecord, Direction, EndReason, Mode, ModeUse, Status, StreamUse
from calls.trace import Span, is_wanted, spans, trace_id
from calls.usage import Kind, Usage

T0 = 1_800_000_000_000
MODELS = {"recogniser": "deepgram/flux", "reply": "openai/gpt", "speech": "elevenlabs/flash", "realtime": "openai/rt"}
RECORD = CallRecord(
    call_id="01K",
    direction=Direction.INBOUND,
    agent="default",
    from_number="+14155550100",
    to_number="+15005550006",
    created_at_ms=T0,
    twilio_sid="CA1",
    status=Status.COMPLETED,
    modes=(ModeUse(Mode.PIPELINE, T0 + 100, T0 + 9000, "The call ended."),),
    answered_at_ms=T0,
    ended_at_ms=T0 + 9000,
    end_reason=EndReason.CALLER_GOODBYE,
    streams=(StreamUse(1, Mode.PIPELINE, T0 + 100, T0 + 300, T0 + 350, None, T0 + 8900),),
)
WATERFALL = Waterfall(total=900, endpointing=300, model=350, clause=60, speech=150, queue=20, playout=20, ours=30)
ASKED = Turn("a", Role.CALLER, "my secret", "my secret", False, T0 + 2000, T0 + 3000, "pipeline")
ANSWERED = Turn("b", Role.AGENT, "the answer", "the answer", False, T0 + 3900, T0 + 6000, "pipeline", WATERFALL)
TALK = Conversation((ASKED, ANSWERED))


def named(name: str, record: CallRecord = RECORD, talk: Conversation = TALK) -> Span:
    (found,) = [span for span in spans(record, talk, MODELS) if span.name == name]
    return found


def test_an_id_begins_with_the_second_of_the_call_and_stays_the_same() -> None:
    assert trace_id(RECORD)[:8] == f"{T0 // 1000:08x}"
    assert len(trace_id(RECORD)) == 32
    assert trace_id(RECORD) == trace_id(replace(RECORD, status=Status.FAILED))
    assert trace_id(RECORD) != trace_id(replace(RECORD, call_id="01L"))


def test_the_call_holds_everything() -> None:
    root, *others = spans(RECORD, TALK, MODELS)
    assert (root.name, root.parent, root.started_at_ms, root.ended_at_ms) == ("call", "", T0, T0 + 9000)
    assert {
        "callId": "01K",
        "twilioSid": "CA1",
        "endReason": "caller-goodbye",
        "turns": 2,
    }.items() <= root.attributes.items()
    assert [span.name for span in others] == [
        "rung pipeline",
        "stream 1",
        "turn 1 caller",
        "turn 2 agent",
        *("endpointing", "model", "clause", "speech", "queue", "playout"),
    ]
    assert len({span.id for span in (root, *others)}) == 11
    assert all(span.attributes["callId"] == "01K" for span in others)
    assert all(root.started_at_ms <= span.started_at_ms <= span.ended_at_ms <= root.ended_at_ms for span in others)


def test_an_answer_begins_with_the_callers_last_sound_and_its_stages_follow_each_other() -> None:
    turn = named("turn 2 agent")
    assert (turn.started_at_ms, turn.ended_at_ms) == (T0 + 3000, T0 + 6000)
    assert turn.attributes["oursMs"] == 30
    stages = [named(name) for name in ("endpointing", "model", "clause", "speech", "queue", "playout")]
    assert {stage.parent for stage in stages} == {turn.id}
    assert [stage.started_at_ms - T0 for stage in stages] == [3000, 3300, 3650, 3710, 3860, 3880]
    assert stages[-1].ended_at_ms == ANSWERED.started_at_ms
    vendors = [stage.attributes.get("vendor", "") for stage in stages]
    assert vendors == ["deepgram/flux", "openai/gpt", "openai/gpt", "elevenlabs/flash", "", ""]


def test_a_speech_to_speech_model_is_the_vendor_of_its_answer() -> None:
    turn = replace(ANSWERED, mode="realtime", latency=Waterfall(total=900, endpointing=500, model=380, queue=20))
    vendors = [
        named(name, talk=Conversation((turn,))).attributes.get("vendor") for name in ("endpointing", "model", "queue")
    ]
    assert vendors == ["openai/rt", "openai/rt", None]


def test_whoever_stood_in_for_the_agents_vendor_is_named() -> None:
    first, second = T0 + 4000, T0 + 9000
    used = (
        Usage("1", "deepgram", "nova", Kind.RECOGNISER, {}, "", second),
        Usage("2", "elevenlabs", "scribe", Kind.RECOGNISER, {}, "", first),
        Usage("3", "deepgram", "flux", Kind.RECOGNISER, {}, "", T0 + 2000),
        Usage("4", "openai", "mini", Kind.MODEL, {}, "b", T0 + 3600),
        Usage("5", "openai", "others", Kind.MODEL, {}, "c", T0 + 3600),
    )
    told = {span.name: span.attributes.get("vendor") for span in spans(RECORD, TALK, MODELS, used)}
    assert [told[name] for name in ("endpointing", "model", "speech")] == [
        "elevenlabs/scribe",
        "openai/mini",
        "elevenlabs/flash",
    ]


def test_in_traditional_mode_the_model_is_waited_for_before_the_answer() -> None:
    at_ms = T0 + 4000
    turn = Turn("b", Role.AGENT, "yes", "yes", False, at_ms, at_ms, "traditional", Waterfall(model=700, ours=40))
    model = named("model", talk=Conversation((turn,)))
    assert (model.started_at_ms, model.ended_at_ms, model.attributes["vendor"]) == (at_ms - 700, at_ms, "openai/gpt")
    assert named("turn 1 agent", talk=Conversation((turn,))).started_at_ms == at_ms - 700


def test_a_stream_that_never_came_and_one_that_broke() -> None:
    never = replace(RECORD, streams=(StreamUse(1, Mode.PIPELINE, T0 + 100, given_up_at_ms=T0 + 3100),))
    assert (named("stream 1", never).failed, named("stream 1", never).ended_at_ms) == ("stream-never-came", T0 + 3100)
    broke = replace(RECORD, streams=(replace(RECORD.streams[0], code="openai-500"),))
    assert named("stream 1", broke).failed == "openai-500"
    assert [mark.sentence for mark in named("stream 1").marks] == ["opened at Twilio", "bridged"]


def test_a_call_that_has_not_ended_ends_with_its_last_turn() -> None:
    assert named("call", replace(RECORD, ended_at_ms=None)).ended_at_ms == ANSWERED.ended_at_ms


def test_no_speech_and_no_number_is_in_it() -> None:
    told = repr(spans(RECORD, TALK, MODELS))
    assert not any(private in told for private in ("secret", "the answer", "4155550100", "5005550006"))


@pytest.mark.parametrize(
    ("record", "share", "wanted"),
    [
        (RECORD, 0.0, False),
        (RECORD, 1.0, True),
        (replace(RECORD, failures=(Failure("openai-500", Blame.PROVIDER, "It broke.", False),)), 0.0, True),
        (replace(RECORD, end_reason=EndReason.FAILED), 0.0, True),
        (replace(RECORD, end_reason=None), 0.0, True),
    ],
)
def test_what_went_wrong_is_always_told(record: CallRecord, share: float, wanted: bool) -> None:
    assert is_wanted(record, share) is wanted


def test_a_share_of_the_others() -> None:
    calls = [replace(RECORD, call_id=f"01K{number}") for number in range(2000)]
    told = [call for call in calls if is_wanted(call, 0.1)]
    assert 150 < len(told) < 250
    assert all(is_wanted(call, 0.2) for call in told)
