"""A view about a tenant's data: who may come in, whose data is seen, what an answer carries."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.response import Response

from tenants.api.views import ApiRequest, TenantApiView
from tenants.models import IdempotencyRecord, Scope, User
from tenants.scope import all_tenants, current_scope
from tests import factories
from tests.cast import Club
from tests.tenants.api.conftest import thing


def error_of(answer: Any) -> tuple[int, str]:
    """Status and code of an error answer."""
    return answer.status_code, answer.json()["error"]["code"]


def test_a_caller_reads_their_tenants_data(api: Client, fairview: Club, kingsmere: Club) -> None:
    thing(fairview, "driver")
    thing(kingsmere, "driver")

    answer = api.get("/api/v1/things/driver")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {
        "name": "driver",
        "tenantId": str(fairview.tenant.pk),
        "visible": 1,
        "at": "2026-03-14T12:00:00Z",
    }
    assert current_scope() is None


def test_being_admitted_costs_no_query_when_one_was_here_a_moment_ago(api: Client, fairview: Club) -> None:
    thing(fairview, "driver")
    api.get("/api/v1/things/driver")

    with CaptureQueriesContext(connection) as queries:
        api.get("/api/v1/things/driver")

    assert len(queries) == 2  # both are the view's own


@pytest.mark.parametrize("name", ["tenantId=fairview", "tenantId=FAIRVIEW-GC", ""])
def test_the_tenant_may_be_named_in_the_query(api: Client, fairview: Club, name: str) -> None:
    thing(fairview, "driver")

    assert api.get(f"/api/v1/things/driver?{name}").status_code == 200


@pytest.mark.parametrize("name", ["fairview", "Fairview-GC", ""])
def test_the_tenant_may_be_named_in_a_header(api: Client, fairview: Club, name: str) -> None:
    thing(fairview, "driver")

    assert api.get("/api/v1/things/driver", headers={"X-Tenant-Id": name}).status_code == 200


def test_the_tenant_may_be_named_by_uuid(api: Client, fairview: Club) -> None:
    assert api.get(f"/api/v1/things?tenantId={fairview.tenant.pk}").status_code == 200


def test_a_caller_of_several_tenants_must_name_one(fairview: Club, kingsmere: Club) -> None:
    both = Client(headers=factories.bearer(fairview.tenant, kingsmere.tenant))
    thing(kingsmere, "putter")

    assert error_of(both.get("/api/v1/things")) == (400, "TENANT_REQUIRED")
    assert both.get("/api/v1/things?tenantId=fairview").json()["data"] == []
    assert both.get("/api/v1/things?tenantId=kingsmere").json()["data"] == [{"name": "putter"}]


def test_query_and_header_must_not_name_different_tenants(fairview: Club, kingsmere: Club) -> None:
    both = Client(headers=factories.bearer(fairview.tenant, kingsmere.tenant))

    differing = both.get("/api/v1/things?tenantId=fairview", headers={"X-Tenant-Id": "kingsmere"})
    agreeing = both.get("/api/v1/things?tenantId=fairview", headers={"X-Tenant-Id": "fairview-gc"})

    assert error_of(differing) == (400, "TENANT_AMBIGUOUS")
    assert agreeing.status_code == 200


def test_a_foreign_tenant_sounds_exactly_like_one_that_does_not_exist(api: Client, kingsmere: Club) -> None:
    answers = [
        api.get(f"/api/v1/things?tenantId={name}", headers={"X-Request-Id": "same"}).content
        for name in ("kingsmere", str(kingsmere.tenant.pk), "nobody", "00000000-0000-4000-8000-000000000000")
    ]

    assert len(set(answers)) == 1
    assert error_of(api.get("/api/v1/things?tenantId=kingsmere")) == (404, "RESOURCE_NOT_FOUND")


def test_a_write_to_a_foreign_tenant_changes_nothing(api: Client, kingsmere: Club) -> None:
    for named in ({"tenantId": "kingsmere"}, {}):
        headers = {} if named else {"X-Tenant-Id": "kingsmere"}
        answer = api.post(
            "/api/v1/things", {"name": "x"}, "application/json", headers=headers, query_params=named
        )
        assert error_of(answer) == (404, "RESOURCE_NOT_FOUND")

    with all_tenants():
        assert not IdempotencyRecord.objects.exists()


def test_a_caller_without_any_tenant_gets_nowhere(fairview: Club) -> None:
    nobody = Client(headers=factories.bearer())

    assert error_of(nobody.get("/api/v1/things")) == (400, "TENANT_REQUIRED")
    assert error_of(nobody.get("/api/v1/things?tenantId=fairview")) == (404, "RESOURCE_NOT_FOUND")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "AUTHENTICATION_REQUIRED"),
        ({"Authorization": "Basic dXNlcjpwYXNz"}, "AUTHENTICATION_REQUIRED"),
        ({"Authorization": "Bearer"}, "INVALID_TOKEN"),
        ({"Authorization": "Bearer nonsense"}, "INVALID_TOKEN"),
        ({"Authorization": "Bearer ünïcode"}, "INVALID_TOKEN"),
        ({"X-API-Key": "nonsense"}, "INVALID_API_KEY"),
        ({"X-API-Key": "crm_" + "x" * 40}, "INVALID_API_KEY"),
    ],
)
def test_without_good_credentials_nothing_happens(fairview: Club, headers: dict[str, str], code: str) -> None:
    answer = Client(headers=headers).post("/api/v1/things", {"name": "x"}, "application/json")

    assert error_of(answer) == (401, code)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="crm"'
    with all_tenants():
        assert not IdempotencyRecord.objects.exists()


def test_an_expired_token_is_told_so_and_nothing_changes(fairview: Club) -> None:
    headers = factories.bearer(fairview.tenant, lifetime=timedelta(minutes=-1))

    answer = Client(headers=headers).post("/api/v1/things", {"name": "x"}, "application/json")

    assert error_of(answer) == (401, "TOKEN_EXPIRED")
    with all_tenants():
        assert not IdempotencyRecord.objects.exists()


def test_an_api_key_opens_what_its_scopes_say(fairview: Club) -> None:
    service = Client(headers={"X-API-Key": factories.api_key(fairview.tenant, scopes=[Scope.READ])})

    assert service.get("/api/v1/things").status_code == 200
    assert error_of(service.post("/api/v1/things", {"name": "x"}, "application/json")) == (
        403,
        "MISSING_SCOPE",
    )


@pytest.mark.parametrize("scope", sorted(Scope))
def test_each_method_needs_exactly_its_scope(fairview: Club, scope: Scope) -> None:
    holder = Client(headers=factories.bearer(fairview.tenant, scopes=[scope]))
    calls: dict[Scope, Callable[[], Any]] = {
        Scope.READ: lambda: holder.get("/api/v1/things"),
        Scope.WRITE: lambda: holder.post("/api/v1/things", {"name": "new"}, "application/json"),
        Scope.ADMIN: lambda: holder.delete("/api/v1/things/new"),
    }

    for needed, call in calls.items():
        if needed is scope:
            assert call().status_code < 300
        else:
            answer = call()
            assert error_of(answer) == (403, "MISSING_SCOPE")
            assert answer.json()["error"]["message"] == f"This needs the scope {needed.value}."
            assert answer.json()["error"]["details"][0]["params"] == {"scope": needed.value}


def test_head_asks_for_what_get_asks_for(fairview: Club) -> None:
    reader = Client(headers=factories.bearer(fairview.tenant, scopes=[Scope.READ]))
    writer = Client(headers=factories.bearer(fairview.tenant, scopes=[Scope.WRITE]))

    assert reader.head("/api/v1/things").status_code == 200
    assert writer.head("/api/v1/things").status_code == 403


def test_a_method_that_does_not_exist_is_refused_with_the_ones_that_do(api: Client) -> None:
    answer = api.put("/api/v1/things", {}, "application/json")

    assert error_of(answer) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_options_tells_the_methods(fairview: Club) -> None:
    answer = Client().options("/api/v1/things")

    assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, POST, HEAD, OPTIONS")


def test_a_view_that_forgets_a_scope_does_not_even_import() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"Careless.required_scopes lacks POST"):

        class Careless(TenantApiView):
            required_scopes = {"GET": Scope.READ}

            def get(self, request: ApiRequest) -> Response:
                return Response()

            def post(self, request: ApiRequest) -> Response:
                return Response()


def test_the_person_behind_a_token_is_known(fairview: Club) -> None:
    headers = factories.bearer(fairview.tenant, subject=fairview.staff.auth_user_id)

    answer = Client(headers=headers).post("/api/v1/things", {"name": "x"}, "application/json")

    assert answer.json()["caller"] == fairview.staff.get_full_name() == "Fairview Staff"


def test_a_deactivated_person_is_refused(fairview: Club) -> None:
    headers = factories.bearer(fairview.tenant, subject=fairview.staff.auth_user_id)
    User.objects.filter(pk=fairview.staff.pk).update(is_active=False)

    assert error_of(Client(headers=headers).get("/api/v1/things")) == (401, "INVALID_TOKEN")


def test_a_stream_is_made_inside_the_scope_and_leaves_none_behind(
    api: Client, fairview: Club, kingsmere: Club
) -> None:
    for name in ("a", "b", "c"):
        thing(fairview, name)
    thing(kingsmere, "z")

    answer = api.get("/api/v1/export")
    lines = []
    for line in answer:
        assert current_scope() is None
        lines.append(line.decode())

    assert lines == [f"{fairview.tenant.pk} {name}\n" for name in "abc"]


def test_the_request_id_of_the_caller_comes_back(api: Client) -> None:
    answer = api.get("/api/v1/things/nothing", headers={"X-Request-Id": "abc-123"})

    assert answer.headers["X-Request-Id"] == "abc-123"
    assert answer.json()["error"]["requestId"] == "abc-123"


@pytest.mark.parametrize("query", ["search=%00", "a%00b=1", "tenantId=fair%00view"])
def test_null_bytes_in_the_query_are_refused(api: Client, query: str) -> None:
    assert api.get(f"/api/v1/things?{query}").status_code in {400, 404}


def test_null_bytes_in_the_path_are_refused(api: Client) -> None:
    assert error_of(api.get("/api/v1/things/a%00b")) == (404, "RESOURCE_NOT_FOUND")
