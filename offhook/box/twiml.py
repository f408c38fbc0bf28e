"""TwiML text -> verbs, strictly by Twilio's documentation.

Three outcomes, as Twilio has them (twilio.com/docs/api/errors): a document that cannot be run at all raises
TwimlError; a verb that cannot be run is left out with an issue; a value that is wrong is reported and its default
used. Codes are those of Twilio's error dictionary. Verbs that Twilio has and this box does not play (Record, Enqueue,
Start, ...) are left out with a schema warning that says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, XMLParser, fromstring

from offhook.box import nouns
from offhook.box.attributes import SCHEMA_WARNING, Attributes, Issue
from offhook.box.verbs import Connect, Dial, Gather, Hangup, Pause, Play, Prompt, Redirect, Reject, Say, Stream, Verb

MAX_DOCUMENT_BYTES = 64 * 1024
NOT_PLAYED = frozenset(
    ["Record", "Enqueue", "Leave", "Start", "Stop", "Refer", "Pay", "Prompt", "Sms", "Message", "Echo", "Siprec"]
)


class TwimlError(Exception):
    """The document cannot be run. `code` is Twilio's."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Document:
    """The verbs in order, and what the debugger says about the document."""

    verbs: tuple[Verb, ...]
    issues: tuple[Issue, ...] = ()


Report = Callable[[Issue], None]


def parse(content: bytes | str) -> Document:
    """Raises TwimlError: 11750 too large, 11770 empty, 12100 not XML, 12102 root is not Response, 11100 bad URL."""
    raw = content.encode() if isinstance(content, str) else content
    root = _root(raw)
    if root.tag != "Response":
        raise TwimlError(12102, f"The root element must be Response, not '{root.tag}'.")
    issues: list[Issue] = []
    report = issues.append
    Attributes(root, report).close()
    _no_stray_text(root, report)
    verbs = [verb for element in root if (verb := _verb(element, report)) is not None]
    return Document(tuple(verbs), tuple(issues))


def _root(raw: bytes) -> Element:
    if len(raw) > MAX_DOCUMENT_BYTES:
        raise TwimlError(11750, f"TwiML response body too large: {len(raw)} bytes, the limit is 64 kB.")
    if not raw.strip():
        raise TwimlError(11770, "Empty response body.")
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise TwimlError(12100, "Document parse failure: a document type declaration is not TwiML.")
    try:
        return fromstring(raw, XMLParser())  # noqa: S314 - size is bounded and entity declarations refused above
    except ParseError as error:
        raise TwimlError(12100, f"Document parse failure: {error}.") from error


def _verb(element: Element, report: Report) -> Verb | None:
    reader = _READERS.get(element.tag)
    if reader is None:
        why = "is not played by this box" if element.tag in NOT_PLAYED else "is not a TwiML verb"
        report(Issue(SCHEMA_WARNING, "warning", f"Element '{element.tag}' in 'Response' {why}; it is skipped."))
        return None
    read = Attributes(element, report)
    verb = reader(element, read, report)
    read.close()
    return verb


def _no_stray_text(element: Element, report: Report) -> None:
    stray = [element.text or "", *(child.tail or "" for child in element)]
    if any(text.strip() for text in stray):
        report(Issue(SCHEMA_WARNING, "warning", f"Element '{element.tag}' must have no text of its own."))


def _no_children(element: Element, report: Report, code: int = SCHEMA_WARNING) -> None:
    for child in element:
        report(Issue(code, "warning", f"Element '{child.tag}' is not allowed in '{element.tag}'; it is skipped."))


def _empty(element: Element, report: Report) -> None:
    _no_children(element, report)
    _no_stray_text(element, report)


def _pause(element: Element, read: Attributes, report: Report) -> Pause:
    _empty(element, report)
    return Pause(length_s=read.integer("length", 1, 13910, least=1))


def _hangup(element: Element, _read: Attributes, report: Report) -> Hangup:
    _empty(element, report)
    return Hangup()


def _reject(element: Element, read: Attributes, report: Report) -> Reject:
    _empty(element, report)
    reason = read.choice("reason", ("rejected", "busy"), "rejected", 13810)
    return Reject(reason="busy" if reason == "busy" else "rejected")


def _redirect(element: Element, read: Attributes, report: Report) -> Redirect:
    _no_children(element, report)
    return Redirect(url=_url((element.text or "").strip(), "Redirect"), method=read.method(13710))


def _say(element: Element, read: Attributes, report: Report) -> Say | None:
    return nouns.say(element, read, report)


def _play(element: Element, read: Attributes, report: Report) -> Play | None:
    _no_children(element, report)
    digits = read.text("digits")
    loop = read.integer("loop", 1, 13410, least=0, most=1000)
    if digits and not all(key in "0123456789*#wW" for key in digits):
        read.warn(13430, "Play: 'digits' may hold 0-9, *, # and w only.")
        return None
    url = _url((element.text or "").strip(), "Play")
    if not url and not digits:
        read.warn(SCHEMA_WARNING, "Play: neither a URL nor 'digits' is given; it is skipped.")
        return None
    return Play(url=url, digits=digits, loop=loop)


def _gather(element: Element, read: Attributes, report: Report) -> Gather | None:
    _no_stray_text(element, report)
    prompts: list[Prompt] = []
    for child in element:
        if child.tag not in ("Say", "Play", "Pause"):
            report(Issue(13320, "warning", f"Gather: '{child.tag}' may not be nested in Gather; it is skipped."))
            continue
        prompt = _verb(child, report)
        if isinstance(prompt, Say | Play | Pause):
            prompts.append(prompt)
    action, partial = (_url(read.text(name), "Gather") for name in ("action", "partialResultCallback"))
    return nouns.gather(read, tuple(prompts), action, partial)


def _connect(element: Element, read: Attributes, report: Report) -> Connect | None:
    _no_stray_text(element, report)
    action, method = _url(read.text("action"), "Connect"), read.method(SCHEMA_WARNING)
    streams: list[Stream] = []
    for child in element:
        if child.tag == "Stream" and not streams:
            child_read = Attributes(child, report)
            streams.append(nouns.stream(child, child_read, report))
            child_read.close()
        else:
            why = "only one noun is allowed" if child.tag == "Stream" else "this box connects a Stream only"
            report(Issue(SCHEMA_WARNING, "warning", f"Connect: '{child.tag}' is skipped, {why}."))
    if not streams:
        read.warn(SCHEMA_WARNING, "Connect: it holds no Stream; it is skipped.")
        return None
    return Connect(stream=streams[0], action=action, method=method)


def _dial(element: Element, read: Attributes, report: Report) -> Dial | None:
    return nouns.dial(element, read, report, _url(read.text("action"), "Dial"))


def _url(url: str, verb: str) -> str:
    if not nouns.is_web_reference(url):
        raise TwimlError(11100, f"{verb}: '{url}' is not a valid URL.")
    return url


_READERS: dict[str, Callable[[Element, Attributes, Report], Verb | None]] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Gather": _gather,
    "Redirect": _redirect,
    "Connect": _connect,
    "Hangup": _hangup,
    "Reject": _reject,
    "Dial": _dial,
}
