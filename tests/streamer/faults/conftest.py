"""The calls of every table, made once and at the same time: they wait more than they work."""

from pathlib import Path

import certifi
import pytest

from tests.streamer.faults import deepgram_rows, elevenlabs_rows, openai_rows, turn_rows
from tests.streamer.faults.row import Batch, Row, make_calls

FAULTS: list[Row] = [*deepgram_rows.ROWS, *openai_rows.ROWS, *elevenlabs_rows.ROWS]


@pytest.fixture(scope="session")
def batch(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """The outcomes of the rows that any selected test asks for.

    Nothing here speaks TLS: one certificate instead of the machine's hundred and fifty halves the work of a call.
    """
    wanted = {name for item in request.session.items if (name := _row_of(item)) is not None}
    bundle = tmp_path_factory.mktemp("tls") / "one.pem"
    end = "-----END CERTIFICATE-----\n"
    bundle.write_text(Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0] + end, encoding="utf-8")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(bundle))
        return make_calls([row for row in (*FAULTS, *turn_rows.ROWS) if row.name in wanted])


def _row_of(item: pytest.Item) -> str | None:
    """The name of the row that a test is about."""
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return None
    row = item.callspec.params.get("row")
    return row.name if isinstance(row, Row) else None
