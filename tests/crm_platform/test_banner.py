"""The block that `up` prints when everything runs."""

import json
from pathlib import Path

from django.urls import reverse

from crm_platform.supervisor import banner as module
from crm_platform.supervisor.banner import banner

DATABASE_URL = "postgresql://postgres@/crm?host=/tmp/crm-pg"


def shown(
    data_dir: Path, *, redis_url: str = "redis://127.0.0.1:6379/0", database_url: str = DATABASE_URL
) -> str:
    return banner(
        web_url="http://localhost:8000",
        database_url=database_url,
        redis_url=redis_url,
        queue="crm-events",
        data_dir=data_dir,
    )


def test_it_names_every_address(tmp_path: Path) -> None:
    text = shown(tmp_path)

    for address in (
        "http://localhost:8000/admin/",
        "http://localhost:8000/api/docs/",
        "http://localhost:8000/graphql",
        "redis://127.0.0.1:6379/0  BullMQ queue crm-events",
        DATABASE_URL,
        str(tmp_path / "log"),
    ):
        assert address in text


def test_its_paths_are_those_of_the_routes() -> None:
    assert reverse("admin:index") == module.ADMIN_PATH
    assert reverse("docs") == module.DOCS_PATH
    assert reverse("graphql") == module.GRAPHQL_PATH


def test_no_password_of_a_server_is_shown(tmp_path: Path) -> None:
    text = shown(
        tmp_path,
        redis_url="redis://crm:very-secret@cache:6379/1",
        database_url="postgresql://crm:very-secret@db:5432/scl?schema=crm",
    )

    assert "very-secret" not in text
    assert "redis://cache:6379/1" in text
    assert "postgresql://db:5432/scl?schema=crm" in text


def test_the_demos_logins_are_shown_once_the_demo_wrote_them(tmp_path: Path) -> None:
    login = {"username": "anna", "password": "fairway", "role": "Admin", "tenants": "fairview"}
    (tmp_path / module.LOGINS_FILE).write_text(json.dumps({"logins": [login]}))

    text = shown(tmp_path)

    assert "anna / fairway" in text
    assert "Admin, fairview" in text


def test_without_a_demo_or_with_a_broken_file_there_are_no_logins(tmp_path: Path) -> None:
    assert "logins" not in shown(tmp_path)

    (tmp_path / module.LOGINS_FILE).write_text("{")

    assert "logins" not in shown(tmp_path)
