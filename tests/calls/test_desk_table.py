import pytest

from calls.desk_table import Fact, Opening, check, desk_of


def test_an_empty_table_is_a_desk_that_knows_nothing() -> None:
    assert check({}, "a.toml") == []
    desk = desk_of({})
    assert (desk.business, desk.hours, desk.services, desk.facts) == ("", (), (), ())
    assert desk.slots == ("day", "time", "phone")


def test_a_full_table() -> None:
    table = {
        "business": "Us",
        "hours": {"monday": "09:00-17:30", "tuesday": "closed", "sunday": "00:00-24:00"},
        "services": ["cleaning"],
        "slots": ["phone", "day"],
        "appointment_min": 45,
        "phrases": {"hours": ["when can I drop in"]},
        "facts": [{"phrases": ["parking"], "answer": "Behind the house."}],
    }
    assert check(table, "a.toml") == []
    desk = desk_of(table)
    assert desk.hours == (Opening(540, 1050), None, None, None, None, None, Opening(0, 1440))
    assert desk.slots == ("phone", "day")
    assert desk.phrases["hours"] == ("when can I drop in",)
    assert desk.facts == (Fact(("parking",), "Behind the house."),)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"hours": {"monday": "9-5"}}, 'desk.hours.monday must be "closed" or opening and closing time'),
        ({"hours": {"monday": "17:00-09:00"}}, "desk.hours.monday must be"),
        ({"hours": {"monday": "09:00-24:30"}}, "desk.hours.monday must be"),
        ({"hours": {"mondy": "closed"}}, "desk.hours.mondy is not a field; did you mean desk.hours.monday?"),
        ({"slots": ["day", "day"]}, "desk.slots must be a list of day, time, phone, at least one, none twice"),
        ({"slots": []}, "desk.slots must be"),
        ({"slots": ["name"]}, "desk.slots must be"),
        ({"appointment_min": 0}, "desk.appointment_min must be a whole number from 5 to 480, not 0"),
        ({"services": ["?"]}, "desk.services must be a list of texts, none of them empty"),
        ({"phrases": {"buy": ["x"]}}, "desk.phrases.buy is not a field"),
        ({"facts": [{"answer": "x"}]}, "desk.facts[1].phrases is missing"),
        ({"facts": [{"phrases": [], "answer": "x"}]}, "desk.facts[1].phrases must be"),
        ({"facts": [{"phrases": ["x"]}]}, "desk.facts[1].answer is missing"),
        ({"facts": "none"}, "desk.facts must be a list of tables"),
        ({"busines": "x"}, "desk.busines is not a field; did you mean desk.business?"),
    ],
)
def test_a_wrong_field(table: dict[str, object], problem: str) -> None:
    (found,) = check(table, "a.toml")
    assert found.startswith(f"a.toml: {problem}")
