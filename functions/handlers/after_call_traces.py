"""Tells OpenTelemetry of a call that is over: one request, OTLP over HTTP in JSON. The port, and urllib3.

X-Ray takes OTLP at https://xray.REGION.amazonaws.com/v1/traces, signed as any AWS request, where Transaction Search is
on: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html. For any other address,
a collector's, nothing is signed.
"""

import re
from collections.abc import Callable, Sequence
from typing import Protocol

import urllib3
from urllib3.exceptions import HTTPError

from calls.agent import Agent
from calls.conversation import Conversation
from calls.record import CallRecord
from calls.trace import Span, is_wanted, spans, trace_id
from calls.usage import Usage
from handlers.after_call_webhook import DeliveryFailed

WITHIN_S = 8.0
SERVICE = "offhook"
_XRAY = re.compile(r"https://xray\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?/")


class Traces(Protocol):
    def tell(self, trace: str, found: Sequence[Span]) -> None:
        """Have the spans of one trace taken. DeliveryFailed; told again they are the same spans."""


def trace_is_told(
    traces: Traces | None,
    share: float,
    record: CallRecord,
    conversation: Conversation,
    agent: Agent,
    used: Callable[[], Sequence[Usage]],
) -> bool:
    """Tell of the call, where it is one that is told; false where traces are not configured. `used` reads what the call
    used of its vendors. DeliveryFailed, and what `used` raises."""
    if traces is None:
        return False
    if is_wanted(record, share):
        models = agent.models
        named = {
            "recogniser": models.recogniser,
            "reply": models.reply,
            "speech": models.speech,
            "realtime": models.realtime,
        }
        traces.tell(trace_id(record), spans(record, conversation, named, used()))
    return True


class OtlpTraces:
    """A refusal is tried again with the rest of the call's message."""

    def __init__(self, url: str, within_s: float = WITHIN_S) -> None:
        self._url = url
        self._within_s = within_s
        self._pool = urllib3.PoolManager(retries=False, maxsize=1)

    def tell(self, trace: str, found: Sequence[Span]) -> None:
        body = encoded(trace, found)
        try:
            answer = self._pool.request(
                "POST",
                self._url,
                body=body,
                headers=self._signed(body),
                timeout=urllib3.Timeout(total=self._within_s),
                redirect=False,
            )
        except (HTTPError, OSError) as error:
            sentence = f"The URL in OFFHOOK_TRACES_URL could not be reached ({type(error).__name__})."
            raise DeliveryFailed(sentence, code="traces-unreachable", retryable=True) from error
        if not 200 <= answer.status < 300:
            sentence = f"The URL in OFFHOOK_TRACES_URL answered {answer.status}; a trace is taken with 2xx."
            raise DeliveryFailed(sentence, code=f"traces-{answer.status}", retryable=answer.status in {408, 429, 503})

    def _signed(self, body: bytes) -> dict[str, str]:
        headers = {"content-type": "application/json", "user-agent": SERVICE}
        region = _XRAY.match(self._url)
        return {**headers, **_signature(self._url, body, region[1])} if region else headers


def _signature(url: str, body: bytes, region: str) -> dict[str, str]:
    """The headers that AWS knows its caller by (Signature Version 4), with the function's own credentials."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.session import get_session

    credentials = get_session().get_credentials()
    if credentials is None:
        raise DeliveryFailed("There are no AWS credentials to sign traces with.", code="traces-unsigned")
    request = AWSRequest(method="POST", url=url, data=body, headers={"content-type": "application/json"})
    SigV4Auth(credentials, "xray", region).add_auth(request)
    return dict(request.headers.items())


def encoded(trace: str, found: Sequence[Span]) -> bytes:
    """An ExportTraceServiceRequest of OTLP 1.x in JSON, by OpenTelemetry's own encoder."""
    from opentelemetry.exporter.otlp.json.common.trace_encoder import encode_spans
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

    def context(span: str) -> SpanContext:
        return SpanContext(int(trace, 16), int(span, 16), is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))

    resource = Resource({SERVICE_NAME: SERVICE})
    return (
        encode_spans(
            [
                ReadableSpan(
                    span.name,
                    context(span.id),
                    context(span.parent) if span.parent else None,
                    resource,
                    dict(span.attributes),
                    [Event(mark.sentence, timestamp=mark.at_ms * 1_000_000) for mark in span.marks],
                    kind=SpanKind.INTERNAL if span.parent else SpanKind.SERVER,
                    status=Status(StatusCode.ERROR, span.failed) if span.failed else Status(StatusCode.UNSET),
                    start_time=span.started_at_ms * 1_000_000,
                    end_time=span.ended_at_ms * 1_000_000,
                )
                for span in found
            ]
        )
        .to_json()
        .encode()
    )
