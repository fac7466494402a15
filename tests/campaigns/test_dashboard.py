"""The dashboard's part about campaigns: what waits for whom, what stopped by itself, what goes out next."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.actions import schedule_campaign
from campaigns.editing import approve_campaign, ask_approval
from campaigns.models import Campaign, CampaignStatus, PauseReason
from campaigns.settings import CampaignSettings, save_settings
from tenants.actors import acting_as, actor_of_user
from tenants.scope import tenant_scope
from tests.back_office import desk, text_of
from tests.campaigns.world import draft, people, segment
from tests.cast import Club

pytestmark = pytest.mark.django_db


def test_a_club_without_campaigns_has_no_such_part(fairview: Club) -> None:
    assert "All campaigns" not in text_of(desk(fairview.admin).get("/admin/"))


def test_what_waits_for_a_second_person_says_for_whom(fairview: Club) -> None:
    with tenant_scope(fairview.tenant), acting_as(actor_of_user(fairview.marketing_manager)):
        save_settings(fairview.tenant, CampaignSettings(needs_approval=True))
        campaign = draft(segment(fairview.tenant, people(fairview.tenant, 1)), name="Winter letter")
        ask_approval(campaign.pk)

    shown = {
        name: text_of(desk(user).get("/admin/"))
        for name, user in (("own", fairview.marketing_manager), ("admin", fairview.admin))
    }

    assert "waits for the approval of a second person" in shown["own"]
    assert "waits for your approval" in shown["admin"]
    assert all("Winter letter" in page for page in shown.values())


def test_drafts_that_were_approved_hide_none_that_waits(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        save_settings(fairview.tenant, CampaignSettings(needs_approval=True))
        audience = segment(fairview.tenant, people(fairview.tenant, 1))
        with acting_as(actor_of_user(fairview.marketing_manager)):
            drafts = [draft(audience, name=f"Letter {number}") for number in range(7)]
            for each in drafts:
                ask_approval(each.pk)
        with acting_as(actor_of_user(fairview.admin)):
            for each in drafts[:6]:
                approve_campaign(each.pk)

    shown = text_of(desk(fairview.admin).get("/admin/"))

    assert ("Letter 6" in shown, "Letter 0" in shown) == (True, False)


def test_what_stopped_by_itself_stands_there_with_its_reason_and_what_comes_with_its_time(
    fairview: Club,
) -> None:
    with tenant_scope(fairview.tenant):
        audience = segment(fairview.tenant, people(fairview.tenant, 1))
        stopped, planned, sent = (
            draft(audience, name=name, scheduled_at=timezone.now() + timedelta(days=2))
            for name in ("Spring letter", "Summer letter", "Last letter")
        )
        schedule_campaign(planned.pk)
        Campaign.objects.filter(pk=stopped.pk).update(
            status=CampaignStatus.PAUSED,
            pause_reason=PauseReason.ERRORS,
            pause_note="8 of 100 messages failed.",
        )
        Campaign.objects.filter(pk=sent.pk).update(
            status=CampaignStatus.ACTIVE, scheduled_at=timezone.now() - timedelta(hours=1)
        )

    shown = text_of(desk(fairview.viewer).get("/admin/"))

    assert "8 of 100 messages failed." in shown
    assert ("Summer letter" in shown, "Last letter" in shown) == (True, False)
    assert Client().get("/admin/").status_code == 302
