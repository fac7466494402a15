"""What a page of the wizard does not show, or shows only for some choices, stays as it was; tests go to colleagues."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from campaigns.actions import schedule_campaign
from campaigns.models import Campaign
from campaigns.settings import CampaignSettings, save_settings
from messaging.models import Delivery
from tenants.scope import tenant_scope
from tests.back_office import desk, text_of
from tests.campaigns.world import MAIL, draft, people, segment, step
from tests.cast import Club

LIST = "/admin/campaigns/"


@pytest.fixture
def browser(fairview: Club) -> Iterator[Client]:
    with tenant_scope(fairview.tenant):
        yield desk(fairview.marketing_manager)


def test_a_rhythm_of_ones_own_is_there_when_the_step_is_opened_again(browser: Client, fairview: Club) -> None:
    campaign = draft(
        segment(fairview.tenant, people(fairview.tenant, 1)), type="RECURRING", recur_pattern="30 18 * * 2"
    )
    address = f"{LIST}{campaign.pk}/edit/time/"

    shown = text_of(browser.get(address))
    browser.post(
        address,
        {"type": "RECURRING", "recurPattern": "0 9 * * *", "ownPattern": "30 18 * * 2", "at": ""},
    )

    assert 'value="30 18 * * 2"' in shown
    assert Campaign.objects.get().recur_pattern == "30 18 * * 2"


def test_versions_may_differ_in_way_and_time_and_keep_what_the_page_does_not_show(
    browser: Client, fairview: Club
) -> None:
    variants = [{"label": "A", "weight": 3}, {"label": "B", "weight": 1, "template_ids": {"SMS": "sms-1"}}]
    campaign = draft(
        segment(fairview.tenant, people(fairview.tenant, 1)),
        channels=["EMAIL", "SMS"],
        content=MAIL | {"SMS": {"body": "Play"}},
        variants=variants,
    )
    form = {"goal": "NONE", "goalDays": "7", "tested": "on", "hours": "4", "testPercent": "100"}

    shown = text_of(browser.get(f"{LIST}{campaign.pk}/edit/test/"))
    browser.post(f"{LIST}{campaign.pk}/edit/test/", form | {"B-way": "SMS", "B-delay": "90"})

    kept = list(
        campaign.variants.order_by("label").values(
            "label", "weight", "channels", "delay_minutes", "template_ids"
        )
    )
    assert "First by, in version B" in shown
    assert kept == [
        {"label": "A", "weight": 3, "channels": [], "delay_minutes": 0, "template_ids": {}},
        {
            "label": "B",
            "weight": 1,
            "channels": ["SMS", "EMAIL"],
            "delay_minutes": 90,
            "template_ids": {"SMS": "sms-1"},
        },
    ]


def test_each_version_goes_to_a_colleague_as_a_mail_and_to_no_ledger(
    browser: Client, fairview: Club, settings: Any
) -> None:
    settings.EMAIL_HOST = "mail.example"
    campaign = draft(
        segment(fairview.tenant, people(fairview.tenant, 1)),
        content={"EMAIL": {"subject": "Hello {{ firstName }}", "body": "Play.", "html": "<p>Play.</p>"}},
        variants=[{"label": "A"}, {"label": "B", "content": {"EMAIL": {"subject": "Come"}}}],
    )
    address = fairview.staff.email

    said = text_of(
        browser.post(
            f"{LIST}{campaign.pk}/act/", {"act": "test", "address": f" {address.upper()} "}, follow=True
        )
    )

    assert [(one.subject, one.to) for one in mail.outbox] == [
        ("[Test, E-mail, version A] Hello P0", [address]),
        ("[Test, E-mail, version B] Come", [address]),
    ]
    assert [part.get_payload() for part in mail.outbox[0].message().get_payload()][1:] == ["<p>Play.</p>"]  # type: ignore[union-attr]
    assert f"2 test messages on the way to {address}." in said
    assert not Delivery.objects.exists()


def test_a_stranger_gets_no_test(browser: Client, fairview: Club, stranger: Any) -> None:
    campaign = draft(segment(fairview.tenant, people(fairview.tenant, 1)))

    said = text_of(
        browser.post(f"{LIST}{campaign.pk}/act/", {"act": "test", "address": stranger.email}, follow=True)
    )

    assert "Neither a colleague nor a customer has this address." in said
    assert (mail.outbox, Delivery.objects.count()) == ([], 0)


def test_a_mail_of_html_alone_is_shown(browser: Client, fairview: Club) -> None:
    campaign = draft(
        segment(fairview.tenant, people(fairview.tenant, 1)),
        content={"EMAIL": {"subject": "Hi", "html": "<b>Hello {{ firstName }}</b>"}},
    )

    shown = text_of(browser.get(f"{LIST}{campaign.pk}/edit/content/"))

    assert 'srcdoc="&lt;b&gt;Hello P0&lt;/b&gt;"' in shown
    assert "Nothing written yet." not in shown


def test_a_campaign_is_found_by_its_name(browser: Client, fairview: Club) -> None:
    for name in ("Spring Open", "Winter league"):
        draft(segment(fairview.tenant, [], name), name=name)

    found = text_of(browser.get(f"{LIST}?q=winter"))
    none = text_of(browser.get(f"{LIST}?q=autumn"))

    assert ("Winter league" in found, "Spring Open" in found) == (True, False)
    assert "No campaign here has “autumn” in its name." in none


def test_only_a_second_person_is_offered_to_approve(browser: Client, fairview: Club) -> None:
    save_settings(fairview.tenant, CampaignSettings(needs_approval=True))
    browser.post(f"{LIST}new/")
    review = f"{LIST}{Campaign.objects.get().pk}/edit/review/"

    own = text_of(browser.get(review))
    others = text_of(desk(fairview.admin).get(review))

    assert ("Ask for approval" in own, 'value="approve"' in own) == (True, False)
    assert 'value="approve"' in others


def test_whom_it_is_for_is_told_also_where_a_rule_says_it(browser: Client, fairview: Club) -> None:
    juniors = segment(fairview.tenant, [], "Juniors")
    people(fairview.tenant, 2, membership_tier="Gold")
    rule = {"combinator": "AND", "rules": [{"field": "membershipTier", "operator": "eq", "value": "Gold"}]}
    campaign = draft(rule=rule, excluded_segment_ids=[juniors.pk])

    who = text_of(browser.get(f"{LIST}{campaign.pk}/edit/audience/"))
    review = text_of(browser.get(f"{LIST}{campaign.pk}/edit/review/"))
    page = text_of(desk(fairview.viewer).get(f"{LIST}{campaign.pk}/"))

    words = "Membership tier is Gold."
    assert words in who
    assert "2 people will get it by e-mail." in review
    assert f"Only who fits this rule: {words}" in review
    assert "Left out is whoever is in Juniors." in review
    assert f"<dt>To</dt><dd>{words}</dd><dt>Not to</dt><dd>Whoever is in Juniors</dd>" in page


def test_the_report_of_a_test_has_the_numbers_that_decide(browser: Client, fairview: Club) -> None:
    campaign = draft(
        segment(fairview.tenant, people(fairview.tenant, 40)),
        variants=[{"label": "A"}, {"label": "B", "content": {"EMAIL": {"subject": "Come"}}}],
        winner_metric="CLICKS",
    )
    schedule_campaign(campaign.pk)
    step(campaign)
    now = timezone.now()
    sent = Delivery.objects.filter(source_id=campaign.pk)
    sent.update(status="DELIVERED", handed_over_at=now, delivered_at=now)
    sent.filter(variant="B").update(clicked_at=now)

    page = text_of(browser.get(f"{LIST}{campaign.pk}/"))

    assert "Version B is ahead" in page
    assert (
        '<th scope="col" class="crm-right">Clicked</th><th scope="col" class="crm-right">Best with</th>'
        in page
    )
    assert '<td class="crm-right">0,0\xa0%</td>' in page
    assert '<td class="crm-right">100,0\xa0%</td>' in page


def test_an_hour_that_has_gone_is_told_before_the_button(browser: Client, fairview: Club) -> None:
    campaign = draft(
        segment(fairview.tenant, people(fairview.tenant, 1)), scheduled_at=timezone.now() - timedelta(days=1)
    )

    review = text_of(browser.get(f"{LIST}{campaign.pk}/edit/review/"))

    assert "Not ready yet: The hour has gone: choose one that is to come." in review


def test_hours_are_shown_so_that_the_same_minutes_come_back(browser: Client, fairview: Club) -> None:
    campaign = draft(
        segment(fairview.tenant, people(fairview.tenant, 1)), window="SPREAD", spread_minutes=100
    )
    address = f"{LIST}{campaign.pk}/edit/time/"

    shown = text_of(browser.get(address))
    browser.post(address, {"type": "ONE_TIME", "now": "on", "window": "SPREAD", "spread": "1.667"})
    kept = Campaign.objects.get().spread_minutes
    refused = text_of(
        browser.post(address, {"type": "ONE_TIME", "now": "on", "window": "SPREAD", "spread": "0.33"})
    )

    assert ('value="1.667"' in shown, kept) == (True, 100)
    assert "whole minutes" in refused
    assert Campaign.objects.get().spread_minutes == 100
