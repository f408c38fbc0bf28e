"""One examination from settings to outcomes."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from offhook.doctor import webhooks
from offhook.doctor.checks import CHECKS
from offhook.doctor.exam import Check, Exam, trusted
from offhook.doctor.finding import Outcome
from offhook.doctor.runner import Progress, run
from offhook.doctor.settings import DoctorSettings


async def examine(
    settings: DoctorSettings,
    checks: Sequence[Check] = CHECKS,
    progress: Progress = lambda _outcome: None,
    now_s: Callable[[], float] = time.time,
) -> list[Outcome]:
    """The outcomes, in the order of `checks`. The deployment is told in any case that the made-up call is over.
    ConfigurationInvalid where `settings.ca_file` cannot be read."""
    exam = Exam(settings, trusted(settings.ca_file), now_s, lambda: datetime.now(UTC).date())
    try:
        return await run(checks, exam, progress)
    finally:
        await webhooks.finish(exam)
