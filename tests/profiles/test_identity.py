"""Who is who, told as scenes with a controlled clock."""

from typing import Any

import pytest

from profiles.matching.review import open_candidates
from profiles.models import CustomerProfile, Identifier, ProfileMerge, ReviewCandidate
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.stories import Event, booking, contact, event, member, player, tell, tell_one_by_one

EMAIL = "nkosi@example.com"


def people(club: Club) -> list[CustomerProfile]:
    with tenant_scope(club.tenant):
        return list(CustomerProfile.objects.exclude(status="MERGED").order_by("created_at", "id"))


def candidates(club: Club) -> list[ReviewCandidate]:
    with tenant_scope(club.tenant):
        return list(open_candidates())


ONE_PERSON: dict[str, list[Event]] = {
    "member and player by e-mail": [
        member(1, email=EMAIL, firstName="Lindiwe"),
        player("t1", email=EMAIL.upper(), name="Lindi"),
    ],
    "member and player by phone in two spellings": [
        member(1, phoneNumber="082 123 4567"),
        player("t1", phone="+27821234567"),
    ],
    "a contact that is first seen by a mere opening": [
        event("messaging.email.opened", {"messageId": "m", "contactId": "c1"}),
        contact("c1", email=EMAIL, at=1),
        member(1, email=EMAIL, at=2),
    ],
    "two people until one event names both": [
        member(1, email=EMAIL),
        player("t1", phone="0821234567"),
        event("teetime.player.updated", {"id": "t1", "email": EMAIL, "changes": ["email"]}, at=5),
    ],
    "a login that joins two services": [
        event("feedback.voted", {"featureId": "f"}, identity={"authUserId": "a"}),
        event("scl.member.updated", {"id": 1}, identity={"authUserId": "a", "sclMemberId": 1}, at=1),
    ],
    "swapped names and a typing error": [
        member(1, email=EMAIL, firstName="Nkosi", lastName="Lindiwe"),
        player("t1", email=EMAIL, name="Lindiwe", surname="Nkosi"),
    ],
    "an initial": [member(1, email=EMAIL, firstName="P"), player("t1", email=EMAIL, name="Pieter")],
    "a nickname that ends the name": [
        member(1, email=EMAIL, firstName="Nkosinathi"),
        player("t1", email=EMAIL, name="Nathi"),
    ],
    "a name that comes after the phone": [
        member(1, phoneNumber="0821234567", firstName="Lindiwe"),
        contact("c1", at=1, phoneNumber="0821234567"),
        event(
            "messaging.contact.updated",
            {"contactId": "c1", "phoneNumber": "0821234567", "firstName": "Lindi"},
            at=2,
        ),
    ],
    "a phone first, and then a mailbox": [
        member(1, email=EMAIL, phoneNumber="0821234567", firstName="Lindiwe"),
        contact("c1", at=1, phoneNumber="0821234567"),
        event("messaging.contact.updated", {"contactId": "c1", "email": EMAIL}, at=2),
    ],
    "an office's mailbox with the whole name": [
        member(1, email="office@vineyard.example", firstName="William", lastName="Botha"),
        player("t1", email="office@vineyard.example", name="Bill", surname="Botha"),
    ],
    "a maiden name and one phone": [
        member(1, phoneNumber="0821234567", firstName="Anna", lastName="Botha", email=EMAIL),
        player("t1", phone="0821234567", name="Anna", surname="Naidoo"),
    ],
    "a maiden name and one mailbox": [
        member(1, email=EMAIL, firstName="Anna", lastName="Botha"),
        player("t1", email=EMAIL, name="Anna", surname="Krüger"),
    ],
    "a title": [
        member(1, email=EMAIL, firstName="Prof. Dr. Hans", lastName="Botha"),
        player("t1", email=EMAIL, name="Hans", surname="Botha"),
    ],
    "a phone, and a mailbox that spells the other's name": [
        member(1, phoneNumber="0821234567", firstName="Lindiwe", lastName="Nkosi"),
        contact("c1", at=1, phoneNumber="0821234567", email="lindiwe.nkosi7@example.com"),
    ],
    "no name, and a slip in the second address": [
        member(
            1, email="golfer77@example.com", phoneNumber="0821234567", firstName="Lindiwe", lastName="Nkosi"
        ),
        contact("c1", at=1, email="glofer77@example.com", phoneNumber="0821234567"),
    ],
    "an initial and the number of the office": [
        member(1, email=EMAIL, phoneNumber="0821234567", firstName="Pieter", lastName="Botha"),
        player("t1", email="golf@vineyard.example", phone="0821234567", name="P", surname="Botha"),
    ],
    "a nickname": [member(1, email=EMAIL, firstName="William"), player("t1", email=EMAIL, name="Bill")],
}


@pytest.mark.parametrize("story", ONE_PERSON.values(), ids=ONE_PERSON.keys())
@pytest.mark.parametrize("order", ["as told", "backwards", "one by one", "backwards one by one"])
def test_one_person_stays_one(fairview: Club, story: list[Event], order: str) -> None:
    events = story[::-1] if "backwards" in order else story

    (tell_one_by_one if "one by one" in order else tell)(fairview.tenant, *events)

    assert len(people(fairview)) == 1
    assert candidates(fairview) == []


TWO_PEOPLE: dict[str, list[Event]] = {
    "two member ids": [member(1, email=EMAIL, firstName="A"), member(2, email=EMAIL, firstName="A")],
    "two player ids": [player("t1", email=EMAIL), player("t2", email=EMAIL)],
    "two dates of birth": [
        member(1, email=EMAIL, dateOfBirth="1950-02-03"),
        contact("c1", at=1, phoneNumber="0821234567", firstName="Ann"),
        player("t1", at=2, phone="0821234567", name="Ann"),
        event(
            "scl.member.created",
            {
                "id": 2,
                "firstName": "Ann",
                "phoneNumber": "0821234567",
                "email": EMAIL,
                "dateOfBirth": "1980-02-03",
            },
            at=3,
        ),
    ],
    "father's mailbox, child's membership": [
        player("t1", email=EMAIL, name="Pieter", surname="Botha"),
        member(1, email=EMAIL, firstName="Jan", lastName="Botha"),
    ],
    "a name and none, with nothing but a phone in common": [
        member(1, phoneNumber="0821234567", firstName="Lindiwe"),
        contact("c1", at=1, phoneNumber="0821234567"),
    ],
    "one mailbox, no name and another phone": [
        member(1, email="the.nkosis@example.com", phoneNumber="0821234567", firstName="Lindiwe"),
        contact("c1", at=1, email="the.nkosis@example.com", phoneNumber="0837654321"),
    ],
    "one mailbox, an initial and another phone": [
        member(1, email="botha9@example.com", phoneNumber="0821234567", firstName="Pieter", lastName="Botha"),
        player("t1", email="botha9@example.com", phone="0837654321", name="P", surname="Botha"),
    ],
    "an office's mailbox and two of one first name": [
        member(1, email="office@vineyard.example", firstName="Anna", lastName="Botha"),
        player("t1", email="office@vineyard.example", name="Anna", surname="Krüger"),
    ],
    "an office's mailbox and nobody's name": [
        member(1, email="info2@vineyard.example", firstName="Anna", lastName="Botha"),
        contact("c1", at=1, email="info2@vineyard.example"),
    ],
    "a number that was passed on": [
        member(1, phoneNumber="0821234567", firstName="Anna", lastName="Botha", email=EMAIL),
        player("t1", phone="0821234567", name="Anna", surname="Naidoo", email="naidoo@example.com"),
    ],
    "father and son, one of whom says so": [
        member(1, email=EMAIL, firstName="Pieter", lastName="Botha"),
        player("t1", email=EMAIL, name="Pieter", surname="Botha Jr"),
    ],
    "two doctors in one practice": [
        member(1, email=EMAIL, firstName="Dr. Hans", lastName="Botha"),
        player("t1", email=EMAIL, name="Dr. Anna", surname="Botha"),
    ],
    "names that are only alike, and other last names": [
        member(1, email=EMAIL, firstName="Maria", lastName="Botha"),
        player("t1", email=EMAIL, name="Marian", surname="Kowalczyk"),
    ],
    "twins": [
        member(1, email=EMAIL, firstName="Anna", dateOfBirth="2010-05-05"),
        player("t1", email=EMAIL, name="Thabo"),
    ],
}


@pytest.mark.parametrize("story", TWO_PEOPLE.values(), ids=TWO_PEOPLE.keys())
def test_a_shared_address_joins_nobody_and_goes_to_review(fairview: Club, story: list[Event]) -> None:
    tell(fairview.tenant, *story)

    found = people(fairview)
    assert len(found) == 2
    pairs = [{one.first_profile_id, one.second_profile_id} for one in candidates(fairview)]
    assert {found[0].pk, found[1].pk} in pairs
    with tenant_scope(fairview.tenant):
        shared = Identifier.objects.filter(is_shared=True)
        assert {key.profile_id for key in shared} == {found[0].pk, found[1].pk}
        assert {key.kind for key in shared} <= {"email", "phoneNumber"}


def test_a_family_with_one_mailbox_stays_several_golfers(fairview: Club) -> None:
    tell_one_by_one(
        fairview.tenant,
        member(1, email=EMAIL, firstName="Thabo"),
        member(2, email=EMAIL, firstName="Nomsa"),
        member(3, email=EMAIL, firstName="Sipho"),
        contact("c1", email=EMAIL, firstName="Nomsa", emailOptIn=True),
    )

    found = people(fairview)
    assert [person.first_name for person in found] == ["Thabo", "Nomsa", "Sipho"]
    assert [person.email for person in found] == [EMAIL] * 3
    assert [person.email_opt_in for person in found] == [False, True, False], (
        "the contact's name told whose it is"
    )


def test_a_partner_with_the_mailbox_of_a_known_spouse_is_somebody_else(fairview: Club) -> None:
    tell(fairview.tenant, member(1, email=EMAIL, firstName="Hester", lastName="Steyn"))

    tell(fairview.tenant, booking("t9", at=5, players=[{"name": "Jacobus Steyn", "email": EMAIL}]))

    assert [person.first_name for person in people(fairview) if person.email == EMAIL] == [
        "Hester",
        "Jacobus",
    ]


def test_an_event_that_names_only_a_shared_mailbox_is_about_no_member_of_the_family(fairview: Club) -> None:
    tell_one_by_one(
        fairview.tenant, member(1, email=EMAIL, firstName="A"), member(2, email=EMAIL, firstName="B")
    )
    complaint = {"id": "k", "topic": "Greens"}

    tell_one_by_one(
        fairview.tenant,
        event("feedback.complaint.opened", complaint, identity={"email": EMAIL}),
        event("feedback.complaint.closed", complaint, identity={"email": EMAIL}),
    )

    found = people(fairview)
    assert len(found) == 3, "the mailbox itself is one address-only profile, however many events name it"
    assert found[2].scl_member_id is None


@pytest.mark.parametrize("address", ["none@none.com", "noreply@example.com", "office@fairview.example"])
def test_a_placeholder_address_identifies_nobody(fairview: Club, address: str) -> None:
    fairview.tenant.settings = {"placeholders": ["Office@Fairview.example", "0110000000"]}
    fairview.tenant.save()

    tell(
        fairview.tenant,
        member(1, email=address),
        member(2, email=address),
        player("t1", email=address, phone="011 000 0000"),
    )

    assert len(people(fairview)) == 3
    with tenant_scope(fairview.tenant):
        assert not Identifier.objects.filter(kind__in=["email", "phoneNumber"]).exists()
        assert candidates(fairview) == []


def test_a_weak_key_carries_its_confidence_and_where_it_came_from(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(1, email=EMAIL, phoneNumber="0821234567"),
        contact("c1", email="other@example.com"),
    )

    with tenant_scope(fairview.tenant):
        rows = {(key.kind, key.value): key for key in Identifier.objects.all()}
    assert rows["sclMemberId", "1"].confidence == 100
    assert rows["email", EMAIL].confidence == 99, "e-mail and phone together"
    assert rows["email", "other@example.com"].confidence == 95
    assert rows["email", EMAIL].source == "scl"


def test_a_login_of_another_member_is_not_taken_over(fairview: Club) -> None:
    identity: dict[str, Any] = {"authUserId": "a"}
    tell_one_by_one(
        fairview.tenant,
        event("scl.member.updated", {"id": 1}, identity=identity),
        event("scl.member.updated", {"id": 2}, identity=identity, at=1),
    )

    first, second = people(fairview)
    assert (first.scl_member_id, first.auth_user_id) == (1, "a")
    assert (second.scl_member_id, second.auth_user_id) == (2, None)
    assert [one.reason for one in candidates(fairview)] == ["CAP_EXCEEDED"]


def test_two_known_people_become_one_with_everything_they_had(fairview: Club) -> None:
    tell(fairview.tenant, member(1, email=EMAIL, firstName="Lindiwe"))
    tell(fairview.tenant, player("t1", phone="0821234567", name="Lindi"), booking("t1", at=1))
    older, younger = people(fairview)

    tell(fairview.tenant, event("teetime.player.updated", {"id": "t1", "email": EMAIL}, at=2))

    [survivor] = people(fairview)
    assert survivor.pk == older.pk
    assert (survivor.scl_member_id, survivor.teetime_player_id) == (1, "t1")
    assert survivor.last_booking_at is not None
    with tenant_scope(fairview.tenant):
        merge = ProfileMerge.objects.get()
        assert (merge.winner_id, merge.loser_id) == (older.pk, younger.pk)
        assert merge.evidence["key"] == "email"
        loser = CustomerProfile.objects.get(pk=younger.pk)
        assert (loser.status, loser.merged_into_id) == ("MERGED", older.pk)
        assert {key.origin_profile_id for key in Identifier.objects.filter(kind="teetimePlayerId")} == {
            younger.pk
        }


def test_tenants_do_not_share_people(fairview: Club, kingsmere: Club) -> None:
    tell(fairview.tenant, member(1, email=EMAIL))

    tell(kingsmere.tenant, player("t1", email=EMAIL))

    assert [person.teetime_player_id for person in people(fairview)] == [None]
    assert [person.scl_member_id for person in people(kingsmere)] == [None]


def test_where_two_of_one_name_share_a_mailbox_a_third_record_waits_for_staff(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(1, email=EMAIL, firstName="Pieter", lastName="Botha", dateOfBirth="1950-03-01"),
        member(2, at=1, email=EMAIL, firstName="Pieter", lastName="Botha", dateOfBirth="1982-06-12"),
        player("t1", at=2, email=EMAIL, name="Pieter", surname="Botha"),
    )

    father, son, third = people(fairview)
    assert (father.scl_member_id, son.scl_member_id, third.teetime_player_id) == (1, 2, "t1")
    asked = {frozenset((one.first_profile_id, one.second_profile_id)) for one in candidates(fairview)}
    assert {frozenset((father.pk, third.pk)), frozenset((son.pk, third.pk))} <= asked


def test_a_second_address_tells_two_of_one_name_behind_a_mailbox_apart(fairview: Club) -> None:
    botha: dict[str, Any] = {"firstName": "Pieter", "lastName": "Botha"}

    tell_one_by_one(
        fairview.tenant,
        member(1, email=EMAIL, phoneNumber="0821234567", **botha),
        member(2, at=1, email=EMAIL, phoneNumber="0837654321", **botha),
        player("t1", at=2, email=EMAIL, phone="0837654321", name="Pieter", surname="Botha"),
        contact("c1", at=3, email=EMAIL, phoneNumber="0821234567"),
    )

    by_member = {
        one.scl_member_id: (one.teetime_player_id, one.messaging_contact_id) for one in people(fairview)
    }
    assert by_member == {1: (None, "c1"), 2: ("t1", None)}


def test_an_initial_is_no_rival_of_a_name_written_out(fairview: Club) -> None:
    tell_one_by_one(
        fairview.tenant,
        member(1, email=EMAIL, firstName="P", lastName="Botha", phoneNumber="0837654321"),
        player("t1", at=1, email=EMAIL, name="Pieter", surname="Botha", phone="0821234567"),
        contact("c1", at=2, email=EMAIL, firstName="Pieter", lastName="Botha"),
    )

    by_member = {
        one.scl_member_id: (one.teetime_player_id, one.messaging_contact_id) for one in people(fairview)
    }
    assert by_member == {1: (None, None), None: ("t1", "c1")}


def test_an_address_of_three_last_names_is_an_offices(fairview: Club) -> None:
    practice = "smile@dentist.example"

    tell_one_by_one(
        fairview.tenant,
        member(1, email=practice, firstName="Anna", lastName="Botha"),
        member(2, at=1, email=practice, firstName="Thabo", lastName="Naidoo"),
        member(3, at=2, email=practice, firstName="Jürgen", lastName="Krüger"),
        player("t1", at=3, email=practice, name="Anna", surname="Mokoena"),
        player("t2", at=4, email=practice, name="Thabo", surname="Naidoo"),
    )

    by_player = {
        one.teetime_player_id: one.scl_member_id for one in people(fairview) if one.teetime_player_id
    }
    assert by_player == {"t1": None, "t2": 2}


def test_a_club_lists_its_own_domain_and_mailboxes_of_many(fairview: Club) -> None:
    fairview.tenant.settings = {**fairview.tenant.settings, "sharedAddresses": ["@fairview.example", "smile"]}
    fairview.tenant.save()

    tell(
        fairview.tenant,
        member(1, email="anna@fairview.example", firstName="Anna", lastName="Botha"),
        player("t1", email="anna@fairview.example", name="Anna", surname="Naidoo"),
        member(2, email="smile@dentist.example", firstName="Anna", lastName="Botha"),
        player("t2", email="smile@dentist.example", name="Anna", surname="Naidoo"),
    )

    assert len(people(fairview)) == 4
