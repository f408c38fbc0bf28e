"""What a number of ours has to ask, and what of it would change. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from calls.errors import ConfigurationInvalid
from calls.webhook_retries import QUICK
from offhook.doctor.twilio_rest import NumberHooks
from offhook.doctor.webhooks import STATUS, VOICE

LIFELINE = "/twilio/lifeline"
_OUTPUTS = ("VoiceWebhook", "VoiceFallbackUrl", "StatusWebhook")


@dataclass(frozen=True, slots=True)
class Change:
    """One setting of a number by its name in Twilio's console, as it is and as it will be; empty is nothing."""

    setting: str
    now: str
    then: str


def of_url(public_url: str) -> NumberHooks:
    """The webhooks of a deployment by its base URL. Raises ConfigurationInvalid where Twilio could not call it."""
    base = public_url.rstrip("/")
    return _hooks(f"{base}{VOICE}", f"{base}{LIFELINE}", f"{base}{STATUS}")


def of_outputs(outputs: Mapping[str, str], stack: str) -> NumberHooks:
    """The webhooks that a stack made from template.yaml names. Raises ConfigurationInvalid where it names none."""
    missing = [name for name in _OUTPUTS if not outputs.get(name)]
    if missing:
        raise ConfigurationInvalid(
            f"the stack {stack} has no output {', '.join(missing)}: it is not Offhook's, or not deployed to its "
            "end. `aws cloudformation list-stacks` lists the others"
        )
    return _hooks(*(outputs[name] for name in _OUTPUTS))


def _hooks(voice: str, lifeline: str, status: str) -> NumberHooks:
    parts = urlsplit(voice)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ConfigurationInvalid(f"Twilio cannot call {voice}: give an address like https://calls.example.com")
    return NumberHooks(f"{voice}{QUICK}", "POST", f"{lifeline}{QUICK}", "POST", f"{status}{QUICK}", "POST")


def changes(now: NumberHooks, then: NumberHooks) -> list[Change]:
    """What differs, in the order of Twilio's console. A TwiML App or a SIP trunk goes before the URLs, so it is taken
    away where there is one (twilio.com/docs/phone-numbers/api/incomingphonenumber-resource)."""
    rows = (
        Change("TwiML App", now.application_sid, then.application_sid),
        Change("SIP trunk", now.trunk_sid, then.trunk_sid),
        Change("A call comes in", _asked(now.voice_method, now.voice_url), _asked(then.voice_method, then.voice_url)),
        Change(
            "Primary handler fails",
            _asked(now.fallback_method, now.fallback_url),
            _asked(then.fallback_method, then.fallback_url),
        ),
        Change(
            "Call status changes",
            _asked(now.status_method, now.status_url),
            _asked(then.status_method, then.status_url),
        ),
    )
    return [row for row in rows if row.now != row.then]


def _asked(method: str, url: str) -> str:
    return f"{method.upper() or 'POST'} {url}" if url else ""
