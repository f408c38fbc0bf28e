"""The composition root of the after-call function."""

from datetime import date, datetime
from functools import lru_cache

from calls.errors import ConfigurationInvalid
from handlers.after_call import AfterWired
from handlers.after_call_bus import EventBridge, events_client
from handlers.after_call_model import OpenAISummary
from handlers.after_call_queue import AfterQueue, SqsAfter
from handlers.after_call_traces import OtlpTraces
from handlers.after_call_webhook import HttpWebhook
from handlers.dialler import dialler_of
from handlers.settings import HandlerSettings
from handlers.wiring import Wired, queues_of, wired

PRICE_WITHIN_S = 10.0


def after_wired() -> AfterWired:
    """With the secrets as they are now. Raises ConfigurationInvalid and SecretsUnavailable, and tries again at the next
    invocation."""
    return _after(wired().settings)


@lru_cache(maxsize=1)
def _after(settings: HandlerSettings) -> AfterWired:
    here = wired()
    return wired_with(here, SqsAfter(queues_of(settings), settings.after_call_queue))


def wired_with(here: Wired, queue: AfterQueue) -> AfterWired:
    """The function's own parts around what every handler has."""
    settings = here.settings
    return AfterWired(
        store=here.store,
        agent=here.agent,
        queue=queue,
        webhook=_webhook(here),
        bus=_bus(settings),
        model=OpenAISummary(settings.openai_api_key, settings.openai_base_url) if settings.openai_api_key else None,
        twilio=dialler_of(here, PRICE_WITHIN_S),
        now_ms=here.now_ms,
        day_of=_day_of,
        settle_s=settings.after_call_s,
        traces=OtlpTraces(settings.traces_url) if settings.traces_url else None,
        traces_share=settings.traces_percent / 100,
    )


def _webhook(here: Wired) -> HttpWebhook | None:
    settings = here.settings
    if not settings.webhook_url:
        return None
    if not settings.webhook_secret:
        raise ConfigurationInvalid("OFFHOOK_WEBHOOK_URL is set, but no OFFHOOK_WEBHOOK_SECRET to sign with.")
    signed_with = (settings.webhook_secret, *settings.earlier_webhook_secrets)
    return HttpWebhook(settings.webhook_url, *signed_with, now_ms=here.now_ms)


def _bus(settings: HandlerSettings) -> EventBridge | None:
    if not settings.event_bus:
        return None
    return EventBridge(lambda: events_client(settings.aws_endpoint_url or None), settings.event_bus)


def _day_of(epoch_ms: int) -> date:
    return datetime.fromtimestamp(epoch_ms / 1000).astimezone().date()
