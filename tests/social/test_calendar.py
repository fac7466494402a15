"""Posts stand in the calendar, and repeat on the club's clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from social.calendar import entries
from social.models import Post
from social.series import next_time
from tenants.scope import tenant_scope
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


def test_a_series_keeps_its_hour_through_both_changes_of_the_clock() -> None:
    london = ZoneInfo("Europe/London")

    for before, utc_hour in (
        (datetime(2026, 3, 29, 0, 0, tzinfo=UTC), 8),
        (datetime(2026, 10, 25, 0, 0, tzinfo=UTC), 9),
    ):
        following = next_time("0 9 * * *", before, london)
        assert following is not None
        assert following.astimezone(UTC).hour == utc_hour
