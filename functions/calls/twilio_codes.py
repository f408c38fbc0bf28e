"""What a line of Twilio's debugger means for a call here, in plain words. Pure.

Codes: https://www.twilio.com/docs/api/errors
"""

from collections.abc import Mapping

MEANS: Mapping[int, str] = {
    11200: "Twilio asked one of our addresses and got no good answer.",
    11205: "Twilio could not connect to one of our addresses.",
    11210: "Twilio could not find the host of one of our addresses.",
    11215: "Our addresses kept sending Twilio on from one to the next.",
    11237: "The certificate of one of our addresses was not accepted.",
    12100: "The TwiML that we answered was not well formed.",
    12200: "The TwiML that we answered holds something Twilio does not know.",
    12300: "Our answer had a content type that Twilio does not take.",
    13227: "A call was to go to a country that the account may not call.",
    20003: "Twilio did not accept our auth token.",
    21215: "A call was to go to a country that the account may not call.",
    31901: "The audio stream could not be opened in time.",
    31902: "The streamer refused the connection of the audio stream.",
    31903: "The audio stream broke while audio was being sent.",
    31904: "The streamer could not be reached for the audio stream.",
    31910: "The audio stream's certificate was not accepted.",
    31920: "The streamer did not accept the audio stream.",
    31921: "The streamer closed the audio stream; Twilio went on with the call from its next instruction.",
    31922: "The audio stream's address does not begin with wss.",
    31924: "The audio stream broke the WebSocket protocol.",
    31930: "Audio was sent faster than Twilio takes it, and some was thrown away.",
    31950: "The streamer sent something that is no message.",
    31951: "The streamer sent a message that Twilio does not know.",
}


def meaning_of(code: int) -> str:
    """One sentence, or nothing for a code that is rare here."""
    return MEANS.get(code, "")


def is_routine(code: int, sentence: str) -> bool:
    """Twilio writes 31921 whenever our side closes the socket, even with a normal close (1000): this is how a call
    leaves its stream for a goodbye, a transfer or another mode, and no fault."""
    return code == 31921 and "1000" in sentence.split()
