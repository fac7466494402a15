"""Competitions have their names in the timeline, and lead to their promotion."""

from social.models import Competition, Promotion
from tenants.scope import tenant_scope
from tests.back_office import CUSTOMERS, desk, text_of
from tests.cast import Club
from tests.profiles.api_callers import customers
from tests.profiles.stories import event, player, tell


def test_an_entry_names_its_competition(fairview: Club) -> None:
    tell(
        fairview.tenant,
        player("p1", name="Sipho"),
        event("teetime.competition.entered", {"competitionId": "k1", "playerId": "p1"}),
        event("teetime.competition.withdrawn", {"competitionId": "k2", "playerId": "p1"}, at=5),
    )
    with tenant_scope(fairview.tenant):
        Competition.objects.create(tenant=fairview.tenant, key="k1", facts={"name": "Club Championship"})
        promotion = Promotion.objects.create(
            tenant=fairview.tenant, source_type="COMPETITION", source_id="k1", name="Club Championship"
        )

    answer = desk(fairview.viewer).get(f"{CUSTOMERS}{customers(fairview.tenant)['Sipho'].pk}/timeline/")

    assert "Entered Club Championship" in text_of(answer)
    assert f"/admin/promotions/{promotion.pk}/" in answer.content.decode()
    assert "Withdrew from a competition" in text_of(answer), "nobody told the name of this one"
