"""The waterfall of one answer, as the caller heard it. Pure arithmetic on epoch milliseconds.

last voiced        turn ended     first words      first audio     first frame sent       first sound heard
inbound sample     (decided)      from the model   from the voice  to Twilio              (mark-confirmed)
    |--endpointing-----|-----model----|-----speech-----|-----queue------|------playout--------|
    |------------------------------------------ total ----------------------------------------|
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
    speech: int | None = None
    queue: int | None = None
    playout: int | None = None
    ours: int | None = None
