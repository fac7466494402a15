"""Settings from the environment: what is read, what is refused, in which words."""

import re
from pathlib import Path

import pytest

from crm_platform import env
from crm_platform.embedded.redis import kept_password


def test_a_database_url_names_server_user_and_schema() -> None:
    address = env.parse_database_url(
        "postgresql://us%40er:p%2Fw@db.example:5433/scl?schema=crm_two&sslmode=require"
    )

    assert address == env.DatabaseAddress(
        host="db.example",
        port="5433",
        name="scl",
        user="us@er",
        password="p/w",
        schema="crm_two",
        options={"sslmode": "require"},
    )


def test_the_schema_is_crm_where_the_url_names_none() -> None:
    assert env.parse_database_url("postgres://localhost/scl").schema == "crm"


def test_a_socket_folder_travels_in_the_host_parameter() -> None:
    address = env.parse_database_url("postgresql://postgres@/crm?host=/tmp/socket")

    assert (address.host, address.port, address.name) == ("/tmp/socket", "", "crm")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://localhost/scl", "its scheme is 'mysql'"),
        ("localhost/scl", "its scheme is 'missing'"),
        ("postgresql://localhost", "names no database"),
        ("postgresql://localhost:port/scl", "a port that is not a number"),
        ("postgresql://localhost:99999/scl", "a port that is not a number from 0 to 65535"),
        ('postgresql://localhost/scl?schema=crm";DROP', "may hold only a-z, 0-9 and _"),
        ("postgresql://localhost/scl?schema=CRM", "may hold only a-z, 0-9 and _"),
    ],
)
def test_a_database_url_that_cannot_be_used_is_refused_in_words(url: str, words: str) -> None:
    with pytest.raises(env.SettingError) as refusal:
        env.parse_database_url(url)

    assert words in str(refusal.value)
    assert str(refusal.value).startswith("crm.E001: ")


@pytest.mark.parametrize("value", ["redis://cache:6379/2", "rediss://user:secret@cache:6380"])
def test_redis_urls_are_taken_as_they_are(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", value)

    assert env.redis_url() == value


def test_a_redis_url_of_another_scheme_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "http://cache:6379")

    with pytest.raises(env.SettingError, match="REDIS_URL must look like redis://"):
        env.redis_url()


def test_the_embedded_redis_follows_its_port_and_its_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("REDIS_URL")
    monkeypatch.setenv("REDIS_PORT", "6400")

    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    before = env.redis_url()
    kept_password(env.redis_password_file())

    assert before == "redis://127.0.0.1:6400/0"
    assert re.fullmatch(r"redis://:[\w-]{32}@127\.0\.0\.1:6400/0", env.redis_url())


@pytest.mark.parametrize(
    ("value", "words"),
    [("many", "must be a whole number, not 'many'"), ("0", "from 1 to 65535, not 0"), ("70000", "not 70000")],
)
def test_a_port_that_is_none_is_refused(value: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", value)

    with pytest.raises(env.SettingError, match=words):
        env.port("PORT", 8000)


@pytest.mark.parametrize(("value", "meaning"), [("1", True), ("Yes", True), ("off", False), ("", True)])
def test_flags_know_several_words_and_an_empty_one_counts_as_unset(
    value: str, meaning: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_DEBUG", value)

    assert env.flag("CRM_DEBUG", default=True) is meaning


def test_a_flag_of_another_word_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_DEBUG", "maybe")

    with pytest.raises(env.SettingError, match="CRM_DEBUG must be true or false, not 'maybe'"):
        env.flag("CRM_DEBUG", default=False)


def test_a_choice_is_taken_in_any_case_and_else_refused_with_the_alternatives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CRM_LOG_LEVEL", "debug")
    assert env.choice("CRM_LOG_LEVEL", "INFO", env.LOG_LEVELS) == "DEBUG"

    monkeypatch.setenv("CRM_LOG_LEVEL", "loud")
    with pytest.raises(env.SettingError, match="one of DEBUG, INFO, WARNING, ERROR, CRITICAL, not 'LOUD'"):
        env.choice("CRM_LOG_LEVEL", "INFO", env.LOG_LEVELS)


def test_names_are_split_at_commas_without_empty_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_ALLOWED_HOSTS", " crm.example , ,127.0.0.1,")

    assert env.names("CRM_ALLOWED_HOSTS") == ["crm.example", "127.0.0.1"]
