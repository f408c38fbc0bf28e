"""The words by which the scripted desk understands a caller (English), as data. Written in plain words, as
`utterance.plain` leaves them: no apostrophes, no full stops."""

from collections.abc import Mapping

# A caller's words count once, for the first intent in this order that has them: "are you a real person" is no wish to
# talk to a person.
PHRASES: Mapping[str, tuple[str, ...]] = {
    "robot": (
        "are you a robot", "are you a bot", "are you a machine", "are you a computer", "are you a recording",
        "are you human", "are you a human", "are you a real person", "are you a person", "are you real", "are you ai",
        "are you an ai", "is this a robot", "is this a machine", "is this a recording", "is this a real person",
        "is this ai", "talking to a robot", "talking to a machine", "talking to a computer", "talking to a human",
        "talking to a real person", "talking to a person", "speaking to a robot", "speaking to a real person",
    ),
    "repeat": (
        "repeat", "say that again", "say it again", "say again", "once more", "one more time", "pardon", "come again",
        "what did you say", "what was that", "did not understand", "didnt understand", "did not hear", "didnt hear",
        "did not catch", "didnt catch", "couldnt hear", "try again", "excuse me",
    ),
    "person": (
        "real person", "to a person", "a human", "to someone", "to somebody", "talk to", "talk with", "speak to",
        "speak with", "operator", "representative", "representatives", "receptionist", "manager", "transfer",
        "connect me", "put me through",
    ),
    "cancel": ("cancel", "cancelled", "canceled", "cancellation", "call off", "cant make it", "cannot make it"),
    "hours": (
        "hours", "ours", "open", "opening", "opening times", "close", "closed", "closing", "business hours",
        "when are you there", "when can i come",
    ),
    "services": ("services", "what do you offer", "what do you do", "what can you do"),
    "book": (
        "book", "booking", "appointment", "appointments", "schedule", "reschedule", "reserve", "reservation",
        "come in", "make a visit", "see a doctor", "see the doctor", "see someone",
    ),
    "restart": ("start over", "start again", "everything", "all of it", "all wrong"),
    "the day": ("the day", "day", "the date", "date"),
    "the time": ("the time", "time"),
    "the number": ("number", "telephone number", "phone number", "telephone", "phone"),
    "thanks": ("thank you", "thanks", "thank you very much", "cheers"),
    "hello": ("hello", "hi", "hey", "good morning", "good afternoon", "good evening", "good day", "are you there"),
}  # fmt: skip
INTENTS = tuple(PHRASES)

# Said alone these mean something; in a sentence they do not.
ALONE: Mapping[str, str] = {
    "what": "repeat", "huh": "repeat", "sorry": "repeat", "im sorry": "repeat", "again": "repeat", "person": "person",
    "human": "person", "somebody": "person", "someone": "person", "help": "services",
}  # fmt: skip

# One of NO makes it a no, whatever else is said: to ask once more is cheaper than to note what was not agreed.
YES = (
    "yes", "yeah", "yep", "yup", "yes please", "correct", "thats right", "that is right", "right", "sure", "ok", "okay",
    "absolutely", "of course", "exactly", "perfect", "fine", "sounds good", "please do", "go ahead", "no problem",
    "not a problem", "thats fine", "thats it", "affirmative", "alright", "all right", "why not",
)  # fmt: skip
NO = (
    "no", "nope", "nah", "not", "isnt", "wrong", "incorrect", "negative", "dont", "but", "wait", "hold on", "actually",
    "change",
)  # fmt: skip

# A day or time that is turned down: "not Tuesday", "I cannot do three".
DENIED = r"\b(?:not|isnt|dont want|(?:cant|cannot)(?: do| make| come)?)(?: on| at| for)? \w+"

# What may stand around a number that is a time without saying so ("um, three please").
_FILLERS = (
    "um uh er oh well so maybe perhaps then and or the on in is be of please yes yeah no ok okay sure say lets how "
    "what would could make it that thats id i like want good great fine works suits me thanks thank you"
)
FILLERS = frozenset(_FILLERS.split())

# Keys where no number is asked for. Key 0 asks for a person on most telephone menus.
KEY_YES, KEY_NO, KEY_PERSON = "1", "2", "0"

# Words that a recogniser writes for single spoken digits; only where every word is a digit.
SOUNDS_LIKE_DIGIT = {"to": "2", "too": "2", "for": "4", "won": "1", "ate": "8", "oh": "0", "o": "0", "sex": "6"}

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
NUMBERS = {word: value for value, word in enumerate(_UNITS.split())} | {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
}
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth"
)
ORDINALS = {word: value for value, word in enumerate(_ORDINALS.split(), 1)} | {"thirtieth": 30}
