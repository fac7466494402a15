"""Fixtures of these tests."""

import pytest

from tests import factories


@pytest.fixture(autouse=True)
def furnished_clubs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clubs as they are made for real, with segments and views."""
    monkeypatch.setattr(factories, "are_furnished", True)
