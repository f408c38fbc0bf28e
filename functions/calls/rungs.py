"""Which rung a call goes on on: when its stream is over, and, in traditional mode, when a stream may be had again.

    the stream                                        the call goes on
    ------------------------------------------------  ----------------------------------------------------------------
    asked to stream again                             on the rung that it named, or else the same
    was left because its task is leaving, or died,    on the same rung
    also before it had begun
    was left because its engine is lost               on the next streaming rung of the agent's ladder
    never opened, or was given up by the watchdog,    traditional: no other rung would be reached either
    or its agent is not known to the streamer
    was left because it is too dear                   traditional: `calls.budget` found no other rung that is cheaper
    ------------------------------------------------  ----------------------------------------------------------------
    whatever it was: after two short streams in a     traditional
    row (four that asked for it themselves), or 40

Traditional is below every ladder, whether or not the ladder names it. Pure.
"""

from calls.agent import Agent
from calls.errors import Blame
from calls.record import CallRecord, Do, Mode, NextStep, StreamUse
from calls.streams import newest, shorts_in_a_row

MOST_STREAMS = 40
MOST_SHORT = 2
MOST_SHORT_HANDOVERS = 4
"""A deploy may hand a call on twice in a few seconds; a streamer that keeps asking for another stream is broken."""

CLIMB_AFTER_MS = 8_000
MOST_CLIMBS = 2

LEAVING = frozenset({"task-leaving"})
"""The failures that say nothing of the rung, only of the task that it ran in."""
NOWHERE = frozenset({"agent-not-here", "budget-spent"})
"""The failures that say of every streaming rung that it is none for this call: nobody knows its agent there, or none is
known to be cheap enough (`calls.budget` chose among them all)."""


def after_stream(record: CallRecord, agent: Agent, asked: NextStep | None) -> Mode:
    """The rung for a call whose newest stream has ended (and says so), and which is to go on talking. `asked` is what
    the streamer wrote, if it did."""
    streaming = _streaming(record, agent)
    if not streaming or record.streams_served >= MOST_STREAMS:
        return Mode.TRADITIONAL
    shorts = shorts_in_a_row(record)
    if asked and asked.do is Do.STREAM:
        wanted = asked.mode if asked.mode in streaming else streaming[0]
        return wanted if wanted and shorts < MOST_SHORT_HANDOVERS else Mode.TRADITIONAL
    stream = newest(record)
    if stream is None or shorts >= MOST_SHORT or stream.code in NOWHERE:
        return Mode.TRADITIONAL
    if stream.code and stream.code not in LEAVING:
        return _below(record, agent)
    if stream.code or (asked is None and _was_there(stream)):
        return streaming[0]
    return Mode.TRADITIONAL


def climb_to(record: CallRecord, agent: Agent, now_ms: int) -> Mode | None:
    """The streaming rung that a call in traditional mode may go back up to at `now_ms`, if a streamer is ready.

    None for a call that never streamed (it was given the rung it is on), has been here for less than 8 s, has gone up
    twice, came here as it was too dear, or fell because Twilio's way to the streamer is blocked: what is ready for us
    need not be so for Twilio. A rung that this deployment cannot run is left out.
    """
    here, stream = record.modes[-1] if record.modes else None, newest(record)
    if here is None or here.mode is not Mode.TRADITIONAL or here.left_at_ms is not None or stream is None:
        return None
    if now_ms - here.started_at_ms < CLIMB_AFTER_MS or _climbs(record) >= MOST_CLIMBS:
        return None
    if stream.given_up_at_ms is not None or stream.code in NOWHERE or record.streams_served >= MOST_STREAMS:
        return None
    return next((mode for mode in _streaming(record, agent) if not _cannot_run(record, mode)), None)


def _streaming(record: CallRecord, agent: Agent) -> list[Mode]:
    """The rungs with a stream, the one that the call stands on first."""
    return [mode for mode in dict.fromkeys((record.mode, *agent.modes)) if mode and mode is not Mode.TRADITIONAL]


def _below(record: CallRecord, agent: Agent) -> Mode:
    """The next rung of the ladder that streams, or traditional."""
    after = agent.modes[agent.modes.index(record.mode) + 1 :] if record.mode in agent.modes else agent.modes
    return next((mode for mode in after if mode not in (Mode.TRADITIONAL, record.mode)), Mode.TRADITIONAL)


def _was_there(stream: StreamUse) -> bool:
    """Whether its socket stood. Who refuses a call says why (`StreamUse.code`): without a word a streamer dies, whether
    or not it lived to say that the call was bridged. One that refuses and cannot say why, as the table is down, is
    asked once more than it need be."""
    return stream.given_up_at_ms is None and (stream.opened_at_ms is not None or stream.arrived_at_ms is not None)


def _climbs(record: CallRecord) -> int:
    steps = zip(record.modes, record.modes[1:], strict=False)
    return sum(low.mode is Mode.TRADITIONAL and up.mode is not Mode.TRADITIONAL for low, up in steps)


def _cannot_run(record: CallRecord, mode: Mode) -> bool:
    codes = {stream.code for stream in record.streams if stream.mode is mode and stream.code}
    return any(failure.code in codes and failure.blame is Blame.CONFIGURATION for failure in record.failures)
