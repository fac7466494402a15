"""What the demo's clubs have from the start."""

from campaigns.demo import furnish
from campaigns.models import Campaign
from tenants.scope import tenant_scope
from tests.campaigns.world import ledger, people, step
from tests.cast import Club


def test_a_demo_club_gets_its_campaigns_once_and_the_first_goes_out(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        people(fairview.tenant, 20, membership_tier="Gold")
        furnish(fairview.tenant)
        furnish(fairview.tenant)
        statuses = dict(Campaign.objects.values_list("name", "status"))
        news = Campaign.objects.get(name="News from the course")
        step(news)

        assert statuses == {
            "News from the course": "SCHEDULED",
            "Invitation to the Summer Open": "SCHEDULED",
            "Free tee times this weekend": "SCHEDULED",
            "Renewal reminder": "DRAFT",
        }
        assert {row.variant for row in ledger(news).values()} <= {"", "A", "B"}
        assert len(ledger(news)) == 20
