"""Wrong settings end a program at its start, in one numbered line with a hint and without a traceback."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import CheckMessage
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.module_loading import import_string

from crm_platform import checks, env, reachability
from tests.crm_platform.processes import manage, python

UNREACHABLE_DATABASE = "postgresql://nobody@127.0.0.1:1/nowhere"
UNREACHABLE_REDIS = "redis://127.0.0.1:1/0"


def ids(messages: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


def test_the_settings_as_they_come_pass_all_checks() -> None:
    done = manage("check")

    assert done.stdout == "System check identified no issues (0 silenced).\n"


@pytest.mark.parametrize(
    ("hosts", "key", "expected"),
    [
        (["localhost", "127.0.0.1", "[::1]", "crm.localhost"], "development", []),
        (["crm.example"], "development", ["crm.E003"]),
        (["*"], "development", ["crm.E003"]),
        (["crm.example"], "too-short", ["crm.E003"]),
        (["crm.example"], "x" * 32, []),
    ],
)
def test_hosts_beyond_this_machine_need_a_secret_key_of_their_own(
    hosts: list[str], key: str, expected: list[str], settings: Any
) -> None:
    settings.ALLOWED_HOSTS = hosts
    settings.SECRET_KEY = settings.DEVELOPMENT_SECRET_KEY if key == "development" else key

    assert ids(checks.check_secret_key(None)) == expected


@pytest.mark.parametrize(("address", "expected"), [("127.0.0.1", []), ("0.0.0.0", ["crm.E003"])])  # noqa: S104
def test_an_open_port_needs_a_secret_key_under_whatever_name(
    address: str, expected: list[str], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.SECRET_KEY = settings.DEVELOPMENT_SECRET_KEY
    monkeypatch.setenv("CRM_HOST", address)

    assert ids(checks.check_secret_key(None)) == expected


COOKIES = "from django.conf import settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE)"


@pytest.mark.parametrize(
    ("hosts", "said", "expected"),
    [
        ("localhost", "", "False False"),
        ("crm.example", "", "True True"),
        ("crm.example", "false", "False False"),
        ("localhost", "true", "True True"),
    ],
)
def test_cookies_of_a_public_platform_go_over_https_only(hosts: str, said: str, expected: str) -> None:
    done = python(
        "-c",
        COOKIES,
        CRM_ALLOWED_HOSTS=hosts,
        CRM_SECURE_COOKIES=said,
        DJANGO_SETTINGS_MODULE="crm_platform.settings",
    )

    assert done.stdout.strip() == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [("", []), ("https://id.example/jwks.json", []), ("/nowhere/jwks.json", ["crm.E006"]), ("FILE", [])],
)
def test_a_file_of_provider_keys_must_exist(
    source: str, expected: list[str], settings: Any, tmp_path: Path
) -> None:
    existing = tmp_path / "jwks.json"
    existing.write_text("{}")
    settings.CRM_JWT_JWKS = str(existing) if source == "FILE" else source

    assert ids(checks.check_identity_provider(None)) == expected


def test_an_unreachable_database_is_named_with_the_form_of_its_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_DATABASE_URL", UNREACHABLE_DATABASE)

    (message,) = checks.database_messages(patience_seconds=0)

    assert message.id == "crm.E002"
    assert "Connection refused" in message.msg
    assert "postgresql://user:pass@host:5432/name?schema=crm" in (message.hint or "")


def test_a_schema_without_tables_is_not_the_products_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_DATABASE_URL", env.database_url() + "&schema=nothing_here")

    assert ids(checks.database_messages(patience_seconds=0)) == ["crm.E005"]
    assert checks.database_messages(patience_seconds=0, must_be_migrated=False) == []


def test_an_unreachable_redis_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", UNREACHABLE_REDIS)

    assert ids(checks.redis_messages()) == ["crm.E004"]


def test_a_redis_that_drops_queues_when_full_is_warned_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reachability, "redis_eviction_policy", lambda: "allkeys-lru")

    (message,) = checks.redis_messages()

    assert message.id == "crm.W001"
    assert not message.is_serious()


def test_a_healthy_redis_gives_no_message() -> None:
    assert checks.redis_messages() == []


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("CRM_DATABASE_URL", "mysql://localhost/scl", "CRM_DATABASE_URL must look like postgresql://"),
        ("REDIS_URL", "localhost:6379", "REDIS_URL must look like redis://"),
        ("CRM_LOG_LEVEL", "loud", "CRM_LOG_LEVEL must be one of"),
        ("CRM_RATE_READ", "many", "CRM_RATE_READ must be a whole number"),
    ],
)
def test_a_command_with_an_unusable_setting_ends_with_one_line(variable: str, value: str, words: str) -> None:
    done = manage("check", **{variable: value})

    assert done.returncode == 1
    assert done.stdout.startswith(f"crm.E001: {words}")
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    "command", [("migrate",), ("createsuperuser", "--noinput", "--username", "a", "--email", "a@b.example")]
)
def test_a_command_over_an_unreachable_database_ends_without_a_traceback(command: tuple[str, ...]) -> None:
    done = manage(*command, CRM_DATABASE_URL=UNREACHABLE_DATABASE)

    assert done.returncode == 1
    assert "crm.E002" in done.stdout
    assert "Traceback" not in done.stdout


def test_the_web_application_refuses_to_load_over_an_unreachable_database() -> None:
    lines = load_web_application(CRM_DATABASE_URL=UNREACHABLE_DATABASE)

    assert lines[0].startswith("crm.E002: ")
    assert "Hint: " in lines[0]
    assert len(lines) == 1


def test_the_web_application_refuses_to_load_with_a_key_that_everybody_knows() -> None:
    lines = load_web_application(
        CRM_ALLOWED_HOSTS="crm.example", CRM_SECRET_KEY="", CRM_DATABASE_URL=UNREACHABLE_DATABASE
    )

    assert [line.partition(":")[0] for line in lines] == ["crm.E003", "crm.E002"]


def test_the_celery_worker_refuses_to_start_over_an_unreachable_database() -> None:
    done = python(
        "-c",
        f"{WITHOUT_PATIENCE}; from celery.__main__ import main; import sys; "
        "sys.argv = ['celery', '-A', 'crm_platform', '--quiet', 'worker', '--pool', 'solo']; main()",
        CRM_DATABASE_URL=UNREACHABLE_DATABASE,
    )

    assert done.returncode == 1
    assert "crm.E002: " in done.stdout
    assert "Traceback" not in done.stdout


WITHOUT_PATIENCE = (
    "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'crm_platform.settings'; "
    "import crm_platform.checks; crm_platform.checks.DATABASE_PATIENCE_SECONDS = 0"
)


def load_web_application(**changes: str) -> list[str]:
    done = python("-c", f"{WITHOUT_PATIENCE}; import crm_platform.wsgi", **changes)

    assert done.returncode == 1
    return done.stdout.splitlines()


@pytest.mark.parametrize("base", [CsrfViewMiddleware, XFrameOptionsMiddleware])
def test_what_the_checks_of_django_no_longer_ask_for_is_there(base: type) -> None:
    """`security.W002` and `W003` are silenced, because middleware of ours stands for Django's."""
    assert any(issubclass(import_string(path), base) for path in settings.MIDDLEWARE)
