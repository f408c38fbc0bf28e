"""The command line, `offhook`. One module a command; heavy parts are imported by the command that needs them."""

import typer

from offhook.cli import agents, exits, token

app = typer.Typer(
    name="offhook",
    help="AI phone calls on Twilio. On one machine: `offhook demo` makes a whole call, and needs no account.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(agents.app, name="agents")
app.command(help=token.EXAMPLE)(token.token)


def main() -> None:
    exits.run(app)
