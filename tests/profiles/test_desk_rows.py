"""What people do to customers stands on their timelines, with who did it; what the rules do does not."""

from typing import Any

import pytest

from profiles.bulk import add_tag, take_back
from profiles.editing import Author, create_customer
from profiles.matching.households import dissolve_household, form_household, leave_household
from profiles.merging.actions import merge_profiles, undo_merge
from profiles.models import Activity, CustomerProfile, Household
from profiles.restricting import set_restriction
from segments.lists import add_members, remove_members
from segments.models import Segment
from tenants.actors import acting_as, actor_of_user
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.stories import member, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(fairview: Club) -> list[Any]:
    with tenant_scope(fairview.tenant):
        return [
            create_customer({"firstName": first, "lastName": "Botha", "email": f"{first}@x.org"}).pk
            for first in ("Anna", "Piet", "Zoe")
        ]


def told(profile_id: Any) -> list[str]:
    """The titles under Changes, the oldest first, but for the making of the customer."""
    rows = Activity.objects.filter(profile_id=profile_id, category="IDENTITY").exclude(type="CUSTOMER_ADDED")
    return list(rows.order_by("pk").values_list("title", flat=True))


def test_tags_of_many_and_taking_them_back(fairview: Club, people: list[Any]) -> None:
    with tenant_scope(fairview.tenant), acting_as(actor_of_user(fairview.staff)):
        act = add_tag(people[:2], "VIP", Author("Lindi", fairview.staff))
        take_back(act.pk, Author("Lindi", fairview.staff))

        name = actor_of_user(fairview.staff).name
        assert told(people[0]) == [
            f"{name} did to 2 at once: Tagged “VIP”",
            f"{name} took back: Tagged “VIP”",
        ]
        assert told(people[2]) == []


def test_households_name_those_who_live_there(fairview: Club, people: list[Any]) -> None:
    with tenant_scope(fairview.tenant), acting_as(actor_of_user(fairview.staff)):
        name = actor_of_user(fairview.staff).name
        form_household(people)
        leave_household(people[2])
        dissolve_household(Household.objects.get().pk)

        assert told(people[2]) == [
            f"{name} put into one household: Anna Botha, Piet Botha and Zoe Botha",
            f"{name} took out of the household: Zoe Botha",
        ]
        assert told(people[0])[-1] == f"{name} dissolved the household of Anna Botha and Piet Botha"


def test_merges_by_hand_and_taking_them_back(fairview: Club, people: list[Any]) -> None:
    with tenant_scope(fairview.tenant), acting_as(actor_of_user(fairview.staff)):
        name = actor_of_user(fairview.staff).name
        merge_profiles(people[0], people[1], reason="one person")
        assert told(people[0]) == [f"{name} merged Piet Botha into this customer"]

        undo_merge(people[1])
        assert told(people[0])[-1] == f"{name} took back the merge with Piet Botha"
        assert told(people[1])[-1] == f"{name} took back the merge with Anna Botha"


def test_restrictions_and_lists(fairview: Club, people: list[Any]) -> None:
    with tenant_scope(fairview.tenant), acting_as(actor_of_user(fairview.staff)):
        name = actor_of_user(fairview.staff).name
        segment = Segment.objects.create(tenant=fairview.tenant, name="Friends", type="STATIC")
        add_members(segment.pk, people[:1])
        remove_members(segment.pk, people[:1])
        set_restriction(people[0], is_restricted=True)
        set_restriction(people[0], is_restricted=False)

        assert told(people[0]) == [
            f"{name} put on the list “Friends”",
            f"{name} took off the list “Friends”",
            f"{name} restricted the use of the data",
            f"{name} allowed the use of the data again",
        ]


def test_what_the_rules_do_is_no_act_of_anybody(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(1, firstName="Anna", lastName="Botha", email="a@x.org"),
        member(2, firstName="Anna", lastName="Botha", email="b@x.org"),
    )
    with tenant_scope(fairview.tenant):
        one, other = CustomerProfile.objects.order_by("pk").values_list("pk", flat=True)
        form_household([one, other])

        assert told(one) == []
