"""An agent is data: a TOML file, parsed once into these values, refused with the file and the field named."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from calls import desk_table
from calls.agent_after import AfterCall, Privacy, after_call, privacy
from calls.agent_keep import Keep, keep
from calls.agent_realtime import DEFAULT_PROVIDER, DEFAULT_VOICE, RealtimeHearing, check_models, realtime_hearing
from calls.budget import Budget, budget
from calls.errors import ConfigurationInvalid
from calls.fields import Fields, syntax_problem
from calls.record import Mode

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
PROVIDER = re.compile(r"[a-z0-9][a-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9._:-]*)?")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks: `speech` for pipeline ("heart"), `twilio` for `<Say>` ("Polly.Joanna"), `realtime` for
    speech-to-speech ("marin")."""

    speech: str
    twilio: str
    language: str
    realtime: str = DEFAULT_VOICE


@dataclass(frozen=True, slots=True)
class Models:
    """Which provider does what, and which ones where that fails, as "provider" or "provider/model": "embedded"."""

    recogniser: str
    reply: str
    speech: str
    reply_fallbacks: tuple[str, ...] = ()
    realtime: str = DEFAULT_PROVIDER
    realtime_fallbacks: tuple[str, ...] = ()
    recogniser_fallbacks: tuple[str, ...] = ()
    speech_fallbacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hearing:
    """What a recogniser may be told of the calls: `keyterms` are names and words it would not expect."""

    keyterms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thinking:
    """How a reply model is asked. `temperature` None leaves the vendor's own; `verbosity` is low, medium or high;
    `max_tokens` bounds one reply."""

    temperature: float | None = None
    verbosity: str = "low"
    max_tokens: int = 300


LONGEST_REPLY_S = 10
"""In any mode. A turn in traditional mode leaves its model 8 s at most, as Twilio then asks again
(handlers/in_time.py); what an agent allows beyond that holds for its other modes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`call_s` is the longest call; `silence_s` how long nobody may speak before the caller is asked, and again
    before goodbye; `reply_s` how long a reply may be in coming: at most LONGEST_REPLY_S."""

    call_s: int
    silence_s: float
    reply_s: float


@dataclass(frozen=True, slots=True)
class TurnTaking:
    """`barge_in_ms`: how long the caller must speak over the agent to take the floor. `greeting_protected_ms`: how
    long the greeting cannot be interrupted (line noise at pickup). `filler_after_ms`: how long an answer may be in
    coming before `phrases.filler` covers the wait, once. `speculate`: think and speak ahead of the certain end of the
    caller's turn (a model is asked for some replies that nobody hears)."""

    barge_in_ms: int
    greeting_protected_ms: int
    filler_after_ms: int = 2_000
    speculate: bool = True


@dataclass(frozen=True, slots=True)
class Phrases:
    """Fixed sentences: `bridge` covers a change of mode, `ask_again` an unheard answer, `still_there` a silence,
    `filler` (may be empty) an answer that is long in coming; the goodbyes end the call."""

    bridge: str
    ask_again: str
    still_there: str
    silence_goodbye: str
    limit_goodbye: str
    trouble_goodbye: str
    filler: str = ""


@dataclass(frozen=True, slots=True)
class Agent:
    """Everything that makes one agent. `modes` is the ladder, best first. `desk` is the scripted engine's own table
    (its shape belongs to `desk.py`, which validates it); `transfer_number` is E.164 or empty."""

    name: str
    prompt: str
    greeting: str
    closing: str
    voice: Voice
    models: Models
    modes: tuple[Mode, ...]
    limits: Limits
    turn_taking: TurnTaking
    phrases: Phrases
    hearing: Hearing = Hearing()
    thinking: Thinking = Thinking()
    realtime: RealtimeHearing = RealtimeHearing()
    transfer_number: str = ""
    desk: Mapping[str, Any] = field(default_factory=dict)
    after_call: AfterCall = AfterCall()
    privacy: Privacy = Privacy()
    budget: Budget = Budget()
    keep: Keep = Keep()


def parse(text: str, file: str) -> Agent:
    """The agent that the TOML `text` of `file` describes.

    Only name, prompt and greeting have no default. ConfigurationInvalid names the file and every field that is wrong.
    """
    agent, problems = read(text, file)
    if agent is None:
        raise ConfigurationInvalid(f"{file}: {'; '.join(problems)}")
    return agent


def read(text: str, file: str) -> tuple[Agent | None, list[str]]:
    """The agent, or None and everything that is wrong with it, one sentence each, without the file's name."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, [syntax_problem(str(error), text)]
    fields = Fields(table, "", [])
    agent = _agent(fields, PurePath(file).stem)
    fields.finish()
    return (None, fields.problems) if fields.problems else (agent, [])


def _agent(fields: Fields, stem: str) -> Agent:
    desk = fields.table("desk")
    desk_table.read(desk)
    return Agent(
        name=_name(fields, stem),
        prompt=fields.text("prompt", longest=20_000),
        greeting=fields.text("greeting"),
        closing=fields.text("closing", "Thank you for calling. Goodbye."),
        voice=_voice(fields.table("voice")),
        models=_models(fields.table("models")),
        modes=_modes(fields),
        limits=_limits(fields.table("limits")),
        turn_taking=_turn_taking(fields.table("turn_taking")),
        phrases=_phrases(fields.table("phrases")),
        hearing=_hearing(fields.table("hearing")),
        thinking=_thinking(fields.table("thinking")),
        realtime=realtime_hearing(fields.table("realtime")),
        transfer_number=fields.shaped(
            "transfer_number",
            "",
            'empty or a number in E.164, such as "+12025550123"',
            lambda v: not v or bool(E164.fullmatch(v)),
            private=True,
        ),
        desk=desk.plain(),
        after_call=after_call(fields.table("after_call")),
        privacy=privacy(fields.table("privacy")),
        budget=budget(fields.table("budget")),
        keep=keep(fields.table("keep")),
    )


def _name(fields: Fields, stem: str) -> str:
    name = fields.text("name", longest=63)
    if name and not NAME.fullmatch(name):
        fields.note("name", f'must be lower-case letters, digits and hyphens, not "{name}"')
    elif name and name != stem:
        fields.note("name", f'must be "{stem}", as the file is called, not "{name}"')
    return name


def _modes(fields: Fields) -> tuple[Mode, ...]:
    known = [mode.value for mode in Mode]

    def is_ladder(names: list[str]) -> bool:
        return set(names) <= set(known) and len(set(names)) == len(names) and names[-1:] == [Mode.TRADITIONAL.value]

    want = f'a list of {", ".join(known)}, best first, none twice, "{Mode.TRADITIONAL.value}" last'
    names = fields.texts("modes", [Mode.PIPELINE.value, Mode.TRADITIONAL.value], want, is_ladder)
    return tuple(Mode(name) for name in names)


def _voice(fields: Fields) -> Voice:
    voice = Voice(
        speech=fields.text("speech", "heart", longest=100),
        twilio=fields.text("twilio", "Polly.Joanna", longest=100),
        language=fields.shaped(
            "language", "en-US", 'a language tag such as "en-US"', lambda v: bool(LANGUAGE.fullmatch(v))
        ),
        realtime=fields.text("realtime", DEFAULT_VOICE, longest=100),
    )
    fields.finish()
    return voice


def _models(fields: Fields) -> Models:
    def provider(name: str, default: str) -> str:
        return fields.shaped(name, default, '"provider" or "provider/model"', lambda v: bool(PROVIDER.fullmatch(v)))

    def others(name: str) -> tuple[str, ...]:
        want = 'a list of "provider/model"'
        return tuple(fields.texts(name, [], want, lambda names: all(map(PROVIDER.fullmatch, names))))

    models = Models(
        provider("recogniser", "embedded"),
        provider("reply", "scripted"),
        provider("speech", "embedded"),
        others("reply_fallbacks"),
        provider("realtime", DEFAULT_PROVIDER),
        others("realtime_fallbacks"),
        others("recogniser_fallbacks"),
        others("speech_fallbacks"),
    )
    check_models(fields, models.realtime, models.realtime_fallbacks)
    fields.finish()
    return models


def _hearing(fields: Fields) -> Hearing:
    terms = fields.texts("keyterms", [], "a list of at most 100 names or words", lambda terms: len(terms) <= 100)
    fields.finish()
    return Hearing(tuple(terms))


def _thinking(fields: Fields) -> Thinking:
    temperature = fields.number("temperature", -1, 0, 2)
    thinking = Thinking(
        temperature=None if temperature < 0 else temperature,
        verbosity=fields.shaped("verbosity", "low", "low, medium or high", lambda v: v in ("low", "medium", "high")),
        max_tokens=fields.whole("max_tokens", 300, 20, 4_000),
    )
    fields.finish()
    return thinking


def _limits(fields: Fields) -> Limits:
    """Twilio ends a call after 4 hours by itself."""
    limits = Limits(
        call_s=fields.whole("call_s", 900, 30, 14_400),
        silence_s=fields.number("silence_s", 8, 2, 60),
        reply_s=fields.number("reply_s", 8, 1, LONGEST_REPLY_S),
    )
    fields.finish()
    return limits


def _turn_taking(fields: Fields) -> TurnTaking:
    turn_taking = TurnTaking(
        barge_in_ms=fields.whole("barge_in_ms", 300, 60, 3_000),
        greeting_protected_ms=fields.whole("greeting_protected_ms", 500, 0, 10_000),
        filler_after_ms=fields.whole("filler_after_ms", 2_000, 500, 10_000),
        speculate=fields.flag("speculate", True),
    )
    fields.finish()
    return turn_taking


def _phrases(fields: Fields) -> Phrases:
    phrases = Phrases(
        bridge=fields.text("bridge", "One moment, please."),
        ask_again=fields.text("ask_again", "Sorry, I did not hear you. Could you say that again?"),
        still_there=fields.text("still_there", "Are you still there?"),
        silence_goodbye=fields.text("silence_goodbye", "I cannot hear you, so I will hang up now. Goodbye."),
        limit_goodbye=fields.text("limit_goodbye", "I am sorry, our time is up. Thank you for calling. Goodbye."),
        trouble_goodbye=fields.text(
            "trouble_goodbye", "I am sorry, something is wrong on our side. Please call again later. Goodbye."
        ),
        filler=fields.text("filler", "Let me see.", may_be_empty=True),
    )
    fields.finish()
    return phrases
