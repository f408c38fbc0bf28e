"""Twilio's own price of a call that is over, which it has some minutes later."""

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from calls.after_call import OUTCOME, PRICE_LOOKS_S, Message
from calls.cost import twilio_bill
from calls.outcome import from_plain
from handlers.logs import log

if TYPE_CHECKING:
    from handlers.after_call import AfterWired


def look_for_price(wired: "AfterWired", message: Message) -> None:
    """Keep Twilio's own price of the call as one of its usages, or look again later while there is a look left.
    DialFailed, QueueFailed or StoreUnavailable: the message comes again."""
    record = wired.store.by_call_id(message.call_id)
    if record is None or not record.twilio_sid:
        return
    price, unit = wired.twilio.price(record.twilio_sid)
    bill = twilio_bill(price, unit, wired.now_ms()) if _is_price(price) else None
    if bill is not None:
        wired.store.append_usage(record.call_id, bill)
    elif price and _is_price(price):
        log().warning("Twilio bills a call in another currency", callId=record.call_id, unit=unit)
    elif message.look < len(PRICE_LOOKS_S):
        wired.queue.later(Message(record.call_id, message.look + 1), PRICE_LOOKS_S[message.look])
    else:
        log().warning("Twilio has no price for a call", callId=record.call_id)
    _note_late_turns(wired, record.call_id)


def _is_price(price: str | None) -> bool:
    try:
        return price is not None and Decimal(price).is_finite()
    except ArithmeticError:
        return False


def _note_late_turns(wired: "AfterWired", call_id: str) -> None:
    """An outcome is made once. A turn that came after it is in the record and not in the outcome, and that is said."""
    standing = wired.store.kept(call_id, OUTCOME)
    if standing is None:
        return
    known = set(from_plain(json.loads(standing)).turns)
    late = [turn.id for turn in wired.store.conversation(call_id).turns if turn.heard.strip() and turn.id not in known]
    if late:
        log().warning("turns were written after a call was summed up", callId=call_id, turns=len(late))
