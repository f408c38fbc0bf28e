"""The TwiML of the made-up call, read as strictly as Twilio reads it. Pure."""

from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

from offhook.box import nouns, twiml
from offhook.box.twiml import TwimlError
from offhook.box.verbs import Connect, Gather, Redirect, Say, Stream, Verb
from offhook.doctor.exam import Exam
from offhook.doctor.finding import Finding, failed, passed, warned

_TYPES = frozenset({"text/xml", "application/xml", "text/html"})
_DEPLOY = "Deploy a version whose `make test` passes; Offhook's own TwiML never does this."


async def document(exam: Exam) -> Finding:
    return judge(exam.notes.twiml, exam.notes.served_by, exam.settings.public_url, exam.settings.stream_url)


def judge(text: str, content_type: str, public_url: str, stream_url: str) -> Finding:
    """`text` is the answer's body. The URLs are the deployment's; `stream_url` may be empty."""
    if content_type not in _TYPES:
        saw = f"The voice webhook answers with the content type {content_type or 'none'} instead of text/xml (12300)."
        return failed(saw, "A proxy, or something else than Offhook, answers.", "Let /twilio/* reach Offhook.")
    try:
        read = twiml.parse(text)
    except TwimlError as error:
        return failed(f"Twilio cannot run the TwiML: {error.sentence} ({error.code})", "It is malformed.", _DEPLOY)
    if read.issues:
        issue = read.issues[0]
        return failed(f"Twilio would warn of the TwiML: {issue.sentence} ({issue.code})", "A defect.", _DEPLOY)
    return _verbs(read.verbs, public_url, stream_url)


def _verbs(verbs: Sequence[Verb], public_url: str, stream_url: str) -> Finding:
    connect = next((verb for verb in verbs if isinstance(verb, Connect)), None)
    if connect is not None:
        return _connected(connect, verbs, public_url, stream_url)
    if any(isinstance(verb, Gather) for verb in verbs):
        if stream_url:
            return warned(
                "The call would be held in traditional mode (Gather and Say), although there is a streamer.",
                "If calls are to stream: the deployment needs OFFHOOK_STREAM_URL, and the inbound agent a streaming "
                "mode in its ladder.",
            )
        return passed("valid TwiML: Gather and Say (traditional mode)")
    said = " ".join(verb.text for verb in verbs if isinstance(verb, Say))
    return failed(
        f"A caller would hear an apology and a hang-up: {said[:80]!r}.",
        "The webhook could not do its work: the table, the agents or a setting of the deployment is wrong.",
        "The log of the voice function says which (`the caller hears an apology`).",
    )


def _connected(connect: Connect, verbs: Sequence[Verb], public_url: str, stream_url: str) -> Finding:
    stream = connect.stream
    fault = nouns.stream_fault(stream)
    if fault:
        return failed(f"Twilio cannot open the stream: {fault[1]} ({fault[0]})", "OFFHOOK_STREAM_URL is wrong.", _SET)
    for url in (connect.action, stream.status_callback):
        if not urljoin(f"{public_url}/", url).startswith(f"{public_url}/"):
            saw = f"The TwiML sends Twilio back to another host, {urlsplit(url).netloc}."
            cause = "The deployment's OFFHOOK_PUBLIC_URL is not the one examined here."
            return failed(saw, cause, f"Set it to {public_url} in the deployment, or examine the other one.")
    if stream_url and stream.url != f"{stream_url}/stream":
        saw = f"The TwiML streams to {stream.url}, not to {stream_url}/stream."
        return failed(saw, "The deployment's OFFHOOK_STREAM_URL is not the one examined here.", _SET)
    return _what_follows(connect, stream, verbs)


_SET = "Set OFFHOOK_STREAM_URL of the deployment to the streamer's wss base, and deploy."


def _what_follows(connect: Connect, stream: Stream, verbs: Sequence[Verb]) -> Finding:
    """A stream that cannot be opened leaves the call to the next verb, or ends it where there is none."""
    named = dict(stream.parameters)
    if not {"callId", "token"} <= set(named):
        return failed("The stream carries no callId and token parameters.", "A defect, or an old version.", _DEPLOY)
    if not connect.action or not isinstance(verbs[-1], Redirect):
        return failed("Nothing follows the stream: a call that loses it would end.", "An old version.", _DEPLOY)
    longest = max(len(name) + len(value) for name, value in stream.parameters)
    return passed(f"valid TwiML: Connect, Stream without query string, longest Parameter {longest} of 499 characters")
