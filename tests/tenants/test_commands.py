"""Commands that make tenants, keys and tokens."""

from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from tenants.api_keys import find_key
from tenants.directory import find_tenant
from tenants.models import ApiKey, Tenant, User
from tenants.tokens import verify_token
from tests.cast import Club


def run(*args: Any, **options: Any) -> tuple[str, str]:
    """What a command wrote to stdout and stderr."""
    out, err = StringIO(), StringIO()
    call_command(*args, stdout=out, stderr=err, **options)
    return out.getvalue().strip(), err.getvalue().strip()


def test_create_tenant_prints_the_uuid_of_a_tenant_with_all_its_names(db: None) -> None:
    out, _ = run(
        *(
            "create_tenant",
            "oak-hill",
            "Oak Hill",
            "--aliases",
            "oak,oakhill",
            "--tiers",
            "Full Member, Social",
        ),
        *("--country", "GB", "--currency", "GBP", "--time-zone", "Europe/London", "--locale", "en_GB"),
    )

    tenant = Tenant.objects.get(pk=UUID(out))
    assert (tenant.slug, tenant.name, tenant.default_country) == ("oak-hill", "Oak Hill", "GB")
    assert (tenant.currency, tenant.time_zone, tenant.locale) == ("GBP", "Europe/London", "en_GB")
    assert tenant.tier_order == ["Full Member", "Social"]
    assert find_tenant("oakhill") == tenant


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("fairview", "Again"), "The name 'fairview' already leads to another tenant."),
        (("Not a slug!", "X"), "Use lower-case letters"),
        (("x", "X", "--time-zone", "Mars/Olympus"), "'Mars/Olympus' is not a time zone"),
        (("x", "X", "--country", "XX"), "'XX' is not a country; write one such as ZA."),
        (("x", "X", "--currency", "ABC"), "'ABC' is not a currency; write one such as ZAR."),
        (("x", "X", "--locale", "xx_YY"), "'xx_YY' is not a way of writing; write one such as en_ZA."),
        (("x", "X", "--tiers", "Gold, Gold"), "The tier 'Gold' is named twice."),
        (("6f1c2a52-5c0e-4d8e-9d3f-0a4b7f2c1d10", "X"), "may not look like a UUID"),
    ],
)
def test_create_tenant_says_what_is_wrong_and_makes_nothing(
    fairview: Club, args: tuple[str, ...], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        run("create_tenant", *args)

    assert Tenant.objects.count() == 1


def test_create_api_key_prints_a_working_key_alone_on_stdout(fairview: Club, kingsmere: Club) -> None:
    out, err = run(
        *(
            "create_api_key",
            "TeeTime",
            "--tenants",
            "fairview,kingsmere-park",
            "--scopes",
            "crm:events crm:read",
        ),
        *("--sources", "teetime", "--rate", "50", "--days", "1.5"),
    )

    key = find_key(out)
    assert key is not None
    assert key.tenant_ids == {fairview.tenant.pk, kingsmere.tenant.pk}
    assert key.scopes == {"crm:events", "crm:read"}
    assert key.sources == {"teetime"}
    assert key.rate_limit_per_minute == 50
    assert key.expires_at is not None
    assert "not shown again" in err
    assert out not in err


@pytest.mark.parametrize(
    ("tenants", "scopes", "rate", "message"),
    [
        ("nobody", "crm:read", "1", "There is no active tenant 'nobody'. Known: fairview"),
        ("fairview", "crm:all", "1", "Unknown scope crm:all. Known: crm:read"),
        ("", "crm:read", "1", "at least one tenant"),
        ("fairview", "", "1", "at least one tenant and one scope"),
        ("fairview", "crm:read", "0", "--rate must be at least 1"),
        ("fairview", "crm:events", "1", "needs the services"),
    ],
)
def test_create_api_key_says_what_is_wrong_and_makes_nothing(
    fairview: Club, tenants: str, scopes: str, rate: str, message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        run("create_api_key", "x", "--tenants", tenants, "--scopes", scopes, "--rate", rate)

    assert not ApiKey.objects.exists()


def test_issue_token_for_a_user_speaks_for_all_their_tenants(fairview: Club) -> None:
    out, err = run("issue_token", "--user", fairview.staff.username)

    claims = verify_token(out)
    assert claims.subject == fairview.staff.auth_user_id
    assert claims.name == fairview.staff.get_full_name()
    assert claims.tenants == (str(fairview.tenant.pk),)
    assert claims.scopes == {"crm:read", "crm:write"}
    assert err == ""


def test_issue_token_gives_a_user_without_one_an_id_at_the_identity_provider(fairview: Club) -> None:
    User.objects.filter(pk=fairview.staff.pk).update(auth_user_id=None)

    out, err = run("issue_token", "--user", fairview.staff.username)

    fairview.staff.refresh_from_db()
    assert verify_token(out).subject == fairview.staff.auth_user_id
    assert str(fairview.staff.auth_user_id) in err


def test_issue_token_for_any_subject(fairview: Club) -> None:
    out, _ = run(
        *(
            "issue_token",
            "--sub",
            "somebody",
            "--tenants",
            "fairview-gc",
            "--scope",
            "crm:events",
            "--days",
            "0.5",
        )
    )

    claims = verify_token(out)
    assert (claims.subject, claims.tenants) == ("somebody", (str(fairview.tenant.pk),))
    assert claims.scopes == {"crm:events"}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--user", "nobody"), "There is no user 'nobody'"),
        (("--user", "stranger"), "Say for which tenants"),
        (("--sub", "x"), "Say for which tenants"),
        (("--sub", "x", "--tenants", "nobody"), "There is no active tenant 'nobody'"),
        (("--sub", "x", "--tenants", "fairview", "--scope", "all"), "Unknown scope all"),
    ],
)
def test_issue_token_says_what_is_missing(
    fairview: Club, stranger: User, args: tuple[str, ...], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        run("issue_token", *args)


def test_issue_token_does_not_pretend_to_be_a_real_identity_provider(fairview: Club, settings: Any) -> None:
    settings.CRM_JWT_JWKS = "https://id.example.org/jwks.json"

    with pytest.raises(CommandError, match="Tokens are checked against CRM_JWT_JWKS here"):
        run("issue_token", "--user", fairview.staff.username)
