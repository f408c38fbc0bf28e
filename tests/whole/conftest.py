"""Embedded speech for the box, loaded once for all whole calls."""

from collections.abc import Iterator

import pytest

from streamer.providers.embedded_models import EmbeddedModels
from tests.recorded_voice import HEARD_WITHIN_S


@pytest.fixture(scope="session")
def models() -> Iterator[EmbeddedModels]:
    loaded = EmbeddedModels.load(HEARD_WITHIN_S)
    yield loaded
    loaded.close()
