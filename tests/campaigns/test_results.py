"""What came of it: counters from the ledger, clicks by link, conversions, the lift, campaigns that events set off."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from campaigns import results, triggers
from campaigns.actions import pause_campaign, resume_campaign, schedule_campaign, tried
from campaigns.models import (
    Campaign,
    CampaignConversion,
    CampaignCount,
    CampaignLink,
    CampaignRecount,
    TriggeredPerson,
)
from campaigns.results import recount_due
from campaigns.stats import lift_of, stats_of
from events.consumers import Entry
from events.models import InboxEvent
from messaging.models import Delivery
from profiles.models import Activity, CustomerProfile
from profiles.vocabulary import SLOTS
from tenants.models import Tenant
from tenants.postgresql.plans import any_club
from tenants.scope import tenant_scope
from tests.campaigns.world import draft, ledger, people, segment, step
from tests.cast import Club

LATER = timedelta(hours=1)


@pytest.fixture
def club(fairview: Club) -> Iterator[Tenant]:
    with tenant_scope(fairview.tenant):
        yield fairview.tenant


def sent(club: Tenant, members: list[CustomerProfile], **values: Any) -> Campaign:
    """A campaign that was handed over to everybody an hour ago."""
    campaign = draft(segment(club, members, f"Of {Campaign.objects.count()}"), **values)
    schedule_campaign(campaign.pk)
    step(campaign)
    rows = Delivery.objects.filter(source_id=campaign.pk, status="PLANNED")
    for row in rows:
        row.service_id = f"m-{row.pk}"
    Delivery.objects.bulk_update(rows, ["service_id"])
    at = timezone.now() - LATER
    rows.update(status="HANDED_OVER", handed_over_at=at)
    Delivery.objects.filter(source_id=campaign.pk).update(due_at=at)
    return campaign


def happened(club: Tenant, who: CustomerProfile, type_: str, **metadata: Any) -> Entry:
    """An activity of somebody now, with its event, and the log's entry about it."""
    event = InboxEvent.objects.create(
        tenant=club, source="teetime", event_id=f"e-{InboxEvent.objects.count()}", occurred_at=timezone.now(),
        type="teetime.booking.created", door="HTTP", priority=2, received_at=timezone.now(), status="SUCCESS",
        attempts=1, error_code="", error_field="", error_message="", envelope={"payload": metadata},
    )  # fmt: skip
    row = Activity.objects.create(
        tenant=club, id=event.pk * SLOTS, profile_id=who.pk, origin_profile_id=who.pk, occurred_at=timezone.now(),
        recorded_at=timezone.now(), slot=0, type=type_, category="BOOKING", source="teetime", channel="",
        source_event_id=event.event_id, title="x", metadata=metadata,
    )  # fmt: skip
    data = {"activityId": row.pk, "type": type_, "occurredAt": row.occurred_at.isoformat()}
    return Entry("1", row.pk, club.pk, "activity.recorded", who.pk, data, timezone.now())


def heard(club: Tenant, campaign: Campaign) -> list[Entry]:
    """An entry of the log about each message."""
    rows = Delivery.objects.filter(source_id=campaign.pk)
    return [
        Entry(
            "1", row.pk, club.pk, "delivery.changed", row.profile_id, {"deliveryId": row.pk}, timezone.now()
        )
        for row in rows
    ]


def counted() -> int:
    return recount_due(timezone.now() + LATER)


def test_counters_are_made_from_the_ledger_however_often_something_is_heard(club: Tenant) -> None:
    campaign = sent(club, people(club, 10))
    rows = list(Delivery.objects.filter(source_id=campaign.pk))
    now = timezone.now()
    Delivery.objects.filter(pk__in=[row.pk for row in rows[:4]]).update(opened_at=now)
    Delivery.objects.filter(pk__in=[row.pk for row in rows[4:9]]).update(machine_opened_at=now)
    Delivery.objects.filter(pk=rows[0].pk).update(clicked_at=now, status="DELIVERED", delivered_at=now)
    Delivery.objects.filter(pk=rows[9].pk).update(status="BOUNCED", bounced_at=now)

    for _ in range(3):
        results.follow(club, heard(club, campaign))
        assert CampaignRecount.objects.count() == 1
        assert counted() == 1

    cell = CampaignCount.objects.get()
    assert (cell.variant, cell.channel, cell.handed_over, cell.delivered, cell.bounced) == (
        "A",
        "EMAIL",
        10,
        1,
        1,
    )
    assert (cell.opened, cell.machine_opened, cell.clicked) == (4, 5, 1)
    stats = stats_of(campaign)
    assert stats["rates"]["openRate"] == 0.4
    assert stats["counters"]["machineOpened"] == 5
    assert counted() == 0


def test_what_is_just_heard_waits_a_moment(club: Tenant) -> None:
    campaign = sent(club, people(club, 1))
    results.follow(club, heard(club, campaign))

    assert recount_due() == 0
    assert counted() == 1


def test_clicks_are_counted_by_link_with_machines_apart(club: Tenant) -> None:
    members = people(club, 3)
    campaign = sent(club, members)
    key = {row.profile_id: row.service_id for row in Delivery.objects.filter(source_id=campaign.pk)}
    link = {"url": "https://club.example/open"}
    entries = [
        happened(club, members[0], "EMAIL_CLICKED", messageId=key[members[0].pk], **link),
        happened(club, members[1], "EMAIL_CLICKED", messageId=key[members[1].pk], **link),
        happened(club, members[2], "EMAIL_CLICKED", messageId=key[members[2].pk], isMachine=True, **link),
        happened(club, members[2], "EMAIL_CLICKED", messageId="somebody else's", **link),
    ]

    results.follow(club, entries)

    row = CampaignLink.objects.get()
    assert (row.url, row.clicks, row.machine_clicks) == ("https://club.example/open", 2, 1)


@pytest.mark.usefixtures("fresh_tables")
def test_clicks_and_acts_read_their_own_messages_of_a_send_that_statistics_do_not_know_yet(
    club: Tenant,
) -> None:
    members = people(club, 21)
    campaign = sent(club, members, goal="BOOKED", goal_days=7)
    service = dict(Delivery.objects.filter(source_id=campaign.pk).values_list("profile_id", "service_id"))
    many_more(campaign, members.pop())
    link = {"url": "https://club.example/open"}
    clicks = [happened(club, who, "EMAIL_CLICKED", messageId=service[who.pk], **link) for who in members]
    acts = [happened(club, who, "TEETIME_BOOKED") for who in members]
    before = messages_read()

    with any_club():  # as consumers are called
        results.follow(club, [*clicks, *acts])

    assert messages_read() - before == len(clicks) + len(acts)
    assert CampaignLink.objects.get().clicks == CampaignConversion.objects.count() == len(members)


def many_more(campaign: Campaign, who: CustomerProfile) -> None:
    """Thousands of messages of the same campaign, all to one person."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO messaging_delivery (tenant_id, key, source, source_id, occurrence, variant, profile_id,
                                            origin_profile_id, message_class, channel, message_id, status, zone, due_at,
                                            handed_over_at, service_id)
            SELECT tenant_id, 'more:' || i, source, source_id, occurrence, variant, profile_id, origin_profile_id,
                   message_class, channel, message_id, status, zone, due_at, handed_over_at, 'more-' || i
            FROM messaging_delivery CROSS JOIN generate_series(1, 5000) AS i
            WHERE source_id = %s AND profile_id = %s
            """,
            [campaign.pk, who.pk],
        )


def messages_read() -> int:
    """How many rows of the ledger this transaction has read so far."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
            " WHERE relid = 'messaging_delivery'::regclass"
        )
        return int(cursor.fetchone()[0])


def test_an_act_is_put_down_to_the_last_campaign_before_it_and_once(club: Tenant) -> None:
    who = people(club, 1)
    sent(club, who, goal="BOOKED", name="First")
    Delivery.objects.update(handed_over_at=timezone.now() - 3 * LATER)
    last = sent(club, who, goal="BOOKED", name="Last")
    sent(club, who, goal="PAID", name="Other goal")

    entry = happened(club, who[0], "TEETIME_BOOKED", amountCents=45_000)
    results.follow(club, [entry])
    results.follow(club, [entry])
    counted()

    found = CampaignConversion.objects.get()
    assert (found.campaign_id, found.amount_cents) == (last.pk, 45_000)
    cell = CampaignCount.objects.get()
    assert (cell.campaign_id, cell.converted, cell.revenue_cents) == (last.pk, 1, 45_000)


def test_what_comes_after_the_goals_days_or_before_the_message_is_not_the_campaigns(club: Tenant) -> None:
    who = people(club, 2)
    sent(club, who, goal="BOOKED", goal_days=2)
    old, early = (row.pk for row in Delivery.objects.order_by("pk"))
    Delivery.objects.filter(pk=old).update(handed_over_at=timezone.now() - timedelta(days=3))
    Delivery.objects.filter(pk=early).update(handed_over_at=timezone.now() + LATER)

    results.follow(club, [happened(club, each, "TEETIME_BOOKED") for each in who])

    assert not CampaignConversion.objects.exists()


@pytest.mark.parametrize(
    ("type_", "metadata", "counts"),
    [
        ("MEMBER_UPDATED", {"changes": ["membershipExpiry"]}, True),
        ("MEMBER_UPDATED", {"changes": ["phoneNumber"]}, False),
        ("MEMBERSHIP_STATUS_CHANGED", {"newStatus": "ACTIVE"}, True),
        ("MEMBERSHIP_STATUS_CHANGED", {"newStatus": "LAPSED"}, False),
    ],
)
def test_a_renewal_is_a_new_end_or_a_return(
    type_: str, metadata: dict[str, Any], counts: bool, club: Tenant
) -> None:
    who = people(club, 1)
    sent(club, who, goal="RENEWED")

    results.follow(club, [happened(club, who[0], type_, **metadata)])

    assert CampaignConversion.objects.exists() == counts


def test_the_lift_compares_with_the_held_out(club: Tenant) -> None:
    everybody = people(club, 200)
    campaign = sent(club, everybody, goal="BOOKED", hold_out_percent=30)
    held = set(Delivery.objects.filter(reason="HOLD_OUT").values_list("profile_id", flat=True))
    treated = [one for one in everybody if one.pk not in held]
    control = [one for one in everybody if one.pk in held]
    booked = [*treated[: len(treated) // 2], *control[: len(control) // 10]]

    results.follow(club, [happened(club, one, "TEETIME_BOOKED", amountCents=10_000) for one in booked])

    found = lift_of(campaign)
    assert found is not None
    conversion = found["conversion"]
    assert (conversion["people"], conversion["heldOut"]) == (len(treated), len(control))
    assert 0.3 < conversion["difference"] < 0.5
    assert conversion["low"] < conversion["difference"] < conversion["high"]
    assert conversion["isCertain"]
    assert found["revenueCents"]["difference"] > 3_000


def armed(club: Tenant, **values: Any) -> Campaign:
    """A campaign that bookings set off."""
    campaign = draft(type="TRIGGERED", trigger_event="teetime.booking.created", **values)
    schedule_campaign(campaign.pk)
    step(campaign)
    Campaign.objects.update(started_at=timezone.now() - LATER)
    return campaign


def test_an_event_sets_a_campaign_off_once_within_the_cap(club: Tenant) -> None:
    who = people(club, 2)
    campaign = armed(club, content={"EMAIL": {"subject": "You play at {{ event.courseName }}", "body": "x"}})
    first = happened(club, who[0], "TEETIME_BOOKED", courseName="East")
    again = happened(club, who[0], "TEETIME_BOOKED", courseName="West")
    other = happened(club, who[1], "TEETIME_BOOKED", courseName="East")

    for entries in ([first], [first], [again], [other]):
        triggers.follow(club, entries)
    step(campaign)

    rows = Delivery.objects.filter(source_id=campaign.pk).order_by("pk")
    assert [row.profile_id for row in rows] == [who[0].pk, who[1].pk]
    assert rows[0].variables == {"event": {"courseName": "East"}}
    assert campaign.status == "ACTIVE"


def test_without_a_cap_each_event_counts_and_the_delay_is_kept(club: Tenant) -> None:
    who = people(club, 1)
    campaign = armed(club, trigger_cap_days=0, trigger_delay_minutes=30)

    triggers.follow(club, [happened(club, who[0], "TEETIME_BOOKED")])
    triggers.follow(club, [happened(club, who[0], "TEETIME_BOOKED")])
    step(campaign)
    assert not Delivery.objects.exists()
    TriggeredPerson.objects.update(due_at=timezone.now())
    step(campaign)

    assert Delivery.objects.filter(source_id=campaign.pk, status="PLANNED").count() == 2


def test_without_a_cap_each_event_counts_also_of_those_that_are_heard_of_together(club: Tenant) -> None:
    who = people(club, 2)
    armed(club, trigger_cap_days=0)
    capped = armed(club, trigger_cap_days=1)
    entries = [happened(club, who[number % 2], "TEETIME_BOOKED", number=number) for number in range(4)]

    triggers.follow(club, entries)
    triggers.follow(club, entries)

    of_capped = TriggeredPerson.objects.filter(campaign=capped)
    assert (TriggeredPerson.objects.count(), of_capped.count()) == (6, 2)


def test_a_pause_loses_nobody_whom_an_event_sets_off_meanwhile(club: Tenant) -> None:
    who = people(club, 2)
    campaign = armed(club)
    pause_campaign(campaign.pk)
    triggers.follow(club, [happened(club, one, "TEETIME_BOOKED") for one in who])
    # The one has waited too long when somebody lets it go on.
    TriggeredPerson.objects.filter(profile_id=who[1].pk).update(due_at=timezone.now() - timedelta(days=3))

    resume_campaign(campaign.pk)
    step(campaign)

    rows = ledger(campaign)
    assert {pk: row.reason or row.status for pk, row in rows.items()} == {
        who[0].pk: "PLANNED",
        who[1].pk: "EXPIRED",
    }


def test_a_fault_of_today_pauses_a_campaign_that_has_run_for_years(club: Tenant) -> None:
    """Only the newest messages are looked at, and those of before somebody resumed it are forgiven."""
    who = people(club, 60)
    campaign = armed(club, trigger_cap_days=0)
    fine, failed = who[:30], who[30:]
    now = timezone.now()
    sent = {"status": "HANDED_OVER", "handed_over_at": now}
    broken = {"status": "FAILED", "reason": "REFUSED", "error": "INVALID_SENDER"}
    found = []
    for group, values in ((fine, sent), (failed, broken)):
        triggers.follow(club, [happened(club, one, "TEETIME_BOOKED") for one in group])
        step(campaign)
        Delivery.objects.filter(source_id=campaign.pk, status="PLANNED").update(**values)
        found.append(tried(campaign, "1"))

    step(campaign)
    paused = (campaign.status, campaign.pause_reason)
    resume_campaign(campaign.pk)
    campaign.refresh_from_db()
    step(campaign)

    assert found == [(30, 0, ""), (60, 30, "INVALID_SENDER")]
    assert paused == ("PAUSED", "ERRORS")
    assert (campaign.status, tried(campaign, "1")) == ("ACTIVE", (0, 0, ""))


def test_only_events_that_fit_the_conditions_and_are_news_set_it_off(club: Tenant) -> None:
    who = people(club, 3)
    armed(club, trigger_where={"holes": 18})
    old = happened(club, who[1], "TEETIME_BOOKED", holes=18)
    Activity.objects.filter(profile_id=who[1].pk).update(occurred_at=timezone.now() - timedelta(days=9))

    triggers.follow(club, [happened(club, who[0], "TEETIME_BOOKED", holes=9), old])
    triggers.follow(club, [happened(club, who[2], "TEETIME_BOOKED", holes=18)])

    assert [row.profile_id for row in TriggeredPerson.objects.all()] == [who[2].pk]
