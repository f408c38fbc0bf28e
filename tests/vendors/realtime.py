"""OpenAI's `/v1/realtime` on one accepted socket: its events in, and what they do. Its voice is `realtime_voice`.

Taken from the API reference and the SDK's types. Not documented, and assumed here:

- the wording of most errors, and these codes: invalid_event for what is no event at all; item_create_duplicate_item_id,
  item_create_invalid_previous_item_id, item_{truncate,delete,retrieve}_invalid_item_id,
  response_create_invalid_item_id; invalid_value for a change of model, of tracing, of speed in mid-response, for a
  truncation of what is not the model's audio, and for output_audio_buffer.clear
- the close code after session_expired (1001, scripted)
- ids of items have at most 32 characters; function_call_output needs a call of that id in the conversation
- rate_limits.updated comes right after response.created, as the reference says
- a turn that ends while a response goes on makes no second one, and says so in an error event without event_id
- tokens: 10 a second of the caller, 20 a second of the model, words by a rough tokenizer; all that was in the last
  context and is unchanged counts as cached
- the client's VAD threshold is not used: a script has its own. Only the last committed audio can be retrieved
"""

import asyncio
import itertools
import time
from typing import Any

from tests.vendors.meters import SessionMeters
from tests.vendors.openai_errors import Complaint, of_code
from tests.vendors.realtime_audio import Format, encoded
from tests.vendors.realtime_config import first_session, updated
from tests.vendors.realtime_items import Conversation, Item
from tests.vendors.realtime_says import Teller
from tests.vendors.realtime_shapes import EVENTS
from tests.vendors.realtime_turns import SEMANTIC_PREFIX_MS, RealtimeTurns
from tests.vendors.realtime_voice import RealtimeVoice
from tests.vendors.script_speech import RealtimeConnection, RealtimeScript
from tests.vendors.speech_inbox import Inbox, Later
from tests.vendors.web_socket import Socket

LEAST_COMMIT_MS = 100


class Realtime:
    """Runs by the socket's callbacks until the socket is gone."""

    def __init__(
        self,
        socket: Socket,
        model: str,
        script: RealtimeScript,
        connection: RealtimeConnection,
        meters: SessionMeters,
        number: int,
    ) -> None:
        self._connection, self._meters, self._number = connection, meters, number
        self._loop = asyncio.get_running_loop()
        self._opened_s = self._loop.time()
        self._ids = itertools.count(1)
        self._tell = Teller(socket, connection.fault, connection.unknown_every, meters, number, "event_id")
        expires_at = int(time.time() + connection.expires_s)
        self._session = first_session(self._new_id("sess"), model, expires_at)
        self._conversation = Conversation(self._new_id("conv"))
        self._format = Format(self._session["audio"]["input"]["format"])
        self._turns = RealtimeTurns(connection, self._detection, self._speech_started, self._speech_stopped)
        self._buffer = bytearray()
        self._turn_id, self._turn_start_ms = "", 0
        self._voice = RealtimeVoice(script, connection, self._tell, self._conversation, self._new_id, self._idled)
        self._later = Later()
        meters.sessions_opened += 1
        meters.sessions_open += 1
        Inbox(self._tell, EVENTS, "input_audio_buffer.append", self._act, connection.ignored).read(socket)
        if self._tell.begin():
            self._later(connection.created_ms, self._begin)
            self._later(connection.expires_s * 1000, self._expire)

    def stop(self) -> None:
        """The socket is gone."""
        self._meters.sessions_open -= 1
        self._meters.session_s += self._loop.time() - self._opened_s
        self._tell.moment("closed")
        self._turns.ear.stop()
        self._voice.stop()
        self._tell.stop()
        self._later.stop()

    @property
    def _detection(self) -> dict[str, Any] | None:
        detection: dict[str, Any] | None = self._session["audio"]["input"]["turn_detection"]
        return detection

    def _new_id(self, kind: str) -> str:
        return f"{kind}_{self._number:06d}{next(self._ids):08d}"

    def _begin(self) -> None:
        self._tell.moment("session.created")
        self._tell.say("session.created", session=self._session)

    def _expire(self) -> None:
        self._tell.moment("session_expired")
        self._tell.complain(of_code("session_expired"))
        self._tell.close(self._connection.expired_code, "session_expired")

    def _act(self, kind: str, event: dict[str, Any]) -> None:
        match kind:
            case "input_audio_buffer.append":
                self._append(event["audio"])
            case "session.update":
                self._update(event["session"])
            case "input_audio_buffer.commit":
                self._commit_by_client()
            case "input_audio_buffer.clear":
                self._buffer.clear()
                self._turns.reset()
                self._tell.say("input_audio_buffer.cleared")
            case "response.create":
                self._voice.create(event.get("response") or {}, self._session, time.monotonic())
            case "response.cancel":
                self._voice.cancel(event.get("response_id"))
            case "conversation.item.create":
                self._add_item(event["item"], event.get("previous_item_id"))
            case "conversation.item.truncate":
                self._truncate(event["item_id"], event["content_index"], event["audio_end_ms"])
            case "conversation.item.delete":
                self._conversation.items.remove(self._conversation.find(event["item_id"], "delete"))
                self._tell.say("conversation.item.deleted", item_id=event["item_id"])
            case "conversation.item.retrieve":
                self._retrieve(event["item_id"])
            case _:
                what = "output_audio_buffer.clear is only supported on WebRTC and SIP connections."
                raise Complaint(400, what, param="type", code="invalid_value")

    def _append(self, given: str) -> None:
        audio = self._format.decoded(given, "audio")
        self._meters.appended_ms += len(audio) / self._format.bytes_per_ms
        self._meters.audio_s_received += len(audio) / self._format.bytes_per_ms / 1000
        self._buffer += audio
        self._turns.ear.hear(self._format.to_mulaw(audio))
        if self._detection is not None and not self._turns.is_speaking:
            self._forget_silence()

    def _forget_silence(self) -> None:
        """Before speech begins, no more than its prefix can matter."""
        kept = (SEMANTIC_PREFIX_MS + 1000) * self._format.bytes_per_ms
        if len(self._buffer) > 2 * kept:
            del self._buffer[:-kept]

    def _update(self, change: dict[str, Any]) -> None:
        self._session = updated(
            self._session, change, voiced=self._voice.has_spoken, responding=self._voice.active is not None
        )
        audio = self._session["audio"]["input"]
        if audio["format"] != {"type": self._format.kind} and "input" in change.get("audio", {}):
            self._format = Format(audio["format"])
            self._buffer.clear()
        self._turns.detect(self._detection)
        self._later(self._connection.updated_ms, self._tell_updated, self._session)

    def _tell_updated(self, session: dict[str, Any]) -> None:
        self._tell.moment("session.updated")
        self._tell.say("session.updated", session=session)

    def _speech_started(self, audio_start_ms: int) -> None:
        detection = self._detection
        assert detection is not None
        self._turn_id, self._turn_start_ms = self._new_id("item"), audio_start_ms
        self._voice.stop_waiting()
        self._tell.moment("speech_started")
        self._tell.say("input_audio_buffer.speech_started", audio_start_ms=audio_start_ms, item_id=self._turn_id)
        if detection["interrupt_response"]:
            self._voice.interrupt()

    def _speech_stopped(self, audio_end_ms: int) -> None:
        detection = self._detection
        assert detection is not None
        self._tell.moment("speech_stopped")
        self._tell.say("input_audio_buffer.speech_stopped", audio_end_ms=audio_end_ms, item_id=self._turn_id)
        audio_ms = audio_end_ms - self._turn_start_ms
        audio = bytes(self._buffer[-round(audio_ms * self._format.bytes_per_ms) :])
        committed_s = self._commit(self._turn_id, audio, voiced=True)
        if detection["create_response"] and self._connection.answers_unasked:
            self._voice.create_by_turn(self._session, committed_s)

    def _commit_by_client(self) -> None:
        audio_ms = len(self._buffer) / self._format.bytes_per_ms
        if audio_ms < LEAST_COMMIT_MS:
            what = "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio,"
            what += f" but buffer only has {audio_ms:.2f}ms of audio."
            raise Complaint(400, what, code="input_audio_buffer_commit_empty")
        item_id = self._turn_id if self._turns.is_speaking else self._new_id("item")
        voiced = self._turns.ear.began_ms is not None
        self._turns.reset()
        self._commit(item_id, bytes(self._buffer), voiced=voiced)

    def _commit(self, item_id: str, audio: bytes, *, voiced: bool) -> float:
        """The buffer becomes an item of the caller's. Returns when, by `time.monotonic`."""
        now_s = time.monotonic()
        self._buffer.clear()
        for item in self._conversation.items:
            item.audio = b""
        content = [{"type": "input_audio", "transcript": None}]
        wire = {"id": item_id, "object": "realtime.item", "type": "message", "status": "completed", "role": "user"}
        item = Item({**wire, "content": content}, audio, len(audio) / self._format.bytes_per_ms)
        self._tell.moment("committed", now_s)
        previous = self._conversation.last_id
        self._tell.say("input_audio_buffer.committed", previous_item_id=previous, item_id=item_id)
        self._show(item)
        self._voice.hear(item, self._session["audio"]["input"]["transcription"], voiced=voiced)
        return now_s

    def _show(self, item: Item, previous_id: str | None = None) -> None:
        previous = self._conversation.add(item, previous_id)
        self._tell.say("conversation.item.added", previous_item_id=previous, item=item.wire)
        self._tell.say("conversation.item.done", previous_item_id=previous, item=item.wire)

    def _add_item(self, given: dict[str, Any], previous_id: str | None) -> None:
        if given["type"] == "function_call_output" and not self._conversation.has_call(given["call_id"]):
            what = f"Tool call ID '{given['call_id']}' not found in conversation."
            raise Complaint(400, what, param="item.call_id", code="invalid_tool_call_id")
        wire = {"id": self._new_id("item"), "object": "realtime.item", "status": "completed", **given}
        audio_ms = 0.0
        if given["type"] == "function_call" and "call_id" not in given:
            wire["call_id"] = self._new_id("call")
        if given["type"] == "message":
            parts = []
            for index, part in enumerate(given["content"]):
                if part["type"] == "input_audio":
                    where = f"item.content[{index}].audio"
                    audio_ms += len(self._format.decoded(part["audio"], where)) / self._format.bytes_per_ms
                parts.append({name: one for name, one in part.items() if name != "audio"})
            wire["content"] = parts
        self._show(Item(wire, audio_ms=audio_ms), previous_id)
        self._tell.moment(f"item {given['type']}")

    def _retrieve(self, item_id: str) -> None:
        item = self._conversation.find(item_id, "retrieve")
        wire = item.wire
        if item.audio:
            wire = {**wire, "content": [{**part, "audio": encoded(item.audio)} for part in wire["content"]]}
        self._tell.say("conversation.item.retrieved", item=wire)

    def _truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        item = self._conversation.find(item_id, "truncate")
        if item.role != "assistant":
            what = "Only model output audio messages can be truncated."
            raise Complaint(400, what, param="item_id", code="invalid_value")
        parts = item.wire["content"]
        if content_index >= len(parts) or parts[content_index]["type"] != "output_audio":
            what = f"Error truncating item: content part {content_index} is not audio."
            raise Complaint(400, what, param="content_index", code="invalid_value")
        if audio_end_ms > item.audio_ms:
            what = f"Audio content of {item.audio_ms:.0f}ms is already shorter than {audio_end_ms}ms"
            raise Complaint(400, what, param="audio_end_ms", code="invalid_value")
        item.audio_ms, item.is_cut = float(audio_end_ms), True
        item.wire = {**item.wire, "content": [{"type": "output_audio", "transcript": ""}]}
        self._meters.truncations += 1
        self._tell.moment(f"truncate {audio_end_ms}")
        place = {"item_id": item_id, "content_index": content_index, "audio_end_ms": audio_end_ms}
        self._tell.say("conversation.item.truncated", **place)

    def _idled(self) -> None:
        """Nothing was said for the idle time-out."""
        item_id = self._new_id("item")
        end_ms = round(self._turns.ear.received_ms)
        start_ms = max(0, end_ms - round(self._voice.idle_ms(self._session) or 0))
        span = {"audio_start_ms": start_ms, "audio_end_ms": end_ms}
        self._tell.moment("timeout_triggered")
        self._tell.say("input_audio_buffer.timeout_triggered", item_id=item_id, **span)
        audio = bytes(self._buffer[-round((end_ms - start_ms) * self._format.bytes_per_ms) :])
        self._voice.create_by_turn(self._session, self._commit(item_id, audio, voiced=False))
