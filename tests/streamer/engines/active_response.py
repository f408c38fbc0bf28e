"""Responses of which one is being made."""

from streamer.engines.responses import Create, Responses


def active(reply_id: int = 1, response_id: str = "resp") -> Responses:
    """`response_id` makes the reply."""
    responses = Responses()
    assert responses.ask(reply_id) == [Create(reply_id)]
    assert responses.created(response_id, reply_id) == []
    return responses
