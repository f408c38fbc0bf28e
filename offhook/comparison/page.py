"""A comparison as one HTML page that reads offline. A function of the report."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from calls.plain_words import BLAMES
from offhook.call_file import iso_utc
from offhook.comparison import figures
from offhook.comparison.period import in_words
from offhook.comparison.pictures import ENDS, ends_svg, latency_svg
from offhook.comparison.report import Report
from offhook.comparison.terminal import COLUMNS, cells, notes
from offhook.report import palette
from offhook.report.page import data_uri


def page(report: Report) -> str:
    """The whole page, charts inside: no address in it leaves the file."""
    environment = Environment(
        loader=PackageLoader("offhook.comparison", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    rows = (*report.rows, report.whole) if len(report.rows) > 1 else report.rows
    ends, latency = ends_svg(report.rows), latency_svg(report.rows)
    return environment.get_template("comparison.html.j2").render(
        by=report.by.value,
        calls=figures.counted(report.whole.calls),
        period=in_words(report.period),
        agent=report.agent,
        made_at=iso_utc(report.made_at_ms),
        columns=(report.by.value, "calls", *COLUMNS, "most common failure"),
        rows=[cells(row) for row in rows],
        ends=data_uri(ends) if ends else "",
        ends_key=[(name, colour) for name, colour, _, _ in ENDS],
        latency=data_uri(latency) if latency else "",
        faults=[(fault, BLAMES[fault.blame]) for fault in report.whole.faults],
        notes=list(notes(report)),
        meanings=figures.MEANINGS,
        palette=palette,
    )
