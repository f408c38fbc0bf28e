"""`python -m tests.bench.pipecat_realtime`, in .venv-peers: pipecat's OpenAI Realtime service, joined with Twilio as
its documentation does it. Prints nothing."""
# mypy: disable-error-code="import-not-found, misc, no-untyped-call, untyped-decorator"

import os

from pipecat.frames.frames import LLMRunFrame
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.openai.realtime import events
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService

from tests.bench.pipecat_host import Agent, serve


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


def agent() -> Agent:
    asked = LLMContext([{"role": "user", "content": "Greet the caller."}])
    return Agent([], [service()], LLMRunFrame(), asked)


if __name__ == "__main__":
    serve(agent)
