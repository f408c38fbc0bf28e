"""Whether a host can be reached as Twilio reaches it: its name, its port, its certificate.

`look` is the edge and returns what happened; `judge` is pure.
"""

import asyncio
import errno
import socket
import ssl
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from offhook.doctor.exam import Exam
from offhook.doctor.finding import Finding, failed, passed, warned

CONNECT_WITHIN_S = 5.0
EXPIRES_SOON_DAYS = 14.0

_SELF_SIGNED = frozenset({18, 19})
_UNKNOWN_ISSUER = frozenset({2, 20, 21})
_EXPIRED = frozenset({9, 10})
_OTHER_HOST = frozenset({62, 64})
"""X509_V_ERR_*: https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/"""


class Trouble(StrEnum):
    NONE = ""
    NAME = "name"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    NOT_TLS = "not-tls"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class Reached:
    """`verify_code` is OpenSSL's where the certificate was refused; `expires_s` is epoch seconds, 0 without TLS."""

    host: str
    port: int
    trouble: Trouble
    took_ms: int = 0
    addresses: tuple[str, ...] = ()
    verify_code: int = 0
    detail: str = ""
    expires_s: float = 0.0
    issuer: str = ""


async def look(url: str, exam: Exam) -> Reached:
    """Resolve, connect, and shake hands where the scheme is https or wss."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme in ("https", "wss")
    port = parts.port or (443 if secure else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        return Reached(host, port, Trouble.NAME, detail=error.strerror or "")
    addresses = tuple(dict.fromkeys(str(one[4][0]) for one in found))
    since_s = time.monotonic()
    try:
        async with asyncio.timeout(CONNECT_WITHIN_S):
            _, writer = await asyncio.open_connection(host, port, ssl=exam.tls if secure else None)
    except (OSError, TimeoutError) as error:
        return _refused(host, port, addresses, error)
    took_ms = round((time.monotonic() - since_s) * 1000)
    certificate: dict[str, Any] = writer.get_extra_info("peercert") or {}
    writer.close()
    expires_s = ssl.cert_time_to_seconds(certificate["notAfter"]) if certificate else 0.0
    return Reached(host, port, Trouble.NONE, took_ms, addresses, expires_s=expires_s, issuer=_issuer(certificate))


def _refused(host: str, port: int, addresses: tuple[str, ...], error: OSError | TimeoutError) -> Reached:
    def reached(trouble: Trouble, code: int = 0, detail: str = "") -> Reached:
        return Reached(host, port, trouble, addresses=addresses, verify_code=code, detail=detail)

    if isinstance(error, ssl.SSLCertVerificationError):
        return reached(Trouble.CERTIFICATE, error.verify_code, error.verify_message)
    if isinstance(error, ssl.SSLError | ConnectionResetError):
        return reached(Trouble.NOT_TLS, detail=str(getattr(error, "reason", "") or "connection reset"))
    if isinstance(error, TimeoutError):
        return reached(Trouble.TIMEOUT)
    # Several addresses are tried in turn; asyncio then raises one OSError that only quotes the errors.
    if isinstance(error, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in str(error):
        return reached(Trouble.REFUSED)
    return reached(Trouble.UNREACHABLE, detail=error.strerror or str(error))


def _issuer(certificate: dict[str, Any]) -> str:
    names = {name: value for part in certificate.get("issuer", ()) for name, value in part}
    return str(names.get("organizationName") or names.get("commonName") or "")


def judge(seen: Reached, what: str, now_s: float) -> Finding:
    """`what` is who should answer there: "the webhooks", "the streamer"."""
    match seen.trouble:
        case Trouble.NONE:
            return _answered(seen, now_s)
        case Trouble.CERTIFICATE:
            return _certificate(seen)
        case _:
            return failed(*_unreached(seen, what)[seen.trouble])


def _unreached(seen: Reached, what: str) -> dict[Trouble, tuple[str, str, str]]:
    """What was seen, the likely cause and the remedy of each trouble before a certificate is shown."""
    host, port, where = seen.host, seen.port, f"{seen.host}:{seen.port}"
    return {
        Trouble.NAME: (
            f"The name {host} is not known to DNS.",
            "The name was mistyped, or its DNS record is missing or not yet visible.",
            f"Create the record for {host} (or correct the URL), and ask again once `dig {host}` answers.",
        ),
        Trouble.REFUSED: (
            f"Port {port} of {host} is closed: the connection was refused.",
            f"Nothing listens there: {what} is not running, or listens on another port.",
            f"Start {what}, or put the port it listens on into the URL; the load balancer needs a listener on it.",
        ),
        Trouble.TIMEOUT: (
            f"{where} did not answer within {CONNECT_WITHIN_S:g} s.",
            "A firewall or security group drops the packets, or a load balancer has no healthy target.",
            f"Allow TCP {port} from anywhere (Twilio has no fixed addresses; its signature is the guard).",
        ),
        Trouble.UNREACHABLE: (
            f"{where} cannot be reached ({seen.detail}).",
            "There is no route to the address, or a connection in between was refused.",
            "Check the DNS record's address and the network's routes.",
        ),
        Trouble.NOT_TLS: (
            f"{where} does not speak TLS ({seen.detail}).",
            "The port serves plain http or ws, or another program.",
            f"Terminate TLS on port {port} (a listener with a certificate), or name the port that does.",
        ),
    }


def _certificate(seen: Reached) -> Finding:
    """Twilio's words for all of these are errors 11237 (webhooks) and 31910 (streams)."""
    get = f"Put a certificate for {seen.host} from a public authority there (AWS Certificate Manager, Let's Encrypt)"
    if seen.verify_code in _SELF_SIGNED:
        saw = f"The certificate of {seen.host} is self-signed, or ends in a root that nobody else trusts."
        return failed(saw, "A certificate made for development is in use; Twilio refuses it (31910).", f"{get}.")
    if seen.verify_code in _UNKNOWN_ISSUER:
        saw = f"The certificate of {seen.host} cannot be followed to a public root."
        return failed(
            saw,
            "The server leaves out the intermediate certificate, or the authority is a private one.",
            f"Serve the full chain (fullchain.pem, not cert.pem). Where the authority is private: p{get[1:]}.",
        )
    if seen.verify_code in _EXPIRED:
        saw = f"The certificate of {seen.host} is outside its time of validity."
        return failed(saw, "It was not renewed, or this machine's clock is wrong.", "Renew it, and automate that.")
    if seen.verify_code in _OTHER_HOST:
        saw = f"The certificate served by {seen.host} is for another name."
        return failed(saw, "The URL names a host that the certificate does not.", f"{get}, or use its name in the URL.")
    saw = f"The certificate of {seen.host} is refused: {seen.detail}."
    return failed(saw, "Twilio will refuse it, too (31910).", f"{get}.")


def _answered(seen: Reached, now_s: float) -> Finding:
    where = f"{seen.host}:{seen.port} answers in {seen.took_ms} ms"
    if not seen.expires_s:
        return passed(f"{where}, without TLS (this machine only)")
    days = (seen.expires_s - now_s) / 86_400
    if days < EXPIRES_SOON_DAYS:
        return warned(f"{where}, but its certificate expires in {days:.0f} days.", "Renew it, and automate that.")
    return passed(f"{where}; certificate by {seen.issuer or 'an unnamed authority'}, good for {days:.0f} days")


async def public_reach(exam: Exam) -> Finding:
    return judge(await look(exam.settings.public_url, exam), "the web process or the API", exam.now_s())


async def stream_reach(exam: Exam) -> Finding:
    return judge(await look(exam.settings.stream_url, exam), "the streamer", exam.now_s())
