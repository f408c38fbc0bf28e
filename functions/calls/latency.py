"""The waterfall of one answer, as the caller heard it. Pure arithmetic on epoch milliseconds.

last voiced      turn ended    first words     first clause    first audio     first frame     first sound heard
inbound sample   (decided)     from the model  to the voice    from the voice  sent to Twilio  (mark-confirmed)
    |--endpointing---|-----model-----|-----clause----|-----speech----|-----queue-----|----playout----|
    |--------------------------------------------- total -------------------------------------------|

Turns written before there was a stage `clause` have it in `speech`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Milliseconds; None where a stage does not exist in the mode or was not observed.

    `ours` is what no provider was busy with: the part of `total` that Offhook itself added.
    """

    total: int | None = None
    endpointing: int | None = None
    model: int | None = None
    clause: int | None = None
    speech: int | None = None
    queue: int | None = None
    playout: int | None = None
    ours: int | None = None
