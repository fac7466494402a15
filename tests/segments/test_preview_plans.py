"""What the builder shows at once reads little: a sample of pages for the number, the newest few for the faces."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from profiles.models import CustomerProfile
from profiles.restricting import set_restriction
from segments import preview
from segments.refreshing import PLAN_TO_COMPARE
from segments.rules import parse
from tenants.postgresql.base import as_owner
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.records import profile
from tests.segments.makers import leaf

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_tables")]
CROWD = 6_000
FILL = """
INSERT INTO profiles_customerprofile SELECT made.*
FROM profiles_customerprofile AS one, generate_series(1, %s) AS i, jsonb_populate_record(one, jsonb_build_object(
    'id', gen_random_uuid(), 'engagement_score', i %% 100, 'created_at', now() - make_interval(hours => i))) AS made
WHERE one.tenant_id = %s
"""
BUSY = parse(leaf("engagementScore", "gte", 40))


def plan_of(sent: Any, words: str, settings: str) -> str:
    (statement,) = [each["sql"] for each in sent if words in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(settings)
        cursor.execute("EXPLAIN " + statement.rpartition(";")[2])
        return "\n".join(row[0] for row in cursor.fetchall())


def test_a_sample_and_the_newest_are_found_without_reading_the_club(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "SAMPLED_FROM", 1_000)
    monkeypatch.setattr(preview, "SAMPLE", 600)
    with tenant_scope(fairview.tenant), connection.cursor() as cursor:
        CustomerProfile.objects.create(
            tenant_id=fairview.tenant.pk, created_at=timezone.now() - timedelta(days=900)
        )
        cursor.execute(FILL, [CROWD, fairview.tenant.pk])
        with as_owner():
            cursor.execute("ANALYZE profiles_customerprofile")
        with CaptureQueriesContext(connection) as sent:
            counted = preview.count_quickly(BUSY, fairview.tenant, timezone.now())
            found = preview.sample_people(BUSY, fairview.tenant, timezone.now())
        counting = plan_of(sent, "TABLESAMPLE", PLAN_TO_COMPARE)
        finding = plan_of(sent, "ORDER BY p.created_at DESC", preview.PLAN_TO_WALK)

    assert not counted.is_exact
    assert 0 < counted.count <= CROWD
    assert len(found) == 10
    assert "Sample Scan on profiles_customerprofile" in counting
    assert "profiles_customerprofile p" not in counting
    assert "Index Scan using profiles_profile_newest_idx" in finding


def test_who_must_rest_is_in_neither(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "SAMPLED_FROM", 1)
    people = [profile(fairview.tenant, engagement_score=50) for _ in range(4)]
    with tenant_scope(fairview.tenant):
        set_restriction(people[-1].pk, is_restricted=True)
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("ANALYZE profiles_customerprofile")
        counted = preview.count_quickly(BUSY, fairview.tenant, timezone.now())
        found = preview.sample_people(BUSY, fairview.tenant, timezone.now())

    assert counted.count == 3
    assert set(found) == {each.pk for each in people[:3]}
