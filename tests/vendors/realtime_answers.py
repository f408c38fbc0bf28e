"""Which scripted reply comes next, and what a response of Realtime shows. Pure but for the counting of replies."""

import re
from typing import Any

from tests.vendors.openai_errors import Complaint
from tests.vendors.realtime_audio import Format
from tests.vendors.realtime_config import check_voice
from tests.vendors.realtime_items import Conversation, Item
from tests.vendors.realtime_plan import planned
from tests.vendors.realtime_response import Asked
from tests.vendors.script_parts import nth
from tests.vendors.script_speech import (
    LiveConnection,
    LiveScript,
    RealtimeConnection,
    RealtimeScript,
    SpokenReply,
)


class Answers:
    """The replies of one connection, taken in turn."""

    def __init__(self, script: RealtimeScript | LiveScript, connection: RealtimeConnection | LiveConnection) -> None:
        self._script, self._connection = script, connection
        self._count = 0

    @property
    def upcoming(self) -> SpokenReply:
        """The next of the replies."""
        return nth(self._connection.replies, self._count)

    def reply_to(self, messages: list[dict[str, Any]]) -> SpokenReply:
        """What the model says to a conversation: `messages` with `role` and `content`, instructions first."""
        if self._script.think is not None:
            thought = self._script.think(messages)
            if thought is not None:
                return thought
        last = next((one["content"] for one in reversed(messages) if one["role"] == "user"), "")
        for answer in self._connection.answers:
            if re.search(answer.when, last, re.IGNORECASE):
                return answer.reply
        reply = self.upcoming
        self._count += 1
        return reply

    def told_to_say(self, text: str) -> str | None:
        """The words between quotes that `text` demands."""
        found = re.search(self._connection.say, text) if self._connection.say else None
        if found is None:
            return None
        return re.sub(r"\\(.)", r"\1", next(group for group in found.groups() if group is not None))


def _demanded(asked: dict[str, Any], answers: Answers) -> str | None:
    """The words that a response.create demands, in its instructions or in the last item of its input."""
    texts = [asked.get("instructions") or ""]
    if asked.get("input"):
        texts.append(Item(asked["input"][-1]).words)
    return next((said for said in map(answers.told_to_say, texts) if said is not None), None)


def context_of(asked: dict[str, Any], conversation: Conversation) -> list[Item]:
    """The items that a response is made from. Raises Complaint for a reference to nothing."""
    if asked.get("input") is None:
        return list(conversation.items)
    context = []
    for index, wire in enumerate(asked["input"]):
        if wire["type"] == "item_reference":
            known = [item for item in conversation.items if item.id == wire["id"]]
            if not known:
                what = f"Error creating response: the item with id '{wire['id']}' does not exist."
                where = f"response.input[{index}].id"
                raise Complaint(400, what, param=where, code="response_create_invalid_item_id")
            context += known
        else:
            context.append(Item({"id": "", **wire}))
    return context


def asked_of(
    asked: dict[str, Any], response_id: str, session: dict[str, Any], conversation: Conversation, answers: Answers
) -> tuple[Asked, SpokenReply]:
    """What a response.create (or a turn's end: {}) makes of the session. Raises Complaint."""
    output = {**session["audio"]["output"], **asked.get("audio", {}).get("output", {})}
    settings = {name: asked.get(name, session[name]) for name in ("max_output_tokens", "output_modalities")}
    instructions = asked.get("instructions", session["instructions"])
    is_default = asked.get("conversation", "auto") == "auto"
    context = context_of(asked, conversation)
    text = _demanded(asked, answers)
    reply = answers.upcoming if text is not None else answers.reply_to(Conversation("", context).messages(instructions))
    tools = [] if asked.get("tool_choice", session["tool_choice"]) == "none" else asked.get("tools", session["tools"])
    offered = frozenset(tool["name"] for tool in tools if tool["type"] == "function")
    most = float("inf") if settings["max_output_tokens"] == "inf" else float(settings["max_output_tokens"])
    is_spoken = settings["output_modalities"] == ["audio"]
    wire = {
        "id": response_id,
        "conversation_id": conversation.id if is_default else None,
        "audio": {"output": {"format": output["format"], "voice": output["voice"]}},
        "metadata": asked.get("metadata"),
        **settings,
    }
    made = Asked(
        wire,
        conversation.usage_of(context, instructions, remembered=is_default),
        planned(reply, reply.text if text is None else text, offered, most, spoken=is_spoken),
        conversation if is_default else None,
        is_spoken and reply.is_audio,
        Format(output["format"]),
    )
    return made, reply


def check_response_voice(asked: dict[str, Any], session: dict[str, Any], *, voiced: bool) -> None:
    """Raises Complaint where a response wants another voice than the session has spoken with."""
    voice = asked.get("audio", {}).get("output", {}).get("voice")
    if voice is not None:
        check_voice(session, voice, voiced=voiced)
