"""Bearer tokens: what is accepted, and everything that is not."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import RequestFactory

from tenants import callers, tokens
from tenants.callers import Caller, CallerKind, caller_of
from tenants.development_keys import KEY_ID, development_key, jwks_path, private_key_path
from tenants.errors import ForbiddenError, UnauthenticatedError
from tenants.models import Scope, User
from tenants.tokens import TokenRefusedError, verify_token
from tests import factories
from tests.cast import Club
from tests.patience import PATIENCE_SECONDS, CacheClock


def claims(**changes: Any) -> dict[str, Any]:
    """Good claims, changed; None takes one away."""
    now = datetime.now(UTC)
    good = {
        "sub": "anna",
        "aud": "crm",
        "iss": "crm-development",
        "iat": now,
        "exp": now + timedelta(minutes=5),
        "tenants": ["fairview"],
        "scope": "crm:read crm:write",
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def signed(payload: dict[str, Any], **options: Any) -> str:
    defaults: dict[str, Any] = {"algorithm": "RS256", "headers": {"kid": KEY_ID}}
    return jwt.encode(payload, development_key(), **(defaults | options))


def unsigned(header: dict[str, Any], payload: dict[str, Any], signature: bytes = b"") -> str:
    """A token put together by hand, as an attacker would."""

    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    body = {
        name: value.timestamp() if isinstance(value, datetime) else value for name, value in payload.items()
    }
    return ".".join([part(json.dumps(header).encode()), part(json.dumps(body).encode()), part(signature)])


def refusal_of(token: str) -> TokenRefusedError:
    with pytest.raises(TokenRefusedError) as refusal:
        verify_token(token)
    return refusal.value


def test_a_good_token_says_who_where_and_what() -> None:
    verified = verify_token(signed(claims(name="Anna Meyer")))

    assert (verified.subject, verified.name) == ("anna", "Anna Meyer")
    assert verified.tenants == ("fairview",)
    assert verified.scopes == {"crm:read", "crm:write"}


@pytest.mark.parametrize("scope", ["crm:read crm:write", ["crm:read", "crm:write"]])
@pytest.mark.parametrize("tenants", ["fairview kingsmere", ["fairview", "kingsmere"]])
def test_lists_may_be_lists_or_text(scope: Any, tenants: Any) -> None:
    verified = verify_token(signed(claims(scope=scope, tenants=tenants)))

    assert verified.scopes == {"crm:read", "crm:write"}
    assert verified.tenants == ("fairview", "kingsmere")


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"exp": datetime(2020, 1, 1, tzinfo=UTC)}, "TOKEN_EXPIRED", "The bearer token has expired"),
        ({"aud": "another-service"}, "INVALID_TOKEN", "meant for another audience"),
        ({"iss": "https://evil.example"}, "INVALID_TOKEN", "comes from another issuer"),
        ({"nbf": datetime(2100, 1, 1, tzinfo=UTC)}, "INVALID_TOKEN", "not valid yet"),
        ({"exp": None}, "INVALID_TOKEN", "lacks one of the claims"),
        ({"aud": None}, "INVALID_TOKEN", "lacks one of the claims"),
        ({"iss": None}, "INVALID_TOKEN", "lacks one of the claims"),
        ({"sub": None}, "INVALID_TOKEN", "lacks one of the claims"),
        ({"sub": ""}, "INVALID_TOKEN", "`sub` of the bearer token cannot be used"),
        ({"sub": "a\x00b"}, "INVALID_TOKEN", "`sub` of the bearer token cannot be used"),
        ({"sub": "x" * 201}, "INVALID_TOKEN", "`sub` of the bearer token cannot be used"),
        ({"tenants": {"fairview": True}}, "INVALID_TOKEN", "`tenants` of the bearer token must be a list"),
        ({"tenants": [1]}, "INVALID_TOKEN", "`tenants` of the bearer token must be a list"),
        ({"scope": 5}, "INVALID_TOKEN", "`scope` of the bearer token must be a list"),
    ],
)
def test_a_token_with_wrong_claims_is_refused_in_plain_words(
    changes: dict[str, Any], code: str, message: str
) -> None:
    refusal = refusal_of(signed(claims(**changes)))

    assert refusal.code == code
    assert message in refusal.message


def test_a_little_difference_between_clocks_is_forgiven() -> None:
    just_over = datetime.now(UTC) - timedelta(seconds=1)
    too_late = datetime.now(UTC) - timedelta(seconds=tokens.LEEWAY_SECONDS + 5)

    assert verify_token(signed(claims(exp=just_over))).subject == "anna"
    assert refusal_of(signed(claims(exp=too_late))).code == "TOKEN_EXPIRED"


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "HS256", "RS512", "PS256", "ES256", "", None, 5, ["RS256"]]
)
def test_the_token_does_not_choose_how_it_is_checked(alg: Any) -> None:
    token = unsigned({"alg": alg, "typ": "JWT", "kid": KEY_ID}, claims())

    assert refusal_of(token).code == "INVALID_TOKEN"


@pytest.mark.parametrize("encoding", [serialization.Encoding.PEM, serialization.Encoding.DER])
def test_the_public_key_is_no_shared_secret(encoding: serialization.Encoding) -> None:
    public = (
        development_key().public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    token = unsigned({"alg": "HS256", "kid": KEY_ID}, claims())
    message = token.rpartition(".")[0]
    digest = hmac.new(public, message.encode(), hashlib.sha256).digest()
    forged = f"{message}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"

    assert refusal_of(forged).message == "The bearer token must be signed with RS256."


def test_another_key_with_the_right_id_is_refused() -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = jwt.encode(claims(), stranger, algorithm="RS256", headers={"kid": KEY_ID})

    assert refusal_of(forged).message == "The signature of the bearer token is wrong."


def test_a_key_sent_along_with_the_token_is_not_believed() -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    own = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(stranger.public_key()))
    headers = {"kid": "mine", "jwk": own, "jku": "https://evil.example/jwks.json"}
    forged = jwt.encode(claims(), stranger, algorithm="RS256", headers=headers)

    assert "a key that its issuer does not publish" in refusal_of(forged).message


def test_a_changed_token_is_refused() -> None:
    header, payload, signature = signed(claims()).split(".")
    other = signed(claims(scope="crm:admin")).split(".")[1]

    assert refusal_of(f"{header}.{other}.{signature}").code == "INVALID_TOKEN"
    assert refusal_of(f"{header}.{payload}.").code == "INVALID_TOKEN"


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "x" * 20000,
        "é.é.é",
        "\x00",
        "eyJhbGciOiJSUzI1NiJ9",
        "W10.W10.W10",
        base64.urlsafe_b64encode(b"[" * 9000).decode().rstrip("=") + ".e30.",
    ],
)
def test_rubbish_is_refused_without_an_error_of_ours(token: str) -> None:
    assert refusal_of(token).code == "INVALID_TOKEN"


def test_a_token_without_kid_is_checked_with_the_only_key() -> None:
    assert verify_token(jwt.encode(claims(), development_key(), algorithm="RS256")).subject == "anna"


def test_the_development_key_is_made_once_and_kept_private(settings: Any, tmp_path: Path) -> None:
    settings.CRM_KEY_DIR = tmp_path / "new" / "keys"

    first, second = development_key(), development_key()

    assert first.private_numbers() == second.private_numbers()
    assert private_key_path().stat().st_mode & 0o777 == 0o600
    assert private_key_path().parent.stat().st_mode & 0o777 == 0o700
    (published,) = json.loads(jwks_path().read_bytes())["keys"]
    assert (published["kid"], published["alg"], published["use"]) == (KEY_ID, "RS256", "sig")
    assert "d" not in published
    assert list(private_key_path().parent.glob("tmp*")) == []


def test_before_any_development_token_was_issued_every_token_is_refused(
    settings: Any, tmp_path: Path
) -> None:
    token = signed(claims())
    settings.CRM_KEY_DIR = tmp_path / "nothing"

    assert "a key that its issuer does not publish" in refusal_of(token).message


def call(**headers: str) -> Caller | None:
    return caller_of(RequestFactory().get("/", headers={k.replace("_", "-"): v for k, v in headers.items()}))


def test_a_caller_is_known_by_their_token(fairview: Club, kingsmere: Club) -> None:
    token = signed(claims(sub=fairview.staff.auth_user_id, tenants=["fairview-gc", "KINGSMERE", "nobody"]))

    caller = call(Authorization=f"bearer {token}")

    assert caller is not None
    assert (caller.kind, caller.user) == (CallerKind.TOKEN, fairview.staff)
    assert (caller.subject, caller.name) == ("user:auth-fairview-staff", "Fairview Staff")
    assert caller.tenant_ids == {fairview.tenant.pk, kingsmere.tenant.pk}
    assert caller.scopes == {"crm:read", "crm:write"}


def test_a_caller_that_we_have_no_account_of_is_named_by_their_token(db: None) -> None:
    caller = call(Authorization=f"Bearer {signed(claims(name='Anna Meyer'))}")

    assert caller is not None
    assert (caller.name, caller.user, caller.tenant_ids) == ("Anna Meyer", None, frozenset())


def test_a_token_wins_over_a_key_and_a_key_over_another_scheme(fairview: Club) -> None:
    key = factories.api_key(fairview.tenant)

    with_token = call(Authorization=f"Bearer {signed(claims())}", X_API_Key=key)
    with_basic = call(Authorization="Basic eDp5", X_API_Key=key)

    assert with_token is not None
    assert with_basic is not None
    assert (with_token.kind, with_basic.kind) == (CallerKind.TOKEN, CallerKind.API_KEY)


def test_a_bad_token_is_not_saved_by_a_good_key(fairview: Club) -> None:
    with pytest.raises(UnauthenticatedError):
        call(Authorization="Bearer nonsense", X_API_Key=factories.api_key(fairview.tenant))


def test_no_credentials_are_nobody(db: None) -> None:
    assert call() is None
    assert call(X_API_Key="") is None


def test_a_verified_token_is_not_verified_again(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    token = signed(claims())
    first = call(Authorization=f"Bearer {token}")
    monkeypatch.setattr(callers, "verify_token", lambda token: pytest.fail("verified again"))

    assert call(Authorization=f"Bearer {token}") is first


def test_a_remembered_token_is_looked_at_again_when_it_expires(
    fairview: Club, monkeypatch: pytest.MonkeyPatch, cache_clock: CacheClock
) -> None:
    monkeypatch.setattr(callers, "CALLER_SECONDS", 1e9)
    token = signed(claims(exp=int(time.time()) + 3600))
    assert call(Authorization=f"Bearer {token}") is not None

    def too_late(token: str) -> None:
        raise TokenRefusedError("The token has expired.")

    monkeypatch.setattr(callers, "verify_token", too_late)

    cache_clock.advance(3600 + tokens.LEEWAY_SECONDS - PATIENCE_SECONDS)
    assert call(Authorization=f"Bearer {token}") is not None
    cache_clock.advance(PATIENCE_SECONDS)

    with pytest.raises(TokenRefusedError, match="has expired"):
        call(Authorization=f"Bearer {token}")


def test_a_deactivated_user_is_refused_when_they_are_looked_at_again(
    fairview: Club, cache_clock: CacheClock
) -> None:
    header = f"Bearer {signed(claims(sub=fairview.staff.auth_user_id))}"
    assert call(Authorization=header) is not None
    User.objects.filter(pk=fairview.staff.pk).update(is_active=False)

    cache_clock.advance(callers.CALLER_SECONDS)

    with pytest.raises(TokenRefusedError, match="deactivated"):
        call(Authorization=header)


def test_a_caller_may_do_what_their_scopes_say(db: None) -> None:
    caller = call(Authorization=f"Bearer {signed(claims(scope='crm:read crm:unheard-of'))}")

    assert caller is not None
    caller.check_scope(Scope.READ)
    with pytest.raises(ForbiddenError, match="This needs the scope crm:admin"):
        caller.check_scope(Scope.ADMIN)
