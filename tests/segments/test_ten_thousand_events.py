"""Ten thousand events, through the door and past the reader of the log: a full rebuild finds nothing to add."""

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

import orjson
import pytest
from django.utils import timezone

from crm_platform.bench.mix import mixed_events
from crm_platform.bench.people import contact_id_of, email_of, envelope, member_id_of, player_id_of
from events import consumers
from events.envelope import parse_line
from events.inbox import accept
from events.models import Door
from profiles.ingest import process_pending
from segments.actions import get_segment
from segments.models import RefreshReason, Segment
from segments.refreshing import request_refresh
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.events.logbook import read_all
from tests.segments.makers import all_of, history, leaf, members, refresh, segment

PEOPLE, EVENTS, BATCH = 60, 10_000, 600
NOON = 12


def event_leaf(kind: str, **parts: Any) -> dict[str, Any]:
    return {"event": {"types": [kind], **parts}}


RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Handicap below 15", leaf("handicap", "lt", 15)),
    ("Text messages", leaf("smsOptIn", "eq", True)),
    ("Valuable", leaf("lifetimeValue", "gte", 225_000)),
    ("Played often", event_leaf("ROUND_COMPLETED", count={"op": "gte", "value": 20})),
    ("Booked lately", event_leaf("TEETIME_BOOKED", count={"op": "gte", "value": 3}, inLastDays=10)),
    ("Silent", event_leaf("EMAIL_CLICKED", never=True, inLastDays=20)),
    ("Seen", leaf("lastActivityAt", "inLastDays", 1)),
    (
        "Good and reachable",
        all_of(leaf("handicap", "lt", 15), leaf("smsOptIn", "eq", True), event_leaf("TEETIME_BOOKED")),
    ),
)


def noon_zone() -> str:
    """A zone in which it is about noon now: no window of days moves while the test runs, however long it takes."""
    behind = timezone.now().hour - NOON
    return f"Etc/GMT{behind:+d}" if behind else "Etc/GMT"


def of_the_club(event: dict[str, Any], tenant: Tenant) -> bytes:
    return orjson.dumps({**event, "tenantId": tenant.slug})


def first_events() -> Iterator[dict[str, Any]]:
    """Everybody as three services know them, before anything happens."""
    at = timezone.now() - timedelta(days=121)
    for person in range(PEOPLE):
        email = email_of(person)
        for kind, source, payload in (
            ("scl.member.created", "scl", {"id": member_id_of(person), "email": email, "firstName": "Ann"}),
            ("teetime.player.created", "teetime", {"id": player_id_of(person), "email": email}),
            ("contact.created", "messaging", {"contactId": contact_id_of(person), "email": email}),
        ):
            yield envelope(f"{source}-{person}", kind, source, identity={}, payload=payload, at=at)


def take_in(tenant: Tenant, events: Sequence[dict[str, Any]]) -> None:
    now = timezone.now()
    accept(((tenant.pk, parse_line(of_the_club(each, tenant), now=now)) for each in events), door=Door.FILE)
    with tenant_scope(tenant):
        process_pending()


@pytest.mark.django_db(transaction=True)
def test_after_ten_thousand_events_a_full_rebuild_changes_nobody() -> None:
    tenant = factories.tenant("ten-thousand", time_zone=noon_zone())
    consumers.ensure_positions()
    take_in(tenant, list(first_events()))
    made: list[Segment] = [segment(tenant, rule, name) for name, rule in RULES]
    nested = segment(
        tenant,
        {
            "combinator": "OR",
            "not": True,
            "rules": [{"segment": str(made[1].pk)}, {"segment": str(made[0].pk), "operator": "notIn"}],
        },
        "Nested",
    )
    everything = [*made, nested]
    read_all("segments")
    dice, stream = random.Random(4), mixed_events(EVENTS, PEOPLE, now=timezone.now())
    while batch := list(islice(stream, dice.randint(BATCH // 2, BATCH))):
        take_in(tenant, [one.event for one in batch])
        read_all("segments")
    before = {each.pk: members(tenant, each) for each in everything}
    turns = {each.pk: len(history(tenant, each)) for each in everything}

    with tenant_scope(tenant):
        for each in everything:
            request_refresh(each.pk, RefreshReason.PERSON)
    refresh(tenant)

    for each in everything:
        assert members(tenant, each) == before[each.pk], each.name
        assert len(history(tenant, each)) == turns[each.pk], each.name
        with tenant_scope(tenant):
            assert get_segment(each.pk).member_count == len(before[each.pk])
    # People did move: in at first or later, and out again.
    assert sum(turns.values()) > 400
    assert sum(not joined for each in everything for _, joined, _, _ in history(tenant, each)) > 150
