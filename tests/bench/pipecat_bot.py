"""`python -m tests.bench.pipecat_bot`, in .venv-peers: the agent of the benchmark, built on pipecat. Prints nothing.

Deepgram Flux, OpenAI and ElevenLabs at the URLs of the environment, as pipecat's documentation joins them for Twilio;
no local voice detection. The simulators speak mu-law alone, so two services recode between it and pipecat's PCM.
"""
# mypy: disable-error-code="import-not-found, misc, no-untyped-call, untyped-decorator"

import audioop
import os
from collections.abc import AsyncGenerator
from typing import Any

from pipecat.frames.frames import TTSAudioRawFrame, TTSSpeakFrame
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.deepgram.flux.stt import DeepgramFluxSTTService
from pipecat.services.elevenlabs.tts import ElevenLabsTTSService
from pipecat.services.openai.llm import OpenAILLMService

from tests.bench.pipecat_host import RATE_HZ, Agent, serve

GREETING = "Hello, this is Maple Street Dental. I am an automated assistant. How can I help you?"


class MulawFlux(DeepgramFluxSTTService):
    """Sends mu-law."""

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Any, None]:
        async for frame in super().run_stt(audioop.lin2ulaw(audio, 2)):
            yield frame


class MulawElevenLabs(ElevenLabsTTSService):
    """Asks for mu-law."""

    def _build_websocket_url(self) -> str:
        return str(super()._build_websocket_url()).replace("output_format=pcm_8000", "output_format=ulaw_8000")

    async def append_to_audio_context(self, context_id: str, frame: Any) -> None:
        if isinstance(frame, TTSAudioRawFrame):
            frame.audio = audioop.ulaw2lin(frame.audio, 2)
        await super().append_to_audio_context(context_id, frame)


def agent() -> Agent:
    """One call's own."""
    given = os.environ
    stt = MulawFlux(
        api_key=given["DEEPGRAM_API_KEY"],
        url=given["DEEPGRAM_BASE_URL"].replace("http", "ws", 1) + "/v2/listen",
        flux_encoding="mulaw",
        settings=MulawFlux.Settings(model="flux-general-en"),
    )
    llm = OpenAILLMService(
        api_key=given["OPENAI_API_KEY"],
        base_url=given["OPENAI_BASE_URL"],
        settings=OpenAILLMService.Settings(
            model="gpt-5.4-mini", system_instruction="You answer a dentist's telephone."
        ),
    )
    tts = MulawElevenLabs(
        api_key=given["ELEVENLABS_API_KEY"],
        url=given["ELEVENLABS_BASE_URL"].replace("http", "ws", 1),
        sample_rate=RATE_HZ,
        settings=MulawElevenLabs.Settings(model="eleven_flash_v2_5", voice="heart"),
    )
    return Agent([stt], [llm, tts], TTSSpeakFrame(GREETING), LLMContext())


if __name__ == "__main__":
    serve(agent)
