"""Whatever the order, whatever the repetition: a person's events give the same profile."""

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.models import Activity, CustomerProfile, Fact, Identifier
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.events.contract import contract_lines
from tests.examples import examples
from tests.profiles.stories import Event, publish, tell, tell_one_by_one

# What a profile is, apart from when and under which number we learnt of it.
IGNORED = {
    "id",
    "tenant_id",
    "created_at",
    "updated_at",
    "version",
    "created_source",
    "has_shares",
}


def portrait(tenant: Tenant) -> list[Any]:
    """Every living profile of a tenant with its keys, facts and timeline, free of ids and clocks of ours."""
    with tenant_scope(tenant):
        holders: dict[tuple[str, str], set[Any]] = {}
        for kind, value, profile_id in Identifier.objects.values_list("kind", "value", "profile_id"):
            holders.setdefault((kind, value), set()).add(profile_id)
        return sorted(
            (
                json.dumps(
                    {
                        "row": {k: v for k, v in row.items() if k not in IGNORED},
                        "keys": sorted(
                            (
                                (kind, value, confidence, len(holders[kind, value]) > 1, *moments)
                                for kind, value, confidence, *moments in Identifier.objects.filter(
                                    profile_id=row["id"]
                                ).values_list("kind", "value", "confidence", "linked_at", "unlinked_at")
                            ),
                            key=repr,
                        ),
                        "facts": sorted(
                            Fact.objects.filter(profile_id=row["id"]).values_list(
                                "field", "source", "rank", "value", "occurred_at", "event_id"
                            ),
                            key=repr,
                        ),
                        "timeline": sorted(
                            Activity.objects.filter(profile_id=row["id"])
                            .exclude(category="IDENTITY")
                            .values_list("occurred_at", "type", "slot", "title"),
                            key=repr,
                        ),
                    },
                    default=str,
                    sort_keys=True,
                )
                for row in CustomerProfile.objects.exclude(status="MERGED").values()
            ),
        )


def lindiwe() -> list[Event]:
    """All the contract says of one member: 46 events of five services."""
    events = [json.loads(line) for line in contract_lines()]
    return [{key: value for key, value in each.items() if key != "tenantId"} for each in events]


@pytest.fixture
def in_order(db: None) -> list[Any]:
    tenant = factories.tenant()
    tell(tenant, *lindiwe())
    return portrait(tenant)


def without_confidence(portraits: list[Any]) -> list[Any]:
    """By which evidence a key was first attached does depend on what came first; whose it is does not."""
    loaded = [json.loads(text) for text in portraits]
    for each in loaded:
        # Two rows of one key, where doubt kept its holders apart for a while, are one key.
        each["keys"] = sorted(
            {(kind, value, *rest): None for kind, value, _, *rest in each["keys"]}, key=repr
        )
    return sorted(json.dumps(each, sort_keys=True) for each in loaded)


@settings(
    max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32), repeats=st.integers(0, 20), batches=st.integers(1, 6))
def test_any_permutation_and_duplication_gives_the_same_profile(
    in_order: list[Any], seed: int, repeats: int, batches: int
) -> None:
    rng = random.Random(seed)
    events = lindiwe()
    events += rng.choices(events, k=repeats)
    rng.shuffle(events)
    tenant = factories.tenant()

    for start in range(batches):
        tell(tenant, *events[start::batches])

    assert without_confidence(portrait(tenant)) == without_confidence(in_order)


def test_one_by_one_backwards_gives_the_same_profile(in_order: list[Any]) -> None:
    tenant = factories.tenant()

    tell_one_by_one(tenant, *reversed(lindiwe()))

    assert without_confidence(portrait(tenant)) == without_confidence(in_order)


def test_a_late_event_does_not_overwrite_a_newer_fact(db: None) -> None:
    tenant = factories.tenant()
    newer = {"playerId": "t1", "newHandicap": 10.1}
    older = {"playerId": "t1", "newHandicap": 20.2}

    tell_one_by_one(
        tenant,
        {"id": "n", "type": "handicap.updated", "timestamp": "2026-03-02T00:00:00Z", "payload": newer},
        {"id": "o", "type": "handicap.updated", "timestamp": "2026-03-01T00:00:00Z", "payload": older},
    )

    with tenant_scope(tenant):
        assert CustomerProfile.objects.get().handicap_tenths == 101


def test_the_same_event_through_every_door_counts_once(db: None) -> None:
    from events.models import Door  # noqa: PLC0415 - only this test is about doors

    tenant = factories.tenant()
    payment = {"id": "x", "type": "scl.payment.received", "timestamp": "2026-03-01T00:00:00Z",
               "payload": {"memberId": 1, "amountCents": 500}}  # fmt: skip

    answers = [publish(tenant, payment, door=door) for door in Door]
    tell(tenant)

    assert [answer.accepted for answer in answers] == [1, 0, 0]
    with tenant_scope(tenant):
        assert CustomerProfile.objects.get().lifetime_value_cents == 500
