"""Text for a voice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.speakable import pieces, speakable


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("**Sure!** We _can_ `do` that.", "Sure! We can do that."),
        ("- Cleaning\n- Filling\n* Check-up", "Cleaning, Filling, Check-up"),
        ("## Hours\n\nMonday", "Hours, Monday"),
        ("One.\nTwo.", "One. Two."),
        ("Great 🙂 see you!", "Great see you!"),
        ("[Our page](https://example.com/a) says so.", "Our page says so."),
        ("<b>Bold</b> words", "Bold words"),
        ("See https://www.example.com/forms?x=1.", "See example dot com slash forms."),
        ("Go to example.com, please.", "Go to example dot com, please."),
        ("Mail info@example-shop.com!", "Mail info at example dash shop dot com!"),
        ("It is $120.50.", "It is 120 dollars and 50 cents."),
        ("$1, $0.50, £2.01, €7", "1 dollar, 50 cents, 2 pounds and 1 penny, 7 euros"),
        ("$1,200/month or $5 million", "1,200 dollars per month or 5 million dollars"),
        ("$3.5", "3.5 dollars"),
        ("At 3:30 p.m. on Monday", "At 3:30 PM on Monday"),
        ("At 5pm. Or 9:00 a.m.", "At 5 PM. Or 9 AM."),
        ("At 3:00", "At 3 o'clock"),
        ("Call 415-555-0123.", "Call 4 1 5, 5 5 5, 0 1 2 3."),
        ("Call (415) 555-0123 or 555-0134.", "Call 4 1 5, 5 5 5, 0 1 2 3 or 5 5 5, 0 1 3 4."),
        ("Call +14155550123", "Call 1, 4 1 5, 5 5 5, 0 1 2 3"),
        ("5 5 5, 0 1 3 4", "5 5 5, 0 1 3 4"),
        ("About 50%", "About 50 percent"),
        ("9-5, 20–30%, $20-$30", "9 to 5, 20 to 30 percent, 20 dollars to 30 dollars"),
        ("9 AM–5 PM", "9 AM to 5 PM"),
        ("Well — I think so - yes.", "Well, I think so, yes."),
        ("On 2026-11-25", "On November 25th, 2026"),
        ("It is 72°F.", "It is 72 degrees Fahrenheit."),
        ("Dr. Smith and Mr. Lee", "Doctor Smith and Mister Lee"),
        ("12 Main St. near St. Mary", "12 Main Street near Saint Mary"),
        ("On Maple Dr.", "On Maple Drive."),
        ("e.g. teeth, etc. And so on", "for example teeth, et cetera. And so on"),
        ("No. 5, ext. 12, #3", "number 5, extension 12, number 3"),
        ("Mon. and Nov. 3rd", "Monday and November 3rd"),
        ("R&B and/or he/she, 24/7", "R and B and or he or she, 24 7"),
        ("2+2=4", "2 plus 2 equals 4"),
        ("I said so [cut off]", "I said so "),
        (" but no. ", " but no. "),
        ("Version 1,000 costs 2.5 and 12345678", "Version 1,000 costs 2.5 and 12345678"),
        ("No. We are closed.", "No. We are closed."),
        ("— 🙂 —", " "),
        ("", ""),
    ],
)
def test_what_a_voice_is_given(text: str, said: str) -> None:
    assert speakable(text) == said
    assert speakable(said) == said


_MARKS = "$ 12 5 . , - – — % * _ a Main St. p.m. :30 / @ example.com https:// [ ]( ) 🙂 etc. + = & ° F 555-0134 <b> No."
_WRITTEN = st.lists(st.sampled_from([" ", "\n", "# ", *_MARKS.split(" ")]), max_size=14).map("".join)


@given(_WRITTEN)
def test_the_pieces_are_the_text_and_what_is_said(text: str) -> None:
    assert "".join(piece.original for piece in pieces(text)) == text
    assert "".join(piece.spoken for piece in pieces(text)) == speakable(text)
    assert "  " not in speakable(text)


@given(
    st.lists(st.sampled_from(["We", " open", " at", " 9:30 a.m.", " $5", ",", " and", " 50%", " 1-2", ".", " Dr. X"]))
)
def test_speakable_text_stays_as_it_is(words: list[str]) -> None:
    said = speakable("".join(words))
    assert speakable(said) == said
