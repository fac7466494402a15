"""The rhythm of campaigns that repeat, shown and changed in the back office."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from campaigns.actions import (
    cancel_campaign,
    pause_campaign,
    reschedule_campaign,
    resume_campaign,
    schedule_campaign,
    unschedule_campaign,
)
from campaigns.errors import IllegalMove, NotRecurring
from campaigns.models import Campaign, CampaignAct, CampaignOccurrence
from campaigns.rhythm import change_rhythm, rhythms, skip_next, take_skip_back
from tenants.admin.formatting import day
from tenants.errors import InvalidError
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.back_office import desk, text_of
from tests.campaigns.world import draft, people, segment, step
from tests.cast import Club

PAGE = "/admin/campaigns/rhythm/"
NOW = datetime(2026, 10, 21, 10, tzinfo=UTC)  # a Wednesday; London's clock goes back on Sunday


@pytest.fixture
def club(fairview: Club) -> Iterator[Tenant]:
    with tenant_scope(fairview.tenant):
        yield fairview.tenant


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def weekly(club: Tenant, **values: Any) -> Campaign:
    """Every Monday at nine in London, scheduled."""
    made = draft(
        segment(club, people(club, 2), f"Members {Campaign.objects.count()}"),
        **{"type": "RECURRING", "recur_pattern": "0 9 * * 1", "timezone": "Europe/London"} | values,
    )
    return schedule_campaign(made.pk)


def waiting(campaign: Campaign) -> list[datetime]:
    rows = CampaignOccurrence.objects.filter(campaign=campaign, status="WAITING")
    return list(rows.order_by("hour").values_list("hour", flat=True))


def test_the_next_times_keep_to_the_wall_clock_over_its_change(club: Tenant) -> None:
    made = weekly(club)
    daily = weekly(club, name="Daily", recur_pattern="30 1 * * *")

    shown = {each.campaign.pk: each for each in rhythms()}

    assert shown[made.pk].words == "At 09:00 on Monday"
    assert [f"{each:%m-%d %H:%M}" for each in shown[made.pk].coming[:2]] == ["10-26 09:00", "11-02 09:00"]
    # 01:30 in London: summer time, the first of the two on Sunday, winter time.
    assert [f"{each:%m-%d %H:%M}" for each in shown[daily.pk].coming] == [
        "10-22 00:30", "10-23 00:30", "10-24 00:30", "10-25 00:30", "10-26 01:30",
    ]  # fmt: skip
    assert [each.campaign.pk for each in rhythms()] == [daily.pk, made.pk]


def test_another_rhythm_takes_the_waiting_time_away_and_adds_the_next(club: Tenant) -> None:
    made = weekly(club)
    assert waiting(made) == [datetime(2026, 10, 26, 9, tzinfo=UTC)]

    change_rhythm(made.pk, pattern=" 30  18 * * 4 ", end_at=NOW + timedelta(days=30))

    changed = Campaign.objects.get()
    assert (changed.recur_pattern, changed.recur_end_at) == ("30 18 * * 4", NOW + timedelta(days=30))
    assert waiting(made) == [datetime(2026, 10, 22, 17, 30, tzinfo=UTC)]
    assert CampaignAct.objects.latest("id").note == "At 18:30 on Thursday"


def test_what_was_sent_already_is_never_sent_again(club: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    made, hour = weekly(club, recur_pattern="5 11 * * 3"), NOW + timedelta(minutes=5)
    monkeypatch.setattr(timezone, "now", lambda: hour + timedelta(minutes=1))
    step(made)
    begun = CampaignOccurrence.objects.exclude(status="WAITING").get()

    change_rhythm(made.pk, pattern="5 11 * * *", end_at=None)

    begun.refresh_from_db()
    assert (begun.hour, begun.planned) == (hour, 2)
    assert waiting(made) == [hour + timedelta(days=1)]
    (shown,) = rhythms()
    assert (shown.last, shown.times) == (hour, 1)
    assert shown.coming[0] == hour + timedelta(days=1)


def test_a_paused_one_may_get_another_rhythm_and_an_ended_one_not(club: Tenant) -> None:
    made = weekly(club, recur_pattern="0 11 * * 3")
    step(made)
    pause_campaign(made.pk)
    change_rhythm(made.pk, pattern="0 12 * * *", end_at=None)
    cancel_campaign(made.pk)

    with pytest.raises(IllegalMove):
        change_rhythm(made.pk, pattern="0 13 * * *", end_at=None)
    assert Campaign.objects.get().recur_pattern == "0 12 * * *"
    assert rhythms() == []


def test_what_is_no_rhythm_is_refused_and_nothing_changes(club: Tenant) -> None:
    made = weekly(club)
    once = draft(segment(club, people(club, 1), "One"))

    for pattern, end, field in (
        ("every day", None, "recurPattern"),
        ("*/5 * * * *", None, "recurPattern"),
        ("0 9 31 2 *", None, "recurPattern"),
        ("0 9 * * 1", NOW + timedelta(days=2), "recurEndAt"),
    ):
        with pytest.raises(InvalidError) as refused:
            change_rhythm(made.pk, pattern=pattern, end_at=end)
        assert refused.value.field in (field, "recurEndAt")
    with pytest.raises(NotRecurring):
        change_rhythm(once.pk, pattern="0 9 * * 1", end_at=None)

    assert Campaign.objects.get(pk=made.pk).recur_pattern == "0 9 * * 1"
    assert waiting(made) == [datetime(2026, 10, 26, 9, tzinfo=UTC)]


def test_staff_read_and_change_it_on_the_page(fairview: Club, club: Tenant) -> None:
    browser = desk(fairview.marketing_manager)
    assert "Nothing repeats" in text_of(browser.get(PAGE))
    made = weekly(club)
    change = f"/admin/campaigns/{made.pk}/rhythm/"

    shown = text_of(browser.get(PAGE))
    refused = text_of(browser.post(change, {"ownPattern": "nonsense"}, follow=True))
    text_of(browser.post(change, {"recurPattern": "0 9 * * *", "end": "2026-12-01T09:00"}, follow=True))
    after = text_of(browser.get(PAGE))

    assert "At 09:00 on Monday" in shown
    assert f"Mon {day(date(2026, 10, 26))} 09:00" in shown
    assert "Not sent yet" in shown
    assert "Not changed: Write five fields" in refused
    assert f"Thu {day(date(2026, 10, 22))} 09:00" in after
    assert Campaign.objects.get().recur_end_at == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert "Change the rhythm" not in text_of(desk(fairview.viewer).get(PAGE))
    assert "next times, change" in text_of(browser.get(f"/admin/campaigns/{made.pk}/"))


@pytest.mark.parametrize("count", [1, 4])
def test_many_take_as_many_queries_as_one(count: int, club: Tenant, django_assert_num_queries: Any) -> None:
    for _ in range(count):
        weekly(club)
    with django_assert_num_queries(2):
        assert len(rhythms()) == count


MONDAYS = [datetime(2026, 10, 26, 9, tzinfo=UTC), datetime(2026, 11, 2, 9, tzinfo=UTC)]


def test_a_paused_one_skips_one_time_and_goes_on_with_the_next(club: Tenant) -> None:
    campaign = weekly(club)
    step(campaign)
    CampaignOccurrence.objects.filter(campaign=campaign).update(status="WAITING")
    Campaign.objects.filter(pk=campaign.pk).update(status="ACTIVE")
    pause_campaign(campaign.pk)

    skip_next(campaign.pk)
    resume_campaign(campaign.pk)

    assert waiting(campaign) == MONDAYS[1:]
    assert CampaignOccurrence.objects.get(hour=MONDAYS[0]).status == "CANCELLED"
    assert CampaignAct.objects.filter(act="time_skipped").count() == 1


def test_a_skipped_time_is_sent_after_all_and_the_hour_stays_one_row(club: Tenant) -> None:
    campaign = weekly(club)
    for _ in range(2):
        skip_next(campaign.pk)
        take_skip_back(campaign.pk)

    assert waiting(campaign) == MONDAYS[:1]
    assert CampaignOccurrence.objects.count() == 1


def test_skipping_twice_leaves_out_two_times_and_takes_back_the_second(club: Tenant) -> None:
    campaign = weekly(club)
    skip_next(campaign.pk)
    skip_next(campaign.pk)

    take_skip_back(campaign.pk)

    assert waiting(campaign) == MONDAYS[1:]


def test_a_time_that_was_skipped_is_left_out_also_when_the_start_is_moved(club: Tenant) -> None:
    campaign = weekly(club)
    skip_next(campaign.pk)

    reschedule_campaign(campaign.pk, NOW + timedelta(hours=1))

    assert waiting(campaign) == MONDAYS[1:]
    assert CampaignOccurrence.objects.get(hour=MONDAYS[0]).status == "CANCELLED"


def test_who_takes_it_back_to_a_draft_starts_anew_with_the_first_time(club: Tenant) -> None:
    campaign = weekly(club)
    skip_next(campaign.pk)

    unschedule_campaign(campaign.pk)
    schedule_campaign(campaign.pk)

    assert waiting(campaign) == MONDAYS[:1]
    assert CampaignOccurrence.objects.count() == 1


def test_the_one_that_was_found_late_may_be_skipped(club: Tenant) -> None:
    campaign = weekly(club)
    CampaignOccurrence.objects.update(hour=NOW - timedelta(hours=30), due_at=None, status="LATE")
    Campaign.objects.update(status="PAUSED", pause_reason="LATE")

    skip_next(campaign.pk)

    assert waiting(campaign) == MONDAYS[:1]
    with pytest.raises(IllegalMove):
        take_skip_back(campaign.pk)


def test_the_last_time_cannot_be_skipped(club: Tenant) -> None:
    campaign = weekly(club, recur_end_at=MONDAYS[0])

    with pytest.raises(InvalidError, match="last time"):
        skip_next(campaign.pk)
    assert waiting(campaign) == MONDAYS[:1]


def test_only_what_repeats_and_has_times_to_come_skips(club: Tenant) -> None:
    once = schedule_campaign(draft(segment(club, people(club, 1)), type="ONE_TIME").pk)
    with pytest.raises(NotRecurring):
        skip_next(once.pk)
    ended = weekly(club)
    Campaign.objects.filter(pk=ended.pk).update(status="COMPLETED", completed_at=NOW)
    with pytest.raises(IllegalMove):
        skip_next(ended.pk)


def test_staff_skip_and_take_it_back_on_the_page(club: Tenant, fairview: Club) -> None:
    campaign, staff = weekly(club), desk(fairview.marketing_manager)
    act = f"/admin/campaigns/{campaign.pk}/act/"

    page = text_of(staff.post(act, {"act": "skip"}, follow=True))

    assert "The next time is skipped." in page
    assert f"Mon {day(date(2026, 10, 26))} 09:00" in page
    assert "Not sent yet" in page
    page = text_of(staff.post(act, {"act": "unskip"}, follow=True))
    assert "It is sent at that time after all." in page
    assert waiting(campaign) == MONDAYS[:1]


def test_the_list_and_the_page_say_when_it_is_sent_next(fairview: Club, club: Tenant) -> None:
    made = weekly(club, name="Mondays")
    staff = desk(fairview.viewer)

    shown = text_of(staff.get("/admin/campaigns/"))
    page = strip_tags(text_of(staff.get(f"/admin/campaigns/{made.pk}/")).replace("<dd>", " "))

    assert "Mon 26 October" in shown
    assert "Begins Wed 21 October" in page
    assert "Next time Mon 26 October" in page
    assert "Channels E-mail" in page
    assert "Nobody has opened it yet." in page
