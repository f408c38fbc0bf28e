"""The query of Deepgram's two listening sockets, checked as documented. Pure.

Names and values: the parameters of `listen.v1.connect` and `listen.v2.connect` in Deepgram's SDK; ranges: its docs
(utterance-end, endpointing, flux/configuration).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


V1_NAMES = _names(
    "callback callback_method channels detect_entities diarize diarize_model dictation encoding endpointing extra"
    " interim_results keyterm keywords language language_hint mip_opt_out model multichannel numerals profanity_filter"
    " punctuate redact replace sample_rate search smart_format tag utterance_end_ms vad_events version"
)
V2_NAMES = _names(
    "model encoding sample_rate eager_eot_threshold eot_threshold eot_timeout_ms keyterm language_hint profanity_filter"
    " numerals redact mip_opt_out tag"
)
_LISTS = frozenset(("keyterm", "keywords", "language_hint", "redact", "replace", "search", "tag", "extra"))
_FLAGS = _names(
    "detect_entities diarize dictation interim_results mip_opt_out multichannel numerals profanity_filter punctuate"
    " smart_format vad_events"
)
_V1_MODEL = re.compile(r"nova(-[23])?(-[a-z]+)?|enhanced(-[a-z]+)?|base|[a-z]+(-[a-z]+)?")
V2_MODELS = ("flux-general-en", "flux-general-multi")
MOST_KEYTERM_WORDS = 500
"""Stands for Deepgram's 500 tokens."""


class BadQuery(ValueError):
    """The handshake is refused with 400 for this reason."""


@dataclass(frozen=True, slots=True)
class NovaParameters:
    """What `/v1/listen` was asked for. Milliseconds; None: switched off."""

    model: str
    interim_results: bool
    endpointing_ms: int | None
    utterance_end_ms: int | None
    vad_events: bool
    punctuated: bool
    keyterms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FluxParameters:
    """What `/v2/listen` was asked for. `eager_threshold` None: no EagerEndOfTurn."""

    model: str
    eager_threshold: float | None
    threshold: float
    timeout_ms: int
    keyterms: tuple[str, ...]
    language_hints: tuple[str, ...]
    numerals: bool


def nova_parameters(query: Iterable[tuple[str, str]]) -> NovaParameters:
    """The query of `/v1/listen`. Raises BadQuery."""
    given, lists = _read(query, V1_NAMES)
    model = given.get("model", "base-general")
    if not _V1_MODEL.fullmatch(model):
        raise BadQuery(f"No such model/language/tier combination found: {model}.")
    _check_audio(given)
    interim = given.get("interim_results") == "true"
    utterance_end_ms = _whole(given, "utterance_end_ms", 1000, 5000)
    if utterance_end_ms is not None and not interim:
        raise BadQuery("utterance_end_ms requires interim_results=true.")
    if lists["keyterm"] and not model.startswith("nova-3"):
        raise BadQuery("Keyterms are only supported by Nova-3 models.")
    _check_keyterms(lists["keyterm"])
    return NovaParameters(
        model=model,
        interim_results=interim,
        endpointing_ms=_endpointing(given),
        utterance_end_ms=utterance_end_ms,
        vad_events=given.get("vad_events") == "true",
        punctuated="true" in (given.get("punctuate"), given.get("smart_format")),
        keyterms=lists["keyterm"],
    )


def flux_parameters(query: Iterable[tuple[str, str]]) -> FluxParameters:
    """The query of `/v2/listen`. Raises BadQuery."""
    given, lists = _read(query, V2_NAMES)
    model = given.get("model", "")
    if model not in V2_MODELS:
        raise BadQuery(f"model must be one of {', '.join(V2_MODELS)}.")
    _check_audio(given)
    _check_keyterms(lists["keyterm"])
    if lists["language_hint"] and model != "flux-general-multi":
        raise BadQuery("language_hint is only supported by flux-general-multi.")
    eager, threshold = _number(given, "eager_eot_threshold"), _number(given, "eot_threshold")
    timeout_ms = _whole(given, "eot_timeout_ms", 500, 60_000)
    threshold = 0.7 if threshold is None else threshold
    check_thresholds(eager, threshold)
    numerals = given.get("numerals") == "true"
    return FluxParameters(
        model, eager, threshold, timeout_ms or 5000, lists["keyterm"], lists["language_hint"], numerals
    )


def check_thresholds(eager: float | None, threshold: float) -> None:
    """Deepgram's ranges. Raises BadQuery."""
    if not 0.5 <= threshold <= 1.0:
        raise BadQuery("eot_threshold must be between 0.5 and 1.0.")
    if eager is not None and not 0.3 <= eager <= 0.9:
        raise BadQuery("eager_eot_threshold must be between 0.3 and 0.9.")
    if eager is not None and eager > threshold:
        raise BadQuery("eager_eot_threshold must not exceed eot_threshold.")


def _read(
    query: Iterable[tuple[str, str]], names: frozenset[str]
) -> tuple[dict[str, str], Mapping[str, tuple[str, ...]]]:
    given: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = dict.fromkeys(_LISTS, ())
    for name, value in query:
        if name not in names:
            raise BadQuery(f"Unknown query parameter: {name}.")
        if name in given:
            raise BadQuery(f"{name} was given more than once.")
        if name in _FLAGS and value not in ("true", "false"):
            raise BadQuery(f"{name} must be true or false.")
        if name in _LISTS:
            lists[name] = (*lists[name], value)
        else:
            given[name] = value
    return given, lists


def _check_audio(given: Mapping[str, str]) -> None:
    if "encoding" in given and "sample_rate" not in given:
        raise BadQuery("sample_rate is required when encoding is given.")
    audio = (given.get("encoding"), given.get("sample_rate"), given.get("channels", "1"))
    if audio != ("mulaw", "8000", "1"):
        raise BadQuery("This simulator hears encoding=mulaw&sample_rate=8000, one channel, and nothing else.")


def _check_keyterms(keyterms: tuple[str, ...]) -> None:
    if sum(len(term.split()) for term in keyterms) > MOST_KEYTERM_WORDS:
        raise BadQuery("Keyterm limit exceeded. The maximum number of tokens across all keyterms is 500.")
    if not all(term.strip() for term in keyterms):
        raise BadQuery("keyterm must not be empty.")


def _endpointing(given: Mapping[str, str]) -> int | None:
    match given.get("endpointing", "10"):
        case "false":
            return None
        case "true":
            return 10
        case text if text.isdecimal():
            return int(text)
        case _:
            raise BadQuery("endpointing must be milliseconds or false.")


def _whole(given: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not text.isdecimal() or not least <= int(text) <= most:
        raise BadQuery(f"{name} must be a whole number between {least} and {most}.")
    return int(text)


def _number(given: Mapping[str, str], name: str) -> float | None:
    text = given.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"\d+(\.\d+)?", text):
        raise BadQuery(f"{name} must be a number.")
    return float(text)
