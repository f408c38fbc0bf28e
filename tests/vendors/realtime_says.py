"""The outgoing side of a Realtime or Live session: numbered events, errors, faults, and what nobody knows."""

import itertools
from typing import Any

import orjson

from tests.vendors.meters import SessionMeters
from tests.vendors.mishap import Mishap, Outgoing
from tests.vendors.openai_errors import Complaint, of_code
from tests.vendors.script_parts import Fault
from tests.vendors.web_socket import Socket

UNKNOWN_TYPE = "session.weather.updated"
"""An event that no client can know."""


class Teller:
    """Sends events on one socket. `error_id` names the field of an error that echoes the client's event_id."""

    def __init__(
        self, socket: Socket, fault: Fault | None, unknown_every: int, meters: SessionMeters, number: int, error_id: str
    ) -> None:
        self._socket, self._unknown_every, self.meters, self.number = socket, unknown_every, meters, number
        self._error_id = error_id
        self._out = Outgoing(socket, fault, self._fail)
        self._mishap: Mishap | None = None
        self._ids = itertools.count(1)
        self._sent = 0

    def begin(self) -> bool:
        """After the handshake: whether the session goes on."""
        return self._out.begin()

    def say(self, kind: str, **fields: Any) -> None:
        """One server event."""
        self.send({"type": kind, "event_id": f"event_{self.number}_{next(self._ids)}", **fields})

    def send(self, event: dict[str, Any]) -> None:
        """An event as it is, for the few that have no event_id."""
        self._out.send(orjson.dumps(event))
        if self._mishap is not None:
            self._mishap.sent()
        self._sent += 1
        if self._unknown_every and self._sent % self._unknown_every == 0:
            self._out.send(orjson.dumps({"type": UNKNOWN_TYPE, "event_id": f"event_{self.number}_{next(self._ids)}"}))

    def moment(self, what: str, at_s: float | None = None) -> None:
        self.meters.moment(self.number, what, at_s)

    def complain(self, complaint: Complaint, event_id: str | None = None) -> None:
        """An error event."""
        fields = complaint.fields()
        if self._error_id == "client_event_id":
            fields["code"] = fields["code"] or complaint.kind  # Live's errors always have a code.
        self.say("error", error={**fields, self._error_id: event_id})

    def refuse(self, complaint: Complaint, event_id: Any) -> None:
        """An error event for something that the client did."""
        self.meters.refuse_as(complaint.code or complaint.kind, complaint.message)
        self.complain(complaint, event_id if isinstance(event_id, str) else None)

    def expect(self, fault: Fault | None) -> None:
        """From now on, another fault may strike: a reply's own."""
        self.expect_no_more()
        self._mishap = Mishap(fault, self._out.strike) if fault is not None else None

    def expect_no_more(self) -> None:
        if self._mishap is not None:
            self._mishap.stop()

    def close(self, code: int, reason: str = "") -> None:
        self._socket.close(code, reason)

    def stop(self) -> None:
        self._out.stop()
        self.expect_no_more()

    def _fail(self, fault: Fault) -> None:
        complaint = of_code(fault.reason)
        self.complain(complaint)
        if fault.code:
            self.close(fault.code, f"{complaint.kind}.{complaint.code}")
