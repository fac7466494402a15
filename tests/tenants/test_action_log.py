"""The action log: who did what, for the club to read and for nobody to change."""

import pytest
from django.db import ProgrammingError, transaction
from django.test import Client

from tenants.action_log import log_action, log_seen
from tenants.actors import SYSTEM, acting_as, actor_of_user, current_actor, program
from tenants.models import LoggedAction, Role
from tenants.scope import tenant_scope
from tests import factories
from tests.back_office import desk, text_of
from tests.cast import Club
from tests.profiles.api_callers import thandi

PAGE = "/admin/tenants/loggedaction/"


def test_an_act_is_noted_with_its_actor(fairview: Club) -> None:
    with tenant_scope(fairview.tenant), acting_as(actor_of_user(fairview.staff)):
        log_action("customer.merged", subject_kind="customer", subject_id="c-1", details={"fields": 3})

        row = LoggedAction.objects.get()

    assert (row.actor_kind, row.actor_id, row.actor_name) == (
        "USER",
        str(fairview.staff.pk),
        fairview.staff.get_full_name(),
    )
    assert (row.action, row.subject_kind, row.subject_id, row.details, row.hour) == (
        "customer.merged",
        "customer",
        "c-1",
        {"fields": 3},
        None,
    )


def test_without_anybody_named_the_platform_itself_acts(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        log_action("customers.scored", subject_kind="club")

        assert LoggedAction.objects.get().actor_kind == "SYSTEM"
    assert current_actor() is SYSTEM


def test_the_actor_ends_with_the_block(fairview: Club) -> None:
    with acting_as(program("manage.py erase_profile")):
        assert current_actor().name == "manage.py erase_profile"
    assert current_actor() is SYSTEM


def test_looking_twice_within_an_hour_is_noted_once(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        for person in (fairview.staff, fairview.staff, fairview.viewer):
            with acting_as(actor_of_user(person)):
                log_seen("customer.viewed", subject_kind="customer", subject_id="c-1")

        names = list(LoggedAction.objects.order_by("id").values_list("actor_name", flat=True))

    assert names == [fairview.staff.get_full_name(), fairview.viewer.get_full_name()]


def test_what_programs_read_is_not_noted(fairview: Club) -> None:
    with tenant_scope(fairview.tenant), acting_as(program("worker")):
        log_seen("customer.viewed", subject_kind="customer", subject_id="c-1")

        assert not LoggedAction.objects.exists()


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_program_cannot_change_what_was_noted(fairview: Club, change: str) -> None:
    with tenant_scope(fairview.tenant):
        log_action("customer.merged", subject_kind="customer")
        rows = LoggedAction.objects.all()

        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            rows.update(actor_name="Nobody") if change == "update" else rows.delete()

        assert rows.get().actor_name == SYSTEM.name


def test_admins_read_their_own_club_only(fairview: Club, kingsmere: Club) -> None:
    for club, action in ((fairview, "customer.merged"), (kingsmere, "customer.erased")):
        with tenant_scope(club.tenant), acting_as(actor_of_user(club.staff)):
            log_action(action, subject_kind="customer", details={"rows": 7})

    page = text_of(desk(fairview.admin).get(PAGE))

    assert f"{fairview.staff.get_full_name()} merged" in page
    assert "rows: 7" in page
    assert kingsmere.staff.get_full_name() not in page


def test_it_shows_people_neither_ids_nor_names_of_choices(fairview: Club) -> None:
    customers = ["01a230d8-9387-79a8-9979-5313be294d30", "01a230d8-b442-7e6f-ad36-794f0d933105"]
    with tenant_scope(fairview.tenant):
        log_action(
            "candidate.decided",
            subject_kind="candidate",
            subject_id=7,
            details={"decision": "KEPT_APART", "customers": customers, "currency": "ZAR", "together": 9},
        )

    text = text_of(desk(fairview.admin).get(PAGE))

    assert "decided about a pair of customers" in text
    assert "currency: ZAR; decision: Kept apart; together: 9" in text
    assert customers[0] not in text


def test_nobody_else_reads_it_and_nobody_writes_it_by_hand(fairview: Club) -> None:
    assert desk(fairview.member(Role.MARKETING_MANAGER)).get(PAGE).status_code == 403
    assert Client().get(PAGE).status_code == 302
    assert desk(fairview.admin).get(f"{PAGE}add/").status_code == 403


def test_who_reads_a_customer_over_the_api_is_noted_once_and_a_service_is_not(fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)
    path = f"/api/v1/customers/{customer_id}?tenantId=fairview"
    person = Client(headers=factories.bearer(fairview.tenant))
    service = Client(headers={"X-API-Key": factories.api_key(fairview.tenant)})

    for client in (person, service, person):
        assert client.get(path).status_code == 200

    with tenant_scope(fairview.tenant):
        seen = LoggedAction.objects.filter(action="customer.viewed")
        assert [(row.actor_kind, row.subject_id) for row in seen] == [("USER", str(customer_id))]
