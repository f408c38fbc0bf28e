"""What a Live model that delegates wants done. It does not say: the event carries an id and nothing else. No I/O.

So it is read from what was just said. The model is told to say goodbye before it has the call ended, and that it
connects the caller before it has the call transferred; a caller's own goodbye, or wish for a person, counts as well.
Anything else is nothing that we can do, and the model is told so.
"""

import re

from calls import closing, tools
from calls.agent import Agent
from calls.reply import Action, Transfer

NOTHING_DONE = (
    "Nothing was done: the backend ends calls after you said goodbye, and connects calls after you said that you "
    "connect them. Go on with what you know yourself."
)
BEING_DONE = "It is being done now. Say nothing more."

_CONNECTS = re.compile(
    r"\b(?:connect|connecting|transfer|transferring|put(?:ting)? you through|hand(?:ing)? you over)\b"
)
_A_PERSON = re.compile(
    r"\b(?:a|an|the|some|real|live|your|another|actual)\s+(?:real\s+|live\s+|actual\s+|human\s+)?"
    r"(?:person|human|human being|operator|agent|representative|manager|supervisor|colleague|someone|receptionist)\b"
    r"|\b(?:speak|talk)\s+(?:to|with)\s+(?:someone|somebody)\b|\boperator\b|\brepresentative\b"
)


def wanted(agent: Agent, caller_words: str, agent_words: str) -> Action | None:
    """The action that was meant after the caller's last words and what the model has said to them since; None where
    there is none."""
    asks_for_person = _A_PERSON.search(caller_words.lower()) or _CONNECTS.search(caller_words.lower())
    if asks_for_person or _CONNECTS.search(agent_words.lower()):
        transfer = tools.action_of(agent, "transfer", "")
        if isinstance(transfer, Transfer):
            return transfer
    if closing.agent_says_goodbye(agent_words) or closing.caller_says_goodbye(caller_words):
        return tools.action_of(agent, "end_call", "")
    return None
