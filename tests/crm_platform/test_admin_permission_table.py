"""Who may open what in the back office: one table over every page; a page that is missing from it fails the test."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import uuid4

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from pytest_django import Settings

from events.models import InboxEvent
from profiles.exchange.importing.opening import open_import
from profiles.models import Activity, CustomerProfile, HouseholdMember, Note, ProfileMerge, ReviewCandidate
from tenants.action_log import log_action
from tenants.models import ApiKey, LoggedAction, Membership, Role, Tenant, User
from tenants.scope import tenant_scope
from tests import factories
from tests.back_office import desk
from tests.cast import Club
from tests.events.hooks import endpoint, failed_delivery
from tests.profiles.api_callers import thandi
from tests.profiles.importing.spreadsheets import csv_file
from tests.profiles.records import candidate, profile
from tests.profiles.stories import event, payment, tell

# From whom on upwards a page is open.
EVERYBODY, VIEWER, STAFF, MANAGER, ADMIN, OPERATOR, NOBODY = range(7)
RANK: Final = {Role.VIEWER: VIEWER, Role.STAFF: STAFF, Role.MARKETING_MANAGER: MANAGER, Role.ADMIN: ADMIN}
# Route → (method, from whom on). Arguments are filled in by their names.
TABLE: Final[dict[str, tuple[str, int]]] = {
    "index": ("GET", VIEWER),
    "dashboard_figures": ("GET", VIEWER),
    "switch_tenant": ("POST", EVERYBODY),
    "customer_search": ("POST", VIEWER),
    "customers_export": ("POST", MANAGER),
    "customer_timeline": ("GET", VIEWER),
    "customer_add_note": ("POST", STAFF),
    "customer_edit": ("GET", MANAGER),
    "customer_merge": ("GET", MANAGER),
    "customer_unmerge": ("POST", MANAGER),
    "household_form": ("POST", MANAGER),
    "household_leave": ("POST", MANAGER),
    "household_dissolve": ("POST", MANAGER),
    "slipping_away": ("GET", VIEWER),
    "scoring_rules": ("GET", VIEWER),
    "scoring_change": ("POST", ADMIN),
    "scoring_go_back": ("POST", ADMIN),
    "scoring_progress": ("GET", VIEWER),
    "privacy": ("GET", ADMIN),
    "privacy_retention": ("GET", ADMIN),
    "privacy_reject": ("POST", ADMIN),
    "privacy_readmit": ("POST", ADMIN),
    "customer_copy": ("POST", ADMIN),
    "customer_restrict": ("POST", ADMIN),
    "customer_erase": ("GET", ADMIN),
    "webhooks": ("GET", ADMIN),
    "webhook_new": ("GET", ADMIN),
    "webhook": ("GET", ADMIN),
    "webhook_edit": ("GET", ADMIN),
    "webhook_act": ("POST", ADMIN),
    "webhook_delivery": ("GET", ADMIN),
    "review_queue": ("GET", MANAGER),
    "review_decided": ("GET", MANAGER),
    "review_likely": ("GET", MANAGER),
    "review_decide": ("POST", MANAGER),
    "review_undo": ("POST", MANAGER),
    "imports": ("GET", MANAGER),
    "import": ("GET", MANAGER),
    "import_progress": ("GET", MANAGER),
    "import_columns": ("POST", MANAGER),
    "import_start": ("POST", MANAGER),
    "import_undo": ("POST", MANAGER),
    "import_discard": ("POST", MANAGER),
    "import_problems": ("GET", MANAGER),
    "operations_inbox": ("GET", VIEWER),
    "operations_event": ("GET", VIEWER),
    "operations_dead_letters": ("GET", VIEWER),
    "operations_letters": ("GET", VIEWER),
    "operations_letter": ("GET", VIEWER),
    "operations_repair": ("GET", ADMIN),
    "operations_bulk": ("POST", ADMIN),
    "operations_parked": ("GET", VIEWER),
    "operations_parked_act": ("POST", ADMIN),
    "operations_consumers": ("GET", VIEWER),
    "operations_consumer_rows": ("GET", VIEWER),
    "operations_pause_consumer": ("POST", OPERATOR),
    "profiles_customerprofile_changelist": ("GET", VIEWER),
    "profiles_customerprofile_add": ("GET", MANAGER),
    "profiles_customerprofile_change": ("GET", VIEWER),
    "profiles_customerprofile_history": ("GET", VIEWER),
    "profiles_customerprofile_delete": ("GET", NOBODY),
    "tenants_loggedaction_changelist": ("GET", ADMIN),
    "tenants_loggedaction_add": ("GET", NOBODY),
    "tenants_loggedaction_change": ("GET", ADMIN),
    "tenants_loggedaction_history": ("GET", ADMIN),
    "tenants_loggedaction_delete": ("GET", NOBODY),
    "tenants_apikey_changelist": ("GET", ADMIN),
    "tenants_apikey_add": ("GET", ADMIN),
    "tenants_apikey_change": ("GET", ADMIN),
    "tenants_apikey_history": ("GET", ADMIN),
    "tenants_apikey_delete": ("GET", NOBODY),
    "tenants_tenant_changelist": ("GET", ADMIN),
    "tenants_tenant_add": ("GET", OPERATOR),
    "tenants_tenant_change": ("GET", ADMIN),
    "tenants_tenant_history": ("GET", ADMIN),
    "tenants_tenant_delete": ("GET", NOBODY),
    "tenants_membership_changelist": ("GET", ADMIN),
    "tenants_membership_add": ("GET", ADMIN),
    "tenants_membership_change": ("GET", ADMIN),
    "tenants_membership_history": ("GET", ADMIN),
    "tenants_membership_delete": ("GET", ADMIN),
    "tenants_user_changelist": ("GET", ADMIN),
    "tenants_user_add": ("GET", ADMIN),
    "tenants_user_change": ("GET", ADMIN),
    "tenants_user_history": ("GET", ADMIN),
    "tenants_user_delete": ("GET", NOBODY),
    "auth_user_password_change": ("GET", ADMIN),
}
# Django's own doors, and addresses that only lead elsewhere.
NOT_OURS: Final = {
    *("login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n", "view_on_site"),
    *("app_list", "search"),
}
REFUSED: Final = (403,)


def routes() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name and arguments of every page."""

    def walk(patterns: list[URLPattern | URLResolver]) -> Iterator[tuple[str, tuple[str, ...]]]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns)
            elif pattern.name:
                yield (
                    pattern.name,
                    tuple(pattern.pattern.converters) or tuple(pattern.pattern.regex.groupindex),
                )

    yield from walk(admin.site.get_urls())


ARGUMENTS: Final = dict(routes())


@pytest.fixture
def things(fairview: Club, settings: Settings) -> dict[str, dict[str, object]]:
    """Something of Fairview for each argument, by the table that a page is about."""
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    customer_id = thandi(fairview.tenant)
    tell(
        fairview.tenant,
        payment(4711, 100, id="e-1"),
        event("scl.payment.received", {"memberId": "x"}, id="e-2"),
    )
    pair = candidate(fairview.tenant, customer_id, profile(fairview.tenant).pk)
    factories.api_key(fairview.tenant)
    hook = endpoint(fairview.tenant)
    with tenant_scope(fairview.tenant):
        dead = InboxEvent.objects.get(status="DEAD")
        log_action("customer.viewed", subject_kind="customer")
        logged = LoggedAction.objects.get(action="customer.viewed")
        member_import, _ = open_import("members.csv", csv_file("Surname,E-mail", "Thandi,t@example.com"))
    objects = {
        "profiles_customerprofile": customer_id,
        "tenants_apikey": ApiKey.objects.get().pk,
        "tenants_tenant": fairview.tenant.pk,
        "tenants_membership": Membership.objects.get(user=fairview.viewer).pk,
        "tenants_user": fairview.viewer.pk,
        "tenants_loggedaction": logged.pk,
    }
    common: dict[str, object] = {
        "profile_id": customer_id,
        "candidate_id": pair.pk,
        "household_id": uuid4(),
        "import_id": member_import.pk,
        "row_id": dead.pk,
        "endpoint_id": hook.pk,
        "delivery_id": failed_delivery(fairview.tenant, hook).pk,
        "letter_id": 1,
        "request_id": 1,
        "version": 1,
        "name": "outbound",
        "id": fairview.viewer.pk,
    }
    return {table: {**common, "object_id": pk} for table, pk in objects.items()} | {"": common}


def address(route: str, things: dict[str, dict[str, object]]) -> str:
    """The page's address with everything filled in."""
    table = next((name for name in things if name and route.startswith(f"{name}_")), "")
    given = things[table]
    return reverse(f"admin:{route}", kwargs={name: given[name] for name in ARGUMENTS[route]})


def call(client: Client, route: str, things: dict[str, dict[str, object]]) -> Any:
    return client.generic(TABLE[route][0], address(route, things))


def state_of(tenant: Tenant) -> tuple[Any, ...]:
    """What nobody without the right may change."""
    with tenant_scope(tenant):
        return (
            sorted(CustomerProfile.objects.values_list("id", "version", "status")),
            sorted(InboxEvent.objects.values_list("id", "status", "attempts")),
            sorted(ReviewCandidate.objects.values_list("id", "status")),
            *(model.objects.count() for model in (Activity, Note, ProfileMerge, HouseholdMember)),
            Membership.objects.count(),
            User.objects.count(),
        )


def test_every_page_is_in_the_table() -> None:
    assert set(ARGUMENTS) - NOT_OURS == set(TABLE)


@pytest.mark.parametrize("route", sorted(TABLE))
def test_who_may_open_it(route: str, fairview: Club, stranger: User, things: dict[str, Any]) -> None:
    least = TABLE[route][1]
    before = state_of(fairview.tenant)

    assert call(Client(), route, things).status_code == 302, "anonymous"
    for role, rank in RANK.items():
        answer = call(desk(fairview.member(role)), route, things)
        assert (answer.status_code in REFUSED) == (rank < least), (role, answer.status_code)
        assert answer.status_code < 500, role
        if rank < least:
            assert state_of(fairview.tenant) == before, role
    if least != EVERYBODY and route != "index":
        assert call(desk(stranger), route, things).status_code in (403, 404, 302), "stranger"


@pytest.mark.parametrize(
    "route", sorted(name for name in TABLE if ARGUMENTS[name] and name != "operations_pause_consumer")
)
def test_another_clubs_things_do_not_exist(
    route: str, fairview: Club, kingsmere: Club, things: dict[str, Any]
) -> None:
    before = state_of(fairview.tenant)

    answer = call(desk(kingsmere.admin), route, things)

    # Lists of Django's own lead back to the list with a message.
    assert answer.status_code in (302, 403, 404), answer.status_code
    assert b"Thandi" not in answer.content
    assert state_of(fairview.tenant) == before


@pytest.mark.parametrize("route", sorted(name for name, (_, least) in TABLE.items() if least <= OPERATOR))
def test_operators_of_the_platform_may_open_everything(
    route: str, fairview: Club, things: dict[str, Any]
) -> None:
    root = desk(factories.user("root", is_superuser=True))

    assert call(root, route, things).status_code not in (403, 500)
