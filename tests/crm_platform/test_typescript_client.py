"""The TypeScript client: made from the description, compiled strictly, and used against a running platform."""

from pathlib import Path
from typing import Any

import pytest

from tests import factories
from tests.cast import Club
from tests.profiles.api_callers import thandi
from tests.typescript import WITHOUT_NODE, built_client, run

pytestmark = [
    WITHOUT_NODE,
    # One process, so that the client is made once.
    pytest.mark.xdist_group("typescript-client"),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client, generated and compiled."""
    return built_client(tmp_path_factory.mktemp("client"))


@pytest.mark.django_db(transaction=True)
def test_the_sample_program_runs_against_the_platform(client: Path, fairview: Club, live_server: Any) -> None:
    thandi(fairview.tenant)
    key = factories.api_key(fairview.tenant)

    said = run(
        "node",
        "dist/sample/sample.js",
        folder=client,
        CRM_URL=live_server.url,
        CRM_KEY=key,
        CRM_TENANT="fairview",
    )

    assert said.strip().endswith(": 2 customers")


def test_the_package_holds_the_client_and_nothing_else(client: Path) -> None:
    said = run("npm", "pack", "--dry-run", "--json", folder=client)

    assert '"dist/src/index.js"' in said
    assert '"dist/src/schema.d.ts"' in said
    assert "sample" not in said
