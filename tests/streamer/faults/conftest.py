"""The calls of every table, made once and at the same time: they wait more than they work."""

from pathlib import Path

import certifi
import pytest

from tests.streamer.faults import deepgram_rows, elevenlabs_rows, openai_rows
from tests.streamer.faults.row import Batch, Row, make_calls

ROWS: list[Row] = [*deepgram_rows.ROWS, *openai_rows.ROWS, *elevenlabs_rows.ROWS]


@pytest.fixture(scope="session")
def batch(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """The outcomes of the rows that any selected test asks for.

    Nothing here speaks TLS: one certificate instead of the machine's hundred and fifty halves the work of a call.
    """
    wanted = {
        item.callspec.params["row"].name
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec") and "row" in item.callspec.params
    }
    bundle = tmp_path_factory.mktemp("tls") / "one.pem"
    end = "-----END CERTIFICATE-----\n"
    bundle.write_text(Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0] + end, encoding="utf-8")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(bundle))
        return make_calls([row for row in ROWS if row.name in wanted])
