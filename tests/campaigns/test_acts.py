"""Every act in every state: done, or refused with nothing changed; over REST, where no state is too odd to be asked."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.actions import (
    cancel_campaign,
    pause_campaign,
    reschedule_campaign,
    resume_campaign,
    schedule_campaign,
    unschedule_campaign,
)
from campaigns.editing import approve_campaign, archive_campaign, ask_approval, update_campaign
from campaigns.errors import ChangedMeanwhile, IllegalMove, NotADraft, OwnApproval
from campaigns.models import Campaign, CampaignOccurrence
from campaigns.settings import CampaignSettings, save_settings
from messaging.models import Delivery, SendHold
from profiles.models import CustomerProfile
from tenants.actors import acting_as, actor_of_user
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.back_office import desk, text_of
from tests.campaigns.world import draft, people, segment, step
from tests.cast import Club

SOON = timedelta(hours=2)


@pytest.fixture
def club(fairview: Club) -> Iterator[Tenant]:
    with tenant_scope(fairview.tenant):
        yield fairview.tenant


def _draft(club: Tenant) -> Campaign:
    return draft(segment(club, people(club, 3), f"Of {Campaign.objects.count()}"))


def _scheduled(club: Tenant) -> Campaign:
    return schedule_campaign(_draft(club).pk, timezone.now() + SOON)


def _active(club: Tenant) -> Campaign:
    campaign = schedule_campaign(_draft(club).pk)
    step(campaign)
    return campaign


def _paused(club: Tenant) -> Campaign:
    return pause_campaign(_active(club).pk)


def _completed(club: Tenant) -> Campaign:
    campaign = _active(club)
    Delivery.objects.filter(source_id=campaign.pk).update(status="HANDED_OVER", handed_over_at=timezone.now())
    step(campaign)
    return campaign


def _cancelled(club: Tenant) -> Campaign:
    return cancel_campaign(_paused(club).pk)


STATES: dict[str, Callable[[Tenant], Campaign]] = {
    "DRAFT": _draft,
    "SCHEDULED": _scheduled,
    "ACTIVE": _active,
    "PAUSED": _paused,
    "COMPLETED": _completed,
    "CANCELLED": _cancelled,
}
ACTS: dict[str, tuple[Callable[[Any], Any], set[str]]] = {
    "schedule": (schedule_campaign, {"DRAFT"}),
    "unschedule": (unschedule_campaign, {"SCHEDULED"}),
    "reschedule": (lambda pk: reschedule_campaign(pk, timezone.now() + 2 * SOON), {"SCHEDULED"}),
    "pause": (pause_campaign, {"ACTIVE"}),
    "resume": (resume_campaign, {"PAUSED"}),
    "cancel": (cancel_campaign, {"PAUSED"}),
    "update": (lambda pk: update_campaign(pk, {"name": "Other"}), {"DRAFT"}),
    "ask": (ask_approval, {"DRAFT"}),
    "archive": (archive_campaign, {"DRAFT", "COMPLETED", "CANCELLED"}),
}


def everything(campaign: Campaign) -> tuple[Any, ...]:
    """Whatever an act may change."""
    return (
        Campaign.objects.filter(pk=campaign.pk).values().get(),
        list(CampaignOccurrence.objects.filter(campaign=campaign).order_by("pk").values()),
        list(
            Delivery.objects.filter(source_id=campaign.pk)
            .order_by("pk")
            .values_list("pk", "status", "reason")
        ),
        SendHold.objects.filter(source_id=campaign.pk).count(),
    )


@pytest.mark.parametrize("state", STATES)
def test_each_act_is_done_or_refused_with_both_states_and_nothing_changed(club: Tenant, state: str) -> None:
    refused = {}
    for name, (act, allowed) in ACTS.items():
        campaign = STATES[state](club)
        assert campaign.status == state
        if state in allowed:
            act(campaign.pk)
            continue
        before = everything(campaign)
        with pytest.raises((IllegalMove, NotADraft)) as refusal:
            act(campaign.pk)
        assert everything(campaign) == before, name
        refused[name] = refusal.value.extra["from"]

    assert set(refused.values()) == {state}
    assert set(refused) == {name for name, (_, allowed) in ACTS.items() if state not in allowed}


@pytest.mark.parametrize("state", STATES)
def test_no_button_of_the_page_breaks_in_any_state(club: Tenant, fairview: Club, state: str) -> None:
    staff = desk(fairview.marketing_manager)
    for act in (
        "pause",
        "resume",
        "cancel",
        "skip",
        "unskip",
        "unschedule",
        "ask",
        "approve",
        "test",
        "nonsense",
    ):
        campaign = STATES[state](club)

        answer = staff.post(
            f"/admin/campaigns/{campaign.pk}/act/", {"act": act, "confirmed": "1"}, follow=True
        )

        assert answer.status_code == 200, act


def test_resuming_after_a_cancel_or_an_end_sends_nobody_anything(club: Tenant) -> None:
    for made in (_cancelled, _completed):
        campaign = made(club)
        with pytest.raises(IllegalMove):
            resume_campaign(campaign.pk)
        assert not Delivery.objects.filter(source_id=campaign.pk, status__in=["PLANNED", "DEFERRED"]).exists()


def test_a_test_that_is_cancelled_before_its_winner_never_reaches_the_rest(club: Tenant) -> None:
    everybody = people(club, 60)
    campaign = draft(
        segment(club, everybody), variants=[{"label": "A"}, {"label": "B"}], test_percent=30, test_minutes=60
    )
    schedule_campaign(campaign.pk)
    step(campaign)
    took_part = Delivery.objects.filter(source_id=campaign.pk).count()

    pause_campaign(campaign.pk)
    cancel_campaign(campaign.pk)
    campaign.occurrences.update(decide_at=timezone.now() - SOON)

    assert 0 < took_part < 60
    assert not campaign.occurrences.filter(due_at__isnull=False).exists()
    assert Delivery.objects.filter(source_id=campaign.pk).count() == took_part
    assert set(Delivery.objects.filter(source_id=campaign.pk).values_list("reason", flat=True)) == {
        "CANCELLED"
    }


def test_a_test_that_is_paused_over_its_end_decides_when_it_goes_on(club: Tenant) -> None:
    campaign = draft(
        segment(club, people(club, 60)), variants=[{"label": "A"}, {"label": "B"}], test_percent=30
    )
    schedule_campaign(campaign.pk)
    step(campaign)
    pause_campaign(campaign.pk)
    campaign.occurrences.update(decide_at=timezone.now() - SOON)

    resume_campaign(campaign.pk)
    occurrence = step(campaign)

    assert (occurrence.status, occurrence.winner) == ("SENDING", "A")
    assert Delivery.objects.filter(source_id=campaign.pk).count() == 60


def test_a_family_of_four_gets_one_copy_in_whichever_arm_they_are(club: Tenant) -> None:
    """Also where one of them takes part in the test and the others wait for its winner."""
    for number in range(12):
        people(club, 4, email=f"family{number}@example.org")
    members = list(_everybody())
    campaign = draft(segment(club, members), variants=[{"label": "A"}, {"label": "B"}], test_percent=40)
    schedule_campaign(campaign.pk)
    step(campaign)
    in_test = Delivery.objects.filter(source_id=campaign.pk).count()
    campaign.occurrences.update(decide_at=timezone.now())
    step(campaign)

    rows = list(Delivery.objects.filter(source_id=campaign.pk))
    families = {person.pk: person.email for person in members}
    copies = [families[row.profile_id] for row in rows if row.status == "PLANNED"]
    assert 0 < in_test < 48
    assert sorted(copies) == sorted(set(families.values()))
    assert sum(row.reason == "SAME_MAILBOX" for row in rows) == 36


def _everybody() -> Any:
    return CustomerProfile.objects.filter(email__startswith="family")


def test_who_wrote_the_draft_does_not_approve_it_although_another_began_it(
    fairview: Club, club: Tenant
) -> None:
    save_settings(club, CampaignSettings(needs_approval=True))
    with acting_as(actor_of_user(fairview.admin)):
        campaign = _draft(club)
    with acting_as(actor_of_user(fairview.marketing_manager)):
        update_campaign(campaign.pk, {"name": "Written anew"})
        with pytest.raises(OwnApproval):
            approve_campaign(campaign.pk)

    assert not Campaign.objects.get(pk=campaign.pk).is_approved


def test_what_is_approved_is_what_was_looked_at(fairview: Club, club: Tenant) -> None:
    save_settings(club, CampaignSettings(needs_approval=True))
    with acting_as(actor_of_user(fairview.marketing_manager)):
        campaign = _draft(club)
        seen = campaign.version
        update_campaign(campaign.pk, {"name": "Changed while somebody read it"})

    with acting_as(actor_of_user(fairview.admin)), pytest.raises(ChangedMeanwhile):
        approve_campaign(campaign.pk, seen)
    page = text_of(
        desk(fairview.admin).post(
            f"/admin/campaigns/{campaign.pk}/act/", {"act": "approve", "version": seen}, follow=True
        )
    )

    assert "It was changed since you opened it." in page
    assert not Campaign.objects.get(pk=campaign.pk).is_approved
