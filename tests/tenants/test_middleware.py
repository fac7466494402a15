"""Request ids for everybody; a tenant for each request of the back office."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.urls import path

from tenants.admin_config import discover
from tenants.admin_views import switch_tenant
from tenants.middleware import SESSION_TENANT
from tenants.models import IdempotencyRecord, Membership, Role, Tenant, User
from tenants.request_id import RequestIdFilter, current_request_id
from tenants.scope import current_scope
from tests import factories
from tests.cast import Club
from tests.tenants.records import record

logger = logging.getLogger("tests.middleware")


def look(request: HttpRequest) -> HttpResponse:
    """What a view sees."""
    tenant = getattr(request, "tenant", None)
    logger.info("looked")
    return JsonResponse(
        {
            "tenant": tenant and tenant.slug,
            "role": getattr(request, "role", None),
            "scope": str(current_scope()),
            "id": current_request_id(),
        }
    )


def keys(request: HttpRequest) -> HttpResponse:
    return JsonResponse([row.key for row in IdempotencyRecord.objects.order_by("key")], safe=False)


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def lines() -> Iterator[str]:
        for row in IdempotencyRecord.objects.order_by("key"):
            yield row.key

    return StreamingHttpResponse(lines())


class LateResponse(SimpleTemplateResponse):
    """Reads tenant data only when it is rendered, as the admin's pages do."""

    @property
    def rendered_content(self) -> str:
        """The page."""
        return str(IdempotencyRecord.objects.count())


def late(request: HttpRequest) -> HttpResponse:
    return LateResponse("unused")


# As the roof's routes do: the pages must be there before the site is asked for their addresses.
discover()
urlpatterns = [
    path("look", look),
    path("administer", look),
    path("admin/look", look),
    path("admin/keys", keys),
    path("admin/stream", stream),
    path("admin/late", late),
    path("admin/switch-tenant/", switch_tenant),
    path("admin/", admin.site.urls),
]


@pytest.fixture(autouse=True)
def _routes(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("given", ["abc", "A-1.b_2:c", "x" * 64, "4f1c2a52-5c0e-4d8e-9d3f-0a4b7f2c1d10"])
def test_a_sane_request_id_is_taken_over(db: None, given: str) -> None:
    answer = Client().get("/look", headers={"X-Request-Id": given})

    assert answer.headers["X-Request-Id"] == given
    assert answer.json()["id"] == given
    assert current_request_id() == ""


@pytest.mark.parametrize("given", ["", " ", "x" * 65, "a b", "a\nb", "<script>", "ünï", "-dash"])
def test_any_other_request_id_is_replaced(db: None, given: str) -> None:
    answers = [Client().get("/look", headers={"X-Request-Id": given}) for _ in range(2)]

    ids = {answer.headers["X-Request-Id"] for answer in answers}
    assert given not in ids
    assert len(ids) == 2
    assert all(len(each) == 32 for each in ids)


def test_log_lines_carry_the_request_id(db: None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(RequestIdFilter())

    with caplog.at_level(logging.INFO, logger="tests.middleware"):
        Client().get("/look", headers={"X-Request-Id": "r-7"})
        logger.info("outside")

    assert [
        record.__dict__["request_id"] for record in caplog.records if record.name == "tests.middleware"
    ] == [
        "r-7",
        "-",
    ]


@pytest.mark.parametrize("role", list(Role))
def test_a_member_works_in_their_club_with_their_role(fairview: Club, role: Role) -> None:
    seen = logged_in(fairview.member(role)).get("/admin/look").json()

    assert (seen["tenant"], seen["role"]) == ("fairview", role.value)
    assert seen["scope"] == str(fairview.tenant.pk)
    assert current_scope() is None


def test_outside_the_back_office_no_scope_is_opened(fairview: Club) -> None:
    client = logged_in(fairview.admin)

    assert client.get("/look").json()["scope"] == "None"
    assert client.get("/administer").json()["scope"] == "None"


def test_the_stranger_and_who_is_not_logged_in_have_no_tenant(fairview: Club, stranger: User) -> None:
    for client in (logged_in(stranger), Client()):
        seen = client.get("/admin/look").json()

        assert (seen["tenant"], seen["role"], seen["scope"]) == (None, None, "None")


def test_staff_see_the_rows_of_their_club_only(fairview: Club, kingsmere: Club) -> None:
    record(fairview.tenant, key="ours")
    record(kingsmere.tenant, key="theirs")

    assert logged_in(fairview.staff).get("/admin/keys").json() == ["ours"]
    assert logged_in(kingsmere.staff).get("/admin/keys").json() == ["theirs"]


def test_pages_are_rendered_inside_the_scope(fairview: Club) -> None:
    record(fairview.tenant)

    assert logged_in(fairview.staff).get("/admin/late").content == b"1"


def test_a_stream_is_made_inside_the_scope(fairview: Club, kingsmere: Club) -> None:
    for key in ("a", "b"):
        record(fairview.tenant, key=key)
    record(kingsmere.tenant, key="z")

    answer = logged_in(fairview.staff).get("/admin/stream")

    assert list(answer) == [b"a", b"b"]
    assert current_scope() is None


def test_who_works_for_two_clubs_switches_between_them(fairview: Club, kingsmere: Club) -> None:
    factories.membership(fairview.staff, kingsmere.tenant, Role.VIEWER)
    client = logged_in(fairview.staff)
    assert client.get("/admin/look").json()["tenant"] == "fairview"

    answer = client.post("/admin/switch-tenant/", {"tenant": "kingsmere-park"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
    seen = client.get("/admin/look").json()
    assert (seen["tenant"], seen["role"]) == ("kingsmere", "VIEWER")


def test_a_superuser_works_in_one_tenant_at_a_time_as_admin(fairview: Club, kingsmere: Club) -> None:
    client = logged_in(factories.user(is_superuser=True))
    assert client.get("/admin/look").json()["tenant"] == "fairview"

    client.post("/admin/switch-tenant/", {"tenant": str(kingsmere.tenant.pk)})

    seen = client.get("/admin/look").json()
    assert (seen["tenant"], seen["role"]) == ("kingsmere", "ADMIN")


@pytest.mark.parametrize("tenant", ["kingsmere", "nobody", "", "\x00"])
def test_nobody_switches_to_a_club_that_is_not_theirs(fairview: Club, kingsmere: Club, tenant: str) -> None:
    client = logged_in(fairview.admin)

    answer = client.post("/admin/switch-tenant/", {"tenant": tenant})

    assert answer.status_code == 404
    assert SESSION_TENANT not in client.session
    assert client.get("/admin/look").json()["tenant"] == "fairview"


def test_switching_is_for_staff_and_by_post(fairview: Club) -> None:
    no_staff = logged_in(factories.user(is_staff=False))

    assert no_staff.post("/admin/switch-tenant/", {"tenant": "fairview"}).status_code == 302
    assert SESSION_TENANT not in no_staff.session
    assert logged_in(fairview.admin).get("/admin/switch-tenant/").status_code == 405


def test_switching_is_protected_against_forged_forms(fairview: Club) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(fairview.admin)

    assert client.post("/admin/switch-tenant/", {"tenant": "fairview"}).status_code == 403


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/admin/look?x=1", "/admin/look?x=1"),
        ("https://evil.example/", "/admin/"),
        ("//evil.example/", "/admin/"),
        ("javascript:alert(1)", "/admin/"),
        ("", "/admin/"),
    ],
)
def test_switching_leads_to_pages_of_ours_only(fairview: Club, target: str, location: str) -> None:
    answer = logged_in(fairview.staff).post("/admin/switch-tenant/", {"tenant": "fairview", "next": target})

    assert answer.headers["Location"] == location


def test_who_loses_a_club_works_in_their_first_one_again(fairview: Club, kingsmere: Club) -> None:
    membership = factories.membership(fairview.staff, kingsmere.tenant)
    client = logged_in(fairview.staff)
    client.post("/admin/switch-tenant/", {"tenant": "kingsmere"})

    Membership.objects.filter(pk=membership.pk).delete()

    assert client.get("/admin/look").json()["tenant"] == "fairview"


def test_a_club_that_left_is_left_by_its_staff(fairview: Club) -> None:
    client = logged_in(fairview.staff)
    Tenant.objects.filter(pk=fairview.tenant.pk).update(is_active=False)

    assert client.get("/admin/look").json()["tenant"] is None
