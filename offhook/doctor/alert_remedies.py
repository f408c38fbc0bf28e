"""What to do about a line of Twilio's debugger. Pure. Codes: https://www.twilio.com/docs/api/errors"""

from collections.abc import Mapping

_WEBHOOK = "Look at the log of the voice function at that time."
_REACH = "See `public-reach` in this table."
_TWIML = "See `twiml` in this table."
_UPGRADE = "See `stream-upgrade` in this table."
_CLOSED = "Look at the streamer's log at that time, and at `stream-idle` in this table."

_REMEDIES: Mapping[int, str] = {
    11200: _WEBHOOK,
    11205: _REACH,
    11210: _REACH,
    11215: _WEBHOOK,
    11237: _REACH,
    12100: _TWIML,
    12200: _TWIML,
    12300: _TWIML,
    13227: "See `twilio-geo` in this table.",
    20003: "See `twilio-account` in this table.",
    21215: "See `twilio-geo` in this table.",
    31901: "See `stream-reach` in this table; a streamer that is starting or overloaded answers too late.",
    31902: "See `stream-reach` in this table.",
    31903: _CLOSED,
    31904: "See `stream-reach` in this table.",
    31910: "See `stream-reach` in this table.",
    31920: _UPGRADE,
    31922: "See `stream-url` in this table.",
    31924: _CLOSED,
    31930: "The streamer or the network towards Twilio is overloaded: start more streamers, nearer to Twilio's region.",
}


def remedy_for(code: int) -> str:
    return _REMEDIES.get(code, f"Error {code} has a page of its own: https://www.twilio.com/docs/api/errors/{code}.")
