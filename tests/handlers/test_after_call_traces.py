"""Against a server that reads what it is sent with OpenTelemetry's own messages (opentelemetry-proto)."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from calls.agent import Agent
from calls.agent_files import load
from calls.trace import spans, trace_id
from calls.usage import Kind, Usage
from handlers.after_call_traces import OtlpTraces, encoded, trace_is_told
from handlers.after_call_webhook import DeliveryFailed
from offhook.places import SHIPPED_AGENTS
from tests.calls.test_trace import MODELS, RECORD, TALK


class Collector(ThreadingHTTPServer):
    """Answers `status`, and keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taken)
        self.status = 200
        self.got: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1/traces"


class _Taken(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers["content-length"]))
        server.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(server.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *_arguments: object) -> None:  # noqa: A002 - its own name for it
        del format


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def read(body: bytes) -> ExportTraceServiceRequest:
    """OTLP's JSON writes ids in hexadecimal where protobuf's own JSON has base64, so they are put back."""
    told = json.loads(body)
    for one in told["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        for name in ("traceId", "spanId", "parentSpanId"):
            if name in one:
                one[name] = base64.b64encode(bytes.fromhex(one[name])).decode()
    request = ExportTraceServiceRequest()
    json_format.ParseDict(told, request)
    return request


@pytest.fixture
def agent() -> Agent:
    return load(SHIPPED_AGENTS)["default"]


def test_opentelemetry_reads_what_is_sent(collector: Collector) -> None:
    OtlpTraces(collector.url).tell(trace_id(RECORD), spans(RECORD, TALK, MODELS))
    ((headers, body),) = collector.got
    assert headers["content-type"] == "application/json"
    assert "authorization" not in headers
    (told,) = read(body).resource_spans
    assert {one.key: one.value.string_value for one in told.resource.attributes}["service.name"] == "offhook"
    found = told.scope_spans[0].spans
    assert [one.name for one in found][:5] == ["call", "rung pipeline", "stream 1", "turn 1 caller", "turn 2 agent"]
    assert {one.trace_id.hex() for one in found} == {trace_id(RECORD)}
    assert found[0].parent_span_id == b""
    assert {one.parent_span_id for one in found[1:5]} == {found[0].span_id}
    assert found[0].start_time_unix_nano == RECORD.created_at_ms * 1_000_000
    assert {one.key: one.value.int_value for one in found[4].attributes}["totalMs"] == 900
    assert "The call ended (completed)." in [event.name[:27] for event in found[0].events]


def test_what_failed_has_the_status_of_an_error() -> None:
    broke = replace(RECORD, streams=(replace(RECORD.streams[0], code="openai-500"),))
    (told,) = read(encoded(trace_id(broke), spans(broke, TALK, MODELS))).resource_spans
    stream = told.scope_spans[0].spans[2]
    assert (stream.status.code, stream.status.message) == (2, "openai-500")


@pytest.mark.parametrize(("status", "retryable"), [(503, True), (400, False), (302, False)])
def test_a_refusal_is_said(collector: Collector, status: int, retryable: bool) -> None:
    collector.status = status
    with pytest.raises(DeliveryFailed) as refused:
        OtlpTraces(collector.url).tell(trace_id(RECORD), spans(RECORD, TALK, MODELS))
    assert refused.value.failure.code == f"traces-{status}"
    assert refused.value.failure.retryable is retryable


def test_nobody_there() -> None:
    with pytest.raises(DeliveryFailed, match="could not be reached") as refused:
        OtlpTraces("http://127.0.0.1:9/v1/traces").tell(trace_id(RECORD), spans(RECORD, TALK, MODELS))
    assert refused.value.failure.code == "traces-unreachable"


def test_x_rays_address_is_signed_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret that is sent nowhere")
    signed = OtlpTraces("https://xray.eu-central-1.amazonaws.com/v1/traces")._signed(b"{}")
    assert "/eu-central-1/xray/aws4_request" in signed["Authorization"]
    assert "a secret" not in repr(signed)


def test_which_calls_are_told(collector: Collector, agent: Agent) -> None:
    traces = OtlpTraces(collector.url)
    asked: list[str] = []

    def used() -> tuple[Usage, ...]:
        asked.append("used")
        return (Usage("u", "openai", "gpt-mini", Kind.MODEL, {}, "b"),)

    assert trace_is_told(None, 1.0, RECORD, TALK, agent, used) is False
    assert trace_is_told(traces, 0.0, RECORD, TALK, agent, used) is True
    assert (collector.got, asked) == ([], [])
    assert trace_is_told(traces, 1.0, RECORD, TALK, agent, used) is True
    assert len(collector.got) == 1
    assert b"openai/gpt-mini" in collector.got[0][1]
