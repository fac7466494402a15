"""Whom a plan writes to: the event's own rules, the memberships that staff choose, and how many those are now."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from campaigns.models import Campaign
from profiles.models import CustomerProfile
from segments.actions import Draft, create_segment
from segments.models import SegmentType
from social.models import Promotion
from social.promoting import staff_events
from social.promoting.actions import make_promotion, update_promotion
from social.promoting.audience import checked
from social.promoting.reach import reach_of
from tests.back_office import desk, text_of
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import sandbox
from tests.social.test_api import ask, key, post
from tests.social.test_promoting import active, enter, plan

__all__ = ["file_server", "key", "sandbox", "stage"]
pytestmark = pytest.mark.django_db
GOLD: dict[str, list[str]] = {"membershipTiers": ["Gold"], "membershipStatuses": ["ACTIVE", "PENDING"]}
RULES = [
    {"field": "membershipTier", "operator": "in", "value": ["Gold"]},
    {"field": "membershipStatus", "operator": "in", "value": ["ACTIVE", "PENDING"]},
]


def person(stage: Stage, tier: str = "Gold", status: str = "ACTIVE", **values: Any) -> CustomerProfile:
    row: CustomerProfile = CustomerProfile.objects.create(
        tenant=stage.club.tenant, membership_tier=tier, membership_status=status, handicap_tenths=50,
        email="x@club.example", status="ACTIVE", **values,
    )  # fmt: skip
    return row


def preview(stage: Stage, promotion: Promotion, **form: Any) -> str:
    page = text_of(
        desk(stage.club.marketing_manager).post(f"/admin/promotions/{promotion.pk}/preview/", form)
    )
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_memberships_narrow_the_campaigns_of_a_running_plan(stage: Stage) -> None:
    promotion = active(stage)

    update_promotion(promotion.pk, {"audience": GOLD})

    rules = [row.rule["rules"] for row in Campaign.objects.filter(status="SCHEDULED")]
    assert len(rules) == 4
    assert all(one[-2:] == RULES for one in rules)
    assert all(one[1]["field"] == "handicap" for one in rules)


def test_the_clubs_template_narrows_each_plan_unless_the_caller_says_otherwise(stage: Stage) -> None:
    stage.club.tenant.settings = {"promotion": {"audience": GOLD}}
    stage.club.tenant.save()

    by_template = plan(stage)
    own = make_promotion(source_type="SPECIAL", source_id="s", facts={"name": "Roast"}, audience={})

    assert (by_template.audience, own.audience) == (GOLD, {})


def test_the_preview_counts_who_fits_has_not_entered_and_agreed(stage: Stage) -> None:
    promotion = plan(stage)
    person(stage, email_opt_in=True)
    person(stage, email_opt_in=True, sms_opt_in=True)
    person(stage, status="LAPSED", email_opt_in=True)
    person(stage, tier="Silver")
    enter(stage, person(stage).pk)

    everybody = preview(stage, promotion, channels=["POST", "EMAIL"])
    narrowed = preview(stage, promotion, channels=["EMAIL", "SMS"], tiers=["Gold"], statuses=["ACTIVE"])

    assert everybody.startswith("4 fit the event and this choice and have not entered.")
    assert "3 of them agreed to e-mail." in everybody
    assert narrowed == (
        "2 fit the event and this choice and have not entered. 2 of them agreed to e-mail. 1 of them agreed to SMS."
    )
    assert Promotion.objects.get().audience == {}


def test_a_segment_narrows_the_count(stage: Stage) -> None:
    promotion, friends = plan(stage), create_segment(Draft(name="Friends", type=SegmentType.STATIC))
    person(stage)

    assert preview(stage, promotion, segment=str(friends.pk)).startswith("0 fit")
    update_promotion(promotion.pk, {"segment_id": friends.pk})
    row = Promotion.objects.select_related("tenant").get()
    assert reach_of(row, [])[0].count == 0


def test_staff_choose_memberships_on_the_page_and_see_them_there(stage: Stage) -> None:
    promotion, url = plan(stage), "/admin/promotions/{}/act/"
    form = {"act": "plan", "channels": ["POST", "EMAIL"], "days": "7, 3, 1", "tiers": ["Gold"], "statuses": ["ACTIVE"],
            "accounts": [str(one.pk) for one in stage.accounts.values()]}  # fmt: skip

    page = text_of(desk(stage.club.marketing_manager).post(url.format(promotion.pk), form, follow=True))
    wrong = desk(stage.club.marketing_manager).post(
        url.format(promotion.pk), {**form, "statuses": ["KING"]}, follow=True
    )

    assert Promotion.objects.get().audience == {"membershipTiers": ["Gold"], "membershipStatuses": ["ACTIVE"]}
    assert "<dt>Only members</dt><dd>Gold; Active</dd>" in page
    assert 'value="Gold" checked' in page
    assert "A membership is one of ACTIVE" in text_of(wrong)


@pytest.mark.parametrize(
    "value",
    [None, [], "Gold", {"tiers": []}, {"membershipTiers": "Gold"}, {"membershipTiers": [""]},
     {"membershipTiers": [5]}, {"membershipTiers": ["x" * 201]}, {"membershipTiers": ["a\0"]},
     {"membershipTiers": [str(one) for one in range(51)]}, {"membershipStatuses": ["active"]}],
)  # fmt: skip
def test_a_choice_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"membership|memberships"):
        checked(value)


def test_empty_lists_narrow_nothing_and_doubles_count_once() -> None:
    assert checked({"membershipTiers": [], "membershipStatuses": []}) == {}
    assert checked({"membershipTiers": [" Gold ", "Gold"]}) == {"membershipTiers": ["Gold"]}


def test_an_event_of_staff_is_for_handicaps_and_a_gender(stage: Stage) -> None:
    person(stage, gender="F")
    form = {"kind": "CLUB_EVENT", "name": "Ladies' day", "startsAt": "2099-05-01T10:00", "channels": ["EMAIL"],
            "days": "7", "handicapMin": "-2", "handicapMax": "12,5", "gender": "F"}  # fmt: skip

    refused = desk(stage.club.marketing_manager).post("/admin/promotions/new/", {**form, "handicapMax": "99"})
    desk(stage.club.marketing_manager).post("/admin/promotions/new/", form)

    facts = Promotion.objects.get().facts
    assert "Handicaps go from -10 to 54." in text_of(refused)
    assert (facts["handicapMin"], facts["handicapMax"], facts["gender"]) == (-2.0, 12.5, "F")
    page = text_of(desk(stage.club.marketing_manager).get(f"/admin/promotions/{Promotion.objects.get().pk}/"))
    assert '<option value="F" selected>' in page
    staff_events.change_event(Promotion.objects.get().pk, {**facts, "handicapMax": 20.0})
    assert Promotion.objects.get().pending["changes"] == ["handicapMax"]


def test_rest_and_graphql_take_and_tell_memberships(stage: Stage, key: dict[str, str]) -> None:
    body = {"sourceType": "SPECIAL", "sourceId": "s-1", "audience": GOLD,
            "event": {"name": "Roast", "startsAt": "2099-05-01T08:00:00Z"}}  # fmt: skip

    made = post("/promotions", key, body)
    refused = post(
        "/promotions", key, {**body, "sourceId": "s-2", "audience": {"membershipStatuses": ["KING"]}}
    )
    changed = Client().patch(
        f"/api/v1/promotions/{made.json()['id']}", {"audience": {}}, "application/json",
        headers={**key, "Idempotency-Key": uuid4().hex},
    )  # fmt: skip
    told = ask(key, "{ eventPromotions { name audience pictureProblem } }")

    assert (made.status_code, made.json()["audience"]) == (201, GOLD)
    assert refused.status_code == 422
    assert refused.json()["error"]["details"][0]["field"] == "audience"
    assert changed.json()["audience"] == {}
    assert told["eventPromotions"] == [{"name": "Roast", "audience": {}, "pictureProblem": None}]
