"""Whatever is done to customers, by whichever door: each field that a rule may ask for is followed by the log alone."""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID

import pytest
from django.utils import timezone

from crm_platform.bench.mix import mixed_events
from crm_platform.bench.people import contact_id_of, email_of, envelope, member_id_of, player_id_of
from events import consumers
from profiles import bulk
from profiles.editing import Author, add_note, create_customer, update_customer
from profiles.merging.actions import merge_profiles
from profiles.models import CustomerProfile
from profiles.privacy.erasing import erase_customer
from profiles.restricting import set_restriction
from profiles.scoring.people import score_customers
from profiles.unmerging import unmerge_profiles
from segments.actions import Draft, create_segment
from segments.clock import Clock
from segments.explaining import members_at
from segments.fields import FIELDS, Field
from segments.models import Segment, SegmentMember, SegmentTransition
from segments.operators import Kind
from segments.refreshing import difference
from segments.ruled import ruled_segments
from segments.weighing import WORD
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.events.logbook import read_all
from tests.segments.makers import leaf, refresh
from tests.segments.test_ten_thousand_events import first_events, noon_zone, take_in

ROUNDS, EVENTS = 13, 30
NUMBERS: Final = (0, 1, 5, 20, 30, 50, 100, 90_000)
DESK: Final = Author(name="Desk")
TIERS: Final = ("Gold", "Silver", "Bronze")


def rules_of(field: Field) -> Iterator[dict[str, Any]]:
    """Rules that flip with about each change of the field."""
    now = timezone.now()
    if "isNotNull" in {each.name for each in field.operators}:
        yield leaf(field.name, "isNotNull")
    if field.kind is Kind.FLAG:
        yield leaf(field.name, "eq", True)
    if field.kind is Kind.NUMBER:
        yield from (leaf(field.name, "gte", each) for each in NUMBERS)
    if field.kind is Kind.MOMENT:
        ago = (timedelta(days=days) for days in (50, 20, 5, 1))
        ahead = (timedelta(seconds=4 * step) for step in range(5))
        yield from (leaf(field.name, "gte", (now - each).isoformat()) for each in ago)
        yield from (leaf(field.name, "gte", (now + each).isoformat()) for each in ahead)
    if field.kind is Kind.DATE:
        yield from (leaf(field.name, "gte", f"{year}-06-01") for year in (1970, 1980, 2010, 2020, 2026))
    if field.kind is Kind.TAGS:
        yield from (leaf(field.name, "contains", each) for each in TIERS)
    if field.kind in (Kind.TEXT, Kind.CHOICE):
        words = [value for value, _ in field.choices] or [*TIERS, "a", "e", "2", "7", "fv"]
        yield from (leaf(field.name, "contains", each) for each in words)


class _Life:
    """What may happen to the people of a club."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant, self.dice, self.number = tenant, random.Random(8), 0
        self.merged: list[UUID] = []
        self.stream = mixed_events(ROUNDS * EVENTS * 9, 60, now=timezone.now())

    def somebody(self) -> UUID:
        rows = CustomerProfile.objects.filter(status__in=("ACTIVE", "INACTIVE")).order_by("created_at", "id")
        chosen: UUID = self.dice.choice(list(rows.values_list("pk", flat=True)))
        return chosen

    def _said(self, kind: str, source: str, payload: dict[str, Any]) -> dict[str, Any]:
        self.number += 1
        now = timezone.now()
        return envelope(f"x{self.number}", kind, source, identity={}, payload=payload, at=now)

    def events(self) -> None:
        some = [one.event for one in islice(self.stream, EVENTS)]
        person = self.dice.randrange(60)
        email = self.dice.choice((email_of(person), f"new{self.number}@example.org"))
        some.append(
            self._said(
                "scl.member.updated",
                "scl",
                {
                    "id": member_id_of(person),
                    "email": email,
                    "firstName": self.dice.choice(("Ann", "Bob", "Cy")),
                    "membershipTierName": self.dice.choice(TIERS),
                    "status": self.dice.choice(("ACTIVE", "LAPSED")),
                    "dateOfBirth": self.dice.choice(("1975-01-01", "1985-01-01")),
                    "memberSince": self.dice.choice(("2005-01-01", "2015-01-01")),
                    "membershipExpiry": self.dice.choice(("2025-01-01", "2027-01-01")),
                },
            )
        )
        some.append(
            self._said(
                "teetime.player.updated",
                "teetime",
                {
                    "id": player_id_of(person),
                    "homeClubId": "fv",
                    "homeClubName": self.dice.choice(TIERS),
                    "gender": "F",
                },
            )
        )
        flags = {name: self.dice.random() < 0.5 for name in ("emailOptIn", "pushOptIn", "whatsappOptIn")}
        said = {
            "contactId": contact_id_of(person),
            "email": email_of(person),
            "phoneNumber": f"+2782555{person:04}",
        }
        some.append(self._said("contact.updated", "messaging", said | flags))
        take_in(self.tenant, some)

    def tag(self) -> None:
        bulk.add_tag([self.somebody() for _ in range(5)], self.dice.choice(TIERS), DESK)

    def untag(self) -> None:
        bulk.remove_tag([self.somebody() for _ in range(9)], self.dice.choice(TIERS), DESK)

    def edit(self) -> None:
        values = {
            "firstName": self.dice.choice(("Dan", "Eve", None)),
            "lastName": self.dice.choice(("Fox", "Gray", None)),
            "displayName": self.dice.choice(("Hal", None)),
            "dateOfBirth": self.dice.choice(("1972-02-29", None)),
            "gender": self.dice.choice(("F", "M", None)),
            "country": self.dice.choice(("ZA", "GB")),
            "language": self.dice.choice(("en", "af")),
            "postcode": self.dice.choice(("7700", "2000")),
            "status": self.dice.choice(("ACTIVE", "INACTIVE")),
            "tags": self.dice.choice((["Gold"], [], ["Silver", "Bronze"])),
        }
        for _ in range(3):
            some = self.dice.sample(sorted(values), 2)
            update_customer(self.somebody(), {name: values[name] for name in some})

    def add(self) -> None:
        self.number += 1
        create_customer({"firstName": "Ivy", "email": f"ivy{self.number}@example.org"})

    def note(self) -> None:
        add_note(self.somebody(), "Likes the tenth hole.", DESK)

    def score(self) -> None:
        people = list(CustomerProfile.objects.values_list("pk", flat=True))
        score_customers(self.dice.sample(people, len(people) // 2))

    def age(self) -> None:
        """Scores and counters of a later day."""
        score_customers(
            [self.somebody() for _ in range(9)],
            now=timezone.now() + timedelta(days=self.dice.choice((20, 50))),
        )

    def restrict(self) -> None:
        set_restriction(self.somebody(), is_restricted=True)

    def allow(self) -> None:
        for _ in range(5):
            set_restriction(self.somebody(), is_restricted=False)

    def merge(self) -> None:
        winner, loser = self.somebody(), self.somebody()
        if winner != loser:
            merge_profiles(winner, loser)
            self.merged.append(loser)

    def unmerge(self) -> None:
        if self.merged:
            unmerge_profiles(self.merged.pop())

    def erase(self) -> None:
        if self.dice.random() < 0.2:
            erase_customer(self.somebody(), reason="popia_erasure")


def wrong(tenant: Tenant) -> list[str]:
    """The segments of which some membership is not what the rule says now."""
    segments = list(ruled_segments().values())
    clock = Clock(timezone.now(), tenant.zone)
    found: set[UUID] = set()
    for start in range(0, len(segments), WORD):
        found |= difference(tenant, segments[start : start + WORD], clock).segment_ids
    return sorted(Segment.objects.filter(pk__in=found).values_list("name", flat=True))


def alternates(turns: list[bool]) -> bool:
    """Whether joins and leaves take turns, a join first."""
    return turns == [number % 2 == 0 for number in range(len(turns))]


@pytest.mark.django_db(transaction=True)
def test_each_field_is_followed_by_the_log_alone() -> None:
    tenant = factories.tenant("every-field", time_zone=noon_zone())
    consumers.ensure_positions()
    take_in(tenant, list(first_events()))
    with tenant_scope(tenant):
        Segment.objects.all().delete()
        for field in FIELDS.values():
            for rule in rules_of(field):
                name = f"{field.name} {rule['operator']} {rule.get('value')}"
                create_segment(Draft(name=name, criteria=rule, refresh_frequency="MANUAL"))
    refresh(tenant)
    read_all("segments")
    life = _Life(tenant)
    acts: list[Callable[[], None]] = [
        life.events,
        life.tag,
        life.untag,
        life.edit,
        life.add,
        life.note,
        life.score,
    ]
    acts += [life.age, life.restrict, life.allow, life.merge, life.unmerge, life.erase]
    seen: list[tuple[datetime, set[tuple[UUID, UUID]]]] = []
    for number in range(ROUNDS):
        done = [acts[number % len(acts)], life.dice.choice(acts)]
        with tenant_scope(tenant):
            for act in done:
                act()
        read_all("segments")
        with tenant_scope(tenant):
            assert wrong(tenant) == [], [act.__name__ for act in done]
            inside = set(SegmentMember.objects.values_list("segment_id", "profile_id"))
        seen.append((timezone.now(), inside))

    with tenant_scope(tenant):
        turns: dict[tuple[UUID, UUID], list[bool]] = {}
        rows = SegmentTransition.objects.order_by("id")
        for segment_id, person, is_join in rows.values_list("segment_id", "profile_id", "is_join"):
            turns.setdefault((segment_id, person), []).append(is_join)
        moved = Segment.objects.filter(
            pk__in=SegmentTransition.objects.exclude(cause="REFRESH").values("segment_id")
        )
        fields = {name.split()[0] for name in moved.values_list("name", flat=True)}
    assert all(alternates(each) for each in turns.values())
    assert {key for key, each in turns.items() if each[-1]} == inside
    # Of whoever was erased no history is kept.
    for at, then in seen[::3]:
        kept = {key for key in then if key in turns}
        with tenant_scope(tenant):
            for segment_id in sorted({segment_id for segment_id, _ in kept})[::9]:
                people = {person for which, person in kept if which == segment_id}
                assert set(members_at(segment_id, at)) == people
    # Every field did move somebody; those of tokens that nobody bears here, and ids, which never change, aside.
    assert set(FIELDS) - fields <= {
        "authUserId",
        "handicapUpdatedAt",
        "pushOptIn",
        "whatsappOptIn",
        "emailOptIn",
    }
