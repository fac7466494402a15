"""The review queue and households: every decision is remembered, and every one can be taken back."""

import re
from typing import Any
from uuid import UUID

import pytest

from profiles.errors import AlreadyDecided, CustomerNotFound, NothingToForm
from profiles.matching.households import dissolve_household, form_household, household_of, leave_household
from profiles.matching.review import (
    decide,
    merge_chosen,
    open_candidates,
    queue,
    read_pair,
    undo_decision,
    weigh_candidates,
)
from profiles.merging.actions import merge_profiles
from profiles.models import (
    CannotLink,
    CustomerProfile,
    DuplicatePair,
    Household,
    HouseholdMember,
    ReviewCandidate,
)
from profiles.unmerging import unmerge_profiles
from tenants.models import LoggedAction, Role, Tenant
from tenants.scope import tenant_scope
from tests.back_office import counted_queries, desk, page_of, text_of
from tests.cast import Club
from tests.profiles.records import candidate, identifier, profile
from tests.profiles.stories import contact, member, payment, player, tell

REVIEW = "/admin/customers/review/"


def a_pair(tenant: Tenant) -> ReviewCandidate:
    """Father and son with one mailbox: the rules kept them apart and asked for a human eye."""
    tell(
        tenant,
        member(1, firstName="Pieter", lastName="Botha", email="botha@example.com", dateOfBirth="1960-02-01"),
        payment(1, 90_000, at=1),
        player("t-1", name="Johan", surname="Botha", email="botha@example.com", handicap=4.1, at=2),
    )
    with tenant_scope(tenant):
        found: ReviewCandidate = ReviewCandidate.objects.get()
    return found


def living(tenant: Tenant) -> int:
    with tenant_scope(tenant):
        return CustomerProfile.objects.exclude(status="MERGED").count()


def waiting(tenant: Tenant) -> list[int]:
    with tenant_scope(tenant):
        return list(queue().values_list("pk", flat=True))


def test_the_evidence_says_what_speaks_for_and_against(fairview: Club) -> None:
    pair_id = a_pair(fairview.tenant).pk

    with tenant_scope(fairview.tenant):
        pair = read_pair(pair_id)

    assert (pair.winner.first_name, pair.loser.first_name) == ("Pieter", "Johan")
    assert [(point.words, point.weight > 0) for point in pair.evidence] == [
        ("Different first names", False),
        ("Same e-mail address", True),
    ]
    assert pair.value_cents == 90_000


def test_the_pair_with_the_most_at_stake_comes_first(fairview: Club) -> None:
    tenant = fairview.tenant
    poor = candidate(tenant, profile(tenant, lifetime_value_cents=10).pk, profile(tenant).pk)
    rich = candidate(tenant, profile(tenant).pk, profile(tenant, lifetime_value_cents=99).pk)

    assert waiting(tenant) == [rich.pk, poor.pk]


def test_merging_from_the_queue_can_be_taken_back(fairview: Club) -> None:
    pair = a_pair(fairview.tenant)

    with tenant_scope(fairview.tenant):
        decide(pair.pk, "MERGED")
    assert (living(fairview.tenant), waiting(fairview.tenant)) == (1, [])
    with tenant_scope(fairview.tenant):
        undo_decision(pair.pk)

    assert (living(fairview.tenant), waiting(fairview.tenant)) == (2, [pair.pk])
    with tenant_scope(fairview.tenant):
        actions = list(LoggedAction.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["customer.merged", "candidate.decided", "customer.unmerged", "candidate.reopened"]


def test_whoever_was_kept_apart_is_never_joined_by_the_rules_again(fairview: Club) -> None:
    tell(fairview.tenant, member(1, firstName="Thabo", email="t@example.com"))
    tell(fairview.tenant, player("t-1", name="Thabo", phone="0821234567"))
    with tenant_scope(fairview.tenant):
        one, other = CustomerProfile.objects.values_list("pk", flat=True)
    pair = candidate(fairview.tenant, one, other)
    both = contact("c-1", email="t@example.com", phoneNumber="0821234567", firstName="Thabo", at=5)

    with tenant_scope(fairview.tenant):
        decide(pair.pk, "KEPT_APART")
    tell(fairview.tenant, both)

    with tenant_scope(fairview.tenant):
        assert (
            CustomerProfile.objects.get(pk=one).status
            == CustomerProfile.objects.get(pk=other).status
            == "ACTIVE"
        )
        undo_decision(pair.pk)
        assert not CannotLink.objects.exists()
    assert waiting(fairview.tenant)[0] == pair.pk


def test_a_pair_is_decided_once(fairview: Club, kingsmere: Club) -> None:
    pair = a_pair(fairview.tenant)

    with tenant_scope(fairview.tenant):
        decide(pair.pk, "SKIPPED")
        with pytest.raises(AlreadyDecided):
            decide(pair.pk, "MERGED")
    with tenant_scope(kingsmere.tenant), pytest.raises(CustomerNotFound):
        decide(pair.pk, "MERGED")
    assert living(fairview.tenant) == 2


def test_a_pair_that_was_merged_elsewhere_has_nothing_to_decide(fairview: Club) -> None:
    pair = a_pair(fairview.tenant)
    with tenant_scope(fairview.tenant):
        merge_profiles(pair.first_profile_id, pair.second_profile_id)
        with pytest.raises(AlreadyDecided):
            decide(pair.pk, "KEPT_APART")
        unmerge_profiles(pair.second_profile_id)

        assert list(open_candidates()) == [pair]


def test_same_household_keeps_apart_and_puts_under_one_roof(fairview: Club) -> None:
    pair = a_pair(fairview.tenant)

    with tenant_scope(fairview.tenant):
        decide(pair.pk, "HOUSEHOLD")
        found = household_of(pair.first_profile_id)

    assert found is not None
    assert [one.pk for one in found[1]] == [pair.second_profile_id]


def people(tenant: Tenant, count: int) -> list[UUID]:
    return [profile(tenant, first_name=f"P{number}").pk for number in range(count)]


def names(tenant: Tenant, one: UUID) -> list[str]:
    with tenant_scope(tenant):
        found = household_of(one)
    return [] if found is None else [each.first_name for each in found[1]]


def roof(tenant: Tenant, one: UUID) -> list[UUID]:
    with tenant_scope(tenant):
        found = household_of(one)
    return [] if found is None else [each.pk for each in found[1]]


def test_households_grow_join_shrink_and_end(fairview: Club) -> None:
    tenant = fairview.tenant
    a, b, c, d = people(tenant, 4)
    with tenant_scope(tenant):
        form_household([a, b])
        form_household([c, d])
        form_household([b, c])
    assert names(tenant, a) == ["P1", "P2", "P3"]

    with tenant_scope(tenant):
        leave_household(d)
    assert (names(tenant, a), names(tenant, d)) == (["P1", "P2"], [])
    with tenant_scope(tenant):
        dissolve_household(Household.objects.get().pk)
        assert not HouseholdMember.objects.exists()


def test_a_household_of_one_is_none(fairview: Club) -> None:
    a, b = people(fairview.tenant, 2)
    with tenant_scope(fairview.tenant):
        form_household([a, b])
        leave_household(a)

        assert not Household.objects.exists()
        with pytest.raises(NothingToForm):
            form_household([a, a])


def test_a_household_survives_merge_and_unmerge(fairview: Club) -> None:
    tenant = fairview.tenant
    a, b, c = people(tenant, 3)
    with tenant_scope(tenant):
        form_household([a, b])
        merge_profiles(c, b)
    assert (roof(tenant, a), roof(tenant, c)) == ([c], [a])

    with tenant_scope(tenant):
        unmerge_profiles(b)
    assert (roof(tenant, a), roof(tenant, c)) == ([b], [])


# --- the pages


def test_the_page_shows_both_and_a_key_for_each_decision(fairview: Club) -> None:
    a_pair(fairview.tenant)

    page = text_of(desk(fairview.admin).get(REVIEW))

    for words in (
        "Pieter Botha",
        "Johan Botha",
        "Same e-mail address",
        "Different first names",
        "1 pair waits",
    ):
        assert words in page
    assert set(re.findall(r'data-key="(\w)"', page)) == {"m", "k", "h", "s"}


def test_deciding_on_the_page_leads_to_the_next_pair_and_back(fairview: Club) -> None:
    pair = a_pair(fairview.tenant)
    client = desk(fairview.marketing_manager)

    answer: Any = client.post(f"{REVIEW}{pair.pk}/decide/", {"decision": "MERGED"}, follow=True)
    assert "Every pair is decided" in text_of(answer)
    assert "Merged" in text_of(client.get(f"{REVIEW}decided/"))
    answer = client.post(f"{REVIEW}{pair.pk}/undo/", follow=True)

    assert "Pieter Botha" in text_of(answer)
    assert living(fairview.tenant) == 2


def test_only_who_may_edit_reviews(fairview: Club, kingsmere: Club) -> None:
    pair = a_pair(fairview.tenant)

    assert desk(fairview.member(Role.STAFF)).get(REVIEW).status_code == 200
    assert desk(fairview.viewer).get(REVIEW).status_code == 403
    decided = desk(fairview.viewer).post(f"{REVIEW}{pair.pk}/decide/", {"decision": "MERGED"})
    assert decided.status_code == 403
    foreign = desk(kingsmere.admin)
    assert foreign.post(f"{REVIEW}{pair.pk}/decide/", {"decision": "MERGED"}).status_code == 404
    assert foreign.post(f"{REVIEW}{pair.pk}/undo/").status_code == 404
    assert desk(fairview.admin).post(f"{REVIEW}{pair.pk}/decide/", {"decision": "BURN"}).status_code == 404
    assert living(fairview.tenant) == 2


def test_the_queue_costs_the_same_with_one_pair_and_with_many(fairview: Club) -> None:
    a_pair(fairview.tenant)
    client = desk(fairview.admin)
    client.get(REVIEW)
    with counted_queries() as with_one:
        client.get(REVIEW)
    for _ in range(5):
        candidate(fairview.tenant, profile(fairview.tenant).pk, profile(fairview.tenant).pk)
    with counted_queries() as with_many:
        client.get(REVIEW)

    assert with_many[0] <= with_one[0]


def test_two_are_merged_from_the_customer_page_and_taken_back_there(fairview: Club) -> None:
    pair = a_pair(fairview.tenant)
    client, merge = desk(fairview.admin), f"/admin/profiles/customerprofile/{pair.first_profile_id}/merge/"

    assert "Johan Botha" in text_of(client.post(merge, {"q": "johan"}))
    preview = text_of(client.get(f"{merge}?other={pair.second_profile_id}"))
    assert "becomes" in preview
    client.post(merge, {"other": str(pair.second_profile_id), "reason": "Both cards on the table"})
    page = text_of(client.get(page_of(pair.first_profile_id)))
    assert "Both cards on the table" in page
    assert living(fairview.tenant) == 1
    client.post(f"/admin/profiles/customerprofile/{pair.second_profile_id}/unmerge/")

    assert living(fairview.tenant) == 2


def test_a_household_is_formed_and_left_on_the_customer_page(fairview: Club) -> None:
    tenant = fairview.tenant
    a, b = people(tenant, 2)
    for one in (a, b):
        identifier(tenant, one, value="family@example.com", is_shared=True)
    client, path = desk(fairview.admin), "/admin/profiles/customerprofile/"

    assert "They are one household" in text_of(client.get(page_of(a)))
    client.post(f"{path}{a}/household/", {"with": [str(b)]})
    assert names(tenant, a) == ["P1"]
    assert "Dissolve" in text_of(client.get(page_of(a)))
    client.post(f"{path}{a}/leave/")

    assert names(tenant, a) == []
    assert desk(fairview.viewer).post(f"{path}{a}/household/", {"with": [str(b)]}).status_code == 403


def likely(tenant: Tenant, one: UUID, other: UUID, probability: float) -> ReviewCandidate:
    """A pair that the search for duplicates found."""
    first, second = sorted((one, other))
    with tenant_scope(tenant):
        DuplicatePair.objects.create(
            tenant=tenant,
            first_profile_id=first,
            second_profile_id=second,
            match_weight=10,
            probability=probability,
            comparisons=[{"comparison": "Name", "level": "same", "words": "same name", "weight": 9.5}],
            is_certain=False,
            model_version="test",
        )
    return candidate(tenant, one, other, reason="DUPLICATE")


def test_the_search_for_duplicates_speaks_in_its_own_words(fairview: Club) -> None:
    a, b = people(fairview.tenant, 2)
    pair = likely(fairview.tenant, a, b, 0.9)

    with tenant_scope(fairview.tenant):
        assert [(point.words, point.weight) for point in read_pair(pair.pk).evidence] == [("Same name", 9.5)]


def test_likely_pairs_are_accepted_together_and_each_comes_back_alone(fairview: Club) -> None:
    tenant = fairview.tenant
    a, b, c, d, e = people(tenant, 5)
    sure, chained, doubtful = (
        likely(tenant, a, b, 0.9999),
        likely(tenant, b, c, 0.9995),
        likely(tenant, d, e, 0.9),
    )
    client = desk(fairview.admin)

    text = text_of(client.get(f"{REVIEW}likely/?least=999"))
    assert "all 2" in text
    assert "99,99 % sure" in text.replace("\N{NO-BREAK SPACE}", " ")
    with counted_queries() as used:
        client.post(f"{REVIEW}likely/", {"least": "999"})

    assert used[0] < 75
    assert (living(tenant), waiting(tenant)) == (3, [doubtful.pk])
    with tenant_scope(tenant):
        undo_decision(sure.pk)
    assert living(tenant) == 4
    assert waiting(tenant) == [sure.pk, doubtful.pk]
    with tenant_scope(tenant):
        undo_decision(chained.pk)
    assert living(tenant) == 5
    assert desk(fairview.viewer).post(f"{REVIEW}likely/", {"least": "95"}).status_code == 403


def test_who_is_rather_two_people_does_not_wait_for_staff(fairview: Club) -> None:
    against = a_pair(fairview.tenant)
    with tenant_scope(fairview.tenant):
        CustomerProfile.objects.filter(first_name="Johan").update(date_of_birth="1988-07-01")
        assert weigh_candidates(is_everybody=False) == 1
        assert weigh_candidates(is_everybody=False) == 0
        against.refresh_from_db()

        assert against.evidence["weight"] < 0
        assert not queue().exists()
        assert open_candidates().count() == 1

        CustomerProfile.objects.filter(first_name="Johan").update(first_name="P", date_of_birth="1960-02-01")
        weigh_candidates(is_everybody=True)
        assert queue().count() == 1


def test_the_queue_weighs_value_by_likelihood(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        pairs = []
        for value, probability in ((10_000, 0.9), (12_000, 0.6), (15_000, None)):
            one, other = (profile(fairview.tenant, lifetime_value_cents=value) for _ in range(2))
            pairs.append(candidate(fairview.tenant, one.pk, other.pk))
            if probability is not None:
                pairs[-1].evidence = {"probability": probability}
                pairs[-1].save()

        assert waiting(fairview.tenant) == [pairs[0].pk, pairs[2].pk, pairs[1].pk]


def test_pairs_merged_together_are_those_still_open_and_each_comes_back(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        pairs = [
            candidate(fairview.tenant, profile(fairview.tenant).pk, profile(fairview.tenant).pk)
            for _ in range(3)
        ]
        decide(pairs[1].pk, "SKIPPED")

        assert merge_chosen([pair.pk for pair in pairs], reason="Found") == 2
        assert merge_chosen([pair.pk for pair in pairs], reason="Found") == 0
        told = LoggedAction.objects.filter(action="candidate.decided").order_by("-id")[:2]
        assert {one.details["decision"] for one in told} == {"MERGED"}
        assert all(len(one.details["customers"]) == 2 for one in told)
        undo_decision(pairs[0].pk)
        assert living(fairview.tenant) == 5


def test_later_puts_a_pair_to_the_end_of_this_persons_queue(fairview: Club) -> None:
    tenant = fairview.tenant
    a_pair(tenant)
    tell(
        tenant,
        member(31, firstName="Nomsa", lastName="Dube", email="dube@example.com"),
        player("t31", name="Themba", surname="Dube", email="dube@example.com"),
    )
    client = desk(fairview.staff)

    def shown() -> int:
        found = re.search(r"/review/(\d+)/decide/", text_of(client.get(REVIEW)))
        assert found is not None
        return int(found[1])

    first = shown()
    client.post(f"{REVIEW}{first}/later/")
    second = shown()
    client.post(f"{REVIEW}{second}/later/")

    assert second != first
    assert shown() == first
    other = re.search(r"/review/(\d+)/decide/", text_of(desk(fairview.admin).get(REVIEW)))
    assert other is not None
    assert int(other[1]) == first


def test_two_first_names_behind_one_mailbox_are_proposed_as_a_household(fairview: Club) -> None:
    pair = a_pair(fairview.tenant)

    page = text_of(desk(fairview.admin).get(REVIEW))
    with tenant_scope(fairview.tenant):
        proposal = read_pair(pair.pk).proposal

    assert proposal == "HOUSEHOLD"
    assert "rather one household" in page
    assert re.findall(r'name="decision" value="(\w+)"', page) == [
        "HOUSEHOLD",
        "MERGED",
        "KEPT_APART",
        "SKIPPED",
    ]


def test_an_address_that_spells_another_first_name_speaks_for_a_household(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(41, firstName="Rebecca", lastName="Gordon", email="rg@example.com", phoneNumber="0821234567"),
        contact("c41", at=1, email="josephgordon@example.com", phoneNumber="0821234567"),
    )
    with tenant_scope(fairview.tenant):
        pair = read_pair(ReviewCandidate.objects.get().pk)

    assert pair.proposal == "HOUSEHOLD"
    assert "The e-mail address spells another first name" in [point.words for point in pair.evidence]


def test_the_list_names_each_pair_with_its_reason_and_likelihood(fairview: Club) -> None:
    pair = a_pair(fairview.tenant)
    client = desk(fairview.staff)

    page = text_of(client.get(f"{REVIEW}list/?order=likelihood"))
    none = text_of(client.get(f"{REVIEW}list/?reason=CAP_EXCEEDED"))

    assert "Pieter Botha" in page
    assert "Johan Botha" in page
    assert f"?pair={pair.pk}" in page
    assert "No pair waits for this reason" in none


def test_a_merge_asks_which_survives_and_whose_values_are_right(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(51, firstName="Lindiwe", lastName="Nkosi", email="l@example.com"),
        contact("c51", at=1, firstName="Lindi", lastName="Dube", email="lindi@example.com"),
    )
    with tenant_scope(fairview.tenant):
        one = CustomerProfile.objects.get(scl_member_id=51)
        other = CustomerProfile.objects.get(messaging_contact_id="c51")
    client = desk(fairview.admin)
    address = f"/admin/profiles/customerprofile/{one.pk}/merge/"

    page = text_of(client.get(f"{address}?other={other.pk}"))
    client.post(address, {"other": str(other.pk), "choice-lastName": "loser", "choice-firstName": "winner"})

    assert f"/admin/profiles/customerprofile/{other.pk}/merge/?other={one.pk}" in page
    assert 'name="choice-lastName" value="loser"' in page
    assert "sclMemberId" not in re.findall(r'name="choice-(\w+)"', page)
    with tenant_scope(fairview.tenant):
        merged = CustomerProfile.objects.get(pk=one.pk)
        assert (merged.first_name, merged.last_name) == ("Lindiwe", "Dube")
        unmerge_profiles(other.pk)
        back = CustomerProfile.objects.get(pk=other.pk)
        assert (back.first_name, back.last_name) == ("Lindi", "Dube")


def test_a_merge_of_two_who_have_nothing_in_common_is_warned_about(fairview: Club) -> None:
    tell(fairview.tenant, member(61, firstName="Ann"), player("t61", name="Bongani", surname="Zulu", at=1))
    with tenant_scope(fairview.tenant):
        one, other = CustomerProfile.objects.order_by("created_at", "id")

    page = text_of(
        desk(fairview.admin).get(f"/admin/profiles/customerprofile/{one.pk}/merge/?other={other.pk}")
    )

    assert "More speaks for two people than for one: different first names" in page


def test_a_family_behind_one_mailbox_waits_no_longer_than_until_it_is_weighed(fairview: Club) -> None:
    pair = a_pair(fairview.tenant)
    before = waiting(fairview.tenant)

    with tenant_scope(fairview.tenant):
        weigh_candidates(is_everybody=False)
        weight = ReviewCandidate.objects.get().evidence["weight"]

    assert before == [pair.pk]
    assert weight < 0
    assert waiting(fairview.tenant) == []
