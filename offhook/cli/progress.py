"""How far calls are that take as long as people speak, on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from offhook.words import clock

if TYPE_CHECKING:
    from offhook.replay.run import Job, OnProgress


@contextmanager
def calls_under_way(console: Console, *, length_ms: int = 0) -> Iterator[tuple[Callable[[str], None], "OnProgress"]]:
    """A line for each call that is on the line: (what to tell a sentence, what to tell of a call's progress). A call
    is taken to last `length_ms`, or as long as its own recording where that is 0."""
    tasks: dict[int, TaskID] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[at]}"))
    with Progress(*columns, console=console, transient=True) as progress:

        def tell(sentence: str) -> None:
            progress.console.print(Text(f"· {sentence}", style="dim"))

        def on_progress(number: int, job: "Job", at_ms: int, is_over: bool) -> None:
            whole_ms = length_ms or job.tape.duration_ms
            if number not in tasks:
                tasks[number] = progress.add_task(job.what, total=whole_ms, at="")
            if is_over:
                progress.remove_task(tasks[number])
                tell(f"{job.what}: done")
            else:
                progress.update(tasks[number], completed=at_ms, at=f"{clock(at_ms)} of about {clock(whole_ms)}")

        yield tell, on_progress
