"""All checks, in the order in which they are shown, and what each builds on."""

from collections.abc import Awaitable, Callable, Sequence

from offhook.doctor import (
    addresses,
    basics,
    clock,
    document,
    idle,
    models,
    openai_key,
    reach,
    speech_keys,
    stream_call,
    stream_guard,
    table,
    twilio_account,
    twilio_number,
    upgrade,
    webhooks,
)
from offhook.doctor.exam import Check, Exam
from offhook.doctor.finding import Finding
from offhook.doctor.settings import DoctorSettings


def _at_once(judge: Callable[[DoctorSettings], Finding]) -> Callable[[Exam], Awaitable[Finding]]:
    async def run(exam: Exam) -> Finding:
        return judge(exam.settings)

    return run


CHECKS: tuple[Check, ...] = (
    Check("settings", "Account, token and number as written", basics.settings),
    Check("public-url", "OFFHOOK_PUBLIC_URL as written", _at_once(addresses.public_url)),
    Check("stream-url", "OFFHOOK_STREAM_URL as written", _at_once(addresses.stream_url)),
    Check("agents", "Agent files", basics.agents),
    Check("clock", "Clocks", clock.clock),
    Check("twilio-account", "Twilio account and auth token", twilio_account.account, ("settings",)),
    Check("public-reach", "Webhooks: name, port, TLS", reach.public_reach, ("public-url",)),
    Check("webhook-refusal", "Webhooks refuse what is not signed", webhooks.refusal, ("public-reach",)),
    Check("stream-reach", "Streamer: name, port, TLS", reach.stream_reach, ("stream-url",)),
    Check("stream-upgrade", "WebSocket upgrade", upgrade.upgrade, ("stream-reach",), deadline_s=25.0),
    Check(
        "stream-signature", "Streamer refuses what is not signed", stream_guard.stream_signature, ("stream-upgrade",)
    ),
    Check("stream-token", "Streamer asks for a token", stream_guard.stream_token, ("twilio-account", "stream-upgrade")),
    Check(
        # The deployment expects a stream within seconds of this webhook, so the streamer is looked at before.
        "webhook-signature",
        "Webhooks accept Twilio's signature",
        webhooks.signature,
        ("twilio-account", "public-reach", "webhook-refusal"),
        after=("stream-signature", "stream-token"),
        deadline_s=20.0,
    ),
    Check("twiml", "TwiML as Twilio would get it", document.document, ("webhook-signature", "stream-url")),
    Check(
        "stream-call",
        "A test stream through the whole path",
        stream_call.stream_call,
        ("agents", "stream-token", "webhook-signature"),
        deadline_s=20.0,
    ),
    Check(
        "webhook-status",
        "Webhooks take a call's end",
        webhooks.status,
        ("webhook-signature",),
        after=("twiml", "stream-call"),
    ),
    Check(
        "stream-idle",
        "An idle stream stays open",
        idle.stream_idle,
        ("agents", "stream-token"),
        deadline_s=idle.LONGEST_S,
    ),
    Check("twilio-number", "The number's webhooks", twilio_number.number, ("twilio-account", "public-url")),
    Check("twilio-geo", "Countries that may be called", twilio_number.geo, ("twilio-account", "agents")),
    Check("twilio-alerts", "Twilio's debugger, last 24 hours", twilio_account.alerts, ("twilio-account",)),
    Check("openai", "OpenAI's key", openai_key.openai, ("agents",), deadline_s=25.0),
    Check("deepgram", "Deepgram's key and models", speech_keys.deepgram, ("agents",), deadline_s=25.0),
    Check("elevenlabs", "ElevenLabs' key, models and voices", speech_keys.elevenlabs, ("agents",), deadline_s=25.0),
    Check("models", "Models and their shutdown dates", models.models, ("agents",)),
    Check("table", "The table of calls", table.table, deadline_s=20.0),
)


def chosen(only: Sequence[str], checks: Sequence[Check] = CHECKS) -> tuple[Check, ...]:
    """All checks, or the named ones with everything that they build on. KeyError for a name that there is not."""
    if not only:
        return tuple(checks)
    known = {check.name: check for check in checks}
    wanted: set[str] = set()
    waiting = list(only)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting.extend(known[name].needs)
    return tuple(check for check in checks if check.name in wanted)
