"""The TwiML elements with the most rules of their own: Say, Gather, Connect's Stream, Dial and Number."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import phonenumbers

from offhook.box.attributes import SCHEMA_WARNING, Attributes, Issue
from offhook.box.verbs import Dial, Gather, Input, Prompt, Say, Stream

MAX_SAY_CHARACTERS = 4096
MAX_PARAMETER_CHARACTERS = 500
SSML = frozenset(["break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"])
VOICE = re.compile(r"(man|woman|alice|(Polly|Google)\.[A-Za-z0-9-]+|ElevenLabs\.\S+)\Z")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
SPEECH_MODEL = re.compile(
    r"(default|numbers_and_commands|phone_call|experimental_conversations|experimental_utterances"
    r"|googlev2_[a-z_]+|deepgram_nova-[23][a-z-]*)\Z"
)

Report = Callable[[Issue], None]


def is_web_reference(url: str) -> bool:
    """Whether `url` is empty, relative, or absolute http(s) with a host."""
    if any(character.isspace() for character in url):
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return (parts.scheme in ("http", "https") and bool(parts.hostname)) or (not parts.scheme)


def e164(number: str) -> str | None:
    """The number in E.164, read as Twilio reads one without a plus (a US number); None when it cannot be one."""
    try:
        parsed = phonenumbers.parse(number, "US")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def say(element: Element, read: Attributes, report: Report) -> Say | None:
    """Text of the element and its SSML; None, with the reason reported, when there is nothing that can be said."""
    for child in element.iter():
        if child is not element and child.tag not in SSML:
            report(Issue(SCHEMA_WARNING, "warning", f"Say: '{child.tag}' is not a tag of Twilio's SSML."))
    voice, language = read.text("voice", "man"), read.text("language", "en-US")
    loop = read.integer("loop", 1, 13510, least=0, most=1000)
    if not VOICE.match(voice):
        read.warn(13511, f"Say: Invalid voice value '{voice}'.")
        voice = "man"
    if not LANGUAGE.match(language):
        read.warn(13512, f"Say: Invalid language value '{language}'.")
        language = "en-US"
    text = " ".join("".join(element.itertext()).split())
    if not text:
        read.warn(13520, "Say: Invalid text: there is none.")
        return None
    if len(text) > MAX_SAY_CHARACTERS:
        read.warn(13521, f"Say: {len(text)} characters exceed the limit of {MAX_SAY_CHARACTERS}.")
        return None
    return Say(text=text, voice=voice, language=language, loop=loop)


def gather(read: Attributes, prompts: tuple[Prompt, ...], action: str, partial_callback: str) -> Gather | None:
    """None when `speechModel` is unknown: the gather fails (13334)."""
    read.ignore("debug", "enhanced")
    read.boolean("profanityFilter", True, 13333)
    model = read.text("speechModel")
    if model and not SPEECH_MODEL.match(model):
        read.warn(13334, f"Gather: Invalid model value '{model}'; the gather fails.")
        return None
    language = read.text("language", "en-US")
    if not LANGUAGE.match(language):
        read.warn(13331, f"Gather: Invalid language value '{language}'.")
        language = "en-US"
    timeout_s = read.integer("timeout", 5, 13313, least=1)
    has_limit = read.present("numDigits")
    digits = read.integer("numDigits", 1, 13314, least=1) if has_limit else None
    return Gather(
        inputs=_inputs(read),
        action=action,
        method=read.method(13312),
        timeout_s=timeout_s,
        speech_timeout_s=_speech_timeout(read, timeout_s, model),
        max_speech_s=read.integer("maxSpeechTime", 60, 13328, least=1),
        finish_on_key=_finish_key(read),
        num_digits=digits,
        barge_in=read.boolean("bargeIn", True, 13332),
        action_on_empty_result=read.boolean("actionOnEmptyResult", False, 13338),
        language=language,
        hints=read.text("hints"),
        speech_model=model,
        partial_result_callback=partial_callback,
        partial_result_method=read.method(13329, "partialResultCallbackMethod"),
        prompts=prompts,
    )


def _inputs(read: Attributes) -> frozenset[Input]:
    value = read.text("input", "dtmf")
    words = value.split()
    inputs: set[Input] = set()
    if "dtmf" in words:
        inputs.add("dtmf")
    if "speech" in words:
        inputs.add("speech")
    if len(inputs) != len(words) or not inputs:
        read.warn(13326, f"Gather: Invalid input value '{value}'; it must be dtmf, speech or both.")
        return frozenset({"dtmf"})
    return frozenset(inputs)


def _speech_timeout(read: Attributes, timeout_s: int, model: str) -> int | None:
    """Default is the value of `timeout`; "auto" may not be combined with a model (13335, 13327)."""
    if read.text("speechTimeout", "") != "auto":
        return read.integer("speechTimeout", timeout_s, 13327, least=1)
    if not model:
        return None
    code = 13335 if model == "default" else 13327
    read.warn(code, f"Gather: speechTimeout auto cannot be used with the model '{model}'; {timeout_s} s is used.")
    return timeout_s


def _finish_key(read: Attributes) -> str:
    key = read.text("finishOnKey", "#")
    if len(key) > 1:
        read.warn(13311, f"Gather: Invalid finishOnKey value '{key}'; it must be a single key.")
        return "#"
    if key and key not in "0123456789*#":
        read.warn(13310, f"Gather: Invalid finishOnKey value '{key}'.")
        return "#"
    return key


def stream(element: Element, read: Attributes, report: Report) -> Stream:
    """Whatever is written; `stream_fault` says whether it can be opened."""
    read.ignore("connectorName")
    parameters: list[tuple[str, str]] = []
    for child in element:
        if child.tag != "Parameter":
            report(Issue(SCHEMA_WARNING, "warning", f"Stream: '{child.tag}' is not allowed in Stream."))
            continue
        child_read = Attributes(child, report)
        name, value = child_read.text("name"), child_read.text("value")
        child_read.close()
        if not name:
            report(Issue(SCHEMA_WARNING, "warning", "Parameter: 'name' is missing; it is skipped."))
        elif len(name) + len(value) >= MAX_PARAMETER_CHARACTERS:
            sentence = f"Parameter: name and value of '{name[:20]}' must be under 500 characters; it is skipped."
            report(Issue(SCHEMA_WARNING, "warning", sentence))
        else:
            parameters.append((name, value))
    return Stream(
        url=read.text("url").strip(),
        name=read.text("name"),
        track=read.text("track", "inbound_track"),
        status_callback=read.text("statusCallback"),
        status_callback_method=read.method(SCHEMA_WARNING, "statusCallbackMethod"),
        parameters=tuple(parameters),
    )


def stream_fault(noun: Stream) -> tuple[int, str] | None:
    """Why a stream cannot be opened, as Twilio's code and a sentence; None when it can be tried.

    The URL must be absolute wss without a query string (twilio.com/docs/voice/twiml/stream). Plain `ws` is taken on a
    loopback host only: Twilio never takes it; here it stands for the TLS that a proxy would have ended.
    """
    try:
        parts = urlsplit(noun.url)
        _ = parts.port
    except ValueError:
        return 31923, f"Stream: '{noun.url}' is a malformed URL."
    if not parts.hostname or any(character.isspace() for character in noun.url):
        return 31923, f"Stream: '{noun.url}' is not an absolute URL."
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if parts.scheme != "wss" and not (parts.scheme == "ws" and loopback):
        return 31922, f"Stream: the URL's scheme is '{parts.scheme}'; only wss is supported."
    if "?" in noun.url:
        return 31920, "Stream: the URL has a query string, which is not supported; use <Parameter>."
    if noun.track != "inbound_track":
        return 31941, f"Stream: track '{noun.track}' is not valid in Connect, whose streams are bidirectional."
    return None


def dial(element: Element, read: Attributes, report: Report, action: str) -> Dial | None:
    """The first number, as text or as `<Number>`; None, with the reason reported, when there is none to dial."""
    read.ignore("record", "trim", "recordingStatusCallback", "recordingStatusCallbackMethod", "events")
    read.ignore("recordingStatusCallbackEvent", "recordingTrack", "ringTone", "referUrl", "referMethod")
    read.boolean("hangupOnStar", False, 13213)
    read.boolean("answerOnBridge", False, 13219)
    read.boolean("sequential", False, 13218)
    method = read.method(13210)
    timeout_s = read.integer("timeout", 30, 13212, least=1, most=600)
    time_limit_s = read.integer("timeLimit", 14_400, 13216, least=1, most=86_400)
    caller_id = read.text("callerId")
    written, send_digits = (element.text or "").strip(), ""
    for child in element:
        if child.tag != "Number":
            report(Issue(13215, "warning", f"Dial: '{child.tag}' is not dialled by this box; it is skipped."))
            continue
        child_read = Attributes(child, report)
        child_read.ignore("url", "method", "statusCallback", "statusCallbackEvent", "statusCallbackMethod", "byoc")
        send_digits = child_read.text("sendDigits")
        child_read.close()
        written = written or (child.text or "").strip()
    number = e164(written)
    if number is None:
        read.warn(13223, f"Dial: Invalid phone number format: '{written}'.")
        return None
    return Dial(number, action, method, timeout_s, time_limit_s, caller_id, send_digits)
