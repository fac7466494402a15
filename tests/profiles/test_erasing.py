"""Erasing a person: nothing is left in the database and in Redis, and nothing brings them back."""

import json
from typing import Any
from uuid import UUID

import pytest
import redis
from django.db import connection

from events.models import DomainLogEntry, InboxEvent
from events.transports.outbound_queue import publish as publish_out
from profiles.editing import Author, add_note, create_customer, update_customer
from profiles.errors import CustomerNotFound, InvalidFields
from profiles.merging.actions import merge_profiles
from profiles.models import (
    Activity,
    CustomerProfile,
    ErasureReceipt,
    Note,
    PrivacyRequest,
    SuppressedKey,
)
from profiles.privacy.erasing import erase_customer, receipt_hash
from profiles.reading import get_customer, read_customer
from profiles.search.finding import search_profiles
from profiles.unmerging import unmerge_profiles
from tenants.models import LoggedAction, Tenant
from tenants.postgresql.base import as_owner
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.records import note
from tests.profiles.stories import booking, contact, event, member, payment, player, publish, tell

WORDS = ("siphokazi", "ndlovu-smythe", "siphokazi.n@example.org", "821237654", "82 123 7654", "s. ndlovu")
TEXT_COLUMNS = """
SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema = current_schema() AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'ARRAY', 'bytea',
                                                       'tsvector')
"""


def found_in_database(*words: str) -> list[str]:
    """Every column in which one of the words stands, in any row of any table."""
    found = []
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(TEXT_COLUMNS)
        for table, column, kind in cursor.fetchall():
            text = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            cursor.execute(f'SELECT {text} FROM "{table}" WHERE "{column}" IS NOT NULL')
            rows = [row[0] for row in cursor.fetchall()]
            found += [
                f"{table}.{column}: {row}" for row in rows if any(word in row.lower() for word in words)
            ]
    return found


def found_in_redis(client: "redis.Redis", *words: str) -> list[str]:
    """Every key whose name or value has one of the words."""
    found = []
    for key in client.scan_iter():
        text = f"{key!r} {_value(client, key)}".lower()
        found += [text] if any(word in text for word in words) else []
    return found


def _value(client: "redis.Redis", key: bytes) -> str:
    named = client.type(key)
    kind = named.decode() if isinstance(named, bytes) else named
    readers: dict[str, Any] = {
        "string": lambda: client.get(key),
        "hash": lambda: client.hgetall(key),
        "list": lambda: client.lrange(key, 0, -1),
        "set": lambda: client.smembers(key),
        "zset": lambda: client.zrange(key, 0, -1, withscores=True),
        "stream": lambda: client.xrange(key),
    }
    return str(readers[kind]())


def sipho(tenant: Tenant) -> UUID:
    """Two records of one woman, merged by hand, and all that can hang on her; her surviving id."""
    tell(
        tenant,
        member(
            4711,
            firstName="Siphokazi",
            lastName="Ndlovu-Smythe",
            email="Siphokazi.N@example.org",
            phoneNumber="082 123 7654",
            dateOfBirth="1984-05-17",
        ),
        player("t-1", name="S", surname="Ndlovu-Smythe", email="s.ndlovu@example.net", handicap=12.4),
        player("t-2", name="Ben", surname="Nel", email="ben@example.com"),
        contact("c-1", email="siphokazi.n@example.org", emailOptIn=True),
        payment(4711, 50_000, at=5),
        booking(
            "t-2", at=6, players=[{"name": "Siphokazi Ndlovu-Smythe", "playerId": "t-1"}, {"name": "Ben Nel"}]
        ),
        booking("t-2", at=7, players=[{"name": "S. Ndlovu", "email": "siphokazi.n@example.org"}]),
        event(
            "scl.payment.received",
            {"memberId": "x", "description": "for siphokazi.n@example.org"},
            id="dead-1",
        ),
        event(
            "scl.member.updated", {"id": 4711, "changes": ["nonsense"], "dateOfBirth": "soon"}, id="dead-2"
        ),
    )
    with tenant_scope(tenant):
        winner: UUID = CustomerProfile.objects.get(scl_member_id=4711).pk
        loser = CustomerProfile.objects.get(teetime_player_id="t-1").pk
        if winner != loser:
            merge_profiles(winner, loser, reason="Siphokazi said so")
        ben = CustomerProfile.objects.get(teetime_player_id="t-2").pk
        read_customer(winner)
        publish_out(
            [
                {
                    "id": "crm-1-1",
                    "type": "crm.profile.updated",
                    "payload": {"id": str(winner), "firstName": "Siphokazi"},
                }
            ]
        )
    note(tenant, winner, body="Siphokazi prefers the morning")
    note(tenant, ben, body="Plays with Siphokazi Ndlovu-Smythe (082 123 7654)")
    return winner


def erase(tenant: Tenant, profile_id: UUID, **options: Any) -> Any:
    with tenant_scope(tenant):
        return erase_customer(profile_id, reason="popia_erasure", **options)


@pytest.mark.django_db(transaction=True)
def test_no_word_of_the_person_is_left_in_the_database_or_in_redis(
    fairview: Club, redis_server: "redis.Redis"
) -> None:
    profile_id = sipho(fairview.tenant)
    assert found_in_database(*WORDS)
    assert found_in_redis(redis_server, *WORDS)

    erase(fairview.tenant, profile_id)

    assert found_in_database(*WORDS) == []
    assert found_in_redis(redis_server, *WORDS) == []


def test_nothing_that_was_known_of_the_person_finds_anybody(fairview: Club) -> None:
    survivor = sipho(fairview.tenant)
    with tenant_scope(fairview.tenant):
        update_customer(survivor, {"tags": ["Sommelier"]})
        add_note(survivor, "Allergic to peanuts", Author("Ann"))
        texts = ["siphokazi", "ndlovu", "siphokaiz", "s.ndlovu@example.net", "4711", "821237654", "t-1"]
        texts += ["sommelier", "peanuts", "smythe peanuts"]
        assert [search_profiles(text)[0] for text in texts] == [survivor] * len(texts)

        erase_customer(survivor, reason="popia_erasure")

        assert [search_profiles(text) for text in texts] == [[]] * len(texts)
    assert found_in_database("sommelier", "peanuts") == []


def test_what_others_did_stays_readable_without_the_person(fairview: Club) -> None:
    profile_id = sipho(fairview.tenant)

    erase(fairview.tenant, profile_id)

    with tenant_scope(fairview.tenant):
        ben = CustomerProfile.objects.get(teetime_player_id="t-2")
        first, second = Activity.objects.filter(profile_id=ben.pk, type="TEETIME_BOOKED").order_by(
            "occurred_at"
        )
        body = Note.objects.get().body
    assert first.metadata["players"] == ["[erased]", "Ben Nel"]
    assert body == "Plays with [erased] ([erased])"
    assert ben.first_name == "Ben"
    assert second.metadata["clubName"] == "Fairview"


def test_payments_stay_for_accounting_without_a_trace_to_the_person(fairview: Club) -> None:
    profile_id = sipho(fairview.tenant)

    erase(fairview.tenant, profile_id)

    with tenant_scope(fairview.tenant):
        assert not Activity.objects.filter(profile_id=profile_id).exists()
        kept = Activity.objects.get(category="PAYMENT")
        assert CustomerProfile.objects.get(pk=kept.profile_id).status == "DELETED"
    assert (kept.type, kept.category, kept.title) == ("PAYMENT_RECEIVED", "PAYMENT", "Payment Received")
    assert kept.metadata == {"amountCents": 50_000, "currency": "ZAR"}
    assert kept.source_event_id == f"erased-{kept.pk}"


def test_the_id_answers_as_unknown_and_no_merge_comes_back(fairview: Club) -> None:
    profile_id = sipho(fairview.tenant)
    outcome = erase(fairview.tenant, profile_id)

    with tenant_scope(fairview.tenant):
        assert set(
            CustomerProfile.objects.filter(pk__in=outcome.profile_ids).values_list("status", flat=True)
        ) == {"DELETED"}
        for one in outcome.profile_ids:
            with pytest.raises(CustomerNotFound):
                get_customer(one)
            with pytest.raises(Exception, match=r"."):
                unmerge_profiles(one)
        with pytest.raises(CustomerNotFound):
            erase_customer(profile_id, reason="popia_erasure")


def test_a_late_event_and_a_reimport_bring_nobody_back(fairview: Club) -> None:
    profile_id = sipho(fairview.tenant)
    publish(fairview.tenant, payment(4711, 100, id="waiting"))
    erase(fairview.tenant, profile_id)

    tell(
        fairview.tenant,
        payment(4711, 70_000, id="late-1"),
        member(4711, firstName="Siphokazi", lastName="Ndlovu-Smythe") | {"id": "late-2"},
        contact("c-9", email="siphokazi.n@example.org", firstName="Siphokazi") | {"id": "late-3"},
        booking("t-2", players=[{"name": "S", "email": "siphokazi.n@example.org"}]) | {"id": "late-4"},
    )

    with tenant_scope(fairview.tenant):
        assert not CustomerProfile.objects.filter(status="ACTIVE").exclude(teetime_player_id="t-2").exists()
        settled = {
            row.event_id: row
            for row in InboxEvent.objects.filter(
                event_id__in=["waiting", "late-1", "late-2", "late-3", "late-4"]
            )
        }
    assert {key: row.status for key, row in settled.items()} == {
        "waiting": "SKIPPED",
        "late-1": "SKIPPED",
        "late-2": "SKIPPED",
        "late-3": "SKIPPED",
        "late-4": "SUCCESS",
    }
    assert settled["late-2"].envelope == {"erased": True}
    assert settled["late-2"].error_message == "About somebody who was erased on request."


def test_nobody_enters_the_address_of_an_erased_person_by_hand(fairview: Club) -> None:
    erase(fairview.tenant, sipho(fairview.tenant))

    with tenant_scope(fairview.tenant), pytest.raises(InvalidFields) as refused:
        create_customer({"firstName": "S", "email": "Siphokazi.N@example.org"})

    assert "erased on request" in refused.value.fields["email"]


def test_nobody_puts_the_address_of_an_erased_person_back_by_an_edit(fairview: Club) -> None:
    erase(fairview.tenant, sipho(fairview.tenant))
    tell(fairview.tenant, member(77, firstName="Other"))

    with tenant_scope(fairview.tenant):
        other = CustomerProfile.objects.get(scl_member_id=77)
        with pytest.raises(InvalidFields) as refused:
            update_customer(other.pk, {"email": "Siphokazi.N@example.org"})

    assert "erased on request" in refused.value.fields["email"]


@pytest.mark.parametrize(
    ("first", "last", "notes"),
    [
        ("José", "Fernández", ["Lunch with José Fernández", "with Jose Fernandez", "JOSE FERNANDEZ called"]),
        (
            "José",
            "Fernández",
            ["Jose\u0301 Ferna\u0301ndez", "Fernandez, Jose", "Jose\u2013Fernandez"],
        ),
        ("Mary-Anne", "Clark-Jones", ["Mary-Anne Clark-Jones plays", "Mary Anne Clark Jones plays"]),
        ("Mary Anne", "Clark Jones", ["Mary\u2010Anne Clark\u2010Jones plays"]),
        (
            "Sinéad",
            "O'Rourke",
            [
                "Sinéad O'Rourke",
                "Sinead ORourke",
                "sinead o\u2019rourke",
                "O`Rourke Sinead",
                "Sinead O Rourke",
            ],
        ),
        ("Sinead", "O Rourke", ["Sinead O'Rourke", "sinead orourke", "Sinead O Rourke"]),
        ("Anna", "D’Angelo", ["Anna D Angelo", "Anna DAngelo", "D'Angelo, Anna"]),
        ("Zoë", "Müller", ["Zoe Muller", "ZOË MÜLLER", "zoé muller"]),
    ],
)
def test_an_erased_name_goes_from_notes_however_it_is_spelled(
    first: str, last: str, notes: list[str], fairview: Club
) -> None:
    tell(fairview.tenant, member(1, firstName=first, lastName=last), member(2, firstName="Note"))
    with tenant_scope(fairview.tenant):
        person, other = (CustomerProfile.objects.get(scl_member_id=number) for number in (1, 2))
        for body in notes:
            add_note(other.pk, body, Author("Desk"))
        erase_customer(person.pk, reason="gdpr_erasure")
        left = [body for body in Note.objects.values_list("body", flat=True) if "[erased]" not in body]

    assert left == []


def test_somebody_with_forty_merged_names_can_be_erased(fairview: Club) -> None:
    tell(fairview.tenant, *(member(n, firstName=f"First{n}a", lastName=f"Last{n}b") for n in range(1, 41)))
    with tenant_scope(fairview.tenant):
        ids = list(CustomerProfile.objects.order_by("scl_member_id").values_list("pk", flat=True))
        for loser in ids[1:]:
            merge_profiles(ids[0], loser)

        erased = erase_customer(ids[0], reason="gdpr_erasure")

    assert len(erased.profile_ids) == 40


def test_a_dry_run_counts_and_changes_nothing(fairview: Club) -> None:
    profile_id = sipho(fairview.tenant)
    before = found_in_database(*WORDS)

    outcome = erase(fairview.tenant, profile_id, dry_run=True)

    assert outcome.receipt is None
    assert found_in_database(*WORDS) == before
    assert outcome.counts == erase(fairview.tenant, profile_id).counts


def test_the_receipt_proves_what_was_done_and_names_nobody(fairview: Club) -> None:
    profile_id = sipho(fairview.tenant)

    erase(fairview.tenant, profile_id)

    with tenant_scope(fairview.tenant):
        receipt = ErasureReceipt.objects.get()
        assert receipt.hash == receipt_hash(receipt)
        assert receipt.counts["profiles.Fact"]["deleted"] > 0
        assert receipt.counts["profiles.Activity"]["anonymised"] == 1
        assert LoggedAction.objects.filter(action="customer.erased", subject_id=str(profile_id)).count() == 1
        told = DomainLogEntry.objects.get(kind="profile.erased", profile_id=profile_id)
        assert told.data["reason"] == "popia_erasure"
        assert SuppressedKey.objects.count() >= 4


def test_an_open_request_of_the_source_is_done_with_it(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(7, firstName="Ann"),
        event("scl.member.deleted", {"id": 7, "deletionType": "hard"}),
    )
    with tenant_scope(fairview.tenant):
        profile_id = CustomerProfile.objects.get(scl_member_id=7).pk

    erase(fairview.tenant, profile_id)

    with tenant_scope(fairview.tenant):
        assert PrivacyRequest.objects.get().status == "DONE"


def test_a_mailbox_that_somebody_else_has_too_stays_theirs(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(1, firstName="Anna", lastName="Botha", email="home@example.com", dateOfBirth="1980-02-03"),
        member(2, firstName="Pieter", lastName="Botha", email="home@example.com", dateOfBirth="1978-02-02"),
    )
    with tenant_scope(fairview.tenant):
        anna = CustomerProfile.objects.get(scl_member_id=1).pk

    erase(fairview.tenant, anna)

    tell(fairview.tenant, member(2, firstName="Pieter", lastName="Botha", email="home@example.com", at=9))
    with tenant_scope(fairview.tenant):
        pieter = CustomerProfile.objects.get(scl_member_id=2)
        created = InboxEvent.objects.filter(profile_id=pieter.pk).earliest("pk")
    assert pieter.first_name == "Pieter"
    assert json.dumps(created.envelope).count("home@example.com") == 1


def test_an_unknown_reason_is_refused(fairview: Club) -> None:
    tell(fairview.tenant, member(7, firstName="Ann"))
    with tenant_scope(fairview.tenant):
        profile_id = CustomerProfile.objects.get(scl_member_id=7).pk
        with pytest.raises(InvalidFields):
            erase_customer(profile_id, reason="boredom")


def test_another_club_may_know_the_person_on(fairview: Club, kingsmere: Club) -> None:
    erase(fairview.tenant, sipho(fairview.tenant))

    tell(kingsmere.tenant, member(4711, firstName="Siphokazi", email="siphokazi.n@example.org"))

    with tenant_scope(kingsmere.tenant):
        assert CustomerProfile.objects.get().first_name == "Siphokazi"
