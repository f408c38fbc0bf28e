"""The steps of `route` as TwiML documents. Spellings are Twilio's: https://www.twilio.com/docs/voice/twiml

    Stream        <Connect action><Stream url statusCallback><Parameter callId/><Parameter token/></Stream></Connect>
                  <Redirect> to resume: what follows runs once the socket is closed, and resume is asked either way
    Gather        <Gather ...><Say>...</Say></Gather> (nested, so that the caller may speak over it), then <Redirect>
    SayAndHangUp  <Say> <Hangup>
    Dial          <Say> <Dial action>
    HangUp        <Hangup>

A stream URL never has a query string: Twilio does not carry one. Built with ElementTree rather than twilio's own
builder because `calls` needs no SDK; that also keeps a misspelt attribute from passing silently.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring
from xml.sax.saxutils import escape, unescape

from calls.agent import Voice
from calls.errors import OffhookError
from calls.route import Dial, Gather, HangUp, SayAndHangUp, Stream
from calls.webhook_retries import QUICK, THINKING

LARGEST_BYTES = 64 * 1024
"""Twilio's bound on a document (error 11750)."""

LONGEST_SPOKEN_CHARS = 3_000
"""The longest text that every voice of `<Say>` takes in one piece."""

LONGEST_HINT_CHARS = 100

RING_S = 20

_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\s]+")

_SAY = re.compile(r"(<Say [^>]*>)([^<]*)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where Twilio comes back to, and as whom it speaks.

    `public_url` (https) and `stream_url` (wss) are bases without a slash at the end. `step` numbers the webhook turns
    of the call and `stream` its streams: they are in the URLs, which Twilio signs, so that a webhook that comes again
    names what it named before. `resumed` tells a streamer that there is a conversation to go on from. `token` is the
    stream token (only Stream needs one). Of a Gather, `silence_s` is how long it waits for a voice or a key, `keyterms`
    are what its recogniser is told to expect, and `partial_results` is whether we hear what it has understood so far.
    """

    public_url: str
    stream_url: str
    call_id: str
    voice: Voice
    silence_s: float
    step: int = 0
    stream: int = 0
    token: str = ""
    resumed: bool = False
    keyterms: tuple[str, ...] = ()
    partial_results: bool = False

    @property
    def resume_url(self) -> str:
        return f"{self.public_url}/twilio/resume/{self.stream}{THINKING}"

    @property
    def dialled_url(self) -> str:
        return f"{self.public_url}/twilio/dialled/{self.step}{THINKING}"

    @property
    def turn_url(self) -> str:
        return f"{self.public_url}/twilio/turn/{self.step}{THINKING}"

    @property
    def partial_url(self) -> str:
        return f"{self.public_url}/twilio/partial/{self.step}"


def document(step: Stream | Gather | SayAndHangUp | Dial | HangUp, place: Place) -> str:
    """The TwiML for `step`, with its XML declaration."""
    response = Element("Response")
    match step:
        case Stream():
            _connect(response, place)
        case Gather(say, keys):
            _gather(response, say, keys, place)
        case SayAndHangUp(text):
            _say(response, text, place.voice)
            SubElement(response, "Hangup")
        case Dial(number, say):
            _say(response, say, place.voice)
            attributes = {
                "action": place.dialled_url,
                "method": "POST",
                "timeout": str(RING_S),
            }
            SubElement(response, "Dial", attributes).text = number
        case HangUp():
            SubElement(response, "Hangup")
    return _written(response)


def said_otherwise(document: str, otherwise: Callable[[str], str]) -> str:
    """A document of ours with `otherwise` of the words in every `<Say>`."""
    return _SAY.sub(lambda say: f"{say[1]}{escape(otherwise(unescape(say[2])))}", document)


def speakable(text: str) -> str:
    """`text` as `<Say>` gets it: control characters gone, white space single, cut after a word at 3,000 characters."""
    plain = _UNSPEAKABLE.sub(" ", text).strip()
    if len(plain) <= LONGEST_SPOKEN_CHARS:
        return plain
    head = plain[:LONGEST_SPOKEN_CHARS]
    return head.rpartition(" ")[0] or head


def _connect(response: Element, place: Place) -> None:
    connect = SubElement(response, "Connect", {"action": place.resume_url, "method": "POST"})
    attributes = {
        "url": f"{place.stream_url}/stream",
        "statusCallback": f"{place.public_url}/twilio/stream-status/{place.stream}{QUICK}",
        "statusCallbackMethod": "POST",
    }
    stream = SubElement(connect, "Stream", attributes)
    SubElement(stream, "Parameter", {"name": "callId", "value": place.call_id})
    SubElement(stream, "Parameter", {"name": "token", "value": place.token})
    if place.resumed:
        SubElement(stream, "Parameter", {"name": "resumed", "value": "yes"})
    _redirect(response, place.resume_url)


def _gather(response: Element, say: str, keys: int, place: Place) -> None:
    """Twilio waits `timeout` after every key too, unless it knows how many to expect."""
    attributes = {
        "input": "speech dtmf",
        "action": place.turn_url,
        "method": "POST",
        "timeout": str(max(1, math.ceil(place.silence_s))),
        "speechTimeout": "auto",
        "actionOnEmptyResult": "true",
        "language": place.voice.language,
    }
    if keys:
        attributes["numDigits"] = str(keys)
    if hints := _hints(place.keyterms):
        attributes["hints"] = hints
    if place.partial_results:
        attributes |= {"partialResultCallback": place.partial_url, "partialResultCallbackMethod": "POST"}
    _say(SubElement(response, "Gather", attributes), say, place.voice)
    _redirect(response, place.turn_url)


def _hints(keyterms: tuple[str, ...]) -> str:
    """Twilio takes 500 phrases of 100 characters, separated by commas, so that none may hold one."""
    phrases = (speakable(term.replace(",", " "))[:LONGEST_HINT_CHARS] for term in keyterms)
    return ",".join(phrase for phrase in phrases if phrase)


def _say(parent: Element, text: str, voice: Voice) -> None:
    if words := speakable(text):
        SubElement(parent, "Say", {"voice": voice.twilio, "language": voice.language}).text = words


def _redirect(response: Element, url: str) -> None:
    SubElement(response, "Redirect", {"method": "POST"}).text = url


def _written(response: Element) -> str:
    text = '<?xml version="1.0" encoding="UTF-8"?>' + tostring(response, encoding="unicode")
    if len(text.encode()) > LARGEST_BYTES:
        raise OffhookError("The TwiML answer is larger than the 64 kB that Twilio reads.", code="twiml-too-large")
    return text
