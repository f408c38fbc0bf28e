"""What is written otherwise than it is said, rule by rule: a pattern, and the words for what it finds. Pure, English.

Each rule's words are found by no rule again, so that speakable text stays as it is.
"""

import re
from collections.abc import Callable, Mapping

from calls.desk_speech import spoken_digits

Match = re.Match[str]

RULE_PREFIX = "rule_"
COMMA = ", "
"""What stands for a dash or a new line."""

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_CURRENCIES: Mapping[str, tuple[str, str, str]] = {
    "$": ("dollar", "cent", "cents"),
    "€": ("euro", "cent", "cents"),
    "£": ("pound", "penny", "pence"),
}
_SYMBOLS: Mapping[str, str] = {"&": " and ", "=": " equals ", "→": " to ", "…": "...", "|": " ", "~": ""}
_IN_ADDRESSES: Mapping[str, str] = {".": " dot ", "/": " slash ", "-": " dash ", "_": " underscore ", "@": " at "}
_ABBREVIATIONS: Mapping[str, str] = {
    **{"e.g.": "for example", "i.e.": "that is", "etc.": "et cetera", "vs.": "versus", "approx.": "approximately"},
    **{"Mr.": "Mister", "Mrs.": "Missus", "Ms.": "Miss", "Prof.": "Professor", "Jr.": "Junior", "Sr.": "Senior"},
    **{"Ave.": "Avenue", "Blvd.": "Boulevard", "Rd.": "Road", "Apt.": "Apartment", "Dept.": "Department"},
    **{"appt.": "appointment", "appts.": "appointments", "hrs.": "hours", "mins.": "minutes", "w/": "with "},
    **{"Mon.": "Monday", "Tue.": "Tuesday", "Tues.": "Tuesday", "Wed.": "Wednesday", "Thu.": "Thursday"},
    **{"Thurs.": "Thursday", "Fri.": "Friday", "Sat.": "Saturday", "Sun.": "Sunday"},
    **{f"{month[:3]}.": month for month in _MONTHS if month != "May"},
    "Sept.": "September",
}
_HEAT: Mapping[str | None, str] = {"F": " Fahrenheit", "C": " Celsius"}
_LONG: Mapping[str, str] = {"hr": "hour", "min": "minute"}
_DOMAINS = "com|org|net|edu|gov|info|io|ai|co|dev|app|uk|us|ca|de|eu|biz|health|dental"
_PER = "hour|hr|day|night|week|month|year|person|visit|minute|min"


def _said_address(match: Match) -> str:
    """ "https://www.example.com/forms?x=1" as "example dot com slash forms"; queries are nothing to say."""
    address = re.sub(r"^(?:https?://)?(?:www\.)?", "", match[0], flags=re.IGNORECASE)
    address = re.split(r"[?#]", address)[0].rstrip("/")
    said = "".join(_IN_ADDRESSES.get(char, char if char.isalnum() else " ") for char in address)
    return " ".join(said.split())


def _said_money(match: Match) -> str:
    unit, part, parts = _CURRENCIES[match["currency"]]
    whole, cents, scale = match["whole"], match["cents"], match["scale"]
    if scale:
        return f"{whole}{f'.{cents}' if cents else ''} {scale.strip()} {unit}s"
    if cents is None or not int(cents):
        return f"{whole} {unit}{'' if whole == '1' else 's'}"
    if len(cents) != 2:
        return f"{whole}.{cents} {unit}s"
    small = f"{int(cents)} {part if int(cents) == 1 else parts}"
    return small if whole == "0" else f"{whole} {unit}{'' if whole == '1' else 's'} and {small}"


def _said_time(match: Match) -> str:
    minutes = "" if match["minute"] in (None, "00") else f":{match['minute']}"
    return f"{int(match['hour'])}{minutes} {match['half'].upper()}M{_full_stop(match)}"


def _said_date(match: Match) -> str:
    month, day = int(match["month"]), int(match["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return " ".join(re.findall(r"\d+", match[0]))
    ending = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{_MONTHS[month - 1]} {day}{ending}, {match['year']}"


def _said_phone(match: Match) -> str:
    return spoken_digits(re.sub(r"\D", "", match[0]))


def _said_abbreviation(match: Match) -> str:
    said = _ABBREVIATIONS[match[0]]
    return said + (_full_stop(match) if said in ("et cetera", "hours", "minutes") or match[0][0].isupper() else "")


def _said_title(match: Match) -> str:
    """ "Dr. Smith" and "St. Mary", but "Maple Dr." and "Main St."."""
    before_name, after_name = {"Dr": ("Doctor", "Drive"), "St": ("Saint", "Street")}[match["title"]]
    is_street = re.search(r"[A-Z]\w+ $", match.string[: match.start()]) and not re.match(
        r" [A-Z]", match.string[match.end() :]
    )
    return f"{after_name}{_full_stop(match)}" if is_street else before_name


def _full_stop(match: Match) -> str:
    """The full stop of an abbreviation that also ends its sentence."""
    after = match.string[match.end() :]
    ends = not after.strip() or re.match(r"\s+[\"'(]?[A-Z]", after)
    return "." if match[0].endswith(".") and ends and not _is_before_name(match) else ""


def _is_before_name(match: Match) -> bool:
    return match[0] in ("Mr.", "Mrs.", "Ms.", "Prof.")


def _nothing(_match: Match) -> str:
    return ""


def _comma(_match: Match) -> str:
    return COMMA


def _said_label(match: Match) -> str:
    return match["label"]


Rule = tuple[str, str, Callable[[Match], str]]

RULES: tuple[Rule, ...] = (
    ("aside", r"\[(?:cut off|keys[^\]]*)\]|```\w*|</?[a-zA-Z][^<>]*>|!\[[^\]]*\]\([^)\s]*\)", _nothing),
    ("link", r"\[(?P<label>[^\[\]]*)\]\([^)\s]*\)", _said_label),
    ("email", r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+", _said_address),
    ("url", r"(?:https?://|\bwww\.)[^\s<>()\"']*[^\s<>()\"'.,;:!?*_~`]", _said_address),
    ("domain", rf"\b(?:[a-zA-Z0-9-]+\.)+(?:{_DOMAINS})\b(?:/[^\s<>()\"']*[^\s<>()\"'.,;:!?*_~`])?", _said_address),
    ("line", r"(?<=[\w)%])[*_`]*[ \t]*\n\s*(?:(?:[-*+•>]|#{1,6})\s+)?(?=\S)", _comma),
    ("bullet", r"(?:^|(?<=\n))\s*(?:[-*+•>]|#{1,6})\s+", _nothing),
    ("times", r"(?<=\d)\s?[*×]\s?(?=\d)", lambda _: " times "),
    ("emphasis", r"\*+|`+|~~|(?<!\w)_+(?=\w)|(?<=\w)_+(?!\w)", _nothing),
    ("emoji", r"\s*[\U0001F000-\U0001FAFF\u2600-\u27BF\u2B00-\u2BFF\u2300-\u23FF\uFE0F\u200D\u20E3]+", _nothing),
    (
        "money",
        r"(?P<currency>[$€£])\s?(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<cents>\d+))?"
        r"(?P<scale>\s?(?:thousand|million|billion)\b)?",
        _said_money,
    ),
    ("date", r"\b(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b", _said_date),
    (
        "phone",
        r"(?<![\w.,$€£])(?:\+?\d{1,3}[ .-]?)?(?:\(\d{3}\)\s?|\d{3}[ .-])\d{3}[ .-]\d{4}(?!\d)"
        r"|(?<![\w.,$€£-])\d{3}-\d{4}(?![\w-])|\+\d{7,15}(?!\d)|(?<![\w.,$€£])\d{10,11}(?![\d,.]\d|\d)",
        _said_phone,
    ),
    (
        "time",
        r"(?<![\d:.,])(?P<hour>1[0-2]|0?[1-9])(?::(?P<minute>[0-5]\d))?\s?(?P<half>[aApP])(?:\.\s?[mM]\.|\.?[mM]\b)",
        _said_time,
    ),
    (
        "clock",
        r"(?<![\d:.,])(?P<clock>1[0-2]|[1-9]):00(?![\d:])(?!\s*[aApP]\.?[mM])",
        lambda m: f"{m['clock']} o'clock",
    ),
    ("range", r"(?<=\d)\s?[-–—]\s?(?=[$€£]?\d)|(?<=[\d%mM])\s?[–—]\s?(?=[$€£]?\d)", lambda _: " to "),
    ("dash", r"\s*[—–]\s*|\s+--?\s+", _comma),
    ("percent", r"(?<=\d)\s?%", lambda _: " percent"),
    ("degrees", r"\s?°\s?(?:(?P<scale_of_heat>[FC])\b)?", lambda m: f" degrees{_HEAT.get(m['scale_of_heat'], '')}"),
    ("per", rf"(?<=\w)/(?P<per>{_PER})\b", lambda m: f" per {_LONG.get(m['per'], m['per'])}"),
    ("always", r"\b24/7\b", lambda _: "24 7"),
    ("number", r"(?:#|\b[Nn]o\. ?|\bNos\. ?)(?=\d)", lambda _: "number "),
    ("extension", r"\b[Ee]xt\. ?(?=\d)", lambda _: "extension "),
    ("title", r"\b(?P<title>Dr|St)\.", _said_title),
    (
        "abbreviation",
        "|".join(rf"(?<![\w.]){re.escape(short)}" for short in sorted(_ABBREVIATIONS, key=len, reverse=True)),
        _said_abbreviation,
    ),
    ("and_or", r"\band/or\b", lambda _: "and or"),
    ("slash", r"(?<=[A-Za-z])/(?=[A-Za-z])", lambda _: " or "),
    ("plus", r"(?<=\d)\s?\+\s?(?=\d)", lambda _: " plus "),
    ("symbol", "|".join(rf"\s*{re.escape(symbol)}\s*" for symbol in _SYMBOLS), lambda m: _SYMBOLS[m[0].strip()]),
)
WORDS_FOR: Mapping[str, Callable[[Match], str]] = {name: words for name, _, words in RULES}
ANY = re.compile("|".join(f"(?P<{RULE_PREFIX}{name}>{pattern})" for name, pattern, _ in RULES))

_SHORT = "|".join(re.escape(short.rstrip(".")) for short in (*_ABBREVIATIONS, "Dr.", "St.") if "." in short)
NEEDED = re.compile(rf"[^A-Za-z',!?\s.]|\n|\.\S|\b(?:{_SHORT})\.")
"""Where it finds nothing no rule does: most clauses, in a tenth of the time."""
