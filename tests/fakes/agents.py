"""A small agent with short, recognisable phrases."""

from dataclasses import replace
from typing import Any

from calls.agent import Agent, Limits, Models, Phrases, TurnTaking, Voice
from calls.record import Mode

AGENT = Agent(
    name="default",
    prompt="You keep a desk.",
    greeting="Hello, this is the desk.",
    closing="Goodbye, then.",
    voice=Voice("heart", "Polly.Joanna", "en-US"),
    models=Models("light", "light", "light"),
    modes=(Mode.PIPELINE, Mode.TRADITIONAL),
    limits=Limits(call_s=600, silence_s=8.0, reply_s=5.0),
    turn_taking=TurnTaking(barge_in_ms=300, greeting_protected_ms=500),
    phrases=Phrases(
        bridge="One moment, please.",
        ask_again="Say that again, please.",
        still_there="Are you still there?",
        silence_goodbye="I hear nobody. Goodbye.",
        limit_goodbye="Our time is up. Goodbye.",
        trouble_goodbye="We have trouble. Goodbye.",
        filler="Let me see.",
    ),
)


def on_openai(*models: str, reply_s: float = 2.0, **changes: Any) -> Agent:
    """That agent on these models of OpenAI's, the first and those that stand in for it; `changes` are other fields."""
    first, *others = models or ("gpt-6-luna",)
    named = Models("light", f"openai/{first}", "light", tuple(f"openai/{model}" for model in others))
    return replace(AGENT, models=named, limits=Limits(600, 8.0, reply_s), **changes)
