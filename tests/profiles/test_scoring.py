"""Engagement and churn risk: the SQL against the oracle, and each band at its border."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.models import Activity, CustomerProfile, ProfileScore
from profiles.scoring.people import score_customers
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.examples import examples
from tests.profiles.records import profile, unsaved_activity
from tests.profiles.scoring_oracle import Act, Expected, expected_scores

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
TIERS = ("Platinum", "Gold", "Silver")
EDGE = timedelta(minutes=1)
FIVE_DAYS, SIXTY_DAYS = timedelta(days=5), timedelta(days=60)
_key = count(1)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def played(age: timedelta, **values: Any) -> Act:
    return Act("ROUND_COMPLETED", "GOLF", age, **({"channel": "TEETIME"} | values))


def mail(kind: str, age: timedelta, message: str | None = None, **metadata: Any) -> Act:
    if message is not None:
        metadata["messageId"] = message
    return Act(kind, "COMMUNICATION", age, "EMAIL", metadata)


def mail_history(received: int, opened: int, clicked: int, age: timedelta, tag: str = "m") -> list[Act]:
    """So many e-mails, the first of which were opened and clicked."""
    kinds = (("MESSAGE_DELIVERED", received), ("EMAIL_OPENED", opened), ("EMAIL_CLICKED", clicked))
    return [mail(kind, age, f"{tag}{number}") for kind, most in kinds for number in range(most)]


def person_with(tenant: Tenant, acts: Sequence[Act], value_cents: int = 0) -> CustomerProfile:
    """A customer with this history, as ingestion would have left it."""
    moments = [NOW - act.age for act in acts if act.category not in ("IDENTITY", "NOTE")]
    person = profile(tenant, lifetime_value_cents=value_cents, last_activity_at=max(moments, default=None))
    with tenant_scope(tenant):
        Activity.objects.bulk_create(
            unsaved_activity(
                tenant,
                person.pk,
                type=act.type,
                category=act.category,
                channel=act.channel,
                occurred_at=NOW - act.age,
                metadata=act.metadata,
            )
            for act in acts
        )
    return person


def score(tenant: Tenant, *people: CustomerProfile, now: datetime = NOW) -> int:
    with tenant_scope(tenant):
        return score_customers([person.pk for person in people], now=now)


def scored(tenant: Tenant, acts: Sequence[Act], value_cents: int = 0) -> ProfileScore:
    """The scores of somebody with this history."""
    person = person_with(tenant, acts, value_cents)
    score(tenant, person)
    return reasons(tenant, person.pk)


def reasons(tenant: Tenant, profile_id: UUID) -> ProfileScore:
    with tenant_scope(tenant):
        row: ProfileScore = ProfileScore.objects.get(pk=profile_id)
    return row


AGES = st.one_of(
    st.sampled_from([0, 7, 8, 14, 30, 60, 90, 120]).flatmap(
        lambda day: st.sampled_from([days(day) - EDGE, days(day) + EDGE])
    ),
    st.integers(0, 130 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes, seconds=30)),
)
MESSAGES = st.sampled_from([None, "m1", "m2", "m3", "m4", "m5"])


def _mail(kind: str) -> st.SearchStrategy[Act]:
    machine = st.sampled_from([{}, {}, {}, {"isMachine": True}])
    return st.builds(lambda age, message, more: mail(kind, age, message, **more), AGES, MESSAGES, machine)


def _money(kind: str, name: str) -> st.SearchStrategy[Act]:
    amounts = st.sampled_from([1_000, 2_000, 3_000])
    ids = st.sampled_from([None, "p1", "p2", "p3"])

    def build(age: timedelta, amount: int, reference: str | None) -> Act:
        metadata = {"amountCents": amount} | ({name: reference} if reference else {})
        return Act(kind, "PAYMENT", age, "CLUB", metadata)

    return st.builds(build, AGES, amounts, ids)


def _tier(kind: str) -> st.SearchStrategy[Act]:
    tiers = st.sampled_from([*TIERS, "Junior"])
    return st.builds(
        lambda age, before, after: Act(
            kind, "MEMBERSHIP", age, "CLUB", {"previousTier": before, "newTier": after}
        ),
        AGES,
        tiers,
        tiers,
    )


def _complaint(kind: str) -> st.SearchStrategy[Act]:
    return st.builds(
        lambda age, number: Act(kind, "FEEDBACK", age * 3, "FEEDBACK", {"complaintId": number}),
        AGES,
        st.sampled_from(["c1", "c2"]),
    )


PLAIN = st.builds(
    Act,
    st.sampled_from(["ROUND_COMPLETED", "TEETIME_BOOKED", "SCORE_POSTED"]),
    st.sampled_from(["GOLF", "BOOKING", "NOTE", "IDENTITY"]),
    AGES,
    st.sampled_from(["TEETIME", "CLUB", "FACILITY", "SMS", "WHATSAPP", "", "PUSH"]),
)
ACTS = st.one_of(
    PLAIN,
    PLAIN,
    *(_mail(kind) for kind in ("MESSAGE_DELIVERED", "MESSAGE_SENT", "EMAIL_OPENED", "EMAIL_CLICKED")),
    *(_mail(kind) for kind in ("MESSAGE_DELIVERED", "EMAIL_OPENED")),
    _money("PAYMENT_FAILED", "paymentId"),
    _money("PAYMENT_RECEIVED", "paymentId"),
    _money("INVOICE_OVERDUE", "invoiceId"),
    _tier("TIER_DOWNGRADED"),
    _tier("TIER_UPGRADED"),
    _tier("TIER_CHANGED"),
    _complaint("COMPLAINT_OPENED"),
    _complaint("COMPLAINT_CLOSED"),
)
HISTORIES = st.lists(st.tuples(st.lists(ACTS, max_size=30), st.integers(-10_000, 120_000)), max_size=12)


def numbered(acts: Sequence[Act]) -> list[Act]:
    """What has no id of its own is one of a kind."""
    return [
        Act(act.type, act.category, act.age, act.channel, act.metadata, key=number)
        for number, act in enumerate(acts)
    ]


def agrees(row: ProfileScore, person: CustomerProfile, expected: Expected) -> None:
    parts = {name: round(float(part), 3) for name, part in expected.parts.items()}
    assert {name: float(part) for name, part in row.components.items()} == parts
    assert (row.engagement, row.churn_risk) == (expected.engagement, expected.churn_risk)
    assert (person.engagement_score, person.churn_risk_score) == (row.engagement, row.churn_risk)
    counts = (person.activity_count_30d, person.activity_count_90d, person.booking_count_30d)
    assert counts == expected.counts


@settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(histories=HISTORIES)
def test_the_sql_agrees_with_plain_python(fairview: Club, histories: list[tuple[list[Act], int]]) -> None:
    tenant = fairview.tenant
    known = [(numbered(acts), value) for acts, value in histories]
    people = [person_with(tenant, acts, value) for acts, value in known]

    score(tenant, *people)

    with tenant_scope(tenant):
        rows = ProfileScore.objects.in_bulk([person.pk for person in people])
        fresh = CustomerProfile.objects.in_bulk([person.pk for person in people])
    for person, (acts, value) in zip(people, known, strict=True):
        agrees(rows[person.pk], fresh[person.pk], expected_scores(acts, value, TIERS))


@pytest.mark.parametrize(
    ("age", "component"),
    [
        (days(8) - EDGE, 100),
        (days(8) + EDGE, 80),
        (days(15) - EDGE, 80),
        (days(15) + EDGE, 60),
        (days(31) - EDGE, 60),
        (days(31) + EDGE, 40),
        (days(61) - EDGE, 40),
        (days(61) + EDGE, 20),
        (days(91) - EDGE, 20),
        (days(91) + EDGE, 0),
    ],
)
def test_recency_counts_whole_days(fairview: Club, age: timedelta, component: int) -> None:
    assert scored(fairview.tenant, [played(age)]).components["recency"] == component


@pytest.mark.parametrize(
    ("rounds", "component"),
    [(0, 0), (1, 20), (2, 40), (4, 40), (5, 60), (9, 60), (10, 80), (19, 80), (20, 100)],
)
def test_frequency_changes_at_its_bands(fairview: Club, rounds: int, component: int) -> None:
    assert scored(fairview.tenant, [played(days(3))] * rounds).components["frequency"] == component


@pytest.mark.parametrize(
    ("cents", "component"),
    [
        (-1, 0), (4_999, 0), (5_000, 20), (9_999, 20), (10_000, 40), (19_999, 40), (20_000, 60), (49_999, 60),
        (50_000, 80), (99_999, 80), (100_000, 100),
    ],
)  # fmt: skip
def test_monetary_changes_at_its_bands(fairview: Club, cents: int, component: int) -> None:
    assert scored(fairview.tenant, [], cents).components["monetary"] == component


@pytest.mark.parametrize("channels", range(7))
def test_breadth_counts_channels_of_ninety_days(fairview: Club, channels: int) -> None:
    names = ("CLUB", "TEETIME", "EMAIL", "SMS", "FACILITY", "PUSH")[:channels]
    acts = [played(days(90) - EDGE, channel=name) for name in names] + [played(days(90) + EDGE, channel="X")]
    acts.append(played(days(2), channel=""))

    assert scored(fairview.tenant, acts).components["breadth"] == min(channels * 20, 100)


@pytest.mark.parametrize(
    ("received", "opened", "clicked", "component"),
    [
        (10, 0, 0, 0),
        (10, 10, 0, 60),
        (10, 10, 2, 100),
        (10, 10, 1, 80),
        (10, 5, 0, 30),
        (8, 1, 0, 8),
        (1, 4, 4, 100),
    ],
)
def test_depth_weighs_opening_and_clicking(
    fairview: Club, received: int, opened: int, clicked: int, component: int
) -> None:
    acts = mail_history(received, opened, clicked, days(40))

    assert scored(fairview.tenant, acts).components["depth"] == component


def test_without_mail_depth_is_the_mean_of_the_others(fairview: Club) -> None:
    row = scored(fairview.tenant, [played(days(3))] * 5, 20_000)

    assert row.components == row.components | {"recency": 100, "frequency": 60, "monetary": 60, "breadth": 20}
    assert (row.components["depth"], row.engagement) == (60, 66)


def test_machines_open_nothing(fairview: Club) -> None:
    acts = [*mail_history(2, 0, 0, days(5)), mail("EMAIL_OPENED", days(5), "m0", isMachine=True)]

    assert scored(fairview.tenant, acts).components["depth"] == 0


def test_sent_counts_where_nothing_says_delivered(fairview: Club) -> None:
    acts = [
        mail("MESSAGE_SENT", days(5), "a"),
        mail("MESSAGE_SENT", days(5), "b"),
        mail("EMAIL_OPENED", days(4), "a"),
    ]

    assert scored(fairview.tenant, acts).components["depth"] == 30


@pytest.mark.parametrize(
    ("before", "lately", "severity"),
    [(2, 0, 0), (3, 0, 1), (15, 4, 0), (15, 1, 1), (30, 5, 0.5), (12, 1, 0.917), (30, 9, 0)],
)
def test_decline_is_measured_against_the_own_mean(
    fairview: Club, before: int, lately: int, severity: float
) -> None:
    acts = [played(days(60))] * before + [played(days(5))] * lately

    assert float(scored(fairview.tenant, acts).components["decline"]) == severity


@pytest.mark.parametrize("edge", [days(30), days(120)])
def test_the_decline_looks_at_the_ninety_days_before_the_last_thirty(fairview: Club, edge: timedelta) -> None:
    inside = edge + EDGE if edge == days(30) else edge - EDGE
    outside = edge - EDGE if edge == days(30) else edge + EDGE

    assert scored(fairview.tenant, [played(inside)] * 3).components["decline"] == 1
    assert scored(fairview.tenant, [played(outside)] * 3).components["decline"] == 0


def failed(age: timedelta, reference: str = "p1", cents: int = 5_000) -> Act:
    return Act("PAYMENT_FAILED", "PAYMENT", age, "CLUB", {"paymentId": reference, "amountCents": cents})


def paid(age: timedelta, reference: str = "p9", cents: int = 5_000) -> Act:
    return Act("PAYMENT_RECEIVED", "PAYMENT", age, "CLUB", {"paymentId": reference, "amountCents": cents})


def overdue(age: timedelta, reference: str = "i1", cents: int = 5_000) -> Act:
    return Act("INVOICE_OVERDUE", "PAYMENT", age, "CLUB", {"invoiceId": reference, "amountCents": cents})


@pytest.mark.parametrize(
    ("acts", "severity"),
    [
        ([failed(days(90) - EDGE)], 0.6),
        ([failed(days(90) + EDGE)], 0),
        ([failed(days(9)), failed(days(8))], 0.6),
        ([failed(days(9)), overdue(days(8))], 0.6),
        ([failed(days(9), "p1"), failed(days(8), "p2")], 0.6),
        ([failed(days(9), "p1"), failed(days(8), "p1-2"), overdue(days(6))], 0.6),
        ([failed(days(9), "p1"), failed(days(8), "p2", cents=4_000)], 1),
        ([failed(days(39), "p1"), overdue(days(35)), failed(days(9), "p2"), overdue(days(5), "i2")], 1),
        ([failed(days(30), "p1"), failed(days(8), "p2")], 1),
        ([failed(days(9), "p1"), overdue(days(5)), paid(days(4), "p1", cents=1)], 0),
        ([failed(days(9)), paid(days(8))], 0),
        ([failed(days(9)), paid(days(10))], 0.6),
        ([failed(days(9)), paid(days(8), cents=4_999)], 0.6),
        ([failed(days(9)), paid(days(8), "p1", cents=1)], 0),
        ([overdue(days(9)), paid(days(8), cents=5_001)], 0),
    ],
)
def test_payment_issues_count_until_they_are_paid(fairview: Club, acts: list[Act], severity: float) -> None:
    assert float(scored(fairview.tenant, acts).components["payments"]) == severity


@pytest.mark.parametrize(
    ("before", "lately", "severity"),
    [
        ((4, 2), (3, 0), 1),
        ((4, 1), (3, 0), 0),
        ((4, 2), (2, 0), 0),
        ((4, 4), (4, 2), 0.5),
        ((4, 4), (4, 3), 0),
        ((4, 2), (4, 1), 0.5),
        ((4, 2), (4, 2), 0),
    ],
)
def test_an_opener_who_stops_opening_is_noticed(
    fairview: Club, before: tuple[int, int], lately: tuple[int, int], severity: float
) -> None:
    acts = mail_history(*before, 0, days(60), "old") + mail_history(*lately, 0, days(10), "new")

    assert float(scored(fairview.tenant, acts).components["opens"]) == severity


def tier(before: str, after: str, age: timedelta = FIVE_DAYS, kind: str = "TIER_CHANGED") -> Act:
    return Act(kind, "MEMBERSHIP", age, "CLUB", {"previousTier": before, "newTier": after})


@pytest.mark.parametrize(
    ("act", "severity"),
    [
        (tier("Gold", "Silver"), 1),
        (tier("Silver", "Gold", kind="TIER_DOWNGRADED"), 0),
        (tier("Gold", "Silver", days(90) - EDGE), 1),
        (tier("Gold", "Silver", days(90) + EDGE), 0),
        (tier("Old", "Older", kind="TIER_DOWNGRADED"), 1),
        (tier("Old", "Older"), 0),
    ],
)
def test_a_downgrade_goes_by_the_club_s_order_of_today(fairview: Club, act: Act, severity: int) -> None:
    assert scored(fairview.tenant, [act]).components["downgrade"] == severity


def complaint(kind: str, age: timedelta, number: str = "c1") -> Act:
    return Act(f"COMPLAINT_{kind}", "FEEDBACK", age, "FEEDBACK", {"complaintId": number})


@pytest.mark.parametrize(
    ("acts", "severity"),
    [
        ([complaint("OPENED", days(900))], 1),
        ([complaint("OPENED", days(99)), complaint("CLOSED", days(90) - EDGE)], 0.5),
        ([complaint("OPENED", days(99)), complaint("CLOSED", days(90) + EDGE)], 0),
        ([complaint("OPENED", days(9)), complaint("CLOSED", days(8)), complaint("OPENED", days(7), "c2")], 1),
        ([complaint("CLOSED", days(9)), complaint("OPENED", days(9))], 0.5),
    ],
)
def test_complaints_weigh_until_they_are_closed_and_a_little_after(
    fairview: Club, acts: list[Act], severity: float
) -> None:
    assert float(scored(fairview.tenant, acts).components["complaints"]) == severity


def endangered(age: timedelta = SIXTY_DAYS) -> list[Act]:
    """Everything that speaks for leaving: 100."""
    return [
        *[played(age)] * 110,
        failed(days(5), "p1"),
        failed(days(5), "p2", cents=4_000),
        *mail_history(3, 3, 0, days(60), "old"),
        *mail_history(3, 0, 0, days(5), "new"),
        tier("Gold", "Silver"),
        complaint("OPENED", days(5)),
    ]


def test_everything_together_is_a_hundred_and_an_empty_history_nothing(fairview: Club) -> None:
    lost = scored(fairview.tenant, endangered())
    unknown = scored(fairview.tenant, [])

    assert lost.churn_risk == 100
    assert (unknown.engagement, unknown.churn_risk) == (0, 0)
    assert unknown.inputs["lastActivityAt"] is None
