"""Colours of the pictures and the page: the Okabe-Ito set, which colour-blind readers can tell apart."""

from collections.abc import Mapping

INK = "#1d2733"
FAINT = "#8793a1"
GRID = "#e3e8ee"
CALLER = "#0072b2"
AGENT = "#c65d00"
CUT = "#b3003c"
PAPER = "#ffffff"

STAGES: Mapping[str, str] = {
    "endpointing": "#56b4e9",
    "model": "#e69f00",
    "clause": "#f0e442",
    "speech": "#009e73",
    "queue": "#cc79a7",
    "playout": "#0072b2",
}
"""The stages of a waterfall in the order they happen, each with its colour."""

STAGE_MEANS: Mapping[str, str] = {
    "endpointing": "deciding that the caller had finished",
    "model": "thinking of the first words",
    "clause": "thinking on to the end of the first clause",
    "speech": "turning words into sound",
    "queue": "waiting before the first frame went out",
    "playout": "reaching the caller's ear",
}

HATCHES: Mapping[str, str] = {
    "endpointing": "",
    "model": "//",
    "clause": "--",
    "speech": "\\\\",
    "queue": "xx",
    "playout": "..",
}
"""So that a black-and-white print can be read as well."""

NOT_BROKEN_DOWN = "#c9d1da"
