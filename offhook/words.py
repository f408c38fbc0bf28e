"""How a call is put into words: what of an answer was heard, and when. Shared by the live transcript and the report."""


def unheard_rest(said: str, heard: str) -> str:
    """What of `said` was not heard, with the space before it; empty when all of it was.

    `heard` is a beginning of `said`, give or take white space at its end and within; where it is no beginning at all,
    the rest cannot be told apart and the whole of `said` is the rest.
    """
    if not heard.strip():
        return said
    matched = 0
    for letter in heard.strip():
        if letter.isspace():
            continue
        while matched < len(said) and said[matched].isspace():
            matched += 1
        if matched == len(said) or said[matched] != letter:
            return said
        matched += 1
    return said[matched:].rstrip()


def clock(ms: int) -> str:
    """61250 -> "1:01.2"; nothing is before the answer."""
    tenths = max(0, ms) // 100
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"
