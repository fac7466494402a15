"""Whom a rule means is found by an index of what changes seldom; what events change goes on changing in place."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import orjson
import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from profiles.admin.customer_list import choice_from, count_of, read_page
from profiles.models import CustomerProfile
from segments.preview import count_exactly
from segments.rules import parse
from tenants.postgresql.base import as_owner
from tenants.postgresql.everybody import by_pages
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.segments.makers import all_of, leaf

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_tables")]
CROWD = 12_000
FILL = """
INSERT INTO profiles_customerprofile SELECT made.*
FROM profiles_customerprofile AS one, generate_series(1, %s) AS i, jsonb_populate_record(one, jsonb_build_object(
    'id', gen_random_uuid(), 'membership_tier', (ARRAY['Gold', 'Platinum', 'Silver', ''])[1 + i %% 4],
    'email_opt_in', i %% 8 < 4, 'handicap_tenths', i %% 540, 'date_of_birth', date '1970-01-01' + i,
    'engagement_score', i %% 100, 'last_booking_at', now() - make_interval(days => i %% 300))) AS made
WHERE one.tenant_id = %s
"""
IN_PLACE = "SELECT pg_stat_get_xact_tuples_hot_updated('profiles_customerprofile'::regclass)"
FOUR = all_of(
    leaf("membershipTier", "in", ["Gold", "Platinum"]),
    leaf("handicap", "lt", 5),
    leaf("lastBookingAt", "beforeDaysAgo", 30),
    leaf("emailOptIn", "eq", True),
)
YOUNG = all_of(leaf("membershipTier", "eq", "Gold"), leaf("age", "between", [40, 41]))
HALF = all_of(leaf("emailOptIn", "eq", True), leaf("engagementScore", "lt", 90))


@pytest.fixture
def crowd(fairview: Club) -> Iterator[Club]:
    """A club of so many people that reading everybody is dear; its scope is open."""
    with tenant_scope(fairview.tenant), connection.cursor() as cursor:
        CustomerProfile.objects.create(tenant_id=fairview.tenant.pk)
        cursor.execute(FILL, [CROWD, fairview.tenant.pk])
        with as_owner():
            cursor.execute("ANALYZE profiles_customerprofile")
        yield fairview


def plan_of(statement: str) -> str:
    """The plan of a statement about everybody."""
    with by_pages(), connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + statement.rpartition(";")[2])
        return "\n".join(row[0] for row in cursor.fetchall())


def choice(rule: Any, sort: str) -> Any:
    query = QueryDict(mutable=True)
    query.update({"rule": orjson.dumps(rule).decode(), "sort": sort})
    return choice_from(query)


def test_a_page_and_a_count_read_only_pages_that_the_index_names(crowd: Club) -> None:
    for rule, sort in product((FOUR, YOUNG), ("engagementScore", "-lastActivityAt", "name")):
        with CaptureQueriesContext(connection) as sent:
            page = read_page(choice(rule, sort))
            counted = count_exactly(parse(rule), crowd.tenant, timezone.now()).count
            listed = count_of(choice(rule, sort))

        assert len(page.customers) == 50
        assert 50 < counted == listed < CROWD / 4
        asked = [
            each["sql"] for each in sent if "LIMIT 51" in each["sql"] or "COUNT(*)" in each["sql"].upper()
        ]
        assert len(asked) == 3
        for each in asked:
            assert "Bitmap Index Scan on profiles_profile_asked_idx" in plan_of(each), each


def test_the_total_over_rest_and_graphql_is_counted_by_the_index_too(crowd: Club) -> None:
    rule, headers = orjson.dumps(FOUR).decode(), factories.bearer(crowd.tenant)
    expected = count_exactly(parse(FOUR), crowd.tenant, timezone.now()).count
    asked = {
        "query": "query ($f: CustomerFilter) { customers(filter: $f, pagination: {take: 1}) { meta { total } } }",
        "variables": {"f": {"rule": rule}},
    }
    with CaptureQueriesContext(connection) as sent:
        listed = Client(headers=headers).get("/api/v1/customers", {"rule": rule, "take": "1"}).json()
        queried = Client(headers=headers).post("/graphql", asked, content_type="application/json").json()

    assert listed["meta"]["total"] == queried["data"]["customers"]["meta"]["total"] == expected
    counts = [each["sql"] for each in sent if "COUNT(*)" in each["sql"]]
    assert len(counts) == 2
    for each in counts:
        assert "Bitmap Index Scan on profiles_profile_asked_idx" in plan_of(each), each


def test_half_of_the_club_is_not_read_row_by_row(crowd: Club) -> None:
    with CaptureQueriesContext(connection) as sent:
        read_page(choice(HALF, "engagementScore"))
        count_of(choice(HALF, "engagementScore"))

    sent_words = [each["sql"] for each in sent]
    asked = [number for number, words in enumerate(sent_words) if "LIMIT 51" in words or "COUNT(*)" in words]
    assert len(asked) == 2
    for number in asked:
        assert "enable_indexscan = off" in sent_words[number - 1]
        assert " Index Scan" not in plan_of(sent_words[number]).replace("Bitmap Index Scan", "")

    with CaptureQueriesContext(connection) as sent:
        read_page(choice(HALF, "-createdAt"))
    (keys,) = [each["sql"] for each in sent if "LIMIT 51" in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + keys.rpartition(";")[2])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan using profiles_profile_newest_idx" in plan


@pytest.mark.parametrize(
    "changed",
    [
        {
            "last_activity_at": Now(),
            "activity_count_30d": 3,
            "activity_count_90d": 3,
            "version": F("version") + 1,
        },
        {"last_booking_at": Now(), "booking_count_30d": 1, "last_email_open_at": Now()},
        {"engagement_score": 7, "churn_risk_score": 8, "engagement_score_at": Now()},
        {"lifetime_value_cents": 100, "lifecycle_stage": "MEMBER", "tags": ["vip"]},
        {"first_name": "Thandi", "last_name": "Zulu", "home_club_name": "Fairview"},
    ],
)
def test_what_events_change_goes_on_changing_in_place(fairview: Club, changed: dict[str, Any]) -> None:
    with tenant_scope(fairview.tenant), connection.cursor() as cursor:
        one = CustomerProfile.objects.create(tenant_id=fairview.tenant.pk)
        cursor.execute(IN_PLACE)
        [before] = cursor.fetchone()

        CustomerProfile.objects.filter(pk=one.pk).update(**changed, updated_at=Now() + timedelta(seconds=1))

        cursor.execute(IN_PLACE)
        assert cursor.fetchone()[0] == before + 1


def setting() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_indexscan")
        return str(cursor.fetchone()[0])


def test_the_plan_by_pages_ends_with_its_block(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        with transaction.atomic():
            with by_pages():
                assert setting() == "off"
            assert setting() == "on"
            with pytest.raises(DatabaseError), by_pages(), connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
            assert setting() == "on"
        assert setting() == "on"
