"""What others learn of activities, consent and scores: as it was and as it is, to whoever asks for it."""

from typing import Any

import pytest
import redis
from pytest_django import Settings

from events import consumers, outbound
from events.models import DomainLogEntry
from events.tailing import LogPlace, read_on
from profiles.merging.actions import merge_profiles, undo_merge
from profiles.models import CustomerProfile
from profiles.restricting import set_restriction
from profiles.scoring.people import score_customers
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.events.hooks import deliveries, endpoint, plan
from tests.events.logbook import settle
from tests.events.queueing import read_on as consume_log
from tests.profiles.stories import Event, contact, event, member, player, tell
from tests.profiles.test_outbound import published

pytestmark = pytest.mark.django_db(transaction=True)


def preference(at: int, **opt_ins: bool) -> Event:
    return event("messaging.contactPreference.updated", {"contactId": "c-1", **opt_ins}, at=at)


def told(tenant: Tenant, *types: str) -> list[dict[str, Any]]:
    """The payloads of these types that the log holds, oldest first."""
    settle()
    with tenant_scope(tenant):
        return [found["payload"] for _, found in read_on(LogPlace(), types=types) if found is not None]


def test_a_change_of_consent_is_told_with_what_it_was(fairview: Club) -> None:
    tell(fairview.tenant, contact("c-1", email="t@nkosi.example"))
    tell(fairview.tenant, preference(5, emailOptIn=True, smsOptIn=False))
    tell(fairview.tenant, preference(7, smsOptIn=True))
    tell(fairview.tenant, preference(9, emailOptIn=False))

    payloads = told(fairview.tenant, "crm.consent.changed")

    assert [(each["changes"], each["previous"]) for each in payloads] == [
        (["emailOptIn"], {"emailOptIn": False}),
        (["smsOptIn"], {"smsOptIn": False}),
        (["emailOptIn"], {"emailOptIn": True}),
    ]
    # As it was then: the first says what it said, although it is otherwise now.
    assert [each.get("emailOptIn") for each in payloads] == [True, None, False]
    assert all(each["changedAt"].endswith("Z") for each in payloads)


def test_somebody_who_comes_with_a_consent_is_told_of_at_once(fairview: Club) -> None:
    tell(fairview.tenant, contact("c-1", email="t@nkosi.example", emailOptIn=True))

    (payload,) = told(fairview.tenant, "crm.consent.changed")

    assert (payload["emailOptIn"], payload["previous"]) == (True, {"emailOptIn": False})


def test_a_merge_that_narrows_consent_is_told_and_so_is_its_end(fairview: Club) -> None:
    tell(fairview.tenant, contact("c-1", email="t@nkosi.example", firstName="Thandi", emailOptIn=True))
    tell(fairview.tenant, contact("c-2", email="b@other.example", firstName="Ben", emailOptIn=False))
    with tenant_scope(fairview.tenant):
        winner, loser = CustomerProfile.objects.order_by("-email")
        merge_profiles(winner.pk, loser.pk)
        undo_merge(loser.pk)

    moves = [
        each
        for each in told(fairview.tenant, "crm.consent.changed")[1:]
        if each["customerId"] == str(winner.pk)
    ]

    assert [(each["previous"], each["emailOptIn"]) for each in moves] == [
        ({"emailOptIn": True}, False),
        ({"emailOptIn": False}, True),
    ]


def test_a_score_that_moves_is_told_with_what_it_was(fairview: Club) -> None:
    tell(fairview.tenant, member(1, firstName="Anna"))
    with tenant_scope(fairview.tenant):
        ids = list(CustomerProfile.objects.values_list("pk", flat=True))
        CustomerProfile.objects.update(engagement_score=77, churn_risk_score=0)
        score_customers(ids)
        now = CustomerProfile.objects.get().engagement_score

    (payload,) = told(fairview.tenant, "crm.score.changed")

    assert now != 77
    assert payload["changes"] == ["engagementScore"]
    assert (payload["engagementScore"], payload["previous"]) == (now, {"engagementScore": 77})


def test_an_activity_is_told_as_the_timeline_shows_it(fairview: Club) -> None:
    tell(fairview.tenant, player("p-1", name="Thandi"), contact("c-1", email="t@nkosi.example"))
    tell(fairview.tenant, event("teetime.player.updated", {"id": "p-1", "handicap": 12.5}, at=5))
    with tenant_scope(fairview.tenant):
        entries = DomainLogEntry.objects.filter(kind="activity.recorded").order_by("pk")
        wanted = [entry.data["activityId"] for entry in entries]

    payloads = told(fairview.tenant, "crm.activity.recorded")

    assert wanted
    assert [each["id"] for each in payloads] == wanted
    assert set(payloads[0]) == {
        *("customerId", "id", "type", "category", "channel", "source", "sourceEventId", "title", "metadata"),
        "occurredAt",
    }


def test_of_somebody_whose_data_must_rest_no_move_is_told(fairview: Club) -> None:
    tell(fairview.tenant, contact("c-1", email="t@nkosi.example", emailOptIn=True))
    with tenant_scope(fairview.tenant):
        set_restriction(CustomerProfile.objects.get().pk, is_restricted=True)

    assert told(fairview.tenant, "crm.consent.changed", "crm.activity.recorded", "crm.score.changed") == []


def test_frequent_events_reach_only_who_names_them(fairview: Club, settings: Settings) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    hooks = {
        types: endpoint(fairview.tenant, event_types=list(types))
        for types in (("*",), ("crm.*",), ("crm.activity.*",), ("crm.activity.recorded",))
    }
    tell(
        fairview.tenant,
        player("p-1", name="Thandi"),
        event("teetime.player.updated", {"id": "p-1", "handicap": 3}),
    )
    plan()

    came = {types: {each.event_type for each in deliveries(hook)} for types, hook in hooks.items()}

    assert "crm.profile.created" in came[("*",)]
    assert came[("*",)] == came[("crm.*",)]
    assert "crm.activity.recorded" not in came[("*",)]
    assert came[("crm.activity.*",)] == came[("crm.activity.recorded",)] == {"crm.activity.recorded"}
    with tenant_scope(fairview.tenant):
        unnamed = [found["type"] for _, found in read_on(LogPlace()) if found]
    assert unnamed
    assert "crm.activity.recorded" not in unnamed


@pytest.mark.parametrize(("also", "is_told"), [([], False), (["crm.activity.recorded"], True)])
def test_the_queue_tells_frequent_events_by_setting(
    fairview: Club, redis_server: "redis.Redis", settings: Settings, also: list[str], is_told: bool
) -> None:
    settings.CRM_OUTBOUND_ALSO = also
    tell(
        fairview.tenant,
        player("p-1", name="Thandi"),
        event("teetime.player.updated", {"id": "p-1", "handicap": 3}),
    )
    consumers.ensure_positions()
    consume_log(outbound.NAME)

    types = [each["type"] for each in published(redis_server)]

    assert "crm.profile.created" in types
    assert ("crm.activity.recorded" in types) is is_told
