"""pipecat joined with Twilio as its documentation does it, around the services of one call."""
# mypy: disable-error-code="import-not-found, misc, no-untyped-call, untyped-decorator"

import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import WebSocket
from loguru import logger
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner

from tests.bench import peer_host

RATE_HZ = 8000


@dataclass(frozen=True, slots=True)
class Agent:
    """One call's services, `hears` before the caller's turn is put together and `answers` after it, and the frame that
    `greets` when the caller is there."""

    hears: Sequence[Any]
    answers: Sequence[Any]
    greets: Any
    context: LLMContext


def serve(agent: Callable[[], Agent]) -> None:
    """On PORT, until the process ends."""
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
    peer_host.serve(_conversing(agent))


def _conversing(agent: Callable[[], Agent]) -> Callable[[WebSocket, str], Awaitable[None]]:
    async def converse(socket: WebSocket, stream_sid: str) -> None:
        """Until the caller is gone."""
        serializer = TwilioFrameSerializer(stream_sid, params=TwilioFrameSerializer.InputParams(auto_hang_up=False))
        transport = FastAPIWebsocketTransport(
            websocket=socket,
            params=FastAPIWebsocketParams(audio_in_enabled=True, audio_out_enabled=True, serializer=serializer),
        )
        one = agent()
        turns = LLMContextAggregatorPair(one.context)
        steps = [transport.input(), *one.hears, turns.user(), *one.answers, transport.output(), turns.assistant()]
        params = PipelineParams(audio_in_sample_rate=RATE_HZ, audio_out_sample_rate=RATE_HZ)
        worker = PipelineWorker(Pipeline(steps), params=params)

        @transport.event_handler("on_client_connected")
        async def greet(_transport: object, _client: object) -> None:
            await worker.queue_frames([one.greets])

        @transport.event_handler("on_client_disconnected")
        async def leave(_transport: object, _client: object) -> None:
            await worker.cancel()

        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await runner.run()

    return converse
