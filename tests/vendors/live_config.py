"""A Live session's configuration: what session.start makes it, and what session.update changes. Pure."""

from typing import Any

from tests.vendors.openai_errors import Complaint

PCM = {"type": "audio/pcm", "rate": 24_000}
"""The default format, and that of fixtures."""


def started(config: dict[str, Any], session_id: str, expires_at: int) -> dict[str, Any]:
    """The session as session.started shows it: the client's `config` with the server's defaults."""
    audio = config.get("audio", {})
    voice = audio.get("output", {}).get("voice", "marin")
    return {
        "instructions": "",
        "store": False,
        **{name: value for name, value in config.items() if value is not None},
        "id": session_id,
        "status": "active",
        "expires_at": expires_at,
        "audio": {"format": audio.get("format", PCM), "output": {"voice": voice}},
        "delegation": config.get("delegation") or {"type": "client"},
    }


def updated(session: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """`session` with what session.update changes. Raises Complaint."""
    delegation = change.get("delegation")
    if delegation is None:
        return session
    now = session["delegation"]
    if delegation["type"] != now["type"]:
        what = "The delegation type cannot change."
        raise Complaint(400, what, param="session.delegation.type", code="invalid_delegation")
    responses = {**now.get("responses", {}), **delegation.get("responses", {})}
    return {**session, "delegation": {**now, **delegation, **({"responses": responses} if responses else {})}}


def check_delegation_id(session: dict[str, Any], delegation_id: str | None, known: set[str]) -> None:
    """Raises Complaint for an id that an append cannot have."""
    if delegation_id is None:
        return
    what = f"Delegation '{delegation_id}' does not exist."
    if session["delegation"]["type"] == "responses":
        what = "delegation_id must be null with Responses delegation."
    elif delegation_id in known:
        return
    raise Complaint(400, what, param="delegation_id", code="invalid_delegation_id")
