"""Which settings are asked for, by whoever reads them all before it says what is wrong."""

from collections.abc import Iterator, Mapping


class NotingEnvironment(Mapping[str, str]):
    """An empty environment that takes down which settings are asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("settings are asked for by name")

    def __len__(self) -> int:
        return 0
