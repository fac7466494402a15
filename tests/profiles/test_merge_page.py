"""The page on which two customers are merged by hand: in words, and as the club writes."""

import re

import pytest

from profiles.admin.customer_words import FIELD_LABELS
from profiles.customer_table import NAMES
from profiles.merging.previewing import preview_merge
from profiles.models import CustomerProfile
from tenants.scope import tenant_scope
from tests.back_office import desk
from tests.cast import Club
from tests.profiles.stories import contact, event, member, player, tell


def test_a_merge_is_shown_in_words_and_as_the_club_writes(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(
            71, firstName="Ann", dateOfBirth="1984-05-17", status="ACTIVE", phoneNumber="0821234567",
            memberSince="2009-09-29",
        ),
        player("t71", name="Anne", surname="Zulu", handicap=12.4, at=1),
    )  # fmt: skip
    with tenant_scope(fairview.tenant):
        one = CustomerProfile.objects.get(scl_member_id=71)
        other = CustomerProfile.objects.get(teetime_player_id="t71")
        CustomerProfile.objects.filter(pk=one.pk).update(email_opt_in=True)

    answer = desk(fairview.admin).get(f"/admin/profiles/customerprofile/{one.pk}/merge/?other={other.pk}")

    said = {line["label"]: line["winner"] for line in answer.context["lines"]}
    assert {said[name] for name in ("Date of birth", "Phone", "Status", "Stage")} == {
        "17 May 1984", "+27 82 123 4567", "Active", "Member",
    }  # fmt: skip
    handicaps = {line["label"]: line["loser"] for line in answer.context["lines"]}
    assert handicaps["Handicap"] == "12,4"
    machine = re.compile(r"[a-z][A-Z]|\d{4}-\d\d-\d\d|\{|[A-Z]{4}")
    shown = [f"{line['label']} {line['winner']} {line['survivor']}" for line in answer.context["lines"]]
    assert [line for line in shown if machine.search(line.replace("TeeTime", "Tee time"))] == []


def test_every_field_of_a_customer_has_a_name_for_people() -> None:
    assert set(NAMES) <= FIELD_LABELS.keys()


@pytest.mark.parametrize(("said", "is_warned"), [({}, False), ({"emailOptIn": False}, True)])
def test_consent_that_nobody_took_back_is_not_warned_of(
    fairview: Club, said: dict[str, bool], is_warned: bool
) -> None:
    """Whoever never said anything about a channel has not said no to it."""
    preferences = "messaging.contactPreference.updated"
    tell(
        fairview.tenant,
        contact("c-1", firstName="Ann", email="ann@example.com"),
        contact("c-2", at=1, firstName="Anne", email="anne@example.org"),
        event(preferences, {"contactId": "c-1", "emailOptIn": True}, at=2),
        *([event(preferences, {"contactId": "c-2", **said}, at=3)] if said else []),
    )
    with tenant_scope(fairview.tenant):
        one, other = (CustomerProfile.objects.get(messaging_contact_id=key).pk for key in ("c-1", "c-2"))
        warnings = preview_merge(one, other).warnings

    consent = "Their consent differs: wherever one has said no, no is what counts."
    assert (consent in warnings) == is_warned
