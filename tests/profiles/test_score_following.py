"""Whoever is touched is scored within seconds, and a risk that becomes high is told once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import redis
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events import consumers, inbox, outbound
from events.models import DomainLogEntry
from profiles.ingest import process_pending
from profiles.log_kinds import LogKind
from profiles.merging.actions import merge_profiles
from profiles.models import CustomerProfile, ProfileScore, ScoreDue, StageChange
from profiles.scoring import log_consumer
from profiles.scoring.people import score_customers
from profiles.scoring.runs import score_everybody
from profiles.unmerging import unmerge_profiles
from tenants.models import Tenant
from tenants.redis_client import redis_client
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.events.logbook import another_connection
from tests.events.queueing import read_on
from tests.profiles.stories import contact, event, member, payment, publish, tell
from tests.profiles.test_outbound import published
from tests.profiles.test_scoring import NOW, days, endangered, person_with, played, score

pytestmark = pytest.mark.django_db(transaction=True)


def follow() -> None:
    consumers.ensure_positions()
    read_on(log_consumer.NAME)
    for tenant in Tenant.objects.all():
        while log_consumer.score_touched(tenant.pk):
            pass


def everybody(tenant: Tenant) -> dict[UUID, CustomerProfile]:
    with tenant_scope(tenant):
        return CustomerProfile.objects.in_bulk()


def warnings(tenant: Tenant) -> int:
    with tenant_scope(tenant):
        return DomainLogEntry.objects.filter(kind=LogKind.CHURN_RISK_HIGH).count()


def test_an_event_is_scored_by_the_log(fairview: Club) -> None:
    tell(fairview.tenant, member(7, at=timezone.now()))
    follow()
    [before] = everybody(fairview.tenant).values()
    tell(fairview.tenant, payment(7, 100_000, at=timezone.now()))
    follow()
    [after] = everybody(fairview.tenant).values()

    assert (before.engagement_score, after.engagement_score) == (42, 70)
    assert after.engagement_score_at is not None


def test_what_scoring_changes_stands_in_the_log_and_nothing_else(fairview: Club) -> None:
    person = person_with(fairview.tenant, [played(days(1)), played(days(31))])

    def said() -> list[tuple[str, Any]]:
        with tenant_scope(fairview.tenant):
            kinds = [LogKind.PROFILE_SCORED, LogKind.PROFILE_COUNTED]
            entries = DomainLogEntry.objects.filter(kind__in=kinds, profile_id=person.pk)
            return list(entries.order_by("id").values_list("kind", "data"))

    score(fairview.tenant, person)
    with tenant_scope(fairview.tenant):
        first = ProfileScore.objects.get(pk=person.pk)
    at_first = said()
    score(fairview.tenant, person)
    after_the_same = said()
    score(fairview.tenant, person, now=NOW + days(60))
    with tenant_scope(fairview.tenant):
        last = ProfileScore.objects.get(pk=person.pk)

    scored, *more = at_first
    assert scored == (
        "profile.scored",
        {"engagement": [None, first.engagement], "churnRisk": [None, first.churn_risk]},
    )
    assert {kind for kind, _ in more} <= {"profile.counted"}
    assert after_the_same == at_first
    assert said()[len(at_first) :] == [
        (
            "profile.scored",
            {
                "engagement": [first.engagement, last.engagement],
                "churnRisk": [first.churn_risk, last.churn_risk],
            },
        ),
        ("profile.counted", {"changes": ["activityCount30d", "activityCount90d"]}),
    ]


def test_stages_leave_a_trail(fairview: Club) -> None:
    for happened in (
        contact("c1", email="t@example.org"),
        member(7, email="t@example.org"),
        event("scl.member.status.changed", {"id": 7, "newStatus": "LAPSED"}, at=9),
        event("scl.member.status.changed", {"id": 7, "newStatus": "ACTIVE"}, at=19),
    ):
        tell(fairview.tenant, happened)
        follow()

    with tenant_scope(fairview.tenant):
        steps = list(StageChange.objects.order_by("changed_at").values_list("stage_before", "stage_after"))
    assert steps == [
        (None, "SUBSCRIBER"),
        ("SUBSCRIBER", "MEMBER"),
        ("MEMBER", "CHURNED"),
        ("CHURNED", "MEMBER"),
    ]


def test_a_merge_takes_the_loser_s_scores_away_and_an_unmerge_brings_them_back(fairview: Club) -> None:
    tell(fairview.tenant, member(7, at=timezone.now()), member(8, at=timezone.now()))
    follow()
    winner, loser = everybody(fairview.tenant)

    with tenant_scope(fairview.tenant):
        merge_profiles(winner, loser)
    follow()
    with tenant_scope(fairview.tenant):
        [merged] = ProfileScore.objects.all()
        unmerge_profiles(loser)
    follow()

    assert (merged.pk, merged.inputs["count30d"]) == (winner, 2)
    with tenant_scope(fairview.tenant):
        assert {row.pk: row.inputs["count30d"] for row in ProfileScore.objects.all()} == {winner: 1, loser: 1}


def test_a_risk_that_becomes_high_is_told_once_until_it_falls_and_rises_again(
    fairview: Club, redis_server: "redis.Redis"
) -> None:
    tenant = fairview.tenant
    person = person_with(tenant, endangered())
    told = []
    for moment in (NOW, NOW, NOW + timedelta(minutes=1), NOW + days(100), NOW + days(101)):
        score(tenant, person, now=moment)
        told.append(warnings(tenant))
    with tenant_scope(tenant):
        risk_then = ProfileScore.objects.get(pk=person.pk).churn_risk
    score(tenant, person, now=NOW)
    told.append(warnings(tenant))
    consumers.ensure_positions()
    read_on(outbound.NAME)

    assert risk_then <= 80
    assert told == [1, 1, 1, 1, 1, 2]
    envelope = published(redis_server)[0]
    assert envelope["type"] == "crm.churn.risk.high"
    assert (envelope["payload"]["id"], envelope["payload"]["churnRiskScore"]) == (str(person.pk), 100)


@pytest.mark.parametrize(("risk_before", "expected"), [(80, 1), (81, 0), (None, 1), (0, 1)])
def test_above_eighty_is_the_border(fairview: Club, risk_before: int | None, expected: int) -> None:
    person = person_with(fairview.tenant, endangered())
    with tenant_scope(fairview.tenant):
        CustomerProfile.objects.filter(pk=person.pk).update(churn_risk_score=risk_before)

    score(fairview.tenant, person)

    assert warnings(fairview.tenant) == expected


def test_who_changes_while_being_measured_is_measured_again(fairview: Club) -> None:
    tenant = fairview.tenant
    person = person_with(tenant, [played(days(1))])
    came: list[bool] = []

    def intrude(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Another worker commits a round after we measured and before we store."""
        if not came and "SET engagement_score" in sql:
            came.append(True)
            with another_connection() as other:
                activity_elsewhere(other, tenant, person.pk)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(intrude):
        score(tenant, person)

    fresh = everybody(tenant)[person.pk]
    assert came
    assert (fresh.activity_count_30d, fresh.version) == (2, person.version + 2)
    with tenant_scope(tenant):
        assert ProfileScore.objects.get().inputs["count30d"] == 2


def activity_elsewhere(other: Any, tenant: Tenant, profile_id: UUID) -> None:
    """A second round, as ingestion would commit it on its own connection."""
    with tenant_scope(tenant), other.cursor() as cursor:
        cursor.execute(f"SELECT set_config('crm.tenant_id', '{tenant.pk}', true)")
        cursor.execute(
            "INSERT INTO profiles_activity (id, tenant_id, profile_id, origin_profile_id, occurred_at, slot, type,"
            " category, channel, source, source_event_id, title) SELECT id + 1000000, tenant_id, profile_id,"
            " profile_id, occurred_at, slot, type, category, channel, source, 'another', title FROM profiles_activity"
        )
        cursor.execute(
            "UPDATE profiles_customerprofile SET activity_count_30d = activity_count_30d + 1, version = version + 1"
            " WHERE tenant_id = %s AND id = %s",
            [tenant.pk, profile_id],
        )
    other.commit()


def test_scoring_waits_for_nobody_and_scores_the_held_by_the_next_turn(fairview: Club) -> None:
    tenant = fairview.tenant
    free, held = (person_with(tenant, [played(days(1))]).pk for _ in range(2))
    with another_connection() as other:
        with tenant_scope(tenant), other.cursor() as cursor:
            cursor.execute(f"SELECT set_config('crm.tenant_id', '{tenant.pk}', true)")
            cursor.execute("SELECT FROM profiles_customerprofile WHERE id = %s FOR NO KEY UPDATE", [held])
        with tenant_scope(tenant):
            assert score_customers([free, held], now=NOW) == 1
            assert list(ProfileScore.objects.values_list("profile_id", flat=True)) == [free]
            assert list(ScoreDue.objects.values_list("profile_id", flat=True)) == [held]
        other.rollback()

    assert not log_consumer.score_touched(tenant.pk)
    with tenant_scope(tenant):
        assert not ScoreDue.objects.exists()
        assert ProfileScore.objects.count() == 2


def test_threads_score_everybody(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("profiles.scoring.runs.CHUNK", 3)
    for _ in range(10):
        person_with(fairview.tenant, [played(days(1))])

    with tenant_scope(fairview.tenant):
        run = score_everybody(now=NOW, workers=2)
        assert (run.done, run.changed, ProfileScore.objects.count()) == (10, 10, 10)


def test_scoring_costs_the_same_number_of_queries_for_one_and_for_many(fairview: Club) -> None:
    crowd = [person_with(fairview.tenant, [played(days(1))]).pk for _ in range(20)]
    used = []
    for ids in (crowd[:1], crowd[1:2], crowd[2:]):
        with tenant_scope(fairview.tenant), CaptureQueriesContext(connection) as captured:
            score_customers(ids, now=NOW)
        used.append(len(captured))

    assert used[1] == used[2]


def test_whoever_is_touched_often_waits_once(fairview: Club) -> None:
    tell(fairview.tenant, member(7), *(payment(7, 100, at=n) for n in range(1, 5)))
    consumers.ensure_positions()
    read_on(log_consumer.NAME)

    with tenant_scope(fairview.tenant):
        assert ScoreDue.objects.count() == 1
    assert not log_consumer.score_touched(fairview.tenant.pk)
    with tenant_scope(fairview.tenant):
        assert not ScoreDue.objects.exists()
        assert ProfileScore.objects.count() == 1


def test_scores_wait_while_the_inbox_is_far_behind(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(fairview.tenant, member(7))
    consumers.ensure_positions()
    read_on(log_consumer.NAME)
    monkeypatch.setattr(inbox, "BACKLOG", 2)
    publish(fairview.tenant, *(payment(7, 100, at=n) for n in range(1, 4)))

    assert not log_consumer.score_touched(fairview.tenant.pk)
    with tenant_scope(fairview.tenant):
        assert ScoreDue.objects.count() == 1
        process_pending()
    log_consumer.score_touched(fairview.tenant.pk)

    with tenant_scope(fairview.tenant):
        assert not ScoreDue.objects.exists()


def test_a_lost_wake_up_is_found_by_the_sweep(fairview: Club, kingsmere: Club) -> None:
    tell(fairview.tenant, member(7))
    consumers.ensure_positions()
    read_on(log_consumer.NAME)
    redis_client().flushdb()

    log_consumer.sweep_waiting()

    mark = "crm:wake:profiles.score_touched:{}"
    assert redis_client().exists(mark.format(fairview.tenant.pk))
    assert not redis_client().exists(mark.format(kingsmere.tenant.pk))
