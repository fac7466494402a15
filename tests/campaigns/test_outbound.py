"""What other services hear of campaigns: one event when it is scheduled, one when a sending of it is complete."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from campaigns.actions import schedule_campaign
from campaigns.outbound import envelopes
from events import outbound
from events.consumers import Entry
from events.models import DomainLogEntry
from messaging.models import Delivery
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.campaigns.world import draft, people, segment, step
from tests.cast import Club


@pytest.fixture
def club(fairview: Club) -> Iterator[Tenant]:
    with tenant_scope(fairview.tenant):
        yield fairview.tenant


def entries(tenant: Tenant, kind: str) -> list[Entry]:
    rows = DomainLogEntry.objects.filter(kind=kind).order_by("pk")
    return [Entry(str(row.pk), row.pk, tenant.pk, row.kind, row.profile_id, row.data, row.at) for row in rows]


def test_scheduling_and_sending_are_told_with_their_numbers(club: Tenant) -> None:
    everybody = [*people(club, 3), *people(club, 1, email_opt_in=False)]
    campaign = draft(segment(club, everybody))
    schedule_campaign(campaign.pk)
    step(campaign)
    Delivery.objects.filter(status="PLANNED").update(status="DELIVERED", handed_over_at=timezone.now())
    step(campaign)

    (scheduled,) = envelopes(club, entries(club, "campaign.scheduled"))
    (sent,) = envelopes(club, entries(club, "campaign.sent"))

    assert scheduled is not None
    assert sent is not None
    about = {"campaignId": str(campaign.pk), "name": "Spring Open", "type": "ONE_TIME", "channels": ["EMAIL"]}
    assert (scheduled["type"], sent["type"]) == ("crm.campaign.scheduled", "crm.campaign.sent")
    assert (scheduled["source"], scheduled["tenantId"]) == ("crm", str(club.pk))
    campaign.refresh_from_db()
    assert campaign.scheduled_at is not None
    at = campaign.scheduled_at.isoformat().replace("+00:00", "Z")
    assert scheduled["payload"] == about | {"targetCount": 4, "scheduledAt": at}
    done_at = sent["payload"].pop("completedAt")
    numbers = {"occurrence": 1, "sentCount": 3, "skippedCount": 1, "failedCount": 0}
    assert sent["payload"] == about | numbers
    assert done_at is not None


def test_an_event_has_the_same_id_each_time_and_none_is_told_of_a_campaign_that_is_gone(club: Tenant) -> None:
    campaign = draft(segment(club, people(club, 1)))
    schedule_campaign(campaign.pk)
    told = entries(club, "campaign.scheduled")

    first, again = envelopes(club, told), envelopes(club, told)
    campaign.occurrences.all().delete()
    campaign.delete()

    assert first == again
    assert first[0] is not None
    assert first[0]["id"] == outbound.event_id(told[0])
    assert envelopes(club, told) == [None]
