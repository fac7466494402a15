"""What other services learn of profiles: `crm.profile.*`, at least once, with ids that stay the same."""

import json
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from crm_platform.embedded.redis import free_port
from events import consumers, outbound
from events.consumers import Entry
from events.iso_time import utc_text
from events.models import ConsumerPosition, DomainLogEntry, ParkedEntry
from events.parked import retry_parked
from events.publishing_again import publish_again
from profiles.log_kinds import LogKind
from profiles.models import CustomerProfile
from tenants.directory import tenant_by_id
from tenants.models import LoggedAction, Tenant
from tenants.scope import all_tenants, tenant_scope
from tests.back_office import desk
from tests.cast import Club
from tests.events.logbook import position_of, rewind
from tests.events.queueing import read_on
from tests.patience import wait_until
from tests.profiles.stories import contact, event, member, player, tell

pytestmark = pytest.mark.django_db(transaction=True)
PREFIX = f"{settings.CRM_BULLMQ_PREFIX}:{settings.CRM_OUTBOUND_QUEUE}:"


def relay() -> None:
    consumers.ensure_positions()
    read_on(outbound.NAME)


def published(client: "redis.Redis") -> list[dict[str, Any]]:
    """The envelopes in the queue, oldest first."""
    ids: list[Any] = list(reversed(client.lrange(PREFIX + "wait", 0, -1)))
    return [json.loads(client.hget(PREFIX + each.decode(), "data") or b"") for each in ids]


def only_profile(tenant: Tenant) -> CustomerProfile:
    with tenant_scope(tenant):
        profile: CustomerProfile = CustomerProfile.objects.get(status="ACTIVE")
        return profile


def test_a_new_and_a_changed_profile_are_told(fairview: Club, redis_server: "redis.Redis") -> None:
    tell(fairview.tenant, player("p-1", name="Thandi", surname="Nkosi", email="t@nkosi.example"))
    tell(fairview.tenant, player("p-1", at=5, handicap=-1.4, homeClubName="Fairview"))
    profile = only_profile(fairview.tenant)

    relay()

    created, updated = published(redis_server)
    with tenant_scope(fairview.tenant):
        entries = DomainLogEntry.objects.exclude(kind=LogKind.ACTIVITY_RECORDED).order_by("pk")
        ids = [f"crm-{entry.pk}-{int(entry.at.timestamp() * 1000)}" for entry in entries]
    identity = {"email": "t@nkosi.example", "teetimePlayerId": "p-1"}
    common = {"version": "1.0", "tenantId": str(fairview.tenant.pk), "source": "crm", "identity": identity}
    assert {key: value for key, value in created.items() if key not in ("timestamp", "payload")} == {
        "id": ids[0],
        "type": "crm.profile.created",
        **common,
    }
    assert created["payload"] == {
        "id": str(profile.pk),
        "email": "t@nkosi.example",
        "phoneNumber": None,
        "firstName": "Thandi",
        "lastName": "Nkosi",
        "source": "teetime",
        "linkedIds": {"teetimePlayerId": "p-1"},
        "createdAt": utc_text(profile.created_at),
    }
    assert (updated["id"], updated["type"]) == (ids[1], "crm.profile.updated")
    assert updated["payload"] == {
        "id": str(profile.pk),
        "changes": ["handicap", "handicapUpdatedAt", "homeClubName"],
        "handicap": -1.4,
        "handicapUpdatedAt": "2026-03-01T08:05:00Z",
        "homeClubName": "Fairview",
        "updatedAt": utc_text(profile.updated_at),
    }


def test_an_emptied_field_is_told_as_null(fairview: Club, redis_server: "redis.Redis") -> None:
    tell(fairview.tenant, member(7, dateOfBirth="1980-02-29", membershipTierName="Gold"))
    changes = {"id": 7, "changes": ["dateOfBirth", "membershipTierName"], "dateOfBirth": None}
    tell(fairview.tenant, event("scl.member.updated", {**changes, "membershipTierName": ""}, at=1))

    relay()

    payload = published(redis_server)[1]["payload"]
    assert payload["changes"] == ["dateOfBirth", "membershipTier"]
    assert (payload["dateOfBirth"], payload["membershipTier"]) == (None, None)


def test_a_merge_is_told_with_what_led_to_the_loser(fairview: Club, redis_server: "redis.Redis") -> None:
    tell(fairview.tenant, member(7, firstName="Ann", lastName="Lee", email="ann@lee.example"))
    tell(fairview.tenant, player("p-1", name="Ann", surname="Lee", phone="+27821234567", handicap=12.3))
    both = {"identity": {"email": "ann@lee.example", "phoneNumber": "+27821234567"}}
    tell(fairview.tenant, contact("c-1", at=9, firstName="Ann", lastName="Lee") | both)
    winner = only_profile(fairview.tenant)

    relay()

    (merged,) = [each for each in published(redis_server) if each["type"] == "crm.profile.merged"]
    payload = merged["payload"]
    with tenant_scope(fairview.tenant):
        loser = CustomerProfile.objects.get(status="MERGED")
    assert (payload["winnerId"], payload["loserId"]) == (str(winner.pk), str(loser.pk))
    assert payload["mergedBy"] == "system"
    kept = {"sclMemberId": 7} if loser.scl_member_id else {"teetimePlayerId": "p-1"}
    assert payload["loserLinkedIds"] == kept
    assert {"firstName", "lastName"} <= set(payload["mergedFields"])
    assert payload["mergedAt"]


def test_a_profile_that_is_gone_is_passed_over(fairview: Club, redis_server: "redis.Redis") -> None:
    tell(fairview.tenant, member(7), member(8))
    with tenant_scope(fairview.tenant):
        gone = CustomerProfile.objects.get(scl_member_id=7)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE events_domainlogentry SET profile_id = gen_random_uuid() WHERE profile_id = %s",
                [gone.pk],
            )

    relay()

    assert [each["payload"]["id"] for each in published(redis_server)] == [str(_member(fairview, 8).pk)]


def _member(club: Club, number: int) -> CustomerProfile:
    with tenant_scope(club.tenant):
        profile: CustomerProfile = CustomerProfile.objects.get(scl_member_id=number)
        return profile


def test_a_batch_is_told_in_the_order_of_the_log_with_two_queries(fairview: Club) -> None:
    for number in range(1, 21):
        tell(fairview.tenant, member(number))
    with all_tenants():
        rows = DomainLogEntry.objects.filter(kind=LogKind.PROFILE_CREATED).order_by("xid", "pk")
        entries = [Entry(str(r.xid), r.pk, r.tenant_id, r.kind, r.profile_id, r.data, r.at) for r in rows]

    tenant_by_id(fairview.tenant.pk)  # every process knows it
    with tenant_scope(fairview.tenant), CaptureQueriesContext(connection) as queries:
        made = outbound.told(fairview.tenant, entries)

    assert [each["payload"]["linkedIds"]["sclMemberId"] for each in made] == list(range(1, 21))
    assert len(queries) == 2


def test_an_entry_that_is_told_again_is_the_same_job(fairview: Club, redis_server: "redis.Redis") -> None:
    tell(fairview.tenant, member(7))
    relay()
    rewind()

    relay()

    assert len(published(redis_server)) == 1


def test_the_relay_waits_for_redis_and_skips_nothing(
    fairview: Club, redis_server: "redis.Redis", settings: Settings
) -> None:
    tell(fairview.tenant, member(7))
    reachable = settings.REDIS_URL
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    consumers.ensure_positions()
    wait_until(lambda: bool(_last_error(fairview)))
    with all_tenants():
        assert ParkedEntry.objects.count() == 0
    stuck = position_of(fairview.tenant, outbound.NAME)
    assert (stuck.last_id, stuck.last_error) == (0, "Redis does not take jobs: ConnectionError")

    settings.REDIS_URL = reachable
    relay()

    assert len(published(redis_server)) == 1
    assert position_of(fairview.tenant, outbound.NAME).last_error == ""


def _last_error(club: Club) -> str:
    consumers.run(outbound.NAME, club.tenant.pk)
    return position_of(club.tenant, outbound.NAME).last_error


def test_a_poisonous_entry_is_parked_and_can_be_sent_later(
    fairview: Club, redis_server: "redis.Redis"
) -> None:
    tell(fairview.tenant, member(7), member(8))
    with all_tenants(), connection.cursor() as cursor:
        # As an older release might have written it.
        cursor.execute(
            "UPDATE events_domainlogentry SET kind = 'profile.merged', data = '{}' "
            "WHERE kind = 'profile.created' AND profile_id = %s",
            [_member(fairview, 7).pk],
        )

    relay()

    with all_tenants():
        parked = ParkedEntry.objects.get(profile_id=_member(fairview, 7).pk)
        assert parked.error.startswith("KeyError")
    assert [each["payload"]["id"] for each in published(redis_server)] == [str(_member(fairview, 8).pk)]
    with tenant_scope(fairview.tenant):
        assert retry_parked([parked.pk]).still_parked == 1
        ParkedEntry.objects.filter(pk=parked.pk).update(kind=LogKind.PROFILE_CREATED)
        assert retry_parked([parked.pk]).done == 1
        assert retry_parked([parked.pk]).done == 0
        assert ParkedEntry.objects.get().status == ParkedEntry.Status.RETRIED
    assert published(redis_server)[1]["id"] == f"crm-{parked.log_id}-{int(parked.at.timestamp() * 1000)}"


def test_a_commit_that_changes_a_profile_wakes_the_relay(fairview: Club, redis_server: "redis.Redis") -> None:
    tell(fairview.tenant, member(7))

    assert redis_server.exists(f"crm:wake:events.read_log:{fairview.tenant.pk}") == 1


def test_what_nobody_read_is_published_again_under_its_ids(
    fairview: Club, kingsmere: Club, redis_server: "redis.Redis"
) -> None:
    for club in (fairview, kingsmere):
        tell(club.tenant, player("p-1", name="Thandi"))
    relay()
    before = published(redis_server)
    redis_server.flushdb()
    since = timezone.now() - timedelta(hours=1)

    call_command("publish_again", since.isoformat(), "--tenant", "fairview")
    call_command("publish_again", since.isoformat(), "--tenant", "fairview")

    assert published(redis_server) == [each for each in before if each["tenantId"] == str(fairview.tenant.pk)]
    with tenant_scope(fairview.tenant):
        assert [row.details["count"] for row in LoggedAction.objects.all()] == [1, 1]


def test_what_a_long_transaction_told_is_told_again_as_well(
    fairview: Club, redis_server: "redis.Redis"
) -> None:
    """Its entry has a higher number than one of a transaction that began later and was read after it."""
    for name in ("p-1", "p-2"):
        tell(fairview.tenant, player(name, name="Thandi"))
    relay()
    with tenant_scope(fairview.tenant):
        early, late = DomainLogEntry.objects.filter(kind="profile.created").order_by("id")
        early.xid, late.xid = late.xid, early.xid
        early.save(update_fields=["xid"])
        late.save(update_fields=["xid"])
        ConsumerPosition.objects.filter(consumer=outbound.NAME).update(last_xid=early.xid, last_id=early.pk)
    redis_server.flushdb()

    with tenant_scope(fairview.tenant):
        assert publish_again(timezone.now() - timedelta(hours=1)) == 2


def test_nothing_that_waits_to_be_told_is_told_before_its_turn(
    fairview: Club, redis_server: "redis.Redis"
) -> None:
    consumers.ensure_positions()
    tell(fairview.tenant, player("p-1", name="Thandi"))

    with tenant_scope(fairview.tenant):
        assert publish_again(timezone.now() - timedelta(hours=1)) == 0
    assert published(redis_server) == []


@pytest.mark.parametrize("since", ["yesterday", "2999-01-01T00:00:00Z"])
def test_a_moment_that_cannot_be_is_said(fairview: Club, since: str) -> None:
    with pytest.raises(CommandError):
        call_command("publish_again", since)


def test_an_admin_publishes_again_from_the_page(fairview: Club, redis_server: "redis.Redis") -> None:
    tell(fairview.tenant, player("p-1", name="Thandi"))
    relay()
    redis_server.flushdb()
    since = (timezone.now() - timedelta(hours=1)).astimezone(fairview.tenant.zone)

    answer = desk(fairview.admin).post(
        "/admin/operations/consumers/again/", {"since": since.strftime("%Y-%m-%dT%H:%M")}, follow=True
    )

    assert "1 event published again" in answer.content.decode()
    assert len(published(redis_server)) == 1
