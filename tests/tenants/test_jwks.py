"""The identity provider's keys: from a file or a real web server that turns, breaks and comes back."""

import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.test import Client
from django.utils import timezone

from tenants import jwks
from tenants.development_keys import public_jwks
from tenants.jwks import KeySource, KeysUnavailableError, key_source, read_keys
from tenants.tokens import TokenRefusedError, verify_token
from tests.cast import Club
from tests.patience import PATIENCE_SECONDS, wait_until

KEYS = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]


def document(*kids: str) -> bytes:
    """A key set with KEYS under these ids."""
    entries = [json.loads(public_jwks(key, kid))["keys"][0] for kid, key in zip(kids, KEYS, strict=False)]
    return json.dumps({"keys": entries}).encode()


class Provider:
    """A small identity provider; `body` and `status` are what it answers."""

    def __init__(self) -> None:
        self.body, self.status, self.asked, self.held = b"", 200, 0, Event()
        self.held.set()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                provider.held.wait(PATIENCE_SECONDS)
                self.send_response(provider.status)
                self.end_headers()
                self.wfile.write(provider.body)

            def log_message(self, format: str, *args: Any) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/jwks.json"


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    Thread(target=provider.server.serve_forever, args=[0.01], daemon=True).start()
    yield provider
    provider.server.shutdown()
    provider.server.server_close()


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if MIN_REFRESH_SECONDS had passed between any two questions."""
    monkeypatch.setattr(jwks, "MIN_REFRESH_SECONDS", 0.0)


def token(key: rsa.RSAPrivateKey, kid: str | None) -> str:
    claims = {
        "sub": "anna",
        "aud": "crm",
        "iss": "crm-development",
        "exp": timezone.now() + timedelta(minutes=5),
    }
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid} if kid else None)


def test_keys_are_asked_for_once(provider: Provider) -> None:
    provider.body = document("a", "b")
    source = KeySource(provider.url)

    assert source.find("a") == KEYS[0].public_key()
    assert source.find("b") == KEYS[1].public_key()
    assert provider.asked == 1


def test_a_new_key_is_found_when_a_token_names_it(provider: Provider, eager: None) -> None:
    provider.body = document("a")
    source = KeySource(provider.url)
    assert source.find("a") is not None

    provider.body = document("a", "b")

    assert source.find("b") == KEYS[1].public_key()


def test_made_up_ids_do_not_make_us_a_nuisance(provider: Provider) -> None:
    provider.body = document("a")
    source = KeySource(provider.url)

    assert [source.find(f"made-up-{n}") for n in range(20)] == [None] * 20

    assert provider.asked == 1


def test_a_withdrawn_key_is_forgotten(
    provider: Provider, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.body = document("a", "b")
    source = KeySource(provider.url)
    assert source.find("b") is not None

    provider.body = document("a")
    monkeypatch.setattr(jwks, "MAX_AGE_SECONDS", 0.0)

    assert source.find("b") is None


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (404, b"{}"), (200, b"not json"), (200, b"[]"), (200, b'{"keys": 1}'), (200, b"\xff")],
)
def test_a_broken_provider_does_not_take_known_keys_away(
    provider: Provider, eager: None, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes
) -> None:
    provider.body = document("a")
    source = KeySource(provider.url)
    source.find("a")

    provider.status, provider.body = status, body
    monkeypatch.setattr(jwks, "MAX_AGE_SECONDS", 0.0)

    assert source.find("a") == KEYS[0].public_key()
    assert source.find("b") is None


@pytest.mark.parametrize(("status", "body"), [(500, b""), (200, b"not json"), (200, b"x" * 1_000_001)])
def test_without_any_keys_tokens_cannot_be_checked_now(provider: Provider, status: int, body: bytes) -> None:
    provider.status, provider.body = status, body

    with pytest.raises(KeysUnavailableError, match="cannot be checked right now"):
        KeySource(provider.url).find("a")


def test_nobody_listening_is_the_same() -> None:
    with pytest.raises(KeysUnavailableError):
        KeySource("http://127.0.0.1:1/jwks.json").find("a")


def test_keys_come_back_with_the_provider(provider: Provider, eager: None) -> None:
    source = KeySource(provider.url)
    with pytest.raises(KeysUnavailableError):
        source.find("a")

    provider.body = document("a")

    assert source.find("a") is not None


def test_a_slow_provider_does_not_hold_up_callers_whose_key_is_known(
    provider: Provider, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.body = document("a")
    source = KeySource(provider.url)
    source.find("a")
    provider.held.clear()
    asked = provider.asked
    slow = Thread(target=source.find, args=["unknown"])
    slow.start()
    wait_until(lambda: provider.asked > asked)

    monkeypatch.setattr(jwks, "MAX_AGE_SECONDS", 0.0)
    assert source.find("a") is not None

    assert slow.is_alive()
    provider.held.set()
    slow.join()


def test_a_file_is_read_again_when_a_token_names_a_new_key(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(document("a"))
    source = KeySource(str(path))
    assert source.find("a") is not None

    path.write_bytes(document("a", "b"))

    assert source.find("b") is not None


def test_a_missing_file_is_an_error_unless_it_may_be_missing(tmp_path: Path) -> None:
    with pytest.raises(KeysUnavailableError):
        KeySource(str(tmp_path / "none")).find("a")

    assert KeySource(str(tmp_path / "none"), is_optional=True).find("a") is None


def test_without_kid_only_a_single_key_will_do(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(document("a"))
    two.write_bytes(document("a", "b"))

    assert KeySource(str(one)).find(None) == KEYS[0].public_key()
    assert KeySource(str(two)).find(None) is None


def test_keys_that_are_not_for_rs256_signatures_are_passed_over() -> None:
    good = json.loads(document("good"))["keys"][0]
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - the point
    others: list[Any] = [
        good | {"kid": "encryption", "use": "enc"},
        good | {"kid": "other", "alg": "RS512"},
        good | {"kid": "private", "d": "x"},
        good | {"kid": "broken", "n": "!"},
        {"kid": "shared", "kty": "oct", "k": "c2VjcmV0"},
        json.loads(jwt.algorithms.ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key())),
        json.loads(public_jwks(small, "small"))["keys"][0],
        "text",
        None,
    ]

    keys = read_keys(json.dumps({"keys": [*others, good]}).encode())

    assert list(keys) == ["good"]


def test_a_providers_token_is_accepted_and_the_development_key_is_not(
    provider: Provider, settings: Any
) -> None:
    provider.body = document("a")
    development = token(KEYS[1], "development")
    settings.CRM_JWT_JWKS = provider.url

    assert verify_token(token(KEYS[0], "a")).subject == "anna"
    with pytest.raises(TokenRefusedError):
        verify_token(development)
    assert key_source() is key_source()


def test_callers_are_told_that_it_is_not_their_fault(
    fairview: Club, provider: Provider, settings: Any
) -> None:
    provider.status = 500
    settings.CRM_JWT_JWKS = provider.url
    settings.ROOT_URLCONF = "tests.tenants.api.routes"
    client = Client(headers={"Authorization": f"Bearer {token(KEYS[0], 'a')}"})

    answer = client.get("/api/v1/things")

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "TOKEN_KEYS_UNAVAILABLE")
    assert answer.headers["Retry-After"] == "5"
