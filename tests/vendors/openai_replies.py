"""Which reply of a script a request gets. Pure, counting aside."""

import re

from tests.vendors.script import Messages, OpenAIScript, Reply, nth
from tests.vendors.tokens import texts_of


def reply_to(script: OpenAIScript, messages: Messages, number: int) -> Reply:
    """The reply to request `number` (from 0), by the rules of `OpenAIScript`."""
    if script.think is not None:
        thought = script.think(messages)
        if thought is not None:
            return thought
    said = last_words(messages)
    for answer in script.answers:
        if re.search(answer.when, said, re.IGNORECASE):
            return answer.reply
    turn = sum(1 for message in messages if message.get("role") == "user")
    return nth(script.replies, number if script.by == "request" else max(0, turn - 1))


def last_words(messages: Messages) -> str:
    """What the user said last; empty before the first word."""
    for message in reversed(messages):
        if message.get("role") == "user":
            return " ".join(texts_of(message))
    return ""
