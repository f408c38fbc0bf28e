"""The command line, asked about the calls of a scene."""

from typer.testing import CliRunner, Result

from offhook.cli import app
from offhook.stack.environment import LOCAL_KEY, REGION
from tests.whole.scene import Scene


def asked(here: Scene, *arguments: str, columns: int = 160) -> Result:
    """What `offhook` with these arguments prints in a terminal so wide. It must end with code 0."""
    settings = {
        "OFFHOOK_TABLE": here.stack.settings.table,
        "AWS_ENDPOINT_URL": here.stack.settings.aws_endpoint_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": LOCAL_KEY,
        "AWS_SECRET_ACCESS_KEY": LOCAL_KEY,
        "COLUMNS": str(columns),
    }
    result = CliRunner().invoke(app, list(arguments), env=settings)
    assert result.exit_code == 0, result.output
    return result
