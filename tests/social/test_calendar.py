"""Posts stand in the calendar, and repeat on the club's clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from social.calendar import entries
from social.models import Post, Promotion, Touch
from social.series import next_time
from tenants.scope import tenant_scope
from tests.back_office import desk, text_of
from tests.cast import Club


@pytest.mark.django_db
def test_planned_posts_stand_in_the_calendar_with_their_tokens_filled_in(fairview: Club) -> None:
    now = timezone.now()
    with tenant_scope(fairview.tenant):
        Post.objects.create(
            tenant=fairview.tenant, text="{{ club.name }}", status="SCHEDULED", scheduled_at=now
        )
        Post.objects.create(tenant=fairview.tenant, text="Draft", status="DRAFT", scheduled_at=now)

        found = entries(now - timedelta(days=1), now + timedelta(days=1))

    assert [(one.title, one.kind) for one in found] == [("Fairview Golf Club", "Post")]


@pytest.mark.django_db
def test_what_belongs_to_one_promotion_is_folded_where_a_day_has_more_than_one(fairview: Club) -> None:
    at = timezone.now().replace(hour=10, minute=0, second=0, microsecond=0)
    with tenant_scope(fairview.tenant):
        cup, open_day = (
            Promotion.objects.create(
                tenant=fairview.tenant, source_type="COMPETITION", source_id=name, name=name, status="ACTIVE"
            )
            for name in ("Cup", "Open day")
        )
        posts = [
            Post.objects.create(tenant=fairview.tenant, text=f"Post {n}", status="SCHEDULED", scheduled_at=at)
            for n in range(3)
        ]
        for number, post in enumerate(posts):
            planned(cup, number, at, post_id=post.pk)
        planned(cup, 3, at + timedelta(hours=1))
        planned(open_day, 0, at)

    page = desk(fairview.viewer).get("/admin/campaigns/calendar/")

    [rows] = [day.rows for week in page.context["weeks"] for day in week if day.entries]
    assert [(row.title, len(row.entries)) for row in rows] == [("", 1), ("Cup", 4)]
    assert "4 on this day" in text_of(page)


def planned(promotion: Promotion, number: int, at: datetime, **more: object) -> Touch:
    """One part of a promotion that is due."""
    made: Touch = Touch.objects.create(
        tenant_id=promotion.tenant_id,
        promotion=promotion,
        key=f"part-{number}",
        kind="ANNOUNCE",
        channel="POST",
        anchor="fixed",
        due_at=at,
        **more,
    )
    return made


def test_a_series_keeps_its_hour_through_both_changes_of_the_clock() -> None:
    london = ZoneInfo("Europe/London")

    for before, utc_hour in (
        (datetime(2026, 3, 29, 0, 0, tzinfo=UTC), 8),
        (datetime(2026, 10, 25, 0, 0, tzinfo=UTC), 9),
    ):
        following = next_time("0 9 * * *", before, london)
        assert following is not None
        assert following.astimezone(UTC).hour == utc_hour
