"""Random rule trees and random people, with values that meet each other at the borders."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from profiles.models import Activity, CustomerProfile
from profiles.vocabulary import LifecycleStage
from segments.fields import FIELDS, Field
from segments.models import Segment, SegmentMember, SegmentType
from segments.operators import Arity, Kind
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.profiles.records import unsaved_activity
from tests.segments.oracle import Person

WORDS = ("Gold", "gold", "Silver", "Ann", "an", "O'Brien 100%", "né", "a_b", "ÜRÜN", "ürün", "\\", "Ann ")
TAGS = ("vip", "junior", "a,b", "Ürün")
CLUBS = ("club-1", "club-2")
SOMEBODY = UUID("0198f0c4-7a3b-7c11-8d5e-1f2a3b4c5d6e")
TYPES = ("TEETIME_BOOKED", "EMAIL_OPENED", "PAYMENT_RECEIVED")
NUMBERS = ("-3", "-2.5", "0", "1", "2", "17", "18", "29.95", "30", "30.1", "100", "5000")
DAYS = (0, 1, 2, 28, 30, 31, 59, 60, 364, 365, 366)
BIRTHDAYS = (
    date(1960, 2, 29),
    date(2000, 2, 29),
    date(2008, 2, 28),
    date(2008, 3, 1),
    date(1984, 3, 29),
    date(1984, 10, 25),
    date(2030, 1, 1),
)


def moments(now: datetime, zone: ZoneInfo) -> list[datetime]:
    """Around midnights of the club that matter."""
    today = now.astimezone(zone).date()
    found = [now, now - timedelta(seconds=1), now + timedelta(seconds=1)]
    for days in (-366, -365, -61, -60, -31, -30, -29, -2, -1, 0, 1, 2, 30, 31):
        midnight = datetime.combine(today + timedelta(days=days), datetime.min.time(), zone).astimezone(UTC)
        found += [midnight - timedelta(microseconds=1), midnight, midnight + timedelta(hours=1)]
    return found


def people(tenant: Tenant, now: datetime, rng: random.Random, *, size: int) -> list[Person]:
    """Customers with a timeline, stored; some are in a segment of their own."""
    with tenant_scope(tenant):
        segment = Segment.objects.create(tenant=tenant, name="The list", type=SegmentType.STATIC)
        profiles = [profile(tenant, now, rng) for _ in range(size)]
        profiles[0].pk = SOMEBODY
        CustomerProfile.objects.bulk_create(profiles)
        made = []
        for each in profiles:
            acts = [act(tenant, each.pk, now, rng) for _ in range(rng.choice((0, 0, 1, 2, 3, 6)))]
            listed = [segment.pk] if rng.random() < 0.5 else []
            made.append(Person(each, acts, listed))
        Activity.objects.bulk_create(row for person in made for row in person.acts)
        SegmentMember.objects.bulk_create(
            SegmentMember(
                tenant=tenant,
                segment_id=segment.pk,
                profile_id=person.profile.pk,
                origin_profile_id=person.profile.pk,
            )
            for person in made
            if person.segments
        )
    return made


def profile(tenant: Tenant, now: datetime, rng: random.Random) -> CustomerProfile:
    """A customer of whom some is known and some is not."""
    times = moments(now, tenant.zone)
    days = [*BIRTHDAYS, *(each.date() for each in times)]

    def word(*more: str) -> str:
        return rng.choice(("", *WORDS, *more))

    def number(*values: int) -> int | None:
        return rng.choice((None, *values))

    return CustomerProfile(
        tenant=tenant,
        first_name=word(),
        last_name=word(),
        display_name=rng.choice(("", "", "Gold Ann")),
        email=rng.choice((None, "ann@example.org", "an@example.org")),
        phone_number=rng.choice((None, "+27821112222", "+27821112223")),
        gender=word("F"),
        country=word("ZA"),
        language=word("en"),
        postcode=word("0001"),
        home_club_id=word(*CLUBS),
        home_club_name=word(),
        membership_tier=word(),
        membership_status=rng.choice(("", "ACTIVE", "LAPSED", "Active")),
        lifecycle_stage=rng.choice(LifecycleStage.values),
        status=rng.choice(("ACTIVE", "INACTIVE")),
        teetime_player_id=rng.choice((None, *WORDS)),
        messaging_contact_id=rng.choice((None, *WORDS)),
        auth_user_id=rng.choice((None, *WORDS)),
        last_activity_type=word(*TYPES),
        date_of_birth=rng.choice((None, *days)),
        member_since=rng.choice((None, *days)),
        membership_expiry=rng.choice((None, *days)),
        last_booking_at=rng.choice((None, *times)),
        last_activity_at=rng.choice((None, *times)),
        last_email_open_at=rng.choice((None, *times)),
        last_email_click_at=rng.choice((None, *times)),
        handicap_updated_at=rng.choice((None, *times)),
        engagement_score_at=rng.choice((None, *times)),
        churn_risk_score_at=rng.choice((None, *times)),
        created_at=rng.choice(times),
        updated_at=rng.choice(times),
        handicap_tenths=number(-30, -25, 0, 10, 20, 299, 300, 301),
        engagement_score=number(0, 17, 18, 30, 100),
        churn_risk_score=number(0, 17, 18, 30, 100),
        lifetime_value_cents=rng.choice((-3, 0, 1, 5000, 5001)),
        booking_count_30d=rng.choice((0, 1, 2, 17)),
        activity_count_30d=rng.choice((0, 1, 2, 17)),
        activity_count_90d=rng.choice((0, 1, 2, 17)),
        email_opt_in=rng.random() < 0.5,
        sms_opt_in=rng.random() < 0.5,
        push_opt_in=rng.random() < 0.5,
        whatsapp_opt_in=rng.random() < 0.5,
        tags=rng.choice(([], [TAGS[0]], [TAGS[2], TAGS[1]], list(TAGS))),
        scl_member_id=number(1, 17, 100),
    )


def act(tenant: Tenant, profile_id: UUID, now: datetime, rng: random.Random) -> Activity:
    """A row of the timeline."""
    return unsaved_activity(
        tenant,
        profile_id,
        type=rng.choice(TYPES),
        occurred_at=rng.choice(moments(now, tenant.zone)),
        channel=rng.choice(("TEETIME", "EMAIL")),
        metadata=rng.choice(
            (
                {},
                {"clubId": CLUBS[0], "amountCents": 5000},
                {"clubId": CLUBS[1], "amountCents": "5000", "isMachine": True},
                {"clubId": 1, "amountCents": 29.95, "isMachine": False},
                {"clubId": None, "amountCents": None},
                {"clubId": [CLUBS[0]], "amountCents": {"value": 5000}, "isMachine": "true"},
                {"clubId": True, "amountCents": -0.05, "isMachine": 1},
                {"clubId": "", "amountCents": 1e15, "isMachine": None},
            )
        ),
    )


def trees(now: datetime, zone: ZoneInfo, segment_id: UUID) -> st.SearchStrategy[dict[str, Any]]:
    """Trees of all kinds of leaves."""
    leaves = st.one_of(
        *(leaf(field, now, zone) for field in FIELDS.values()),
        event_leaf(now, zone),
        event_leaf(now, zone),
        st.builds(
            lambda operator: {"segment": str(segment_id), "operator": operator},
            st.sampled_from(("in", "notIn")),
        ),
    )
    return st.recursive(group(leaves), lambda inner: group(st.one_of(leaves, inner)), max_leaves=6)


def group(members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A group, negated or not."""
    return st.fixed_dictionaries(
        {
            "combinator": st.sampled_from(("AND", "OR", "and")),
            "not": st.booleans(),
            "rules": st.lists(members, max_size=4),
        }
    )


@st.composite
def leaf(draw: st.DrawFn, field: Field, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """A leaf on a field with any of its operators, and values as forms write them."""
    operator = draw(st.sampled_from(field.operators))
    node: dict[str, Any] = {"field": field.name, "operator": operator.name}
    one = scalar(field, now, zone)
    if operator.arity is Arity.NONE:
        return node
    if operator.arity is Arity.DAYS:
        return {**node, "value": draw(st.sampled_from(DAYS))}
    if operator.arity is Arity.LIST:
        return {**node, "value": draw(st.lists(one, min_size=1, max_size=3))}
    if operator.arity is Arity.PAIR:
        return {**node, "value": draw(st.lists(one, min_size=2, max_size=2))}
    return {**node, "value": draw(one)}


def scalar(field: Field, now: datetime, zone: ZoneInfo) -> st.SearchStrategy[Any]:
    """A value that may meet those of the people."""
    times = moments(now, zone)
    days = [each.astimezone(zone).date().isoformat() for each in times]
    if field.choices:
        return st.sampled_from([value for value, _ in field.choices])
    values: dict[Kind, list[Any]] = {
        Kind.NUMBER: [*NUMBERS, 18, 30.1, "5000.5", "-0.01", 10**12],
        Kind.KEY: [str(UUID(int=0)), str(SOMEBODY)],
        Kind.FLAG: [True, False, "true"],
        Kind.TAGS: list(TAGS),
        Kind.DATE: [*(each.isoformat() for each in BIRTHDAYS), *days],
        Kind.MOMENT: [
            *days,
            *(each.isoformat() for each in times),
            times[4].replace(tzinfo=None).isoformat(),
        ],
    }
    return st.sampled_from(values.get(field.kind, [*WORDS, "ann@example.org"]))


@st.composite
def event_leaf(draw: st.DrawFn, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """A leaf about the timeline."""
    times = moments(now, zone)
    day = st.sampled_from([each.astimezone(zone).date().isoformat() for each in times])
    event: dict[str, Any] = {
        "types": draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True))
    }
    figure = st.fixed_dictionaries(
        {
            "op": st.sampled_from(("eq", "neq", "gt", "gte", "lt", "lte")),
            "value": st.sampled_from((0, 1, 2, 2.5, 5000, 5029.95)),
        }
    )
    pair = st.builds(lambda a, b: {"op": "between", "value": [a, b]}, st.integers(0, 3), st.integers(0, 5000))
    happened = leaf(FIELDS["lastBookingAt"], now, zone).map(
        lambda node: {"op": node["operator"], "value": node.get("value")}
    )
    which = draw(st.sampled_from(("count", "sum", "first", "last", "never", "")))
    if which == "never":
        event["never"] = True
    elif which in ("first", "last"):
        event[which] = draw(happened)
    elif which:
        event[which] = draw(st.one_of(figure, pair))
    if draw(st.booleans()):
        event["inLastDays"] = draw(st.sampled_from((30, 31, 60, 366)))
    if draw(st.booleans()) and draw(st.booleans()):
        event["beforeDaysAgo"] = draw(st.sampled_from((0, 1, 29, 30)))
    if draw(st.booleans()) and draw(st.booleans()):
        event[draw(st.sampled_from(("since", "until")))] = draw(day)
    where = draw(
        st.sampled_from(
            (
                {},
                {},
                {"clubId": CLUBS[0]},
                {"clubId": [CLUBS[1], 1]},
                {"channel": "EMAIL"},
                {"isMachine": True},
                {"isMachine": [True, 1, "true"]},
                {"source": "teetime", "clubId": True},
                {"amountCents": {"op": "gte", "value": 29.95}},
                {"amountCents": {"op": "lt", "value": 0}},
            )
        )
    )
    return {"event": {**event, "where": where} if where else event}
