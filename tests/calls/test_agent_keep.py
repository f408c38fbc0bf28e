from calls.agent import parse, read
from calls.agent_keep import Keep

TEXT = 'name = "desk"\nprompt = "Be kind."\ngreeting = "Hello."\n'


def test_the_callers_voice_is_not_kept_unless_asked() -> None:
    assert parse(TEXT, "desk.toml").keep == Keep(caller_audio=False)
    assert parse(f"{TEXT}[keep]\ncaller_audio = true\n", "desk.toml").keep.caller_audio


def test_what_is_wrong_is_named() -> None:
    _, problems = read(f'{TEXT}[keep]\ncaller_audio = "yes"\ncaler_audio = true\n', "desk.toml")
    assert problems == [
        'keep.caller_audio must be true or false, not "yes"',
        "keep.caler_audio is not a field; did you mean keep.caller_audio?",
    ]
