"""A person's timeline: filtered, continued without gaps or repeats, read by its index."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from profiles.errors import CustomerNotFound
from profiles.models import Activity, CustomerProfile
from profiles.reading import customer_timeline
from profiles.timeline import MOST_ROWS, Place, TimelineFilter, read_timeline, timeline_row
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.records import NOON, activity, profile, unsaved_activity
from tests.profiles.stories import event, member, player, tell


@pytest.fixture
def person(fairview: Club) -> CustomerProfile:
    return profile(fairview.tenant)


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def fill(person: CustomerProfile, count: int, *, same_time: bool = False) -> list[int]:
    """Rows a minute apart; their ids, newest first."""
    rows = [
        unsaved_activity(person.tenant, person.pk, occurred_at=NOON + minutes(0 if same_time else number))
        for number in range(count)
    ]
    with tenant_scope(person.tenant):
        Activity.objects.bulk_create(rows)
    return [row.pk for row in reversed(rows)]


def titles(person: CustomerProfile, **chosen: Any) -> list[str]:
    with tenant_scope(person.tenant):
        return [row.title for row in read_timeline(person.pk, chosen=TimelineFilter(**chosen)).rows]


def test_rows_come_newest_first_with_everything_a_page_shows(fairview: Club, person: CustomerProfile) -> None:
    row = activity(
        fairview.tenant, person.pk, title="Paid R 500", type="PAYMENT_RECEIVED", category="PAYMENT", channel="CLUB",
        source="scl", source_event_id="p-1", metadata={"amountCents": 50_000},
    )  # fmt: skip
    activity(fairview.tenant, person.pk, title="Earlier", occurred_at=NOON - minutes(1))

    with tenant_scope(fairview.tenant):
        page = read_timeline(person.pk)
        alone = timeline_row(row.pk)

    assert [each.title for each in page.rows] == ["Paid R 500", "Earlier"]
    assert page.next_place is None
    assert page.rows[0] == alone
    assert alone is not None
    assert (alone.id, alone.occurred_at, alone.type, alone.category) == (
        row.pk,
        NOON,
        "PAYMENT_RECEIVED",
        "PAYMENT",
    )
    assert (alone.channel, alone.source, alone.source_event_id) == ("CLUB", "scl", "p-1")
    assert alone.metadata == {"amountCents": 50_000}


def test_filters_by_category_type_source_and_dates(fairview: Club, person: CustomerProfile) -> None:
    rows: dict[str, dict[str, Any]] = {
        "paid": {"category": "PAYMENT", "type": "PAYMENT_RECEIVED", "source": "scl"},
        "booked": {"category": "BOOKING", "type": "TEETIME_BOOKED", "occurred_at": NOON + minutes(1)},
        "played": {"category": "GOLF", "occurred_at": NOON + minutes(2)},
    }
    for title, values in rows.items():
        activity(fairview.tenant, person.pk, title=title, **values)

    assert titles(person) == ["played", "booked", "paid"]
    assert titles(person, categories=["PAYMENT", "GOLF"]) == ["played", "paid"]
    assert titles(person, types=["TEETIME_BOOKED"]) == ["booked"]
    assert titles(person, sources=["teetime"]) == ["played", "booked"]
    assert titles(person, since=NOON + minutes(1)) == ["played", "booked"], "since is inclusive"
    assert titles(person, until=NOON + minutes(1)) == ["paid"], "until is exclusive"
    assert titles(person, categories=["GOLF"], until=NOON) == []


@pytest.mark.parametrize("same_time", [False, True])
def test_pages_continue_without_gaps_or_repeats_while_rows_arrive(
    person: CustomerProfile, same_time: bool
) -> None:
    expected = fill(person, 23, same_time=same_time)
    seen: list[int] = []
    place: Place | None = None
    with tenant_scope(person.tenant):
        while True:
            page = read_timeline(person.pk, after=place, take=5)
            seen += [row.id for row in page.rows]
            activity(person.tenant, person.pk, occurred_at=NOON + timedelta(days=1))
            if page.next_place is None:
                break
            place = page.next_place

    assert seen == expected


def test_a_late_row_appears_at_its_place_on_the_page_to_come(person: CustomerProfile) -> None:
    fill(person, 4)
    with tenant_scope(person.tenant):
        first = read_timeline(person.pk, take=2)
        activity(person.tenant, person.pk, title="late", occurred_at=NOON + timedelta(seconds=30))

        rest = read_timeline(person.pk, after=first.next_place, take=10)

    assert [row.title == "late" for row in rest.rows] == [False, True, False]


@pytest.mark.parametrize(("take", "rows"), [(0, 1), (-5, 1), (3, 3), (1000, MOST_ROWS)])
def test_a_page_has_at_least_one_row_and_at_most_a_hundred(
    person: CustomerProfile, take: int, rows: int
) -> None:
    fill(person, MOST_ROWS + 1)

    with tenant_scope(person.tenant):
        page = read_timeline(person.pk, take=take)

    assert len(page.rows) == rows
    assert page.next_place == (page.rows[-1].occurred_at, page.rows[-1].id)


def test_another_persons_and_another_tenants_rows_stay_theirs(
    fairview: Club, kingsmere: Club, person: CustomerProfile
) -> None:
    row = activity(fairview.tenant, person.pk)
    activity(fairview.tenant, profile(fairview.tenant).pk)

    assert len(titles(person)) == 1
    with tenant_scope(kingsmere.tenant):
        assert read_timeline(person.pk).rows == []
        assert timeline_row(row.pk) is None


def test_the_id_of_a_merged_customer_shows_the_survivors_timeline(fairview: Club) -> None:
    tell(fairview.tenant, member(1, email="a@example.com"))
    tell(fairview.tenant, player("t1", at=1), event("teetime.score.posted", {"playerId": "t1"}, at=2))
    with tenant_scope(fairview.tenant):
        loser = CustomerProfile.objects.get(teetime_player_id="t1").pk
    tell(fairview.tenant, event("teetime.player.updated", {"id": "t1", "email": "a@example.com"}, at=3))

    with tenant_scope(fairview.tenant):
        types = [row.type for row in customer_timeline(loser, chosen=TimelineFilter()).rows]
        with pytest.raises(CustomerNotFound):
            customer_timeline(UUID(int=1), chosen=TimelineFilter())

    assert types == ["PLAYER_UPDATED", "SCORE_POSTED", "PROFILE_CREATED", "MEMBER_CREATED"]


@pytest.mark.usefixtures("fresh_tables")
@pytest.mark.parametrize(
    "chosen",
    [
        TimelineFilter(),
        TimelineFilter(since=NOON, until=NOON + timedelta(days=9)),
        TimelineFilter(categories=["GOLF"], types=["ROUND_COMPLETED"], sources=["teetime"]),
    ],
)
@pytest.mark.parametrize("after", [None, (NOON + timedelta(hours=1), 1)])
def test_a_page_is_one_range_scan_of_the_index_under_the_policy(
    person: CustomerProfile, chosen: TimelineFilter, after: Place | None
) -> None:
    fill(person, 50)
    with tenant_scope(person.tenant), CaptureQueriesContext(connection) as queries:
        read_timeline(person.pk, chosen=chosen, after=after)
    [query] = queries.captured_queries

    with tenant_scope(person.tenant), connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
        )
        cursor.execute("SELECT current_user")
        role = cursor.fetchone()[0]
        cursor.execute("EXPLAIN " + query["sql"].rpartition(";")[2])
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert role == "crm_app"
    condition = plan.partition("Index Cond:")[2].partition("\n")[0]
    assert "Index Scan using profiles_activity_timeline_idx" in plan
    assert "Sort" not in plan
    for bound in ("tenant_id", "profile_id", *(["occurred_at"] if chosen.since or after else [])):
        assert bound in condition
