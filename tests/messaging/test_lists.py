"""A segment's list at the Messaging service: deltas, and agreement in the end whatever went wrong."""

from typing import Any

import pytest

from messaging import lists
from messaging.lists import Synced, SyncProblem, drop_list, sync_list
from messaging.models import SyncedList, SyncedMember
from messaging.sandbox.faults import Fault
from messaging.sandbox.lists import describe
from messaging.sandbox.server import Sandbox
from profiles.models import CustomerProfile
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.messaging.people import reader

pytestmark = pytest.mark.django_db
MEMBERS = (
    "SELECT id FROM profiles_customerprofile WHERE tenant_id = %(tenant)s AND membership_tier = %(tier)s"
)


def sync(club: Club) -> Synced:
    with tenant_scope(club.tenant):
        return sync_list("seg-1", "Gold", members=MEMBERS, parameters={"tier": "Gold"})


def there(club: Club, sandbox: Sandbox) -> set[str]:
    rows = sandbox.book.rows("SELECT contact FROM member WHERE tenant = ?", [str(club.tenant.pk)])
    return {row[0] for row in rows}


def gold(club: Club, number: int, **values: Any) -> CustomerProfile:
    return reader(
        club.tenant, f"Anna{number}", membership_tier="Gold", messaging_contact_id=f"c{number}", **values
    )


def test_only_those_who_agreed_and_are_contacts_are_told_of(fairview: Club, sandbox: Sandbox) -> None:
    gold(fairview, 1)
    gold(fairview, 2, email_opt_in=False)
    gold(fairview, 3, email_opt_in=False, sms_opt_in=True)
    reader(fairview.tenant, "Ben", membership_tier="Gold")

    done = sync(fairview)

    assert there(fairview, sandbox) == {"c1", "c3"}
    assert done == Synced(added=2, removed=0, members=2, reconciled=False)


def test_the_second_time_only_the_difference_travels(fairview: Club, sandbox: Sandbox) -> None:
    people = [gold(fairview, number) for number in range(5)]
    sync(fairview)
    with tenant_scope(fairview.tenant):
        CustomerProfile.objects.filter(pk=people[0].pk).update(email_opt_in=False)
    gold(fairview, 7)

    done = sync(fairview)
    again = sync(fairview)

    assert (done.added, done.removed, done.members) == (1, 1, 5)
    assert (again.added, again.removed) == (0, 0)
    assert there(fairview, sandbox) == {"c1", "c2", "c3", "c4", "c7"}


def test_what_the_service_lost_is_found_by_the_checksum(fairview: Club, sandbox: Sandbox) -> None:
    for number in range(4):
        gold(fairview, number)
    sync(fairview)
    sandbox.book.many("DELETE FROM member WHERE contact = ?", [["c2"]])
    sandbox.book.many(
        "INSERT INTO member SELECT tenant, list, 'stranger' FROM member WHERE contact = ?", [["c1"]]
    )

    done = sync(fairview)

    assert there(fairview, sandbox) == {"c0", "c1", "c2", "c3"}
    assert (done.reconciled, done.added, done.removed) == (True, 1, 1)


def test_a_delta_that_was_cut_after_acceptance_is_the_same_delta_again(
    fairview: Club, sandbox: Sandbox
) -> None:
    gold(fairview, 1)
    sandbox.faults.faults.append(Fault("cut_after", path="/v1/lists/seg-1/deltas"))

    done = sync(fairview)

    assert (done.members, done.reconciled, there(fairview, sandbox)) == (1, False, {"c1"})
    described = describe(sandbox.book, str(fairview.tenant.pk), "seg-1")
    assert described is not None
    assert described["sequence"] == 1


def test_our_own_loss_of_memory_is_no_loss(fairview: Club, sandbox: Sandbox) -> None:
    gold(fairview, 1)
    sync(fairview)
    with tenant_scope(fairview.tenant):
        SyncedMember.objects.all().delete()
        SyncedList.objects.all().delete()
        CustomerProfile.objects.update(membership_tier="Silver")

    sync(fairview)

    assert there(fairview, sandbox) == set()


def test_staff_read_why_a_list_is_not_current(fairview: Club, settings: Any) -> None:
    settings.CRM_MESSAGING_URL = "http://127.0.0.1:9"
    gold(fairview, 1)

    with pytest.raises(SyncProblem, match="does not answer"):
        sync(fairview)

    with tenant_scope(fairview.tenant):
        assert "does not answer" in SyncedList.objects.get().problem


def test_a_list_that_is_dropped_is_gone(fairview: Club, sandbox: Sandbox) -> None:
    gold(fairview, 1)
    sync(fairview)

    with tenant_scope(fairview.tenant):
        drop_list("seg-1")
        assert not SyncedList.objects.exists()

    assert describe(sandbox.book, str(fairview.tenant.pk), "seg-1") is None


def test_a_checksum_does_not_depend_on_the_order() -> None:
    assert lists.checksum(["a", "b"]) == lists.checksum(["b", "a"]) != lists.checksum(["a"])
