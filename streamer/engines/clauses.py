"""Text that comes in pieces, cut for the voice: the first clause as soon as it stands, then whole sentences. No I/O.

A caller waits for the first sound only, so the first cut is early, and all others are where a voice pauses anyway:

    first cut    behind a comma, colon, semicolon, dash or sentence end, or before "and", "but" and the like, where at
                 least FIRST_WORDS words or FIRST_CHARS letters stand before it. Where FIRST_MOST_WORDS words have come
                 without any of these: behind the last word that does not lean on the next ("the", "at", a number);
                 behind any word but a number from FIRST_AT_ANY_WORDS words on
    later cuts   sentence ends; once a sentence is LONG_WORDS words long, its commas and the like too

Cuts are between words, so numbers, times, addresses and links are never divided. Neither is what belongs together
across a space: "Dr. Smith", "3 p.m.", "$5 million", "5 5 5, 0 1 3 4".
"""

import re

FIRST_WORDS = 3
FIRST_CHARS = 10
FIRST_MOST_WORDS = 6
FIRST_LEAST_WORDS = 4
FIRST_AT_ANY_WORDS = 9
LONG_WORDS = 18

_MARK = re.compile(r"[^\w\s]")
_GAP = re.compile(r"\s+(?=\S)")
_SENTENCE_END = re.compile(r"[.!?]+[\"')\]”’]*$")
_CLAUSE_END = re.compile(r"(?:[,;:…]|\.\.\.)[\"')\]”’]*$|(?:^|\s)[-–—]+$|[—–]$")
_BEGINS_SENTENCE = re.compile(r"[\"'(\[“‘¿¡*]*[A-Z0-9À-Þ]")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Ave|Blvd|Rd|vs|etc|approx|Jr|Sr|Inc|Ltd|Dept|ext|Ext)|\b[A-Za-z](?:\.[A-Za-z])*)\.$"
)
_NUMBERING = re.compile(r"\b[Nn]os?\.$")
_JOINTS = frozenset({"and", "but", "so", "because", "or", "which", "who", "if", "when", "while", "although", "unless"})
_COUNTS = (
    r"oh|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w{3,5}teen|"
    r"(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:-\w+)?|hundred|thousand|million|billion"
)
_NUMBER = re.compile(rf"[(\[+#$€£-]*(?:\d.*|{_COUNTS}|[ap]\.?m\.?|double|triple)[,;:.!?)\]]*", re.IGNORECASE)
_LEANS_ON_NEXT = re.compile(
    "an?|the|of|to|at|in|on|by|for|from|with|is|are|am|was|were|be|my|your|our|his|her|its|their|and|or|but|not|no|"
    "until|till|about|than|as|this|that|these|those|will|can|would|could|should|may|must|have|has|had|do|does|did|i|"
    "you|we|they|he|she|it|between|per|plus|number|room|suite|extension|page|very|really|so|too|more|most|only|just|"
    "which|who|if|when|while|because|although|unless|every|each|any|some|let's|please",
    re.IGNORECASE,
)
_LEANS_ON_LAST = re.compile("(?:you|it|me|us|them|him|her|that|numbers?|street|[-–—])[,.!?]*")


class Clauses:
    """Feed pieces, take clauses. Everything fed comes out, once, in order, white space included."""

    def __init__(self) -> None:
        self._pending = ""
        self._is_first = True

    def feed(self, piece: str) -> list[str]:
        """The clauses that `piece` completes."""
        self._pending += piece
        out: list[str] = []
        if self._is_first and (cut := _first_cut(self._pending)):
            self._is_first = False
            out.append(self._take(cut))
        while not self._is_first and (cut := _later_cut(self._pending)):
            out.append(self._take(cut))
        return out

    def rest(self) -> str:
        """What is left when no more pieces come."""
        return self._take(len(self._pending))

    def _take(self, chars: int) -> str:
        taken, self._pending = self._pending[:chars], self._pending[chars:]
        return taken


def _first_cut(text: str) -> int:
    """How much of `text` is its first clause, in characters; 0 while it does not stand."""
    good = words = 0
    for gap in _GAP.finditer(text):
        before, after = text[: gap.start()], text[gap.end() :]
        if not before:
            continue
        words += 1
        is_enough = words >= FIRST_WORDS or len(before.strip()) >= FIRST_CHARS
        if is_enough and (_is_marked(text, gap.start()) and (_ends_sentence(before, after) or _pauses(before, after))):
            return gap.end()
        if is_enough and _is_joint(before, after):
            return gap.end()
        if _may_divide(words, before, after):
            good = gap.end()
        if words >= FIRST_MOST_WORDS and good:
            return good
    return len(text) if _stands_at_comma(text) else 0


def _may_divide(words: int, before: str, after: str) -> bool:
    """Whether a first clause of so many words may end where nothing marks an end."""
    if words >= FIRST_AT_ANY_WORDS:
        return not _is_bound(_last_word(before), before)
    return words >= FIRST_LEAST_WORDS and not _leans(before, after)


def _later_cut(text: str) -> int:
    if not _MARK.search(text):
        return 0
    pause = 0
    for words, gap in enumerate(_GAP.finditer(text), 1):
        if _is_marked(text, gap.start()):
            before, after = text[: gap.start()], text[gap.end() :]
            if _ends_sentence(before, after):
                return gap.end()
            if words >= FIRST_LEAST_WORDS and _pauses(before, after):
                pause = gap.end()
        if words >= LONG_WORDS and pause:
            return pause
    return 0


def _is_marked(text: str, end: int) -> bool:
    """Whether what stands before `end` may be the end of a sentence or a clause: most words are neither, and this is
    asked of each with every token."""
    return end > 0 and not text[end - 1].isalnum()


def _ends_sentence(before: str, after: str) -> bool:
    if not _SENTENCE_END.search(before) or not _BEGINS_SENTENCE.match(after):
        return False
    if _NUMBERING.search(before):
        return not after[0].isdigit()
    return not _ABBREVIATION.search(before)


def _pauses(before: str, after: str) -> bool:
    if not _CLAUSE_END.search(before):
        return False
    if not _NUMBER.fullmatch(_last_word(before)):
        return True
    following = _whole_word(after)
    return following is not None and not _NUMBER.fullmatch(following)


def _is_joint(before: str, after: str) -> bool:
    """Whether the next word joins a clause on; "five and a half" and "or" between two words of a kind stay whole."""
    following = _whole_word(after)
    return following in _JOINTS and not _NUMBER.fullmatch(_last_word(before)) and not _leans(before, after)


def _leans(before: str, after: str) -> bool:
    """Whether the last word belongs to the next: no voice pauses between them."""
    last = _last_word(before)
    if _LEANS_ON_NEXT.fullmatch(last) or _LEANS_ON_LAST.fullmatch(after.split(None, 1)[0]):
        return True
    return _is_bound(last, before) or (last[:1].isupper() and (after[0].isupper() or after[0].isdigit()))


def _is_bound(last: str, before: str) -> bool:
    """Whether nothing may ever be cut behind the word `last`, at the end of `before`."""
    return bool(_NUMBER.fullmatch(last) or _ABBREVIATION.search(before) or _NUMBERING.search(before))


def _stands_at_comma(text: str) -> bool:
    """Whether text ends in a comma behind a plain word: no need to wait for the space, as one has to in "1,000"."""
    last = _last_word(text)
    is_plain = last.endswith(",") and last[:-1].isalpha() and not _NUMBER.fullmatch(last)
    return is_plain and (len(text.split()) >= FIRST_WORDS or len(text.strip()) >= FIRST_CHARS)


def _last_word(before: str) -> str:
    """The last word, a dash behind it left out."""
    words = before.rstrip(" -–—").rsplit(None, 1)
    return words[-1] if words else ""


def _whole_word(after: str) -> str | None:
    """The first word of `after`, or None while more of it may come."""
    parts = after.split(None, 1)
    return parts[0] if len(parts) > 1 or after[-1:].isspace() else None
