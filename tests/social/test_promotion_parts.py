"""Staff change any part of a plan, before and after its approval, and see what a change of the event would do."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from segments.actions import Draft, create_segment
from segments.models import SegmentType
from social.models import Post, Promotion, Target, Touch, TouchKind
from social.promoting.actions import approve_promotion, update_promotion
from social.promoting.change_log import name_of
from social.promoting.facts import day_and_time, money
from social.promoting.log_consumer import settle_changes
from social.promoting.parts import change_part, leave_out
from social.promoting.wording import plain
from social.publishing.claiming import claim
from social.texts import fill
from tenants.errors import InvalidError
from tenants.models import LoggedAction
from tests.back_office import desk, text_of
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import sandbox
from tests.social.test_promoting import START, active, enter, plan, tell

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db
CALM = timedelta(minutes=11)


def touch_of(key: str) -> Touch:
    found: Touch = Touch.objects.get(key=key)
    return found


def act(stage: Stage, promotion: Promotion, act: str, **form: Any) -> str:
    """What the plan's page says after an act."""
    url = f"/admin/promotions/{promotion.pk}/act/"
    return text_of(desk(stage.club.marketing_manager).post(url, {"act": act, **form}, follow=True))


def test_words_and_time_of_a_part_of_a_running_plan_reach_its_post_and_stay(stage: Stage) -> None:
    promotion, touch = active(stage), touch_of("reminder:POST:7")
    at = START - timedelta(days=8)
    local = at.astimezone(stage.club.tenant.zone).strftime("%Y-%m-%dT%H:%M")

    said = act(
        stage, promotion, "part", touch=touch.pk, text="Sharpen your irons: {{ event.name }}", at=local
    )
    tell(stage, "updated", startsAt=(START + timedelta(hours=1)).isoformat())
    settle_changes(timezone.now() + CALM)

    post = Post.objects.get(pk=touch.post_id)
    assert "Saved." in said
    assert (post.status, post.text, post.scheduled_at) == (
        "SCHEDULED", "Sharpen your irons: {{ event.name }}", at)  # fmt: skip
    assert set(Target.objects.filter(post=post).values_list("status", "due_at")) == {("WAITING", at)}
    assert Post.objects.filter(text__startswith="Sharpen").count() == 1


def test_words_of_a_mail_of_a_running_plan_reach_its_campaign(stage: Stage) -> None:
    promotion, touch = active(stage), touch_of("reminder:EMAIL:7")

    change_part(promotion.pk, touch.pk, text="Only for you: {{ event.name }}")

    body = Campaign.objects.get(pk=touch.campaign_id).content["EMAIL"]["body"]
    assert "Only for you: Spring Cup" in body
    assert Campaign.objects.get(pk=touch.campaign_id).status == "SCHEDULED"


def test_a_part_is_left_out_and_put_back(stage: Stage) -> None:
    promotion, touch = active(stage), touch_of("reminder:POST:3")
    post_id = touch.post_id

    out = act(stage, promotion, "leave_out", touch=touch.pk)
    without = (touch_of("reminder:POST:3").status, Post.objects.get(pk=post_id).status)
    again = act(stage, promotion, "put_back", touch=touch.pk)

    assert without == ("CANCELLED", "CANCELLED")
    assert "Left out by staff." in out
    assert "That part happens again." in again
    after = touch_of("reminder:POST:3")
    assert (after.status, Post.objects.get(pk=after.post_id).status) == ("PLANNED", "SCHEDULED")


def test_a_part_that_is_left_out_stays_out_when_the_plan_is_approved_or_the_event_moves(stage: Stage) -> None:
    promotion = plan(stage)
    leave_out(promotion.pk, touch_of("reminder:POST:1").pk)

    approve_promotion(promotion.pk)
    tell(stage, "updated", startsAt=(START + timedelta(days=7)).isoformat())
    settle_changes(timezone.now() + CALM)

    assert touch_of("reminder:POST:1").status == "CANCELLED"
    assert touch_of("reminder:POST:1").post_id is None


def test_a_part_that_is_going_out_is_not_changed_any_more(stage: Stage) -> None:
    promotion, touch = active(stage), touch_of("announce:POST")
    assert claim(timezone.now()) is not None

    said = act(stage, promotion, "part", touch=touch.pk, text="Too late")

    assert "Saved." not in said
    assert touch_of("announce:POST").text == ""
    assert Post.objects.get(pk=touch.post_id).text != "Too late"


def test_words_that_a_network_refuses_are_refused_before_they_are_kept(stage: Stage) -> None:
    promotion, touch = plan(stage), touch_of("last:POST")

    for text, why in (("word " * 80, "X counts"), ("Dear {{ firstName }}", "A token is wrong")):
        with pytest.raises(InvalidError, match=why):
            change_part(promotion.pk, touch.pk, text=text)

    change_part(promotion.pk, touch.pk, text="Hurry: {{ event.placesLeft }} left")
    assert touch_of("last:POST").text == "Hurry: {{ event.placesLeft }} left"


def test_with_a_picture_instagram_takes_part_from_then_on(stage: Stage) -> None:
    promotion, picture = active(stage), stage.picture()
    before = set(Target.objects.values_list("connection__network", flat=True))

    said = act(stage, promotion, "plan", channels=["POST", "EMAIL"], days="7, 3, 1", picture=str(picture.pk),
               accounts=[str(one.pk) for one in stage.accounts.values()])  # fmt: skip
    stage.turn()

    assert "The plan is changed." in said
    assert before == {"FACEBOOK", "TWITTER"}
    assert [row["caption"].partition(":")[0] for row in stage.seen("instagram")] == ["Spring Cup"]
    planned = Target.objects.exclude(status="PUBLISHED").values_list("connection__network", flat=True)
    assert set(planned) == {"FACEBOOK", "INSTAGRAM", "TWITTER"}


def test_a_picture_that_instagram_refuses_is_refused_for_the_plan(stage: Stage) -> None:
    promotion, wide = plan(stage), stage.picture(1600, 500)

    with pytest.raises(InvalidError, match="Instagram"):
        update_promotion(promotion.pk, {"picture_id": wide.pk})

    assert Promotion.objects.get().picture_id is None


def test_other_people_and_accounts_reach_what_is_planned_already(stage: Stage) -> None:
    promotion = active(stage)
    friends = create_segment(Draft(name="Friends of the club", type=SegmentType.STATIC))

    act(stage, promotion, "plan", channels=["POST", "EMAIL"], days="7, 3, 1", segment=str(friends.pk),
        accounts=[str(stage.accounts["TWITTER"].pk)])  # fmt: skip

    assert set(Target.objects.exclude(status="CANCELLED").values_list("connection__network", flat=True)) == {
        "TWITTER"
    }
    campaigns = Campaign.objects.filter(status="SCHEDULED")
    assert campaigns
    assert all(str(one.segment_ids[0]) == str(friends.pk) for one in campaigns)


def test_a_change_is_shown_fact_by_fact_and_part_by_part_before_it_is_followed(stage: Stage) -> None:
    promotion = active(stage)
    stage.turn()
    for _ in range(2):
        enter(stage)
    later = START + timedelta(days=7)
    tell(stage, "updated", startsAt=later.isoformat(), entriesCloseAt=(later - timedelta(days=2)).isoformat(),
         entryFeeCents=30_000)  # fmt: skip

    page = shown(stage, promotion)
    foreseen = _moves(page)
    act(stage, promotion, "apply")

    before, after = (
        money(cents, "ZAR", stage.club.tenant).replace("\xa0", " ") for cents in (25_000, 30_000)
    )
    assert f"Entry fee {before} {after}" in page
    assert "is edited there." in page
    assert "is corrected by a reply." in page
    assert "2 people who were told or have entered" in page
    moved = [one.due_at for one in Touch.objects.filter(kind="REMINDER", channel="POST").order_by("due_at")]
    after_it = shown(stage, promotion)
    assert "Changed: entries close, entry fee, starts." in after_it
    assert "X 1 – –" in after_it
    assert foreseen == [_as_said(one, stage) for one in moved]


def shown(stage: Stage, promotion: Promotion) -> str:
    """The words of the plan's page, without its tags."""
    page = text_of(desk(stage.club.viewer).get(f"/admin/promotions/{promotion.pk}/"))
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("\xa0", " ").split())


def _moves(page: str) -> list[str]:
    """The new times of reminders over posts, as the preview says them."""
    parts = page.split("Reminder (post)")[1:4]
    return [part.split(" to ", 1)[1].split(".", 1)[0] for part in parts]


def _as_said(moment: datetime | None, stage: Stage) -> str:
    assert moment is not None
    local = moment.astimezone(stage.club.tenant.zone)
    return f"{local:%A} {local.day} {local:%B}, {local:%H:%M}"


def test_a_cancellation_says_what_it_would_take_back(stage: Stage) -> None:
    promotion = active(stage)
    stage.turn()
    tell(stage, "cancelled", reason="Rain")

    page = shown(stage, promotion)

    assert "The event is cancelled" in page
    assert page.count("is deleted there.") == 2
    assert "Reminder (post) does not go out." in page


def textarea(page: str, touch: Touch) -> str:
    """What the form of a part has as its words."""
    found = re.search(rf'id="text-{touch.pk}"[^>]*>([^<]*)<', page)
    return found.group(1) if found else ""


def raw_page(stage: Stage, promotion: Promotion) -> str:
    return text_of(desk(stage.club.marketing_manager).get(f"/admin/promotions/{promotion.pk}/"))


def test_nobody_reads_conditions_where_words_are_edited_and_tokens_stay(stage: Stage) -> None:
    promotion, touch = plan(stage), touch_of("reminder:POST:7")

    page = raw_page(stage, promotion)

    assert "{%" not in page
    assert textarea(page, touch) == (
        "{{ event.name }}: entries close {{ event.entriesCloseAt }}. {{ event.placesLeft }} places left."
    )
    assert re.search(r"<p>Spring Cup: entries close \w+day [^<{]*\. 4 places left\.</p>", page)


def test_words_that_nobody_changed_stay_what_they_are(stage: Stage) -> None:
    promotion, touch = plan(stage), touch_of("reminder:POST:7")
    usual = textarea(raw_page(stage, promotion), touch)
    act(stage, promotion, "part", touch=touch.pk, text=usual)
    first = touch_of("reminder:POST:7").text
    own = "Soon{% if event.clubName %} at {{ event.clubName }}{% endif %}"
    change_part(promotion.pk, touch.pk, text=own)

    act(stage, promotion, "part", touch=touch.pk, text=textarea(raw_page(stage, promotion), touch))

    assert first == ""
    assert touch_of("reminder:POST:7").text == own
    assert textarea(raw_page(stage, promotion), touch) == "Soon at {{ event.clubName }}"


@pytest.mark.parametrize(
    "text",
    [
        "{% if event.placesLeft < 5 %}Hurry{% endif %}",
        "{% for x in (1..2) %}{{ event.name | size }}{% endfor %}",
    ],
)
def test_words_that_would_say_something_else_without_their_conditions_stand_as_they_are(
    stage: Stage, text: str
) -> None:
    values = {"event": {"name": "Cup", "placesLeft": 4}}

    assert fill(plain(text, values), values) == fill(text, values)


def test_a_correction_of_a_post_says_its_words_and_is_nobodys_to_change(stage: Stage) -> None:
    promotion = active(stage)
    stage.turn()
    tell(stage, "updated", startsAt=(START + timedelta(days=7)).isoformat())
    settle_changes(timezone.now() + CALM)
    touch = Touch.objects.filter(kind="CORRECTION", channel="POST").first()
    assert touch is not None

    page = raw_page(stage, promotion)

    assert textarea(page, touch) == ""
    assert "Please note: Spring Cup is now on" in page
    assert touch.text not in page.replace(f'value="{touch.pk}"', "")
    with pytest.raises(InvalidError, match="corrects a post that is out"):
        change_part(promotion.pk, touch.pk, text="x")
    with pytest.raises(InvalidError, match="corrects a post that is out"):
        leave_out(promotion.pk, touch.pk)
    assert Touch.objects.get(pk=touch.pk).text == touch.text


def logged() -> list[Any]:
    rows = LoggedAction.objects.filter(action="promotion.changed").order_by("pk")
    return list(rows.values_list("details__changes", flat=True))


def test_what_staff_change_of_a_part_stands_in_the_action_log_old_and_new(stage: Stage) -> None:
    promotion, touch = plan(stage), touch_of("reminder:POST:7")
    before, at = touch.due_at, START - timedelta(days=8)
    assert before is not None

    change_part(promotion.pk, touch.pk, text="Soon: {{ event.name }}", at=at)
    change_part(promotion.pk, touch.pk, text="Soon: {{ event.name }}", at=at)
    act(stage, promotion, "leave_out", touch=touch.pk)
    act(stage, promotion, "put_back", touch=touch.pk)

    name = "reminder 7 days before (post)"
    usual = "{{ event.name }}: entries close {{ event.entriesCloseAt }}. {{ event.placesLeft }} places left."
    assert logged() == [
        {
            f"{name}, words": [usual, "Soon: {{ event.name }}"],
            f"{name}, time": [day_and_time(one, stage.club.tenant) for one in (before, at)],
        },
        {name: ["planned", "left out"]},
        {name: ["left out", "planned"]},
    ]
    page = text_of(desk(stage.club.admin).get("/admin/tenants/loggedaction/"))
    assert f"{name} from planned to left out" in page


def test_what_staff_change_of_the_whole_plan_stands_there_too_by_name(stage: Stage) -> None:
    promotion, friends = (
        plan(stage),
        create_segment(Draft(name="Friends of the club", type=SegmentType.STATIC)),
    )
    facebook, picture = stage.accounts["FACEBOOK"], stage.picture()

    changes = {"reminder_days": [5], "segment_id": friends.pk, "picture_id": picture.pk}
    more = {"connection_ids": [facebook.pk], "audience": {"membershipTiers": ["Gold"]}}
    update_promotion(promotion.pk, {**changes, **more})
    update_promotion(promotion.pk, {"reminder_days": [5]})

    assert logged() == [
        {
            "reminder_days": [[7, 3, 1], [5]],
            "segment": ["", "Friends of the club"],
            "picture": ["", "green.jpg"],
            "accounts": ["all", [str(facebook)]],
            "audience": [{}, {"membershipTiers": ["Gold"]}],
        }
    ]
    page = text_of(desk(stage.club.admin).get("/admin/tenants/loggedaction/"))
    assert "segment from nothing to Friends of the club" in page


def test_a_part_shows_what_it_would_say_on_each_network_before_it_is_saved(stage: Stage) -> None:
    promotion, post, mail = plan(stage), touch_of("reminder:POST:7"), touch_of("reminder:EMAIL:7")
    url = f"/admin/promotions/{promotion.pk}/preview/"
    desk_of = desk(stage.club.marketing_manager)

    cards = text_of(desk_of.post(url, {"touch": post.pk, "text": "word " * 80}))
    words = text_of(desk_of.post(url, {"touch": mail.pk, "text": "Hello {{ event.name }}"}))
    wrong = text_of(desk_of.post(url, {"touch": mail.pk, "text": "Dear {{ firstName }}"}))
    gone = desk_of.post(url, {"touch": promotion.pk, "text": "x"})

    assert 'data-net="TWITTER"' in cards
    assert "X counts" in cards
    assert "Hello Spring Cup" in words
    assert "A token is wrong" in wrong
    assert "There is no such promotion." in text_of(gone)
    assert touch_of("reminder:POST:7").text == ""


def test_words_of_the_whole_plan_that_cannot_be_filled_in_are_refused(stage: Stage) -> None:
    promotion = plan(stage)

    for words in ("Dear {{ firstName }}", "{% if event.name < 5 %}x{% endif %}", 5):
        with pytest.raises(InvalidError):
            update_promotion(promotion.pk, {"template": {"REMINDER": words}})

    update_promotion(promotion.pk, {"template": {"REMINDER": "Soon: {{ event.name }}", "holdOutPercent": 5}})
    assert "Soon: Spring Cup" in shown(stage, promotion)


@pytest.mark.parametrize(
    ("channel", "said"), [("SMS", "SMS"), ("EMAIL", "e-mail"), ("WHATSAPP", "WhatsApp"), ("POST", "post")]
)
def test_a_part_is_told_by_its_channel_as_people_write_it(channel: str, said: str) -> None:
    touch = Touch(kind=TouchKind.REMINDER, channel=channel, offset_days=-7)

    assert name_of(touch) == f"reminder 7 days before ({said})"
