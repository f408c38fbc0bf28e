"""What a vendor would bill and log: the other side of cost reconciliation, and proof that nothing is left open."""

import time
from collections import Counter, deque
from dataclasses import dataclass, field, fields
from typing import Any

MOMENTS_KEPT = 20_000
REFUSALS_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened on connection or request number `number`. `at_s` is the machine's monotonic clock."""

    at_s: float
    number: int
    what: str


@dataclass(slots=True)
class Meters:
    """Counters of one vendor since it was started. Connections are TCP, sockets are accepted WebSockets."""

    connections_opened: int = 0
    connections_open: int = 0
    sockets_opened: int = 0
    sockets_open: int = 0
    requests: int = 0
    """Requests and handshakes, refused ones too."""
    requests_cut: int = 0
    """Answers that the client did not wait for."""
    characters: int = 0
    """Characters that were synthesised, spoken to the end or not."""
    audio_s_received: float = 0.0
    audio_s_sent: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    """Tokens really sent, so a cut answer counts to where it was cut."""
    refusals: deque[str] = field(default_factory=lambda: deque(maxlen=REFUSALS_KEPT))
    """Why something a client sent was refused, in the words it was told."""
    remarks: deque[str] = field(default_factory=lambda: deque(maxlen=REFUSALS_KEPT))
    """What a client did against advice, and was served nevertheless."""
    moments: deque[Moment] = field(default_factory=lambda: deque(maxlen=MOMENTS_KEPT))
    asked: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=MOMENTS_KEPT))
    """Of each request to a model, its number (that of its moments) and what the user said last in it."""

    def refuse(self, why: str) -> None:
        self.refusals.append(why)

    def remark(self, what: str) -> None:
        self.remarks.append(what)

    def moment(self, number: int, what: str, at_s: float | None = None) -> None:
        """`at_s`: of `time.monotonic`; now, where it is not given."""
        self.moments.append(Moment(time.monotonic() if at_s is None else at_s, number, what))

    def as_json(self) -> dict[str, Any]:
        """The counters, refusals and remarks; of the moments, each as [at_s, number, what]; `asked` as pairs."""
        lists = {"refusals": list(self.refusals), "remarks": list(self.remarks), "asked": list(self.asked)}
        moments = [[moment.at_s, moment.number, moment.what] for moment in self.moments]
        counters = {one.name: getattr(self, one.name) for one in fields(self) if one.type in (int, float)}
        return {**counters, **lists, "moments": moments}


@dataclass(slots=True)
class SessionMeters(Meters):
    """Counters of speech-to-speech: what a session costs, and whether it was left open."""

    sessions_opened: int = 0
    sessions_open: int = 0
    session_s: float = 0.0
    """Seconds that closed sessions were open for."""
    appended_ms: float = 0.0
    responses_created: int = 0
    responses_unasked: int = 0
    """Of them, those that a turn's end made."""
    responses_cancelled: int = 0
    truncations: int = 0
    billed: Counter[str] = field(default_factory=Counter)
    """What Realtime would bill, cancelled responses included: tokens by "text in", "text in, cached", "audio in",
    "audio in, cached" (each within what came in), "text out", "audio out"; and "transcribed ms"."""
    refusals_by_code: Counter[str] = field(default_factory=Counter)

    def refuse_as(self, code: str, why: str) -> None:
        self.refusals_by_code[code] += 1
        self.refuse(f"{code}: {why}")

    def as_json(self) -> dict[str, Any]:
        counters = {"refusals_by_code": dict(self.refusals_by_code), "billed": dict(self.billed)}
        return {**Meters.as_json(self), **counters}


@dataclass(slots=True)
class AllMeters:
    """The meters of the three vendors; OpenAI's sockets have their own, its connections are all in `openai`."""

    deepgram: Meters = field(default_factory=Meters)
    openai: Meters = field(default_factory=Meters)
    elevenlabs: Meters = field(default_factory=Meters)
    realtime: SessionMeters = field(default_factory=SessionMeters)
    live: SessionMeters = field(default_factory=SessionMeters)
