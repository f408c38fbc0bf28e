"""The phrases from which callers and agents build a farewell (English), as regular expressions over plain words."""

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    FAREWELL = "farewell"  # takes leave, wherever it stands at the end
    FAINT = "faint"  # how a recogniser writes "bye", but no word to build on
    DONE = "done"  # needs no more, but may still be talking
    THANKS = "thanks"
    COURTESY = "courtesy"


_TO_WHOM = "(?: (?:for now|now|then|all|everyone|everybody|there|sir|maam|madam|dear|love|my friend|friend|again))?"
_NICE = "(?:an? |the |your )?(?:very )?(?:nice|good|great|lovely|wonderful|pleasant|blessed|safe)"
_DAY = "(?:day|evening|afternoon|morning|night|weekend|week|one|rest of (?:your|the) day)"
_WEEKDAY = "(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_ENOUGH = "(?:i need|i needed|i wanted|i want|i had|i have|from me|for me|for now|for today|today|then|really)"
_HELP = "(?:help|time|assistance|information|patience|call)"

PHRASES: Mapping[Kind, tuple[str, ...]] = {
    Kind.FAREWELL: (
        f"(?:good ?bye|bye|bye by|good ?by|bubye|ciao|cheerio|adios|farewell|so long){_TO_WHOM}",
        f"(?:have|enjoy) {_NICE} {_DAY}(?: too)?{_TO_WHOM}",
        f"good ?night{_TO_WHOM}",
        f"take care(?: of yourself)?{_TO_WHOM}",
        f"(?:(?:ill|we will|i will) )?(?:see|catch) (?:you|ya)(?: (?:later|soon|then|around|tomorrow|{_WEEKDAY}))?",
        "(?:(?:ill|we will|i will) )?(?:talk|speak)(?: (?:to|with) (?:you|ya))? (?:later|soon|then|tomorrow|again)",
        "(?:you can|you may|please|ill|im going to|im gonna) hang up(?: now)?",
        "(?:i have to|ive got to|i gotta|gotta|i must|ill let you) go(?: now)?",
    ),
    Kind.FAINT: ("by by|by",),
    Kind.DONE: (
        f"(?:that|this|it)(?:s| is| was| will be|ll be| would be) (?:all|it|everything)(?: {_ENOUGH})*",
        "(?:im|i am|were|we are) (?:all )?(?:done|good|set|finished|fine)(?: (?:now|here|for today))?",
        "(?:there is |theres )?nothing (?:else|more)(?: (?:for )?(?:today|now))?",
        "i dont need anything else|i have everything i need",
    ),
    Kind.THANKS: (
        "(?:thank you|thanks|thank ya|many thanks|cheers|i appreciate it|i appreciate your help)"
        "(?: (?:so much|very much|kindly|a lot|again|indeed))*"
        f"(?: for (?:everything|calling|that|(?:all )?(?:your|the) (?:kind )?{_HELP}|helping(?: me)?(?: out)?))?",
    ),
    Kind.COURTESY: (
        "no|nope|nah|yes|yeah|yep|ok|okay|alright|all right|right|well|so|and|oh|um|uh|er|ah|great|good|perfect",
        "excellent|lovely|wonderful|awesome|cool|fine|sure|super|brilliant|fantastic|very good|very well|sounds good",
        "got it|i see|understood|youre welcome|you are welcome|you too|same to you|anyway|then|now|too|please|sir|maam",
        "dear|sorry|hello|hi|hey|i guess|i think",
    ),
}
REFUSALS = r"\b(?:no|nope|nah)\b"
# After these a farewell is only spoken of: "she said, goodbye".
REPORTING = r"\b(?:said|say|says|saying|told|called|named|titled|is|was|word|spell|spelled|like|mean)$"
