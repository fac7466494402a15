"""A Messaging service for each test that asks for one."""

from collections.abc import Iterator
from typing import Any

import pytest

from messaging.gateway import client
from messaging.sandbox.server import Sandbox


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    """The stand-in over real HTTP, with an empty book, in which nothing happens by itself."""
    stand_in = Sandbox().start()
    settings.CRM_MESSAGING_URL = stand_in.url
    yield stand_in
    client._gateway.cache_clear()
    stand_in.stop()
