"""What OpenAI answers when it does not answer, as failures with a code, a blame and a next step.

No sentence holds OpenAI's own message: it may quote the request, which is speech, or the key.
"""

import re
from collections.abc import Mapping

from calls.errors import Blame, ProviderFailed

_SAFE = re.compile(r"[A-Za-z0-9_.\[\]-]{1,64}")
_OF_THE_KEY = ("openai-unauthorised", "openai-quota")
OPTIONAL = ("verbosity", "temperature", "reasoning_effort", "stream_options")
"""Parts of a request that a model may refuse and that a reply can do without."""

_REFUSALS = {
    401: (
        "openai-unauthorised",
        "OpenAI did not accept the API key (401). Set OPENAI_API_KEY to a valid key.",
    ),
    403: (
        "openai-forbidden",
        "OpenAI does not let this key use {model} (403). Give its project access, or name another model in "
        "models.reply.",
    ),
    404: (
        "openai-model-unknown",
        "OpenAI has no model {model} for this key (404). Name another model in models.reply.",
    ),
}


SILENT = "openai-silent"
"""Asked, and not waited for any longer: what it was asked is billed."""


class RateLimited(ProviderFailed):
    """`retry_after_s` is how long OpenAI wants to be left alone; None where it does not say."""

    retry_after_s: float | None = None


def is_of_the_key(failed: ProviderFailed) -> bool:
    """Whether every other model would fail in the same way."""
    return failed.failure.code in _OF_THE_KEY


def refused_option(status: int, fields: Mapping[str, object]) -> str | None:
    """The one of OPTIONAL that a refusal complains of; `fields` is the `error` object of the body."""
    param = fields.get("param")
    name = param.partition(".")[0] if isinstance(param, str) else ""
    return name if status == 400 and name in OPTIONAL else None


def of_status(status: int, fields: Mapping[str, object], retry_after: str | None, model: str) -> ProviderFailed:
    """For an HTTP status other than 200 with the `error` object `fields` and the header Retry-After."""
    code, kind = _word(fields.get("code")), _word(fields.get("type"))
    if status == 429:
        return _quota() if "insufficient_quota" in (code, kind) else rate_limited(retry_after, model)
    if status >= 500:
        return failed("openai-error", f"OpenAI had an error of its own with {model} ({status}). Try again later.")
    if status in _REFUSALS:
        name, sentence = _REFUSALS[status]
        return _configuration(name, sentence.format(model=model))
    what = ", ".join(part for part in (code, _word(fields.get("param"))) if part)
    return _configuration(
        "openai-request-refused",
        f"OpenAI refused the request to {model} ({status}{f', {what}' if what else ''}). Check the agent's prompt, "
        "its [thinking] and its model.",
    )


def in_stream(fields: Mapping[str, object], model: str) -> ProviderFailed:
    """For an `error` object inside a stream."""
    if "rate_limit_exceeded" in (fields.get("code"), fields.get("type")):
        return rate_limited(None, model)
    return failed("openai-error", f"OpenAI broke off a reply of {model} with an error of its own. Try again later.")


def rate_limited(retry_after: str | None, model: str) -> RateLimited:
    """`retry_after` is the header's text."""
    says = retry_after if retry_after and re.fullmatch(r"\d{1,5}(?:\.\d{1,3})?", retry_after) else None
    limited = RateLimited(
        f"OpenAI limits the requests for {model} (429){f' and asks to wait {says} s' if says else ''}. Raise the "
        "project's rate limit, or name fallbacks in models.reply_fallbacks.",
        code="openai-rate-limited",
        blame=Blame.PROVIDER,
        retryable=True,
    )
    limited.retry_after_s = float(says) if says else None
    return limited


def silent(model: str, waited_s: float) -> ProviderFailed:
    return failed(
        SILENT,
        f"OpenAI gave no word of a reply of {model} within {waited_s:.1f} s. If that happens often, name a faster "
        "model, or fallbacks in models.reply_fallbacks.",
    )


def stalled(model: str, waited_s: float) -> ProviderFailed:
    return failed(
        "openai-stalled",
        f"OpenAI stopped in the middle of a reply of {model}, for {waited_s:.1f} s. Check its status page if that "
        "happens often.",
    )


def endless(model: str, after_s: float) -> ProviderFailed:
    return failed(
        "openai-too-long", f"A reply of {model} was not complete after {after_s:.1f} s. Lower thinking.max_tokens."
    )


def unreachable(model: str) -> ProviderFailed:
    return failed(
        "openai-unreachable",
        f"OpenAI could not be reached for {model}. Check OPENAI_BASE_URL, the network's way out and OpenAI's status.",
    )


def cut_off(model: str) -> ProviderFailed:
    return failed("openai-cut-off", f"The connection to OpenAI broke in a reply of {model}. Try again.")


def garbage(model: str) -> ProviderFailed:
    return failed(
        "openai-garbage",
        f"What answered for {model} does not speak OpenAI's protocol. Check OPENAI_BASE_URL and proxies in between.",
    )


def wordless(model: str, finish: str | None) -> ProviderFailed:
    """For a reply that ends without a word or an action; `finish` is OpenAI's finish reason."""
    if finish == "content_filter":
        return failed("openai-filtered", f"OpenAI's content filter held back the whole reply of {model}.")
    hint = " Raise thinking.max_tokens: the model used all of them up." if finish == "length" else ""
    return failed("openai-no-words", f"A reply of {model} had no words.{hint}")


def failed(code: str, sentence: str) -> ProviderFailed:
    return ProviderFailed(sentence, code=code, blame=Blame.PROVIDER, retryable=True)


def _configuration(code: str, sentence: str) -> ProviderFailed:
    return ProviderFailed(sentence, code=code, blame=Blame.CONFIGURATION)


def _quota() -> ProviderFailed:
    return _configuration(
        "openai-quota",
        "The OpenAI account has used up its credit or its limit (429, insufficient_quota). Add credit, or raise the "
        "limit, in OpenAI's billing settings.",
    )


def _word(value: object) -> str:
    return value if isinstance(value, str) and _SAFE.fullmatch(value) else ""
