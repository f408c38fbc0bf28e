"""What to do about a failure of a call, in one sentence, by its code. Pure."""

from collections.abc import Mapping

from calls.errors import Blame, Failure
from calls.faults import EVENTS_UNKNOWN

_REACH = (
    "Run `offhook doctor`: its checks `stream-reach` and `stream-upgrade` say whether Twilio can reach the streamer."
)
_LOG = "Look at the streamer's log of this call, by its callId."
_TWIML = "Run `offhook doctor`: its check `twiml` shows what Twilio is answered."
_KEY = "Give the deployment a key that the provider accepts; `offhook doctor` tries each key."
_QUOTA = "Pay for more, or raise the account's limit, with the provider."
_BUSY = "Raise the account's limit with the provider, or let fewer calls run at once."
_STATUS = "Look at the provider's status page; give the agent a fallback if it happens again."
_BUDGET = "Nothing, where that was meant; else raise the agent's `[budget]`, or name there what a cheaper mode costs."
_AGENT = "Run `offhook agents check`, and compare the agent's models and modes with what the deployment has."

_BY_CODE: Mapping[str, str] = {
    "stream-never-came": _REACH,
    "task-leaving": "Nothing, where it was a deploy or a scale-in: the call went on in another stream.",
    "agent-not-here": "Deploy the streamer and the functions with the same agents.",
    "mode-not-here": _AGENT,
    "model-unknown": _AGENT,
    "key-missing": "Set the key that the sentence names, for the streamer and the functions.",
    "provider-not-here": _AGENT,
    "reply-provider-unknown": _AGENT,
    "dial-unknown": "Look in Twilio's call log whether the call was placed, then try again with a new Idempotency-Key.",
    "engine-broke": f"{_LOG} It is a defect of Offhook's: report it with the log.",
    "reply-late": "Compare models with `offhook report --by model`; take a faster one, or a longer limits.reply_s.",
    "frames-malformed": "Something between Twilio and the streamer changes what is sent: look at proxies on the way.",
    "store-table-missing": "Run `offhook doctor`: its check `table` says what is wrong with OFFHOOK_TABLE.",
    "store-forbidden": "Give the role of the functions and the streamer access to the table.",
    EVENTS_UNKNOWN: "Nothing for this call, which they did not change; look for a newer version of Offhook.",
    "budget-near": _BUDGET,
    "budget-spent": _BUDGET,
    "twilio-20003": "Put the account's present auth token into the deployment.",
    "twilio-13227": "Allow the country under Voice, Geographic Permissions, in Twilio's console.",
    "twilio-21215": "Allow the country under Voice, Geographic Permissions, in Twilio's console.",
    "twilio-31901": "Start more streamers, or larger ones: a streamer that is starting or overloaded answers too late.",
    "twilio-31902": _REACH,
    "twilio-31903": _LOG,
    "twilio-31904": _REACH,
    "twilio-31910": _REACH,
    "twilio-31920": _REACH,
    "twilio-31921": _LOG,
    "twilio-31922": "Let OFFHOOK_STREAM_URL begin with wss://.",
    "twilio-31924": _LOG,
    "twilio-31930": "Start more streamers, nearer to Twilio's region.",
    "twilio-11200": "Look at the log of the voice function at that time.",
    "twilio-11205": "Run `offhook doctor`: its check `public-reach` says whether the webhooks can be reached.",
    "twilio-12100": _TWIML,
    "twilio-12200": _TWIML,
    "twilio-12300": _TWIML,
}

_BY_END: Mapping[str, str] = {
    "-unauthorised": _KEY,
    "-forbidden": _KEY,
    "-quota": _QUOTA,
    "-rate-limited": _BUSY,
    "-limit": _BUSY,
    "-busy": _BUSY,
    "-model-unknown": _AGENT,
    "-deaf": "Compare the agent's `voice.language` with what callers speak; else look at the provider's status page.",
    "-filtered": "Look at what was asked: the provider's filter refused it.",
    "-too-long": "Shorten the agent's prompt, or its calls.",
    "-refused": "The provider does not take what the agent asks of it: run `offhook agents check`.",
}

_BY_BLAME: Mapping[Blame, str] = {
    Blame.TWILIO: "Look the call up in Twilio's console, under Monitor, Logs, Calls.",
    Blame.OFFHOOK: _LOG,
    Blame.PROVIDER: _STATUS,
    Blame.CALLER: "Nothing here: it was the caller's side.",
    Blame.CONFIGURATION: "Correct the setting that the sentence names, and run `offhook doctor`.",
}


def remedy(failure: Failure) -> str:
    """One sentence, or two."""
    if known := _BY_CODE.get(failure.code):
        return known
    ending = next((ending for ending in _BY_END if failure.code.endswith(ending)), "")
    return _BY_END[ending] if ending else _BY_BLAME[failure.blame]
