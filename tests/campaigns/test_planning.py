"""From the draft to the ledger: audience, hold-out, arms, times; late, paused, resumed, cancelled."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns import buckets, running
from campaigns.actions import (
    cancel_campaign,
    pause_campaign,
    reschedule_campaign,
    resume_campaign,
    schedule_campaign,
    unschedule_campaign,
)
from campaigns.actions import (
    test_campaign as send_test,
)
from campaigns.editing import (
    approve_campaign,
    ask_approval,
    create_campaign,
    duplicate_campaign,
    update_campaign,
)
from campaigns.errors import IllegalMove, NeedsApproval, NotADraft, NotReady, OwnApproval
from campaigns.models import Campaign, CampaignOccurrence
from campaigns.planning import first_plan, plan
from campaigns.running import MOST_LOST, claim_due, run_due
from campaigns.settings import CampaignSettings, save_settings
from events.models import DomainLogEntry
from messaging import planning
from messaging.models import Delivery, SendHold
from tenants.actors import acting_as, actor_of_user
from tenants.errors import InvalidError
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.campaigns.world import draft, ledger, people, segment, step
from tests.cast import Club


@pytest.fixture
def club(fairview: Club) -> Iterator[Tenant]:
    with tenant_scope(fairview.tenant):
        yield fairview.tenant


def hand_over(count: int | None = None, status: str = "HANDED_OVER") -> None:
    """As the sender does it."""
    ids = list(Delivery.objects.filter(status="PLANNED").values_list("pk", flat=True)[:count])
    Delivery.objects.filter(pk__in=ids).update(status=status, handed_over_at=timezone.now())


def test_a_campaign_goes_from_draft_to_completed_and_its_sum_closes(club: Tenant) -> None:
    willing, unwilling = people(club, 8), people(club, 2, email_opt_in=False)
    campaign = draft(segment(club, [*willing, *unwilling]))

    schedule_campaign(campaign.pk)
    planned = step(campaign)
    assert (campaign.status, planned.status) == ("ACTIVE", "SENDING")
    assert (planned.audience, planned.planned, planned.skipped) == (10, 8, 2)
    assert planned.reasons == {"CONSENT": 2}
    assert {row.key for row in ledger(campaign).values()} == {
        f"campaign:{campaign.pk}:1:{one.pk}" for one in [*willing, *unwilling]
    }

    hand_over()
    sent = step(campaign)

    assert (campaign.status, sent.status) == ("COMPLETED", "COMPLETED")
    told = DomainLogEntry.objects.filter(kind="campaign.sent").get().data
    assert (told["sentCount"], told["skippedCount"], told["failedCount"]) == (8, 2, 0)


def test_planning_again_adds_nobody_twice(club: Tenant) -> None:
    campaign = draft(segment(club, people(club, 5)))
    schedule_campaign(campaign.pk)
    step(campaign)
    occurrence = campaign.occurrences.get()

    again = plan(first_plan(campaign, occurrence, club, timezone.now()))

    assert (again.written, again.already) == (0, 5)
    assert Delivery.objects.count() == 5


def test_what_is_missing_is_said_all_at_once_and_nothing_is_scheduled(club: Tenant) -> None:
    campaign = create_campaign({"name": "Empty"})

    with pytest.raises(NotReady) as refusal:
        schedule_campaign(campaign.pk)

    assert [problem["field"] for problem in refusal.value.extra["problems"]] == ["channels", "segmentIds"]
    assert not CampaignOccurrence.objects.exists()


def test_the_audience_is_segments_in_and_out_and_minus_who_got_another(club: Tenant) -> None:
    everybody = people(club, 6)
    first = draft(segment(club, everybody[:2], "First"))
    schedule_campaign(first.pk)
    step(first)
    hand_over()
    second = draft(
        segment(club, everybody[:5], "Five"),
        excluded_segment_ids=[segment(club, everybody[4:], "Last").pk],
        excluded_campaign_ids=[first.pk],
        rule={"combinator": "AND", "rules": [{"field": "firstName", "operator": "neq", "value": "P3"}]},
    )

    schedule_campaign(second.pk)
    step(second)

    assert set(ledger(second)) == {everybody[2].pk}


def test_whom_a_campaign_was_only_tested_on_did_not_get_it(club: Tenant) -> None:
    tester, other = people(club, 2)
    first = draft(segment(club, [other], "First"))
    send_test(first.pk, [tester.pk])
    hand_over()
    second = draft(segment(club, [tester, other], "Both"), excluded_campaign_ids=[first.pk])

    schedule_campaign(second.pk)
    step(second)

    assert set(ledger(second)) == {tester.pk, other.pk}


def test_the_held_out_are_those_of_the_hash_and_get_nothing(club: Tenant) -> None:
    everybody = people(club, 200)
    campaign = draft(segment(club, everybody), hold_out_percent=20)
    schedule_campaign(campaign.pk)
    step(campaign)

    salt = buckets.hold_out_salt(campaign.pk)
    held = {one.pk for one in everybody if buckets.bucket(salt, one.pk) < 2000}
    rows = ledger(campaign)

    assert {who for who, row in rows.items() if row.reason == "HOLD_OUT"} == held
    assert {who for who, row in rows.items() if row.status == "PLANNED"} == {
        one.pk for one in everybody
    } - held
    assert 10 <= len(held) <= 70  # 40 ± 5.3 standard deviations


def test_the_clubs_own_hold_out_counts_for_each_campaign(club: Tenant) -> None:
    save_settings(club, CampaignSettings(hold_out_percent=50))
    everybody = segment(club, people(club, 40))
    rows = []
    for _ in range(2):
        campaign = draft(everybody)
        schedule_campaign(campaign.pk)
        step(campaign)
        rows.append({who for who, row in ledger(campaign).items() if row.reason == "HOLD_OUT"})

    assert rows[0] == rows[1]
    assert len(rows[0]) > 5


TWO = [
    {"label": "A", "content": {"EMAIL": {"subject": "One"}}},
    {"label": "B", "content": {"EMAIL": {"subject": "Two"}}},
]


def test_the_rest_waits_for_the_winner_and_nobody_gets_both(club: Tenant) -> None:
    everybody = people(club, 100)
    campaign = draft(segment(club, everybody), variants=TWO, test_percent=40, test_minutes=60)
    schedule_campaign(campaign.pk)
    testing = step(campaign)
    took_part = ledger(campaign)
    assert testing.status == "TESTING"
    assert Counter(row.variant for row in took_part.values()).keys() == {"A", "B"}
    hand_over()
    best = Delivery.objects.filter(variant="B")
    best.update(clicked_at=timezone.now())

    assert step(campaign).status == "TESTING"  # nobody decides early
    assert len(ledger(campaign)) == len(took_part)
    campaign.occurrences.update(decide_at=timezone.now())
    decided = step(campaign)

    assert (decided.status, decided.winner) == ("SENDING", "B")
    assert decided.verdict is not None
    assert decided.verdict["variants"][1]["probabilityBest"] > 0.99
    rest = {who: row for who, row in ledger(campaign).items() if who not in took_part}
    assert {row.variant for row in rest.values()} == {"B"}
    assert len(ledger(campaign)) == 100


def test_everybody_gets_it_at_nine_of_their_own_clock(club: Tenant) -> None:
    there = {country: people(club, 1, country=country)[0] for country in ("ZA", "GB", "AU", "")}
    campaign = draft(segment(club, list(there.values())), window="OWN_ZONE")
    hour = datetime(2027, 7, 1, 7, tzinfo=UTC)  # 09:00 in Johannesburg
    schedule_campaign(campaign.pk, hour)
    assert campaign.occurrences.get().due_at == hour - timedelta(hours=14)

    campaign.refresh_from_db()
    plan(first_plan(campaign, campaign.occurrences.get(), club, hour - timedelta(hours=14)))

    found = {country: ledger(campaign)[one.pk].due_at for country, one in there.items()}
    assert found == {
        "ZA": hour,
        "GB": datetime(2027, 7, 1, 8, tzinfo=UTC),
        "AU": datetime(2027, 6, 30, 23, tzinfo=UTC),
        "": hour,
    }


def test_a_spread_is_even_and_within_its_hours(club: Tenant) -> None:
    campaign = draft(segment(club, people(club, 100)), window="SPREAD", spread_minutes=120)
    schedule_campaign(campaign.pk)
    step(campaign)
    start = campaign.occurrences.get().hour
    minutes = [(row.due_at - start).total_seconds() / 60 for row in ledger(campaign).values()]

    assert all(-0.1 <= minute <= 121 for minute in minutes)
    assert 40 <= sum(minutes) / len(minutes) <= 80


def test_the_reach_is_what_planning_would_decide_and_writes_nothing(club: Tenant) -> None:
    family = people(club, 3, email="family@example.org")
    campaign = draft(segment(club, [*people(club, 4), *family, *people(club, 2, email_opt_in=False)]))
    occurrence = CampaignOccurrence(tenant=club, campaign=campaign, number=1, hour=timezone.now())

    found = plan(first_plan(campaign, occurrence, club, timezone.now()), decide=planning.preview)

    assert (found.of("PLANNED"), found.reasons()) == (5, {"SAME_MAILBOX": 2, "CONSENT": 2})
    assert not Delivery.objects.exists()


def test_what_is_found_late_asks_a_human(club: Tenant) -> None:
    campaign = draft(segment(club, people(club, 3)))
    schedule_campaign(campaign.pk)
    campaign.occurrences.update(hour=timezone.now() - timedelta(hours=3))

    late = step(campaign)

    assert (campaign.status, campaign.pause_reason, late.status) == ("PAUSED", "LATE", "LATE")
    assert "3 hours after its hour" in campaign.pause_note
    assert not Delivery.objects.exists()
    resume_campaign(campaign.pk)
    assert step(campaign).status == "SENDING"
    assert Delivery.objects.filter(status="PLANNED").count() == 3


def test_pausing_holds_what_waits_and_resuming_repeats_nobody(club: Tenant) -> None:
    campaign = draft(segment(club, people(club, 6)))
    schedule_campaign(campaign.pk)
    step(campaign)
    hand_over(2)

    pause_campaign(campaign.pk)
    assert SendHold.objects.get().source_id == campaign.pk
    assert claim_due(timezone.now() + timedelta(hours=1)) == []
    resume_campaign(campaign.pk)

    assert not SendHold.objects.exists()
    assert Counter(Delivery.objects.values_list("status", flat=True)) == {"HANDED_OVER": 2, "PLANNED": 4}
    hand_over()
    step(campaign)
    assert campaign.status == "COMPLETED"


def test_cancelling_skips_what_waits_and_loses_nobody(club: Tenant) -> None:
    campaign = draft(segment(club, people(club, 6)))
    schedule_campaign(campaign.pk)
    step(campaign)
    hand_over(2)
    with pytest.raises(IllegalMove, match="ACTIVE cannot become CANCELLED"):
        cancel_campaign(campaign.pk)

    pause_campaign(campaign.pk)
    cancel_campaign(campaign.pk)

    assert Counter(Delivery.objects.values_list("status", "reason")) == {
        ("HANDED_OVER", ""): 2,
        ("SKIPPED", "CANCELLED"): 4,
    }
    assert campaign.occurrences.get().status == "CANCELLED"


def test_too_many_failures_pause_it_and_say_why_and_a_resume_forgives_them(club: Tenant) -> None:
    campaign = draft(segment(club, people(club, 60)))
    schedule_campaign(campaign.pk)
    step(campaign)
    hand_over(20)
    hand_over(10, "FAILED")
    Delivery.objects.filter(status="FAILED").update(error="Mailbox service is away")

    step(campaign)

    assert (campaign.status, campaign.pause_reason) == ("PAUSED", "ERRORS")
    assert campaign.pause_note == "10 of 30 messages failed. Mostly: Mailbox service is away"
    resume_campaign(campaign.pk)
    step(campaign)
    assert campaign.status == "ACTIVE"


def test_each_time_of_a_recurring_campaign_has_its_own_numbers(club: Tenant) -> None:
    campaign = draft(segment(club, people(club, 3)), type="RECURRING", recur_pattern="0 9 * * *")
    schedule_campaign(campaign.pk)
    for number in (1, 2):
        campaign.occurrences.filter(number=number).update(due_at=timezone.now(), hour=timezone.now())
        assert step(campaign).number == number
        hand_over()
        assert step(campaign).status == "COMPLETED"
        assert campaign.status == "ACTIVE"

    assert Counter(Delivery.objects.values_list("occurrence", flat=True)) == {"1": 3, "2": 3}
    following = campaign.occurrences.get(number=3)
    assert following.hour.astimezone(campaign.zone).hour == 9


def test_a_campaign_is_found_when_its_hour_has_come_and_only_once(club: Tenant) -> None:
    soon = draft(segment(club, people(club, 1)))
    schedule_campaign(soon.pk, timezone.now() + timedelta(minutes=1))

    assert claim_due() == []
    later = timezone.now() + timedelta(minutes=2)
    assert [found for found, _ in claim_due(later)] == [soon.occurrences.get().pk]
    assert claim_due(later) == []
    assert len(claim_due(later + timedelta(minutes=6))) == 1  # the lease of somebody who was killed


def test_the_worker_sends_a_due_campaign(club: Tenant) -> None:
    campaign = draft(segment(club, people(club, 2)))
    schedule_campaign(campaign.pk)

    assert run_due() == 2  # planned, and looked at
    assert Delivery.objects.filter(status="PLANNED").count() == 2


def test_a_campaign_at_which_five_workers_died_pauses_and_the_next_one_is_sent(club: Tenant) -> None:
    deadly, other = (
        schedule_campaign(draft(segment(club, people(club, 2), name), name=name).pk)
        for name in ("Deadly", "Other")
    )
    deadly.occurrences.update(due_at=timezone.now() - timedelta(minutes=1))
    for _ in range(MOST_LOST):
        assert [found for found, _ in claim_due(most=1)] == [deadly.occurrences.get().pk]
        deadly.occurrences.update(leased_until=timezone.now() - timedelta(seconds=1))

    run_due()

    deadly.refresh_from_db()
    assert (deadly.status, deadly.pause_reason) == ("PAUSED", "ERRORS")
    assert "Every program that worked on it broke down" in deadly.pause_note
    assert Delivery.objects.filter(source_id=other.pk, status="PLANNED").count() == 2
    assert not Delivery.objects.filter(source_id=deadly.pk).exists()
    resume_campaign(deadly.pk)
    run_due()
    assert Delivery.objects.filter(source_id=deadly.pk).exists()


def test_a_worker_that_dies_at_one_campaign_holds_no_other(
    club: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly, other = (
        schedule_campaign(draft(segment(club, people(club, 2), name), name=name).pk)
        for name in ("Deadly", "Other")
    )
    deadly.occurrences.update(due_at=timezone.now() - timedelta(minutes=1))

    class Killed(BaseException):
        """As SIGKILL."""

    def kill(_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(running, "run_occurrence", kill)
        with pytest.raises(Killed):
            run_due()
    run_due()

    assert Delivery.objects.filter(source_id=other.pk, status="PLANNED").count() == 2


def test_a_broken_plan_is_tried_again_and_then_pauses_with_the_reason(club: Tenant) -> None:
    campaign = draft(segment(club, people(club, 2)))
    schedule_campaign(campaign.pk)
    campaign.occurrences.update(attempts=9)
    type(campaign).objects.update(rule={"combinator": "NONSENSE"})

    broken = step(campaign)

    assert broken.status == "WAITING"
    assert "InvalidRule" in broken.last_error
    assert (campaign.status, campaign.pause_reason) == ("PAUSED", "ERRORS")


def test_a_scheduled_campaign_can_be_moved_and_taken_back(club: Tenant) -> None:
    campaign = draft(segment(club, people(club, 1)))
    later = timezone.now() + timedelta(days=3)
    schedule_campaign(campaign.pk, timezone.now() + timedelta(days=1))
    with pytest.raises(NotADraft, match="SCHEDULED"):
        update_campaign(campaign.pk, {"name": "Other"})

    reschedule_campaign(campaign.pk, later)
    assert campaign.occurrences.get().hour == later
    assert unschedule_campaign(campaign.pk).status == "DRAFT"

    assert not campaign.occurrences.exists()
    with pytest.raises(InvalidError, match="has gone"):
        schedule_campaign(campaign.pk, timezone.now() - timedelta(hours=5))


def test_a_second_person_approves_and_a_change_asks_again(fairview: Club, club: Tenant) -> None:
    save_settings(club, CampaignSettings(needs_approval=True))
    with acting_as(actor_of_user(fairview.marketing_manager)):
        campaign = draft(segment(club, people(club, 1)))
        ask_approval(campaign.pk)
        with pytest.raises(OwnApproval):
            approve_campaign(campaign.pk)
        with pytest.raises(NeedsApproval):
            schedule_campaign(campaign.pk)
    with acting_as(actor_of_user(fairview.admin)):
        approve_campaign(campaign.pk)
    update_campaign(campaign.pk, {"name": "Changed"})
    with pytest.raises(NeedsApproval):
        schedule_campaign(campaign.pk)

    with acting_as(actor_of_user(fairview.admin)):
        approve_campaign(campaign.pk)

    assert schedule_campaign(campaign.pk).status == "SCHEDULED"


def test_a_copy_is_a_draft_with_the_same_variants_and_no_time(club: Tenant) -> None:
    campaign = draft(segment(club, people(club, 1)), variants=TWO, hold_out_percent=5)
    schedule_campaign(campaign.pk)

    copy = duplicate_campaign(campaign.pk)

    assert (copy.status, copy.name, copy.scheduled_at) == ("DRAFT", "Spring Open (copy)", None)
    assert [arm.label for arm in copy.variants.order_by("label")] == ["A", "B"]
    assert copy.hold_out_percent == 5


def test_a_test_goes_to_those_named_and_counts_nowhere(club: Tenant) -> None:
    willing, unwilling = people(club, 1), people(club, 1, email_opt_in=False)
    campaign = draft(segment(club, people(club, 3)), variants=TWO)

    decided = send_test(campaign.pk, [willing[0].pk, unwilling[0].pk])

    assert [(one.status, one.reason) for one in decided] == [
        ("PLANNED", ""), ("PLANNED", ""), ("SKIPPED", "CONSENT"), ("SKIPPED", "CONSENT"),
    ]  # fmt: skip
    assert set(Delivery.objects.values_list("source", flat=True)) == {"TEST"}
    with pytest.raises(InvalidError, match="1 to 20"):
        send_test(campaign.pk, [])


def test_what_could_not_be_planned_is_tried_at_once_when_somebody_resumes_it(club: Tenant) -> None:
    campaign = draft(segment(club, people(club, 3)))
    schedule_campaign(campaign.pk)
    Campaign.objects.filter(pk=campaign.pk).update(rule={"odd": True})
    campaign.occurrences.update(attempts=4)
    step(campaign)
    assert (campaign.status, campaign.pause_reason) == ("PAUSED", "ERRORS")
    # Somebody mends what was wrong, hours later.
    Campaign.objects.filter(pk=campaign.pk).update(rule=None)
    campaign.occurrences.update(hour=timezone.now() - timedelta(hours=3))

    resume_campaign(campaign.pk)

    assert [found for found, _ in claim_due()] == [campaign.occurrences.get().pk]
    assert step(campaign).status == "SENDING"
    assert Delivery.objects.filter(status="PLANNED").count() == 3
