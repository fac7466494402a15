"""Every named constraint of campaigns, violated; every move of the status, tried."""

from itertools import product

import pytest
from django.db import transaction

from campaigns.errors import CampaignNotFound, IllegalMove
from campaigns.models import Campaign, CampaignAct, CampaignStatus, PauseReason
from campaigns.transitions import MOVES, check_move, lock_campaign, move
from tenants.models import LoggedAction
from tenants.scope import tenant_scope
from tests.campaigns.violations import NOW, VIOLATIONS, campaign
from tests.cast import Club
from tests.constraints import Violation, cases, check_refused, constraints_of

REACHABLE = "campaigns_campaign_tenant_uq"  # the primary key says more; what children refer to


@pytest.mark.parametrize(("name", "violate"), cases(VIOLATIONS))
def test_the_database_refuses(name: str, violate: Violation, fairview: Club) -> None:
    check_refused(name, violate, fairview)


def test_every_constraint_is_violated_somewhere(db: None) -> None:
    assert constraints_of("campaigns") - {REACHABLE} == set(VIOLATIONS)


LEGAL = {(source, target) for source, targets in MOVES.items() for target in targets}
EVERY = list(product(CampaignStatus, CampaignStatus))


def test_the_table_is_that_of_the_domain() -> None:
    told = {
        "DRAFT": {"SCHEDULED"},
        "SCHEDULED": {"DRAFT", "ACTIVE"},
        "ACTIVE": {"PAUSED", "COMPLETED"},
        "PAUSED": {"ACTIVE", "CANCELLED"},
        "COMPLETED": set(),
        "CANCELLED": set(),
    }

    assert {source.value: {target.value for target in targets} for source, targets in MOVES.items()} == told


@pytest.mark.parametrize(("source", "target"), EVERY)
def test_a_move_is_made_once_or_refused_with_both_states(
    source: CampaignStatus, target: CampaignStatus, fairview: Club
) -> None:
    ended = source in (CampaignStatus.COMPLETED, CampaignStatus.CANCELLED)
    row = campaign(
        fairview, status=source, scheduled_at=NOW, completed_at=NOW if ended else None,
        pause_reason="PERSON" if source == CampaignStatus.PAUSED else "",
    )  # fmt: skip

    with tenant_scope(fairview.tenant):
        if (source, target) in LEGAL:
            check_move(source, target)
            move(row, target, act="moved", pause_reason=PauseReason.PERSON, note="by hand")
            assert Campaign.objects.get().status == target
            told = CampaignAct.objects.get()
            assert (told.from_status, told.to_status) == (source, target)
            assert LoggedAction.objects.get().action == "campaign.moved"
            return
        with pytest.raises(IllegalMove) as refusal:
            move(row, target, act="moved")
        assert refusal.value.extra == {"from": source.value, "to": target.value}
        assert Campaign.objects.get().status == source
        assert not CampaignAct.objects.exists()


def test_of_two_who_move_the_slower_is_refused(fairview: Club) -> None:
    row = campaign(fairview, status="ACTIVE", scheduled_at=NOW)
    with tenant_scope(fairview.tenant):
        seen_by_another = Campaign.objects.get()
        move(
            row, CampaignStatus.PAUSED, act="paused", pause_reason=PauseReason.ERRORS, note="10 of 100 failed"
        )

        with pytest.raises(IllegalMove, match="PAUSED cannot become PAUSED"):
            move(seen_by_another, CampaignStatus.PAUSED, act="paused", pause_reason=PauseReason.PERSON)

        assert Campaign.objects.get().pause_note == "10 of 100 failed"


def test_another_clubs_campaign_cannot_be_locked(fairview: Club, kingsmere: Club) -> None:
    row = campaign(fairview)
    with tenant_scope(kingsmere.tenant), transaction.atomic(), pytest.raises(CampaignNotFound):
        lock_campaign(row.pk)
