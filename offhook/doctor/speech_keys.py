"""Deepgram's and ElevenLabs' keys, models and voices, by the very socket that a call opens: it costs nothing until
something is said, and answers 401, 402, 404 or 429 where a call would get that, too."""

from collections.abc import Callable
from dataclasses import dataclass

from calls.agent import Agent
from calls.errors import ProviderFailed
from offhook.doctor.exam import Exam
from offhook.doctor.finding import Finding, failed, passed, warned
from offhook.doctor.openai_key import no_key
from offhook.doctor.providers import uses
from offhook.doctor.settings import Vendor
from streamer.providers import deepgram_failures, elevenlabs_failures, vendor_socket
from streamer.providers.deepgram_flux import flux_url
from streamer.providers.deepgram_nova import nova_url
from streamer.providers.elevenlabs_messages import socket_url
from streamer.providers.vendor_socket import VendorSockets
from streamer.providers.vendors import FLUX, VOICE_MODEL


@dataclass(frozen=True, slots=True)
class _Speech:
    """A vendor, the header that carries its key, and the URL that an agent's calls open."""

    vendor: vendor_socket.Vendor
    header: Callable[[str], dict[str, str]]
    url: Callable[[str, Agent], str]
    console: str


def _deepgram_url(base_url: str, agent: Agent) -> str:
    model = agent.models.recogniser.partition("/")[2] or FLUX
    if model.startswith("flux"):
        return flux_url(base_url, model, agent.hearing.keyterms)
    return nova_url(base_url, model, agent.voice.language, agent.hearing.keyterms)


def _elevenlabs_url(base_url: str, agent: Agent) -> str:
    return socket_url(base_url, agent.voice.speech, agent.models.speech.partition("/")[2] or VOICE_MODEL)


_DEEPGRAM = _Speech(
    deepgram_failures.DEEPGRAM,
    lambda key: {"Authorization": f"Token {key}"},
    _deepgram_url,
    "https://console.deepgram.com",
)
_ELEVENLABS = _Speech(
    elevenlabs_failures.ELEVENLABS,
    lambda key: {"xi-api-key": key},
    _elevenlabs_url,
    "https://elevenlabs.io/app/settings/api-keys",
)


async def deepgram(exam: Exam) -> Finding:
    return await _tried(exam, _DEEPGRAM)


async def elevenlabs(exam: Exam) -> Finding:
    return await _tried(exam, _ELEVENLABS)


async def _tried(exam: Exam, speech: _Speech) -> Finding:
    """Every different socket that the agents would open, one after the other, until one is refused."""
    code, name = speech.vendor.code, speech.vendor.name
    wanting = [agent for agent in exam.notes.agents.values() if uses(agent, code)]
    if not wanting:
        return passed(f"no agent uses {name}")
    vendor, setting = exam.settings.vendors.get(code, Vendor()), f"{code.upper()}_API_KEY"
    if not vendor.key:
        return no_key(name, setting, wanting[0].name)
    urls = {speech.url(vendor.base_url, agent): agent for agent in wanting}
    sockets = VendorSockets(speech.vendor, speech.header(vendor.key))
    try:
        for url, agent in urls.items():
            try:
                (await sockets.open(url)).close()
            except ProviderFailed as error:
                return judge(error, speech, setting, agent.name)
    finally:
        await sockets.aclose()
    return passed(f"the key is accepted, with the model {'and voice ' if speech is _ELEVENLABS else ''}of every agent")


def judge(error: ProviderFailed, speech: _Speech, setting: str, agent: str) -> Finding:
    said, code = error.failure.sentence, error.failure.code
    if code.endswith("-unauthorised"):
        return failed(
            f"{speech.vendor.name} does not accept {setting}.",
            "The key was mistyped, revoked, lacks a permission, or belongs to another vendor or region.",
            f"Make a key at {speech.console}, put it into the deployment's secret, and deploy.",
        )
    if code.endswith(("-limit", "-quota", "-busy")):
        return failed(said, "The plan's quota or number of connections is used up.", f"See {speech.console}.")
    if code.endswith("-refused"):
        return failed(
            f"Agent {agent}: {said}",
            "The model or voice that the agent names was retired, is mistyped, or is not in this account.",
            "Name one that the vendor's console lists.",
        )
    return warned(said, "Ask again; if it stays so, look at the vendor's status page and the network from here.")
