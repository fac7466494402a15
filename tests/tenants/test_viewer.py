"""Who is calling, and about which clubs."""

from typing import Any

from django.test import Client

from tenants.models import Role
from tests import factories
from tests.cast import Club


def ask(headers: dict[str, str], path: str) -> Any:
    return Client(headers=headers).get(f"/api/v1/{path}").json()


def test_a_person_sees_name_scopes_limits_and_roles(fairview: Club, kingsmere: Club) -> None:
    factories.membership(fairview.staff, kingsmere.tenant, Role.VIEWER)
    headers = factories.bearer(
        fairview.tenant, kingsmere.tenant, subject=fairview.staff.auth_user_id, scopes=["crm:read"]
    )

    me, mine = ask(headers, "me"), ask(headers, "tenants")

    assert (me["kind"], me["email"], me["scopes"]) == ("TOKEN", fairview.staff.email, ["crm:read"])
    assert me["requestsPerMinute"]["read"] == 1000
    assert [(each["slug"], each["role"]) for each in mine["data"]] == [
        ("fairview", "STAFF"),
        ("kingsmere", "VIEWER"),
    ]
    assert mine["data"][0] | {"id": ""} == {
        "id": "",
        "slug": "fairview",
        "aliases": ["fairview-gc"],
        "name": "Fairview Golf Club",
        "timeZone": "Africa/Johannesburg",
        "country": "ZA",
        "currency": "ZAR",
        "locale": "en_ZA",
        "membershipTiers": ["Platinum", "Gold", "Silver"],
        "role": "STAFF",
        "isSandbox": False,
    }


def test_a_key_sees_its_own_limit_its_sources_and_no_role(fairview: Club, kingsmere: Club) -> None:
    key = factories.api_key(fairview.tenant, sources=["teetime"], rate_limit_per_minute=7)
    headers = {"X-API-Key": key}

    me, mine = ask(headers, "me"), ask(headers, "tenants")

    assert (me["kind"], me["email"], me["sources"]) == ("API_KEY", None, ["teetime"])
    assert set(me["requestsPerMinute"].values()) == {7}
    assert [(each["slug"], each["role"]) for each in mine["data"]] == [("fairview", None)]


def test_a_stranger_belongs_nowhere(fairview: Club) -> None:
    assert ask(factories.bearer(), "tenants") == {
        "data": [],
        "meta": {"total": 0, "skip": 0, "take": 25, "hasMore": False},
    }


def test_graphql_says_the_same(fairview: Club) -> None:
    headers = factories.bearer(fairview.tenant, subject=fairview.admin.auth_user_id, scopes=["crm:read"])
    query = "{ viewer { kind email scopes tenants { slug currency role } } }"

    answer = Client(headers=headers).post("/graphql", {"query": query}, "application/json").json()

    assert answer["data"]["viewer"] == {
        "kind": "TOKEN",
        "email": fairview.admin.email,
        "scopes": ["crm:read"],
        "tenants": [{"slug": "fairview", "currency": "ZAR", "role": "ADMIN"}],
    }


def test_a_request_without_a_tenant_is_told_the_choices(fairview: Club, kingsmere: Club) -> None:
    headers = factories.bearer(fairview.tenant, kingsmere.tenant)

    error = ask(headers, "customers")["error"]

    assert error["code"] == "TENANT_REQUIRED"
    assert "fairview, kingsmere" in error["message"]
