"""The calls of every table, made once and at the same time: they wait more than they work."""

import pytest

from tests.streamer.faults import deepgram_rows, elevenlabs_rows, openai_rows, turn_rows
from tests.streamer.faults.row import Batch, Row, made_of

FAULTS: list[Row] = [*deepgram_rows.ROWS, *openai_rows.ROWS, *elevenlabs_rows.ROWS]


@pytest.fixture(scope="session")
def batch(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """The outcomes of the rows that any selected test asks for."""
    return made_of((*FAULTS, *turn_rows.ROWS), request, tmp_path_factory)
