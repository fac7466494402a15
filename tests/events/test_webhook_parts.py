"""Secrets, signatures, delays, large payloads: the parts of webhooks that need no receiver."""

import base64
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings
from standardwebhooks.webhooks import Webhook

from crm_platform import env
from events.webhooks import payloads, retrying
from events.webhooks.retrying import asked_wait, next_attempt
from events.webhooks.signing import check_secret, new_secret, signature
from tenants.encryption import DecryptionError, decrypt, encrypt, key_path
from tenants.errors import InvalidError

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_the_official_library_makes_the_same_signature() -> None:
    secret, body = new_secret(), '{"a": "ü"}'.encode()

    ours = signature([secret], event_id="crm-1-2", timestamp=int(NOW.timestamp()), body=body)

    assert ours == Webhook(secret).sign("crm-1-2", NOW, body.decode())


@pytest.mark.parametrize("size", [24, 64])
def test_a_secret_may_be_brought_along(size: int) -> None:
    secret = "whsec_" + base64.b64encode(b"x" * size).decode()

    assert check_secret(secret) == secret


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", "c2hvcnQ" * 10, "whsec_" + "A" * 88]
)
def test_a_secret_of_the_wrong_form_is_refused(secret: str) -> None:
    with pytest.raises(InvalidError, match="24 to 64 random bytes"):
        check_secret(secret)


def test_ten_attempts_are_spread_over_three_days() -> None:
    assert sum(retrying.DELAYS, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)
    for attempts, delay in enumerate(retrying.DELAYS, start=1):
        due = next_attempt(attempts, NOW)
        assert due is not None
        assert abs(due - NOW - delay) <= delay * retrying.JITTER
    assert next_attempt(10, NOW) is None


def test_a_receiver_may_ask_for_a_longer_wait_but_not_for_a_shorter_one() -> None:
    longer = next_attempt(1, NOW, timedelta(hours=1))
    shorter = next_attempt(3, NOW, timedelta(seconds=1))

    assert longer == NOW + timedelta(hours=1)
    assert shorter is not None
    assert shorter > NOW + timedelta(minutes=26)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("120", timedelta(seconds=120)),
        ("99999999999999999999", timedelta(hours=24)),
        ("Sun, 01 Mar 2026 08:02:00 GMT", timedelta(seconds=120)),
        ("Sun, 01 Mar 2020 08:02:00 GMT", timedelta(0)),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, wait: timedelta | None) -> None:
    assert asked_wait(header, NOW) == wait


def test_an_endpoint_rests_longer_each_time_up_to_five_minutes() -> None:
    rests = [retrying.rest_after(batches).total_seconds() for batches in range(1, 8)]

    assert rests == [0, 5, 30, 60, 300, 300, 300]


def test_a_payload_that_is_too_large_is_told_without_its_content() -> None:
    envelope = {"id": "e", "type": "t", "payload": {"segmentId": "s", "added": ["x" * 100] * 4000}}

    told = orjson.loads(payloads.body_of(envelope))

    assert told["payload"] == {"segmentId": "s", "truncated": True, "bytes": len(orjson.dumps(envelope))}
    assert orjson.loads(payloads.body_of({"id": "e", "payload": {}})) == {"id": "e", "payload": {}}


def test_secrets_are_sealed_and_keys_can_be_changed(settings: Settings) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.CRM_ENCRYPTION_KEYS = [old]
    sealed = encrypt("whsec_x")
    assert "whsec_x" not in sealed

    settings.CRM_ENCRYPTION_KEYS = [new, old]
    assert decrypt(sealed) == "whsec_x"
    assert decrypt(encrypt("again")) == "again"

    settings.CRM_ENCRYPTION_KEYS = [new]
    with pytest.raises(DecryptionError):
        decrypt(sealed)


def test_without_keys_one_is_made_and_kept_for_the_owner_only(settings: Settings) -> None:
    settings.CRM_ENCRYPTION_KEYS = []

    assert decrypt(encrypt("x")) == "x"
    assert key_path().stat().st_mode & 0o777 == 0o600


def test_keys_that_cannot_be_used_are_refused_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_ENCRYPTION_KEYS", "short")

    with pytest.raises(env.SettingError, match="CRM_ENCRYPTION_KEYS must hold keys of 32 bytes"):
        env.fernet_keys("CRM_ENCRYPTION_KEYS")
