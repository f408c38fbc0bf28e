from calls.conversation import BROKEN_OFF, Conversation, Role, Turn
from streamer.engines.told_history import MOST_TURNS, ToldHistory


class Notes:
    """A session that notes what it is told."""

    def __init__(self) -> None:
        self.items: list[tuple[str, Role, str]] = []

    def enter_text(self, role: Role, text: str, after: str | None = None) -> str:
        item_id = f"i{len(self.items)}"
        at = len(self.items) if after is None else [one[0] for one in self.items].index(after) + 1
        self.items.insert(at, (item_id, role, text))
        return item_id

    def delete(self, item_id: str) -> None:
        self.items = [one for one in self.items if one[0] != item_id]

    @property
    def told(self) -> list[tuple[Role, str]]:
        return [(role, text) for _, role, text in self.items]


def turn(name: str, role: Role, heard: str, at_ms: int) -> Turn:
    return Turn(name, role, heard, heard, False, at_ms, at_ms + 1, "realtime")


def test_what_was_said_before_without_what_nobody_heard() -> None:
    notes = Notes()
    turns = (turn("a", Role.AGENT, "Hello.", 1), turn("b", Role.CALLER, "Hi.", 2), turn("c", Role.AGENT, " ", 3))
    ToldHistory(notes).begin(Conversation(turns))
    assert notes.told == [(Role.AGENT, "Hello."), (Role.CALLER, "Hi.")]


def test_of_very_much_the_newest() -> None:
    notes = Notes()
    turns = tuple(turn(f"t{number}", Role.CALLER, f"word {number}", number) for number in range(MOST_TURNS + 5))
    ToldHistory(notes).begin(Conversation(turns))
    assert len(notes.items) == MOST_TURNS
    assert notes.told[0] == (Role.CALLER, "word 5")


def test_keys_are_told_once_and_voices_are_not() -> None:
    notes = Notes()
    history = ToldHistory(notes)
    history.begin(Conversation((turn("k0", Role.CALLER, "[keys 9]", 1),)))
    turns = (turn("k0", Role.CALLER, "[keys 9]", 1), turn("v", Role.CALLER, "Yes.", 2))
    history.keys(turns)
    history.keys((*turns, turn("k1", Role.CALLER, "[keys 12#]", 3)))
    history.keys((*turns, turn("k1", Role.CALLER, "[keys 12#]", 3)))
    assert notes.told == [(Role.CALLER, "[keys 9]"), (Role.CALLER, "[keys 12#]")]


def test_what_another_engine_said_of_the_answer_before_it_broke_off() -> None:
    notes = Notes()
    history = ToldHistory(notes)
    asked = turn("q", Role.CALLER, "When?", 1)
    history.broken_off((asked,))
    history.broken_off((asked, turn(BROKEN_OFF, Role.AGENT, "We are open from", 2)))
    assert notes.told == [(Role.AGENT, "We are open from")]


def test_a_phrase_that_was_cut_is_put_right_in_its_place() -> None:
    notes = Notes()
    history = ToldHistory(notes)
    history.says(1, "Hello, this is the desk.")
    notes.enter_text(Role.CALLER, "Stop.")
    history.cut(1, "Hello,")
    assert notes.told == [(Role.AGENT, "Hello,"), (Role.CALLER, "Stop.")]


def test_a_phrase_of_which_nothing_was_heard_was_not_said() -> None:
    notes = Notes()
    history = ToldHistory(notes)
    history.says(1, "Hello.")
    history.cut(1, "")
    history.cut(1, "")
    assert notes.told == []


def test_a_phrase_that_was_heard_whole_stays_as_it_is() -> None:
    notes = Notes()
    history = ToldHistory(notes)
    history.says(1, "Hello. ")
    history.cut(1, "Hello.")
    history.cut(2, "")
    assert notes.told == [(Role.AGENT, "Hello. ")]
