"""`python -m tests.bench.pipecat_realtime`, in .venv-peers: pipecat's OpenAI Realtime service, joined with Twilio as
its documentation does it. Prints nothing."""
# mypy: disable-error-code="import-not-found, misc, no-untyped-call, untyped-decorator"

import os
import sys

import uvicorn
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.frames.frames import LLMRunFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.services.openai.realtime import events
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner

RATE_HZ = 8000


def service() -> OpenAIRealtimeLLMService:
    """One call's own."""
    hearing = events.AudioInput(
        transcription=events.InputAudioTranscription(), turn_detection=events.SemanticTurnDetection()
    )
    return OpenAIRealtimeLLMService(
        api_key=os.environ["OPENAI_API_KEY"],
        base_url=os.environ["OPENAI_BASE_URL"].replace("http", "ws", 1) + "/realtime",
        settings=OpenAIRealtimeLLMService.Settings(
            model="gpt-realtime-2.1",
            system_instruction="You answer a dentist's telephone.",
            session_properties=events.SessionProperties(audio=events.AudioConfiguration(input=hearing)),
        ),
    )


async def converse(socket: WebSocket, stream_sid: str) -> None:
    """Until the caller is gone."""
    serializer = TwilioFrameSerializer(stream_sid, params=TwilioFrameSerializer.InputParams(auto_hang_up=False))
    transport = FastAPIWebsocketTransport(
        websocket=socket,
        params=FastAPIWebsocketParams(audio_in_enabled=True, audio_out_enabled=True, serializer=serializer),
    )
    turns = LLMContextAggregatorPair(LLMContext([{"role": "user", "content": "Greet the caller."}]))
    steps = [transport.input(), turns.user(), service(), transport.output(), turns.assistant()]
    params = PipelineParams(audio_in_sample_rate=RATE_HZ, audio_out_sample_rate=RATE_HZ)
    worker = PipelineWorker(Pipeline(steps), params=params)

    @transport.event_handler("on_client_connected")
    async def greet(_transport: object, _client: object) -> None:
        await worker.queue_frames([LLMRunFrame()])

    @transport.event_handler("on_client_disconnected")
    async def leave(_transport: object, _client: object) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


app = FastAPI()


@app.get("/readyz")
def ready() -> str:
    return "ready"


@app.websocket("/stream")
async def stream(socket: WebSocket) -> None:
    await socket.accept()
    while (message := await socket.receive_json())["event"] != "start":
        pass
    await converse(socket, message["start"]["streamSid"])


if __name__ == "__main__":
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), loop="uvloop", log_level="warning")
