"""The post-mortem of a call that something went wrong in, written as soon as it is over."""

import json
from typing import Any

from calls.conversation import Conversation
from calls.post_mortem import POST_MORTEM, post_mortem, written
from calls.record import CallRecord
from calls.store import CallStore
from handlers.logs import log


def kept_post_mortem(
    store: CallStore, record: CallRecord, conversation: Conversation, now_ms: int
) -> dict[str, Any] | None:
    """What is kept already, or is made and kept now; None for a call in which nothing went wrong. The log has a line of
    it, once, which is what an alarm's look into the logs finds. StoreUnavailable."""
    standing = store.kept(record.call_id, POST_MORTEM)
    if standing is None:
        told = post_mortem(record, conversation)
        if not told.is_fault:
            return None
        mine = json.dumps(written(told, now_ms), ensure_ascii=False)
        standing = store.keep_once(record.call_id, POST_MORTEM, mine)
        cause = told.causes[0]
        blame = cause.blame.value if cause.blame else None
        if standing == mine:
            log().warning("a call went wrong", callId=record.call_id, why=told.headline, code=cause.code, blame=blame)
    return dict(json.loads(standing))
