"""Keys into entries."""

from streamer.keypad import MAX_KEYS, PAUSE_MS, Keypad, Keys


def test_an_entry_ends_with_a_pause() -> None:
    keypad = Keypad()
    keypad.press("1", 1_000)
    keypad.press("2", 1_400)
    assert keypad.taken(1_400 + PAUSE_MS - 1) is None
    assert keypad.taken(1_400 + PAUSE_MS) == Keys("12", 1_000, 1_400)
    assert keypad.taken(9_000) is None


def test_pound_ends_an_entry_at_once() -> None:
    keypad = Keypad()
    keypad.press("7", 1_000)
    keypad.press("#", 1_100)
    assert keypad.taken(1_100) == Keys("7#", 1_000, 1_100)


def test_an_entry_of_the_expected_length_is_over_at_once() -> None:
    keypad = Keypad(expected=1)
    keypad.press("1", 1_000)
    assert keypad.taken(1_000) == Keys("1", 1_000, 1_000)
    keypad.press("2", 2_000)
    assert keypad.taken(2_000) is None


def test_an_entry_has_a_bound() -> None:
    keypad = Keypad()
    for _ in range(MAX_KEYS):
        keypad.press("5", 1_000)
    assert keypad.taken(1_000) == Keys("5" * MAX_KEYS, 1_000, 1_000)
