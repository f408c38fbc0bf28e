from calls.fields import Fields


def test_values_and_defaults() -> None:
    problems: list[str] = []
    fields = Fields({"a": "x", "n": 3, "f": 2, "l": ["p"], "t": {"k": 1}, "ts": [{}]}, "", problems)
    assert fields.text("a") == "x"
    assert fields.text("absent", "there") == "there"
    assert fields.whole("n", 1, 0, 9) == 3
    assert fields.number("f", 1.0, 0, 9) == 2.0
    assert fields.texts("l", (), "a list", bool) == ["p"]
    assert fields.table("t").plain() == {"k": 1}
    assert len(fields.tables("ts")) == 1
    fields.finish()
    assert problems == []


def test_every_problem_is_noted_with_its_path_and_none_stops_the_reading() -> None:
    problems: list[str] = []
    fields = Fields({"n": True, "f": "2", "a": " ", "l": [1]}, "top", problems)
    fields.whole("n", 1, 0, 9)
    fields.number("f", 1.0, 0.5, 9)
    fields.text("a", longest=5)
    fields.text("gone", longest=5)
    fields.texts("l", (), "a list of words", bool)
    assert problems == [
        "top.n must be a whole number from 0 to 9, not true",
        'top.f must be a number from 0.5 to 9, not "2"',
        'top.a must be a text of 1 to 5 characters, not " "',
        "top.gone is missing; it must be a text of 1 to 5 characters",
        "top.l must be a list of words, not [1]",
    ]


def test_an_unknown_field_is_a_problem_with_a_hint_where_there_is_one() -> None:
    problems: list[str] = []
    fields = Fields({"greting": "x", "zebra": 1}, "", problems)
    fields.text("greeting", "hi")
    fields.finish()
    assert problems == ["greting is not a field; did you mean greeting?", "zebra is not a field"]


def test_what_is_no_table_is_a_problem() -> None:
    problems: list[str] = []
    Fields(3, "limits", problems).finish()
    assert problems == ["limits must be a table, not 3"]


def test_a_private_value_and_a_long_one_are_not_shown_whole() -> None:
    problems: list[str] = []
    fields = Fields({"number": "+1202555", "long": "y" * 500}, "", problems)
    fields.shaped("number", "", "a number", lambda _: False, private=True)
    fields.text("long", longest=9)
    assert problems[0] == "number must be a number"
    assert len(problems[1]) < 120
