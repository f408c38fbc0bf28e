"""The two URLs as they are written, before anything is asked of them. Pure.

Twilio's rules: https only in earnest, wss only and no query string for a stream
(https://www.twilio.com/docs/voice/twiml/stream#url, errors 31920 and 31922). Offhook's: both are bases, to which it
adds the paths itself.
"""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from offhook.doctor.finding import Finding, failed, passed, warned
from offhook.doctor.settings import DoctorSettings

_PLAIN = {"https": "http", "wss": "ws"}
_TWIN = {"https": "wss", "wss": "https"}
_OURS = {"https": "/twilio", "wss": "/stream"}


def public_url(settings: DoctorSettings) -> Finding:
    """OFFHOOK_PUBLIC_URL, the base of all webhooks."""
    return _judged("OFFHOOK_PUBLIC_URL", settings.public_url, "https", settings)


def stream_url(settings: DoctorSettings) -> Finding:
    """OFFHOOK_STREAM_URL, the base of the streamer."""
    if not settings.stream_url:
        return warned(
            "OFFHOOK_STREAM_URL is not set: calls are held in traditional mode, turn by turn, without a stream.",
            "If calls are to stream, set OFFHOOK_STREAM_URL to the streamer's base, like wss://stream.example.com.",
        )
    return _judged("OFFHOOK_STREAM_URL", settings.stream_url, "wss", settings)


def _judged(name: str, value: str, scheme: str, settings: DoctorSettings) -> Finding:
    example = f"{scheme}://calls.example.com"
    if not value:
        return failed(f"{name} is not set.", "Nothing was configured.", f"Set {name} to a base like {example}.")
    try:
        url = urlsplit(value)
        _ = url.port
    except ValueError:
        return failed(f"{name} is not a URL.", "It was mistyped.", f"Write it like {example}.")
    return (
        _scheme_fault(name, url, scheme, is_local=settings.is_local)
        or _extras_fault(name, value, url)
        or _path_fault(name, url, scheme)
        or _host_fault(name, url, settings)
        or passed(f"{url.scheme}://{url.netloc}{url.path}")
    )


def _scheme_fault(name: str, url: SplitResult, scheme: str, *, is_local: bool) -> Finding | None:
    right = f"{scheme}://{url.netloc}{url.path}"
    if url.scheme == scheme and url.hostname:
        return None
    if url.scheme == _PLAIN[scheme]:
        if is_local:
            return None
        why = (
            "Twilio opens streams over wss only (error 31922)."
            if scheme == "wss"
            else "Plain http shows every word to the network, and the deployment signs and checks the https URL."
        )
        saw = f"{name} begins with {url.scheme}:// instead of {scheme}://."
        return failed(saw, why, f"Put TLS in front (a load balancer, a proxy) and set {name} to {right}.")
    if url.scheme in (_TWIN[scheme], _PLAIN.get(_TWIN[scheme])):
        saw = f"{name} begins with {url.scheme}:// instead of {scheme}://."
        return failed(saw, "The two URLs were confused.", f"Set {name} to {right}.")
    return failed(f"{name} has no {scheme}:// in front.", "It was mistyped.", f"Write the whole base: {scheme}://host.")


def _extras_fault(name: str, value: str, url: SplitResult) -> Finding | None:
    base = f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}".rstrip("/")
    if "?" in value:
        saw = f"{name} has a query string."
        cause = (
            "Twilio drops the query string of a stream's URL or refuses it (error 31920); what it says never arrives."
        )
        return failed(
            saw, cause, f"Set {name} to {base}. Values for a stream travel as <Parameter>, as the token does."
        )
    if "#" in value or url.username is not None:
        saw = f"{name} has a fragment or a user name in it."
        return failed(saw, "It must be a plain base: Offhook adds the rest.", f"Set {name} to {base}.")
    return None


def _path_fault(name: str, url: SplitResult, scheme: str) -> Finding | None:
    ours = _OURS[scheme]
    base = f"{url.scheme}://{url.netloc}"
    if ours in url.path:
        saw = f"{name} holds {ours} already, which Offhook adds itself; Twilio would be sent to the path twice."
        right = base + url.path.partition(ours)[0]
        return failed(saw, "The whole address was given where the base is wanted.", f"Set {name} to {right}.")
    if url.path.endswith("/"):
        return failed(
            f"{name} ends with a slash.",
            "Twilio would be sent to a path with two slashes, and signatures would not match.",
            f"Set {name} to {base}{url.path.rstrip('/')}.",
        )
    return None


def _host_fault(name: str, url: SplitResult, settings: DoctorSettings) -> Finding | None:
    """An address that Twilio cannot see; where a box on this machine plays Twilio, it sees what this machine sees."""
    if is_loopback_url(settings.twilio_base_url) or not is_private(url.hostname or ""):
        return None
    return failed(
        f"{name} names an address of this machine or of a private network.",
        "Twilio calls from the internet and cannot reach it.",
        f"Set {name} to the public name of the load balancer, or of a tunnel to this machine.",
    )


def is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".local", ".internal", ".localhost"))


def is_loopback_url(value: str) -> bool:
    host = urlsplit(value).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
