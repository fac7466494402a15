"""A campaign through the sender to the Messaging service's own book: each person exactly one message."""

from collections import Counter

from django.utils import timezone

from campaigns.actions import pause_campaign, resume_campaign, schedule_campaign
from messaging import sending
from messaging.models import Delivery
from messaging.sandbox.server import Sandbox
from tenants.scope import tenant_scope
from tests.campaigns.world import draft, people, segment, step
from tests.cast import Club
from tests.messaging.conftest import sandbox  # noqa: F401 - a fixture

TWO = [{"label": "A"}, {"label": "B", "content": {"EMAIL": {"subject": "Other"}}}]


def test_each_person_has_one_message_in_the_book_whatever_is_paused_and_planned_again(
    fairview: Club,
    sandbox: Sandbox,  # noqa: F811 - as above
) -> None:
    with tenant_scope(fairview.tenant):
        everybody = people(fairview.tenant, 40)
        campaign = draft(segment(fairview.tenant, everybody, "All"), variants=TWO, test_percent=50)
        schedule_campaign(campaign.pk)
        step(campaign)
    sending.send_due()
    with tenant_scope(fairview.tenant):
        campaign.occurrences.update(decide_at=timezone.now())
        step(campaign)
        pause_campaign(campaign.pk)
    sending.send_due()
    with tenant_scope(fairview.tenant):
        waiting = Delivery.objects.filter(status="PLANNED").count()
        resume_campaign(campaign.pk)
    sending.send_due()
    sending.send_due()
    with tenant_scope(fairview.tenant):
        done = step(campaign)

    book = Counter(row["address"] for row in sandbox.book.rows("SELECT * FROM message"))
    assert waiting > 0  # the pause held what was planned
    assert book == Counter(person.email for person in everybody)
    assert (campaign.status, done.planned, done.audience) == ("COMPLETED", 40, 40)
