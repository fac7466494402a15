"""What changes between the planning and the sending: addresses, joined records, segments; and hours that are near."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.actions import resume_campaign, schedule_campaign
from campaigns.editing import create_campaign
from campaigns.running import MEMBERS_WAIT
from messaging import sending
from messaging.models import Delivery
from messaging.sandbox.server import Sandbox
from profiles.merging.actions import merge_profiles
from profiles.models import CustomerProfile
from segments.actions import delete_segment
from segments.errors import InUse
from segments.models import Segment
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.campaigns.world import MAIL, draft, ledger, people, segment, step
from tests.cast import Club
from tests.messaging.conftest import sandbox  # noqa: F401 - a fixture


@pytest.fixture
def club(fairview: Club) -> Iterator[Tenant]:
    with tenant_scope(fairview.tenant):
        yield fairview.tenant


def book(sandbox: Sandbox) -> Counter[str]:  # noqa: F811 - as above
    """Address → messages in the service's book."""
    return Counter(row["address"] for row in sandbox.book.rows("SELECT address FROM message"))


def now_at(person: CustomerProfile, email: str) -> None:
    """They have another address now."""
    CustomerProfile.objects.filter(pk=person.pk).update(email=email, email_opt_in=True)


def why(person: CustomerProfile) -> str:
    """What the ledger says of the record that somebody was planned by."""
    row = Delivery.objects.get(origin_profile_id=person.pk)
    return str(row.reason or row.status)


@pytest.mark.parametrize("hours", [0, 2])
def test_an_hour_of_everybodys_own_clock_that_is_near_is_not_late(club: Tenant, hours: int) -> None:
    there = {country: people(club, 1, country=country)[0] for country in ("US", "AU")}
    campaign = draft(segment(club, list(there.values())), window="OWN_ZONE")
    hour = timezone.now() + timedelta(hours=hours)
    schedule_campaign(campaign.pk, hour)

    step(campaign)

    due = {country: ledger(campaign)[person.pk].due_at for country, person in there.items()}
    assert campaign.status == "ACTIVE"
    assert due["US"] > hour  # whose clock has not shown it yet
    assert due["AU"] <= timezone.now()  # whose clock has


def test_whose_address_has_become_anothers_gets_no_second_copy_there(
    club: Tenant,
    sandbox: Sandbox,  # noqa: F811 - as above
) -> None:
    anna, ben, cleo, dan = people(club, 4)
    schedule_campaign((campaign := draft(segment(club, [anna, ben, cleo, dan]))).pk)
    step(campaign)
    now_at(ben, str(anna.email))
    now_at(cleo, "family@example.org")
    now_at(dan, "family@example.org")

    sending.send_due(batch=1)

    assert book(sandbox) == {anna.email: 1, "family@example.org": 1}
    assert [why(person) for person in (anna, ben, cleo, dan)] == [
        "HANDED_OVER",
        "SAME_MAILBOX",
        "HANDED_OVER",
        "SAME_MAILBOX",
    ]


def test_records_that_were_joined_before_the_sending_get_one_copy(
    club: Tenant,
    sandbox: Sandbox,  # noqa: F811 - as above
) -> None:
    anna, again, ben = people(club, 3)
    schedule_campaign((campaign := draft(segment(club, [anna, again, ben]))).pk)
    step(campaign)
    merge_profiles(anna.pk, again.pk)
    now_at(anna, str(anna.email))

    sending.send_due()

    assert book(sandbox) == {anna.email: 1, ben.email: 1}
    assert Counter(map(why, (anna, again))) == {"HANDED_OVER": 1, "MERGED": 1}


def test_who_got_it_under_a_record_that_was_joined_since_does_not_get_it_again(
    club: Tenant,
    sandbox: Sandbox,  # noqa: F811 - as above
) -> None:
    anna, again = people(club, 2)
    schedule_campaign((campaign := draft(segment(club, [anna, again]))).pk)
    step(campaign)
    Delivery.objects.filter(profile_id=anna.pk).update(due_at=timezone.now() + timedelta(hours=1))
    sending.send_due()
    merge_profiles(anna.pk, again.pk)
    now_at(anna, str(anna.email))
    Delivery.objects.filter(status="PLANNED").update(due_at=timezone.now())

    sending.send_due()

    assert book(sandbox) == {again.email: 1}
    assert (why(anna), why(again)) == ("MERGED", "HANDED_OVER")


def test_a_segment_whose_rule_was_changed_is_waited_for(club: Tenant) -> None:
    members = segment(club, people(club, 2))
    changed = {"type": "DYNAMIC", "criteria": {"combinator": "AND", "rules": []}}
    Segment.objects.filter(pk=members.pk).update(**changed, version=2, refreshed_version=1)
    schedule_campaign((campaign := draft(members)).pk)

    waits = step(campaign)
    campaign.occurrences.update(hour=timezone.now() - MEMBERS_WAIT)
    asks = step(campaign)
    note = campaign.pause_note
    resume_campaign(campaign.pk)
    sends = step(campaign)

    assert (waits.status, asks.status, sends.status) == ("WAITING", "LATE", "SENDING")
    assert note.startswith("Not all members of Everybody are known")
    assert len(ledger(campaign)) == 2


def test_a_segment_that_only_the_rule_of_a_campaign_names_is_in_use(club: Tenant) -> None:
    members = segment(club, people(club, 2))
    rule = {"combinator": "AND", "rules": [{"segment": str(members.pk), "operator": "in"}]}
    create_campaign({"name": "Spring Open", "channels": ["EMAIL"], "content": MAIL, "rule": rule})

    with pytest.raises(InUse, match="Spring Open"):
        delete_segment(members.pk)
