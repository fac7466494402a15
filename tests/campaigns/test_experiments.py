"""A/B tests on simulated people whose true behaviour is known: how often the wrong variant is called certain."""

import random
from collections.abc import Iterator

import pytest
from django.utils import timezone

from campaigns.actions import schedule_campaign
from campaigns.errors import NotReady
from campaigns.models import Campaign, CampaignOccurrence
from campaigns.winning import verdict_of
from messaging.models import Delivery
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.campaigns.world import draft, people, segment, step
from tests.cast import Club
from tests.examples import examples

TWO = [{"label": "A"}, {"label": "B", "content": {"EMAIL": {"subject": "Other"}}}]
WORLDS = examples(160)


@pytest.fixture
def club(fairview: Club) -> Iterator[Tenant]:
    with tenant_scope(fairview.tenant):
        yield fairview.tenant


def an_ended_experiment(club: Tenant, size: int) -> tuple[Campaign, CampaignOccurrence]:
    """A test that everybody got, whose time is up."""
    campaign = draft(segment(club, people(club, size)), variants=TWO)
    schedule_campaign(campaign.pk)
    occurrence = step(campaign)
    Delivery.objects.update(status="DELIVERED", handed_over_at=timezone.now(), delivered_at=timezone.now())
    return campaign, occurrence


def behave(dice: random.Random, truth: dict[str, float]) -> None:
    """Everybody clicks or not, with the true chance of their variant."""
    Delivery.objects.update(clicked_at=None)
    rows = Delivery.objects.values_list("pk", "variant")
    clicked = [pk for pk, variant in rows if dice.random() < truth[variant]]
    Delivery.objects.filter(pk__in=clicked).update(clicked_at=timezone.now())


def test_variants_that_are_equal_are_hardly_ever_called_different(club: Tenant) -> None:
    campaign, occurrence = an_ended_experiment(club, 400)
    dice = random.Random(11)

    certain = 0
    for _ in range(WORLDS):
        behave(dice, {"A": 0.2, "B": 0.2})
        certain += verdict_of(campaign, occurrence)["isCertain"]

    assert certain <= WORLDS * 0.05


def test_a_variant_that_is_truly_better_wins_nearly_always_and_the_worse_is_never_certain(
    club: Tenant,
) -> None:
    campaign, occurrence = an_ended_experiment(club, 400)
    dice = random.Random(12)

    winners, wrongly_certain, certain = [], 0, 0
    for _ in range(WORLDS):
        behave(dice, {"A": 0.1, "B": 0.3})
        verdict = verdict_of(campaign, occurrence)
        winners.append(verdict["winner"])
        certain += verdict["isCertain"]
        wrongly_certain += verdict["isCertain"] and verdict["winner"] == "A"

    assert winners.count("B") >= WORLDS * 0.95
    assert certain > WORLDS / 2
    assert wrongly_certain == 0


def test_a_version_that_nobody_got_does_not_win_over_a_poor_one(club: Tenant) -> None:
    variants = [
        {"label": "A"},
        {"label": "B", "channels": ["SMS"], "content": {"SMS": {"body": "Play"}}},
    ]
    everybody = people(club, 60)  # who agreed to mail alone
    campaign = draft(
        segment(club, everybody), variants=variants, channels=["EMAIL", "SMS"], test_percent=50, goal="BOOKED",
        winner_metric="CONVERSIONS", content={"EMAIL": {"subject": "Hi", "body": "Hi"}, "SMS": {"body": "Hi"}},
    )  # fmt: skip
    schedule_campaign(campaign.pk)
    step(campaign)
    now = timezone.now()
    Delivery.objects.filter(status="PLANNED").update(status="DELIVERED", handed_over_at=now, delivered_at=now)
    campaign.occurrences.update(decide_at=now)

    decided = step(campaign)

    assert decided.winner == "A"
    assert decided.verdict is not None
    chances = {each["label"]: each["probabilityBest"] for each in decided.verdict["variants"]}
    assert chances == {"A": 1.0, "B": 0.0}


@pytest.mark.parametrize("ways", [["SMS"], ["SMS", "EMAIL"]])
def test_what_nobody_can_open_is_not_decided_by_opens(club: Tenant, ways: list[str]) -> None:
    variants = [{"label": "A"}, {"label": "B", "channels": ways}]
    content = {"EMAIL": {"subject": "Hi", "body": "Hi"}, "SMS": {"body": "Hi"}}
    campaign = draft(
        segment(club, people(club, 2)), variants=variants, channels=["EMAIL", "SMS"], content=content
    )

    with pytest.raises(NotReady, match="Only mails tell who opened and clicked"):
        schedule_campaign(campaign.pk)
