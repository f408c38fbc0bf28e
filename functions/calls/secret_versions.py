"""A secret that changes while processes run: what it is now, and what it was a moment ago. Pure.

During a rotation both are good: Twilio signs with the old token until it is told to use the new one, and a process that
has not looked since mints with the old key. After `grace_s` from the change only the new value is. Secrets Manager
keeps one version before the current one; a second change within the grace would take its place there, so a process that
has known more remembers them itself.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from calls.errors import ConfigurationInvalid

Values = Mapping[str, str]
"""The values in one version of the secret, by name."""


@dataclass(frozen=True, slots=True)
class SecretRead:
    """One look at the secret: what it holds `since_s` (epoch), and what it held before where that was looked up."""

    values: Values
    since_s: float
    before: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SecretVersions:
    """`earlier` are versions that are good until a time (epoch seconds), the newest first."""

    current: Values
    earlier: tuple[tuple[Values, float], ...] = ()

    def former(self, name: str, now_s: float) -> tuple[str, ...]:
        """What else than the current value is good for `name` now, the newest first, none twice."""
        good = [values.get(name, "") for values, until_s in self.earlier if now_s < until_s]
        return tuple(dict.fromkeys(value for value in good if value and value != self.current.get(name)))


def followed(known: SecretVersions | None, read: SecretRead, grace_s: float, now_s: float) -> SecretVersions:
    """What is known after another look."""
    until_s = read.since_s + grace_s
    earlier = [(read.before, until_s)] if read.before else []
    if known is not None:
        earlier += [(known.current, until_s)] if known.current != read.values else []
        earlier += known.earlier
    kept: list[tuple[Values, float]] = []
    for values, ends_s in earlier:
        if now_s < ends_s and values not in [other for other, _ in kept]:
            kept.append((values, ends_s))
    return SecretVersions(read.values, tuple(kept))


def parsed(text: str) -> Values:
    """The secret's JSON object of texts. ConfigurationInvalid (code "secret-malformed"), without a word of it."""
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise ConfigurationInvalid(
            "The secret must be a JSON object of names and texts, such as the README's deploy steps make.",
            code="secret-malformed",
        )
    return values
