"""The past of a line: what the scores would have been, from the timeline, against the same oracle."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO
from itertools import groupby

import pytest
from django.core.management import call_command
from django.utils import timezone
from hypothesis import HealthCheck, given, settings

from events import inbox
from events.models import DomainLogEntry
from profiles.models import Activity, CustomerProfile, ScoreHistory, ScoreRun
from profiles.restricting import set_restriction
from profiles.scoring.history_backfill import STEP, STEPS, backfill_history, is_history_backfill_due
from profiles.scoring.people import Scorer
from profiles.scoring.runs import score_everybody
from profiles.tasks import score_tenant
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.examples import examples
from tests.profiles.scoring_oracle import WRITTEN_BY_THE_PLATFORM, Act, expected_scores
from tests.profiles.stories import member, publish
from tests.profiles.test_scoring import HISTORIES, NOW, TIERS, days, numbered, person_with, played

pytestmark = pytest.mark.usefixtures("one_scoring_worker")

# Day, engagement, churn risk.
Line = list[tuple[date, int, int]]


def look_back_now(tenant: Tenant) -> int:
    with tenant_scope(tenant):
        return backfill_history(scorer=Scorer.of_scope(NOW))


def line_of(tenant: Tenant, person: CustomerProfile) -> Line:
    with tenant_scope(tenant):
        rows = ScoreHistory.objects.filter(profile_id=person.pk).order_by("day")
        return [(row.day, row.engagement, row.churn_risk) for row in rows]


def expected_line(tenant: Tenant, acts: Sequence[Act], value_cents: int) -> Line:
    """By the oracle, which is told at each step what had happened by then."""
    line: Line = []
    for step in range(STEPS, 0, -1):
        known = [replace(act, age=act.age - step * STEP) for act in acts if act.age >= step * STEP]
        paid_since = sum(
            act.metadata["amountCents"]
            for act in acts
            if act.type == "PAYMENT_RECEIVED" and act.age < step * STEP
        )
        if all(act.category in WRITTEN_BY_THE_PLATFORM for act in known):
            continue
        expected = expected_scores(known, value_cents - paid_since, TIERS)
        day = (NOW - step * STEP).astimezone(tenant.zone).date()
        line.append((day, expected.engagement, expected.churn_risk))
    return [next(same) for _, same in groupby(line, key=lambda point: point[1:])]


@settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(histories=HISTORIES)
def test_the_past_is_what_the_scores_would_have_been(
    fairview: Club, histories: list[tuple[list[Act], int]]
) -> None:
    known = [(numbered(acts), value) for acts, value in histories]
    # Most of what the strategy makes is younger than half a year; the older half of a line needs some too.
    known += [([replace(act, age=act.age + days(180)) for act in acts], value) for acts, value in known[:3]]
    people = [person_with(fairview.tenant, acts, value) for acts, value in known]

    look_back_now(fairview.tenant)

    for person, (acts, value) in zip(people, known, strict=True):
        assert line_of(fairview.tenant, person) == expected_line(fairview.tenant, acts, value)


def test_only_who_has_no_past_gets_one_and_only_once(fairview: Club) -> None:
    golfer = person_with(fairview.tenant, [played(days(45)), played(days(200))])
    person_with(fairview.tenant, [played(days(3))])
    known = person_with(fairview.tenant, [played(days(45)), played(days(200))])
    with tenant_scope(fairview.tenant):
        ScoreHistory.objects.create(
            tenant_id=fairview.tenant.pk,
            profile_id=known.pk,
            day=(NOW - days(100)).date(),
            engagement=50,
            churn_risk=0,
            components={},
            inputs={},
            rules_version=0,
        )

    assert look_back_now(fairview.tenant) == 1
    line = line_of(fairview.tenant, golfer)
    assert look_back_now(fairview.tenant) == 0

    assert len(line) > 3
    assert line_of(fairview.tenant, golfer) == line
    assert len(line_of(fairview.tenant, known)) == 1


def test_what_was_paid_and_refunded_since_was_not_paid_then(fairview: Club) -> None:
    acts = [
        played(days(100)),
        Act("PAYMENT_RECEIVED", "PAYMENT", days(20), "CLUB", {"amountCents": 90_000}),
        Act("PAYMENT_REFUNDED", "PAYMENT", days(10), "CLUB", {"amountCents": 40_000}),
        Act("PAYMENT_RECEIVED", "PAYMENT", days(95), "CLUB", {"amountCents": 70_000}),
    ]
    golfer = person_with(fairview.tenant, acts, 120_000)

    look_back_now(fairview.tenant)

    with tenant_scope(fairview.tenant):
        first = ScoreHistory.objects.filter(profile_id=golfer.pk).order_by("day")[0]
    assert first.inputs["lifetimeValueCents"] == 70_000


def test_the_past_of_somebody_whose_data_is_restricted_is_left_alone(fairview: Club) -> None:
    golfer = person_with(fairview.tenant, [played(days(45))])
    with tenant_scope(fairview.tenant):
        set_restriction(golfer.pk, is_restricted=True)

    assert look_back_now(fairview.tenant) == 0
    assert line_of(fairview.tenant, golfer) == []


def older_golfer(tenant: Tenant) -> CustomerProfile:
    """Somebody whose timeline is half a year older than today."""
    person = person_with(tenant, [played(days(0))])
    with tenant_scope(tenant):
        Activity.objects.filter(profile_id=person.pk).update(occurred_at=timezone.now() - timedelta(days=170))
    return person


def test_the_task_looks_back_after_a_run_and_announces_nothing(fairview: Club) -> None:
    golfer = older_golfer(fairview.tenant)
    score_tenant(str(fairview.tenant.pk))
    line = line_of(fairview.tenant, golfer)

    with tenant_scope(fairview.tenant):
        assert not is_history_backfill_due()
        assert ScoreRun.objects.get().is_history_backfilled
        kinds = set(DomainLogEntry.objects.values_list("kind", flat=True))
        assert kinds <= {"profile.scored", "profile.counted"}
    assert len(line) > 2
    assert line[-1][0] == timezone.now().astimezone(fairview.tenant.zone).date()


def test_nobody_looks_back_while_events_wait(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    older_golfer(fairview.tenant)
    with tenant_scope(fairview.tenant):
        assert not is_history_backfill_due(), "nobody was scored yet"
        score_everybody()
        assert is_history_backfill_due()

        monkeypatch.setattr(inbox, "BACKLOG", 0)
        publish(fairview.tenant, member(1))
        assert not is_history_backfill_due()


def test_the_command_says_whose_past_was_found(fairview: Club) -> None:
    older_golfer(fairview.tenant)
    out = StringIO()

    for _ in range(2):
        call_command("score_profiles", tenant="fairview", stdout=out)

    said = out.getvalue().splitlines()
    assert said[1:] == [
        "fairview: the past of 1 customer found in the timeline",
        "fairview: scored today already",
    ]
