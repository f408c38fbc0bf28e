"""The command line, `offhook`. One module a command; heavy parts are imported by the command that needs them."""

import typer

from offhook.cli import (
    agents,
    box,
    call,
    capacity,
    compare,
    demo,
    doctor,
    exits,
    forget,
    replay,
    report,
    token,
    twilio,
    up,
    why,
)

app = typer.Typer(
    name="offhook",
    help="AI phone calls on Twilio. On one machine: `offhook demo` makes a whole call, and needs no account.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(help=demo.EXAMPLE)(demo.demo)
app.command(help=up.EXAMPLE)(up.up)
app.command(help=call.EXAMPLE)(call.call)
app.command(help=doctor.EXAMPLE)(doctor.doctor)
app.command(help=report.EXAMPLE)(report.report)
app.command(help=why.EXAMPLE)(why.why)
app.command(help=replay.EXAMPLE)(replay.replay)
app.command(help=forget.EXAMPLE)(forget.forget)
app.command(help=compare.EXAMPLE)(compare.compare)
app.add_typer(agents.app, name="agents")
app.add_typer(twilio.app, name="twilio")
app.command(help=capacity.EXAMPLE)(capacity.capacity)
app.command(help=token.EXAMPLE)(token.token)
app.command(help=box.EXAMPLE)(box.box)


def main() -> None:
    exits.run(app)
