from offhook.box import sound
from offhook.box.line_log import Spoken, spoken
from tests.box.speech import spoken as tone

SPEECH = sound.silence(40) + tone(3000, 200) + sound.silence(60)


def test_what_was_played_to_its_end() -> None:
    assert spoken("Hello.", SPEECH, 1000, 1340) == Spoken("Hello.", 1000, 1300, 300, 1040, 1240, cut=False)


def test_what_was_broken_off() -> None:
    assert spoken("Hello.", SPEECH, 1000, 1120) == Spoken("Hello.", 1000, 1120, 300, 1040, 1120, cut=True)


def test_what_was_broken_off_before_it_sounded() -> None:
    assert spoken("Hello.", SPEECH, 1000, 980) == Spoken("Hello.", 1000, 1000, 300, 1000, 1000, cut=True)
