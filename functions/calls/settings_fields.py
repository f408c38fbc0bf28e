"""Reads settings by name from a mapping (usually the environment): every problem is noted, and told in one sentence.

Whoever reads asks for each setting once, then calls `finish`. A setting that is empty counts as absent, because an
environment often cannot leave one out. Values that a problem was noted for must not be used. No sentence holds a value:
a secret may have been put in the wrong place.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from calls.errors import ConfigurationInvalid

SHORTEST_SECRET_CHARS = 16
_SECURE = {"https": "http", "wss": "ws"}


class SettingsFields:
    """Each method takes the setting's name and a default; without a default the setting is required."""

    def __init__(self, source: Mapping[str, str]) -> None:
        self._source = source
        self.problems: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        """Any text, without white space around it."""
        value = self._source.get(name, "").strip()
        if value:
            return value
        if default is None:
            self._wrong(name, "is missing")
        return default or ""

    def https_url(self, name: str, default: str | None = None) -> str:
        """An https base without a slash at the end; plain http only on loopback."""
        return self._url(name, default, "https")

    def wss_url(self, name: str, default: str | None = None) -> str:
        """A wss base without a slash at the end; plain ws only on loopback."""
        return self._url(name, default, "wss")

    def secret(self, name: str, default: str | None = None) -> str:
        """A secret of at least 16 characters."""
        value = self.text(name, default)
        self._long_enough(name, () if value == default else (value,))
        return value

    def secrets(self, name: str, default: str | None = None) -> tuple[str, ...]:
        """Secrets separated by commas, each of at least 16 characters; none where the default is empty and stands."""
        value = self.text(name, default)
        parts = tuple(part.strip() for part in value.split(",")) if value else ()
        self._long_enough(name, () if value == default else parts)
        return parts

    def whole(self, name: str, default: int, lowest: int, highest: int) -> int:
        """A whole number within bounds."""
        value = self.text(name, str(default))
        if not (value.isascii() and value.isdigit() and lowest <= int(value[:12]) <= highest):
            self._wrong(name, f"must be a whole number from {lowest} to {highest}")
            return default
        return int(value)

    def port(self, name: str = "PORT", default: int = 8080) -> int:
        """A TCP port; 0 asks the system for a free one."""
        return self.whole(name, default, 0, 65535)

    def finish(self) -> None:
        """ConfigurationInvalid, in one sentence that names every wrong setting, if there is any."""
        if self.problems:
            raise ConfigurationInvalid("The settings cannot work: " + "; ".join(self.problems) + ".")

    def _url(self, name: str, default: str | None, scheme: str) -> str:
        value = self.text(name, default)
        if value and value != default and (problem := _url_problem(value, scheme)):
            self._wrong(name, problem)
        return value

    def _long_enough(self, name: str, secrets: tuple[str, ...]) -> None:
        if any(0 < len(secret) < SHORTEST_SECRET_CHARS for secret in secrets) or "" in secrets[1:]:
            self._wrong(name, f"must be at least {SHORTEST_SECRET_CHARS} characters long")

    def _wrong(self, name: str, what: str) -> None:
        self.problems.append(f"{name} {what}")


def _url_problem(value: str, scheme: str) -> str:
    try:
        url = urlsplit(value)
        host, _ = url.hostname, url.port  # reading the port checks it
    except ValueError:
        return "is not a URL"
    if not host or url.scheme not in (scheme, _SECURE[scheme]) or not _is_plain(value):
        return f"must be a URL that begins with {scheme}://"
    if url.scheme != scheme and not _is_loopback(host):
        return f"must begin with {scheme}:// ({_SECURE[scheme]}:// is for this machine's own loopback only)"
    if value.endswith("/"):
        return "must not end with a slash"
    return "must be a base without user, query or fragment" if _has_extras(url, value) else ""


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable() and " " not in value


def _has_extras(url: SplitResult, value: str) -> bool:
    return "?" in value or "#" in value or url.username is not None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
