"""A simulated burst as a picture."""

from pathlib import Path

from matplotlib.figure import Figure

from offhook.capacity.report import Answer

STREAMING, TRADITIONAL, ROOM = "#2a6f97", "#e07a5f", "#9aa5b1"


def draw(answer: Answer, file: Path) -> None:
    """Calls at once by rung, under the room that there is, as PNG or SVG by the file's name; one of the runs."""
    looks, burst = answer.picture.looks, answer.question.burst
    minutes = [look.at_s / 60 for look in looks]
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.add_subplot()
    streaming, traditional = [look.streaming for look in looks], [look.traditional for look in looks]
    axes.stackplot(
        minutes, streaming, traditional, colors=[STREAMING, TRADITIONAL], labels=["streaming", "traditional"]
    )
    axes.step(
        minutes, [look.room for look in looks], color=ROOM, where="post", label="room of the tasks that are ready"
    )
    axes.axvspan(burst.start_s / 60, (burst.start_s + burst.lasts_s) / 60, color="#000000", alpha=0.06, label="burst")
    axes.set(xlabel="minutes", ylabel="calls at once", xlim=(0, minutes[-1]), ylim=(0, None))
    axes.set_title(
        f"{answer.question.calls_per_day:,.0f} calls a day, a burst of {burst.factor:g} times as many for "
        f"{burst.lasts_s / 60:g} minutes",
        loc="left",
    )
    axes.legend(loc="upper left", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, dpi=110)
