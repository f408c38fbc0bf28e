"""Embedded speech for the box, loaded once for all whole calls."""

from collections.abc import Iterator

import pytest

from streamer.providers.embedded_models import EmbeddedModels


@pytest.fixture(scope="session")
def models() -> Iterator[EmbeddedModels]:
    loaded = EmbeddedModels.load()
    yield loaded
    loaded.close()
