"""One response of Realtime: from response.created to response.done, whichever way it ends."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.vendors.openai_errors import of_code
from tests.vendors.paced import Paced
from tests.vendors.realtime_audio import Format, encoded
from tests.vendors.realtime_items import Conversation, Item, audio_tokens
from tests.vendors.realtime_plan import Arguments, Calling, End, Plan, Sound, Step, Words
from tests.vendors.realtime_says import Teller


@dataclass(frozen=True, slots=True)
class Asked:
    """What a response is made of: the session's settings with the request's own over them.

    `wire`: the fields of the response object that stay. `input_usage`: input_token_details. `conversation`: where its
    items go; None out of band. `is_spoken`: its words are audio.
    """

    wire: dict[str, Any]
    input_usage: dict[str, Any]
    plan: Plan
    conversation: Conversation | None
    is_spoken: bool
    format: Format


class Response:
    """Runs by timers from its creation. `over` is called once, after response.done, with the finished response."""

    def __init__(self, asked: Asked, teller: Teller, new_id: Callable[[str], str], over: "Callable[[Response], None]"):
        self.id = str(asked.wire["id"])
        self._asked, self._teller, self._new_id, self._over = asked, teller, new_id, over
        self._output: list[dict[str, Any]] = []
        self._open: Item | None = None
        self.audio_ms = 0.0
        """Audio sent so far."""
        self._words = 0
        self.is_done = False
        self._paced: Paced[Step] | None = None
        teller.say("response.created", response=self._object("in_progress"))

    @property
    def is_default(self) -> bool:
        """Of the default conversation."""
        return self._asked.conversation is not None

    def begin(self, since_s: float) -> None:
        """`since_s`: when it was asked for, by `time.monotonic`; what it took to get here is not on top."""
        self._paced = Paced([(since_s + at_ms / 1000, step) for at_ms, step in self._asked.plan], self._take, _nothing)

    def cancel(self, reason: str) -> None:
        """`reason`: turn_detected or client_cancelled."""
        self._finish("cancelled", reason)

    def stop(self) -> None:
        """The socket is gone."""
        self.is_done = True
        if self._paced is not None:
            self._paced.stop()

    def _take(self, step: Step) -> None:
        if self.is_done:
            return
        match step:
            case Words(delta):
                self._add_words(delta)
            case Sound(mulaw):
                self._add_sound(mulaw)
            case Calling(name):
                self._close_item("completed")
                self._begin_call(name)
            case Arguments(delta):
                self._add_arguments(delta)
            case End(status, reason):
                self._finish(status, reason)

    def _place(self) -> dict[str, Any]:
        assert self._open is not None
        return {"response_id": self.id, "item_id": self._open.id, "output_index": len(self._output)}

    def _begin_item(self, wire: dict[str, Any]) -> None:
        wire = {"id": self._new_id("item"), "object": "realtime.item", "status": "in_progress", **wire}
        self._open = Item(wire)
        self._teller.say("response.output_item.added", response_id=self.id, output_index=len(self._output), item=wire)
        if self._asked.conversation is not None:
            previous = self._asked.conversation.add(self._open)
            self._teller.say("conversation.item.added", previous_item_id=previous, item=wire)

    def _begin_message(self) -> None:
        self._begin_item({"type": "message", "role": "assistant", "content": []})
        part = {"type": "audio", "transcript": ""} if self._asked.is_spoken else {"type": "text", "text": ""}
        self._teller.say("response.content_part.added", **self._place(), content_index=0, part=part)
        kept = (
            {"type": "output_audio", "transcript": ""} if self._asked.is_spoken else {"type": "output_text", "text": ""}
        )
        assert self._open is not None
        self._open.wire = {**self._open.wire, "content": [kept]}

    def _begin_call(self, name: str) -> None:
        call_id = self._new_id("call")
        self._begin_item({"type": "function_call", "name": name, "call_id": call_id, "arguments": ""})

    def _add_words(self, delta: str) -> None:
        if self._open is None:
            self._begin_message()
        assert self._open is not None
        self._words += 1
        self._teller.meters.tokens_out += 1
        name = "transcript" if self._asked.is_spoken else "text"
        if not self._open.is_cut:
            self._open.wire["content"][0][name] += delta
        event = "response.output_audio_transcript.delta" if self._asked.is_spoken else "response.output_text.delta"
        self._teller.say(event, **self._place(), content_index=0, delta=delta)

    def _add_sound(self, mulaw: bytes) -> None:
        if self._open is None:
            self._begin_message()
        assert self._open is not None
        audio = self._asked.format.from_mulaw(mulaw)
        if not self.audio_ms:
            self._teller.moment("first audio")
        self.audio_ms += len(mulaw) / 8
        self._teller.meters.audio_s_sent += len(mulaw) / 8000
        if not self._open.is_cut:
            self._open.audio_ms += len(audio) / self._asked.format.bytes_per_ms
        self._teller.say("response.output_audio.delta", **self._place(), content_index=0, delta=encoded(audio))

    def _add_arguments(self, delta: str) -> None:
        assert self._open is not None
        self._words += 1
        self._teller.meters.tokens_out += 1
        self._open.wire["arguments"] += delta
        call_id = self._open.wire["call_id"]
        self._teller.say("response.function_call_arguments.delta", **self._place(), call_id=call_id, delta=delta)

    def _close_item(self, status: str) -> None:
        """The done events of the item that is open, if one is."""
        item = self._open
        if item is None:
            return
        place = self._place()
        if item.wire["type"] == "function_call":
            told = {name: item.wire[name] for name in ("call_id", "name", "arguments")}
            self._teller.say("response.function_call_arguments.done", **place, **told)
        else:
            self._close_message(item, place)
        item.wire = {**item.wire, "status": status}
        if self._asked.conversation is not None:
            previous = self._asked.conversation.before(item)
            self._teller.say("conversation.item.done", previous_item_id=previous, item=item.wire)
        self._teller.say(
            "response.output_item.done", response_id=self.id, output_index=len(self._output), item=item.wire
        )
        self._output.append(item.wire)
        self._open = None

    def _close_message(self, item: Item, place: dict[str, Any]) -> None:
        place = {**place, "content_index": 0}
        if self._asked.is_spoken:
            transcript = item.wire["content"][0].get("transcript", "")
            self._teller.say("response.output_audio.done", **place)
            self._teller.say("response.output_audio_transcript.done", **place, transcript=transcript)
            part = {"type": "audio", "transcript": transcript}
        else:
            text = item.wire["content"][0]["text"]
            self._teller.say("response.output_text.done", **place, text=text)
            part = {"type": "text", "text": text}
        self._teller.say("response.content_part.done", **place, part=part)

    def _finish(self, status: str, reason: str | None) -> None:
        if self.is_done:
            return
        self.stop()
        self._close_item("completed" if status == "completed" else "incomplete")
        details: dict[str, Any] | None = None
        if status == "failed":
            error = of_code(reason or "").fields()
            details = {"type": status, "error": {name: error[name] for name in ("type", "code", "message")}}
        elif status != "completed":
            details = {"type": status, "reason": reason}
        self._teller.moment(f"response.done {status}")
        self._teller.expect_no_more()
        self._teller.say("response.done", response=self._object(status, details, self._usage()))
        self._over(self)

    def _usage(self) -> dict[str, Any]:
        given = self._asked.input_usage
        read = given["text_tokens"] + given["audio_tokens"]
        text, audio = self._words, audio_tokens(self.audio_ms)
        self._teller.meters.tokens_in += read
        cached = given["cached_tokens_details"]
        bill = {"text in": given["text_tokens"], "text in, cached": cached["text_tokens"], "text out": text}
        bill |= {"audio in": given["audio_tokens"], "audio in, cached": cached["audio_tokens"], "audio out": audio}
        self._teller.meters.billed.update(bill)
        return {
            "total_tokens": read + text + audio,
            "input_tokens": read,
            "output_tokens": text + audio,
            "input_token_details": given,
            "output_token_details": {"text_tokens": text, "audio_tokens": audio},
        }

    def _object(
        self, status: str, details: dict[str, Any] | None = None, usage: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        told = {"status": status, "status_details": details, "output": list(self._output), "usage": usage}
        return {"object": "realtime.response", **self._asked.wire, **told}


def _nothing() -> None:
    """A plan that stalls has no end."""
