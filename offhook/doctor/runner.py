"""Runs the checks: all that do not build on each other at the same time, each within its own deadline."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from offhook.doctor.exam import Check, Exam
from offhook.doctor.finding import Finding, Outcome, State, failed, skipped, warned
from offhook.doctor.privacy import clean_finding

log = logging.getLogger(__name__)

Progress = Callable[[Outcome], None]


async def run(checks: Sequence[Check], exam: Exam, progress: Progress = lambda _outcome: None) -> list[Outcome]:
    """The outcomes in the order of `checks`; `progress` hears each as it comes."""
    running: dict[str, asyncio.Task[Outcome]] = {}

    async def one(check: Check) -> Outcome:
        before = {name: await asyncio.shield(running[name]) for name in check.needs + check.after if name in running}
        needed = [before[name] for name in check.needs if name in before]
        outcome = await _outcome(check, exam, [each for each in needed if each.state in (State.FAIL, State.SKIP)])
        progress(outcome)
        return outcome

    async with asyncio.TaskGroup() as tasks:
        for check in checks:
            # A check stands after those that it needs, so that their tasks are there already.
            running[check.name] = tasks.create_task(one(check), name=f"doctor {check.name}")
    return [running[check.name].result() for check in checks]


async def _outcome(check: Check, exam: Exam, in_the_way: Sequence[Outcome]) -> Outcome:
    since_s = time.monotonic()
    if in_the_way:
        finding = skipped(f"not checked: {in_the_way[0].name} comes first")
    else:
        finding = await _within(check, exam)
    took_ms = round((time.monotonic() - since_s) * 1000)
    return Outcome(check.name, check.title, clean_finding(finding, exam.settings.secrets), took_ms)


async def _within(check: Check, exam: Exam) -> Finding:
    try:
        async with asyncio.timeout(check.deadline_s):
            return await check.run(exam)
    except TimeoutError:
        return failed(
            f"No answer within {check.deadline_s:g} s.",
            "The other side is overloaded, or something in between swallows packets.",
            "Ask again with --only " + check.name + "; if it stays so, look at the other side's log.",
        )
    except Exception as error:  # a defect in one check must not cost the others
        log.debug("check %s broke", check.name, exc_info=True)
        return warned(
            f"The check itself broke ({type(error).__name__}).",
            "This is a defect of `offhook doctor`, and says nothing about the deployment.",
        )


def exit_status(outcomes: Sequence[Outcome]) -> int:
    """0 when nothing failed; 1 when something did."""
    return int(any(outcome.state is State.FAIL for outcome in outcomes))
