"""What the calls API takes and gives, as its OpenAPI page shows it. JSON is camelCase, times are epoch ms."""

from dataclasses import asdict
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from calls.conversation import Conversation, Role
from calls.errors import Blame
from calls.record import CallRecord, Direction, EndReason, Mode, Status
from calls.record_plain import to_plain


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class CallRequest(_Model):
    """An outbound call."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": "+14155550123", "agent": "default"}]})

    to: Annotated[str, Field(max_length=64, description="Whom to call: + and country code.")]
    agent: Annotated[str, Field(max_length=64, description="Who talks; the deployment's own agent if absent.")] = ""
    from_number: Annotated[
        str,
        Field(
            alias="from", max_length=64, description="The Twilio number to call from; OFFHOOK_FROM_NUMBER if absent."
        ),
    ] = ""
    mode: Annotated[Mode | None, Field(description="The rung to begin on; the agent's first if absent.")] = None


class FailureView(_Model):
    """What went wrong, and who has to act on it."""

    code: str
    blame: Blame
    sentence: str
    retryable: bool = False


class ErrorView(_Model):
    """Every answer from 400 up."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"code": "number-invalid", "blame": "caller", "sentence": '"to" is not a phone number.'}]
        }
    )

    code: str
    blame: Blame
    sentence: str


class ModeUseView(_Model):
    mode: Mode
    started_at_ms: int
    left_at_ms: int | None
    why_left: str


class LatencyView(_Model):
    """The waterfall of an answer in ms; null where a stage does not exist in the mode or was not observed."""

    total: int | None
    endpointing: int | None
    model: int | None
    clause: int | None = None
    speech: int | None
    queue: int | None
    playout: int | None
    ours: int | None


class TurnView(_Model):
    """Of the agent's turns, `heard` is what was played to the caller; `cut` says that more was to be said."""

    id: str
    role: Role
    said: str
    heard: str
    cut: bool
    started_at_ms: int
    ended_at_ms: int
    mode: str
    latency_ms: LatencyView


class CallView(_Model):
    """A call. `twilioSid` is empty until Twilio has taken it; `endReason` may be known before the call has ended."""

    call_id: str
    twilio_sid: str
    direction: Direction
    agent: str
    from_number: Annotated[str, Field(alias="from")]
    to_number: Annotated[str, Field(alias="to")]
    status: Status
    mode: Mode | None
    modes: list[ModeUseView]
    created_at_ms: int
    answered_at_ms: int | None
    ended_at_ms: int | None
    end_reason: EndReason | None
    failures: list[FailureView]


class CallWithTurns(CallView):
    turns: list[TurnView]


class CallPage(_Model):
    """Newest first. Ask again with `cursor` for the next page; it is empty on the last."""

    calls: list[CallView]
    cursor: str


def call_view(record: CallRecord) -> CallView:
    return CallView.model_validate(_plain(record))


def call_with_turns(record: CallRecord, conversation: Conversation) -> CallWithTurns:
    turns = [
        {
            "id": turn.id,
            "role": turn.role,
            "said": turn.said,
            "heard": turn.heard,
            "cut": turn.cut,
            "startedAtMs": turn.started_at_ms,
            "endedAtMs": turn.ended_at_ms,
            "mode": turn.mode,
            "latencyMs": asdict(turn.latency),
        }
        for turn in conversation.turns
    ]
    return CallWithTurns.model_validate({**_plain(record), "turns": turns})


def _plain(record: CallRecord) -> dict[str, object]:
    shown = {field.alias for field in CallView.model_fields.values()}
    return {**{name: value for name, value in to_plain(record).items() if name in shown}, "mode": record.mode}
