"""Scoring everybody: each night, resumed, after new rules; and the windows that time alone makes wrong."""

import json
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from profiles.errors import InvalidFields, ScoringUnderWay
from profiles.models import CustomerProfile, ProfileScore, ScoreHistory, ScoreRun, ScoringRules
from profiles.scoring import runs
from profiles.scoring import statements as sql
from profiles.scoring.people import Scorer
from profiles.scoring.runs import RUNS, is_due, score_everybody
from profiles.scoring.versions import change_rules, rules_of
from profiles.tasks import score_tenant
from tenants.expiring_cache import clear_all_caches
from tenants.models import LoggedAction, Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.records import activity, profile
from tests.profiles.stories import booking, tell
from tests.profiles.test_scoring import NOW, days, person_with, played

pytestmark = pytest.mark.usefixtures("one_scoring_worker")

# Longer than a test takes, whose transaction is also the clock of its statements.
MARGIN = timedelta(minutes=10)


def figures(tenant: Tenant) -> tuple[int, int, int]:
    with tenant_scope(tenant):
        row = CustomerProfile.objects.get()
    return row.activity_count_30d, row.activity_count_90d, row.booking_count_30d


def run_all(tenant: Tenant, now: datetime | None = None, **options: Any) -> ScoreRun:
    with tenant_scope(tenant):
        return score_everybody(now=now, **options)


def due(tenant: Tenant, now: datetime = NOW) -> bool:
    clear_all_caches()
    with tenant_scope(tenant):
        return is_due(Scorer.of_scope(now))


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (days(30) - MARGIN, (1, 1, 1)),
        (days(30) + MARGIN, (0, 1, 0)),
        (days(90) - MARGIN, (0, 1, 0)),
        (days(90) + MARGIN, (0, 0, 0)),
    ],
)
def test_a_booking_leaves_each_window_at_its_edge(
    fairview: Club, age: timedelta, expected: tuple[int, int, int]
) -> None:
    person = profile(fairview.tenant, activity_count_30d=9, activity_count_90d=9, booking_count_30d=9)
    moment = timezone.now() - age
    activity(fairview.tenant, person.pk, type="TEETIME_BOOKED", category="BOOKING", occurred_at=moment)

    run_all(fairview.tenant)

    assert figures(fairview.tenant) == expected


@pytest.mark.parametrize("age", [days(number) + side for number in (30, 90) for side in (-MARGIN, MARGIN)])
def test_ingesting_and_scoring_agree_on_the_edges(fairview: Club, age: timedelta) -> None:
    tell(fairview.tenant, booking("t1", at=timezone.now() - age))
    ingested = figures(fairview.tenant)

    run_all(fairview.tenant)

    assert figures(fairview.tenant) == ingested


def test_figures_and_scores_decay_for_those_to_whom_nothing_happens(fairview: Club) -> None:
    tenant = fairview.tenant
    person = person_with(tenant, [played(days(1))] * 5)
    told = []
    for later in (0, 29, 30, 59, 60, 89, 90, 119, 400):
        run_all(tenant, NOW + days(later))
        with tenant_scope(tenant):
            fresh = CustomerProfile.objects.get(pk=person.pk)
        told.append((fresh.activity_count_30d, fresh.activity_count_90d, fresh.churn_risk_score))

    assert told == [
        (5, 5, 0),
        (0, 5, 35),
        (0, 5, 35),
        (0, 5, 35),
        (0, 5, 35),
        (0, 0, 35),
        (0, 0, 35),
        (0, 0, 0),
        (0, 0, 0),
    ]


def test_who_is_right_already_is_not_written(fairview: Club) -> None:
    person = person_with(fairview.tenant, [played(days(1))])

    first, second = run_all(fairview.tenant, NOW), run_all(fairview.tenant, NOW + timedelta(hours=1))

    assert (first.changed, second.changed) == (1, 0)
    with tenant_scope(fairview.tenant):
        fresh = CustomerProfile.objects.get(pk=person.pk)
        assert (fresh.version, fresh.engagement_score_at) == (person.version + 1, NOW)


def test_history_has_a_row_a_change_and_one_a_day(fairview: Club) -> None:
    person = person_with(fairview.tenant, [played(days(1))])
    moments = [NOW, NOW + timedelta(hours=2), NOW + days(1), NOW + days(8)]
    for moment in moments[:2]:
        run_all(fairview.tenant, moment)
        activity(fairview.tenant, person.pk, occurred_at=NOW - days(2))
    for moment in moments[2:]:
        run_all(fairview.tenant, moment)

    with tenant_scope(fairview.tenant):
        days_told = list(ScoreHistory.objects.order_by("day").values_list("day", "components__frequency"))
    assert days_told == [
        (NOW.date(), 40),
        ((NOW + days(8)).date(), 40),
    ]


def test_a_day_begins_on_the_club_s_clock(fairview: Club) -> None:
    evening = NOW.replace(hour=21, minute=59)
    run_all(fairview.tenant, evening)

    assert not due(fairview.tenant, evening)
    assert due(fairview.tenant, evening + timedelta(minutes=2))


def test_a_run_goes_on_chunk_by_chunk_and_reports(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "CHUNK", 2)
    for _ in range(5):
        person_with(fairview.tenant, [])
    told: list[tuple[int, int]] = []

    run = run_all(fairview.tenant, NOW, report=lambda done, total: told.append((done, total)))

    assert told == [(0, 5), (2, 5), (4, 5), (5, 5)]
    assert (run.status, run.total, run.done, run.changed) == ("DONE", 5, 5, 5)


def test_an_abandoned_run_is_resumed_and_a_living_one_left_alone(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "CHUNK", 2)
    for _ in range(5):
        person_with(fairview.tenant, [])

    def power_cut(done: int, _total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_all(fairview.tenant, NOW, report=power_cut)
    with pytest.raises(ScoringUnderWay):
        run_all(fairview.tenant, NOW)
    with tenant_scope(fairview.tenant):
        ScoreRun.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    told: list[tuple[int, int]] = []
    run_all(fairview.tenant, NOW, report=lambda done, total: told.append((done, total)))

    assert told == [(4, 5), (5, 5)]
    with tenant_scope(fairview.tenant):
        assert ScoreRun.objects.get().status == "DONE"
        assert ProfileScore.objects.count() == 5


def test_new_rules_are_a_version_score_anew_and_are_logged(fairview: Club) -> None:
    tenant = fairview.tenant
    person = person_with(tenant, [played(days(1))], 20_000)
    run_all(tenant, NOW)

    with tenant_scope(tenant):
        version = change_rules({"monetary_cents": [[20_000, 100]]})
        again = change_rules({"monetary_cents": [[20_000, 100]]})
    assert (version, again, due(tenant)) == (1, 1, True)
    run_all(tenant, NOW)

    with tenant_scope(tenant):
        row = ProfileScore.objects.get(pk=person.pk)
        assert (row.rules_version, row.components["monetary"]) == (1, 100)
        assert rules_of(0).monetary_cents[0] == (100_000, 100)
        action = LoggedAction.objects.get(action="scoring.changed")
        assert action.details == {"fields": ["monetary_cents"], "version": 1}
    assert not due(tenant)


def test_a_new_order_of_tiers_makes_a_run_due(fairview: Club) -> None:
    run_all(fairview.tenant, NOW)
    assert not due(fairview.tenant)

    fairview.tenant.tier_order = ["Gold", "Platinum"]
    fairview.tenant.save()

    assert due(fairview.tenant)


WEIGHTS = {"recency": 30, "frequency": 25, "monetary": 20, "breadth": 15, "depth": 10}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"shoe_size": 44}, "shoe_size"),
        ({"engagement_weights": WEIGHTS | {"depth": 11}}, "engagement_weights"),
        ({"engagement_weights": WEIGHTS | {"depth": -10, "recency": 50}}, "engagement_weights"),
        ({"engagement_weights": {"recency": 100}}, "engagement_weights"),
        ({"churn_weights": WEIGHTS}, "churn_weights"),
        ({"recency_days": []}, "recency_days"),
        ({"recency_days": [[14, 100], [7, 80]]}, "recency_days"),
        ({"recency_days": [[7, 80], [14, 100]]}, "recency_days"),
        ({"frequency": [[1, 20], [2, 40]]}, "frequency"),
        ({"frequency": [[2, 101]]}, "frequency"),
        ({"frequency": [[True, 10]]}, "frequency"),
        ({"frequency": [[1, 2, 3]]}, "frequency"),
        ({"monetary_cents": "all"}, "monetary_cents"),
        ({"breadth": [[1.5, 20]]}, "breadth"),
        ({"engagement_levels": [80, 60, 40]}, "engagement_levels"),
        ({"churn_levels": [20, 40, 60, 80]}, "churn_levels"),
    ],
)
def test_rules_that_make_no_sense_are_refused(fairview: Club, given: dict[str, Any], field: str) -> None:
    with tenant_scope(fairview.tenant), pytest.raises(InvalidFields) as refused:
        change_rules(given)

    assert set(refused.value.fields) == {field}
    with tenant_scope(fairview.tenant):
        assert ScoringRules.objects.count() == 0


def test_the_task_scores_a_tenant_once_a_day_and_only_its_own_rows(fairview: Club, kingsmere: Club) -> None:
    for club in (fairview, kingsmere):
        person_with(club.tenant, [])

    score_tenant(str(fairview.tenant.pk))
    score_tenant(str(fairview.tenant.pk))

    with tenant_scope(fairview.tenant):
        assert (ScoreRun.objects.count(), ProfileScore.objects.count()) == (1, 1)
    with tenant_scope(kingsmere.tenant):
        assert (ScoreRun.objects.count(), ProfileScore.objects.count()) == (0, 0)
    assert connection.in_atomic_block, "the test's own transaction is still open"


def test_the_command_scores_and_says_so(fairview: Club, kingsmere: Club) -> None:
    person_with(fairview.tenant, [])
    out = StringIO()
    for options in ({}, {"tenant": "fairview"}, {"tenant": "fairview", "all": True}):
        call_command("score_profiles", stdout=out, **options)

    first, other, again, forced = out.getvalue().splitlines()
    assert first.startswith("fairview: 1 customer scored, 1 changed, in ")
    assert other.startswith("kingsmere: 0 customers scored")
    assert again == "fairview: scored today already"
    assert forced.startswith("fairview: 1 customer scored, 0 changed, in ")


def loops_over_chunks(node: dict[str, Any]) -> list[str]:
    """The nested loops of a plan that read a chunk's rows again for each of others."""
    children = node.get("Plans", [])
    found = [name for child in children for name in loops_over_chunks(child)]
    if node["Node Type"] == "Nested Loop" and reads_a_chunk(children[1]):
        found.append(str(node.get("Join Type")))
    return found


def reads_a_chunk(node: dict[str, Any]) -> bool:
    return node["Node Type"] == "CTE Scan" or any(map(reads_a_chunk, node.get("Plans", [])))


@pytest.mark.usefixtures("fresh_tables")
@pytest.mark.parametrize("chosen", [sql.SOME, sql.RANGE])
def test_no_guess_of_the_planner_joins_a_chunk_with_itself_row_by_row(fairview: Club, chosen: str) -> None:
    with tenant_scope(fairview.tenant), transaction.atomic(), connection.cursor() as cursor:
        scorer = Scorer.of_scope(NOW)
        # As wrong as a guess can be: there is one person, and no rows of theirs.
        one = [uuid4()]
        values = scorer.values(ids=one, after=one[0], until=one[0])
        sql.SCORED.fill(cursor, ())
        cursor.execute(sql.PLAN_TO_MEASURE)
        cursor.execute("EXPLAIN (FORMAT JSON) " + sql.measure(scorer.rules, chosen).strip(), values)
        ((plan,),) = cursor.fetchall()

    assert loops_over_chunks((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]) == []


@pytest.mark.usefixtures("fresh_tables")
def test_nobody_s_scores_are_looked_up_by_going_through_the_chunk_once_for_each(fairview: Club) -> None:
    with tenant_scope(fairview.tenant), transaction.atomic(), connection.cursor() as cursor:
        sql.SCORED.fill(cursor, ())
        cursor.execute(sql.PLAN_TO_STORE)
        cursor.execute("EXPLAIN " + sql.DROP_SAME.strip(), Scorer.of_scope(NOW).values())
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Join" not in plan
    assert "Nested Loop" not in plan


def test_a_run_whose_worker_dies_each_time_is_given_up_for_the_day(fairview: Club) -> None:
    person_with(fairview.tenant, [])

    def out_of_memory(done: int, _total: int) -> None:
        raise KeyboardInterrupt

    for _ in range(RUNS.most_attempts or 0):
        with pytest.raises(KeyboardInterrupt):
            run_all(fairview.tenant, NOW, report=out_of_memory)
        with tenant_scope(fairview.tenant):
            ScoreRun.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    with tenant_scope(fairview.tenant):
        RUNS.give_up()
        given_up = ScoreRun.objects.get()
        scorer = Scorer.of_scope(NOW)

        assert (given_up.status, given_up.done) == ("FAILED", 0)
        assert not is_due(scorer)
        assert is_due(Scorer.of_scope(NOW + timedelta(days=1)))
    assert run_all(fairview.tenant, NOW).status == "DONE"
