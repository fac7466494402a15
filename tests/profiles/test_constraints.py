"""Every named constraint of the profile floor, violated."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from profiles.ids import new_profile_id
from profiles.models import (
    Activity,
    CannotLink,
    CustomerProfile,
    DuplicateModel,
    DuplicatePair,
    DuplicateRun,
    Fact,
    Household,
    HouseholdMember,
    Identifier,
    PrivacyRequest,
    ProfileMerge,
    ProfileShare,
    SearchDocument,
)
from tenants.postgresql.base import as_owner
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.constraints import Violation, cases, check_refused, constraints_of
from tests.profiles.desk_violations import DESK_VIOLATIONS
from tests.profiles.import_violations import IMPORT_VIOLATIONS
from tests.profiles.privacy_violations import PRIVACY_VIOLATIONS
from tests.profiles.records import (
    NOON,
    activity,
    candidate,
    fact,
    identifier,
    note,
    profile,
    unsaved_identifier,
)
from tests.profiles.score_violations import SCORE_VIOLATIONS


def a_profile(**values: Any) -> Violation:
    return lambda club: profile(club.tenant, **values)


def a_profile_of_another_tenant(club: Club) -> CustomerProfile:
    return profile(factories.tenant())


def second_id(club: Club) -> object:
    """Past the primary key, which says the same: only the pair's own constraint is left to speak."""
    first = profile(club.tenant)
    connection.check_constraints()  # pending deferred checks would keep the table from being changed
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE profiles_customerprofile DROP CONSTRAINT profiles_customerprofile_pkey CASCADE"
        )
    return profile(club.tenant, id=first.pk)


def merged_into_a_foreigner(club: Club) -> object:
    return profile(club.tenant, status="MERGED", merged_into_id=a_profile_of_another_tenant(club).pk)


def an_identifier(**values: Any) -> Violation:
    return lambda club: identifier(club.tenant, profile(club.tenant).pk, **values)


def foreign_identifier(club: Club) -> object:
    return identifier(club.tenant, a_profile_of_another_tenant(club).pk)


def one_key_of_two_people(club: Club) -> object:
    first = identifier(club.tenant, profile(club.tenant).pk)
    return identifier(club.tenant, profile(club.tenant).pk, value=first.value)


def one_key_twice(club: Club) -> object:
    first = identifier(club.tenant, profile(club.tenant).pk, is_shared=True)
    return identifier(club.tenant, first.profile_id, value=first.value, is_shared=True)


def a_fact(**values: Any) -> Violation:
    return lambda club: fact(club.tenant, identifier(club.tenant, profile(club.tenant).pk), **values)


def foreign_fact(club: Club) -> object:
    return a_fact(profile_id=a_profile_of_another_tenant(club).pk)(club)


def one_fact_twice(club: Club) -> object:
    key = identifier(club.tenant, profile(club.tenant).pk)
    fact(club.tenant, key, value="Lindiwe")
    return fact(club.tenant, key, value="Lindi")


def fact_of_no_record(club: Club) -> object:
    key = unsaved_identifier(club.tenant, profile(club.tenant).pk, pk=9_999_999)
    return fact(club.tenant, key)


def an_activity(**values: Any) -> Violation:
    return lambda club: activity(club.tenant, profile(club.tenant).pk, **values)


def foreign_activity(club: Club) -> object:
    return activity(club.tenant, a_profile_of_another_tenant(club).pk)


def one_activity_twice(club: Club) -> object:
    first = activity(club.tenant, profile(club.tenant).pk)
    return activity(club.tenant, first.profile_id, source_event_id=first.source_event_id)


def empty_note(club: Club) -> object:
    return note(club.tenant, profile(club.tenant).pk, body="")


def foreign_note(club: Club) -> object:
    return note(club.tenant, a_profile_of_another_tenant(club).pk)


def a_request(club: Club, profile_id: Any, **values: Any) -> PrivacyRequest:
    with tenant_scope(club.tenant):
        request: PrivacyRequest = PrivacyRequest.objects.create(
            tenant=club.tenant,
            profile_id=profile_id,
            origin_profile_id=profile_id,
            kind="ERASURE",
            source="scl",
            source_event_id="e",
            **values,
        )
    return request


def second_open_request(club: Club) -> object:
    first = a_request(club, profile(club.tenant).pk)
    return a_request(club, first.profile_id)


def request_of_no_status(club: Club) -> object:
    return a_request(club, profile(club.tenant).pk, status="LOST")


def foreign_request(club: Club) -> object:
    return a_request(club, a_profile_of_another_tenant(club).pk)


def foreign_document(club: Club) -> object:
    with tenant_scope(club.tenant):
        return SearchDocument.objects.create(
            tenant=club.tenant, profile_id=a_profile_of_another_tenant(club).pk, document="word"
        )


def a_merge(club: Club, winner_id: Any, loser_id: Any) -> object:
    with tenant_scope(club.tenant):
        return ProfileMerge.objects.create(tenant=club.tenant, winner_id=winner_id, loser_id=loser_id)


def second_merge_of_a_loser(club: Club) -> object:
    loser = profile(club.tenant).pk
    a_merge(club, profile(club.tenant).pk, loser)
    return a_merge(club, profile(club.tenant).pk, loser)


def merge_with_oneself(club: Club) -> object:
    only = profile(club.tenant).pk
    return a_merge(club, only, only)


def foreign_winner(club: Club) -> object:
    return a_merge(club, a_profile_of_another_tenant(club).pk, profile(club.tenant).pk)


def foreign_loser(club: Club) -> object:
    return a_merge(club, profile(club.tenant).pk, a_profile_of_another_tenant(club).pk)


def merge_by_a_ghost(club: Club) -> object:
    with tenant_scope(club.tenant):
        return ProfileMerge.objects.create(
            tenant=club.tenant,
            winner_id=profile(club.tenant).pk,
            loser_id=profile(club.tenant).pk,
            kind="GHOST",
        )


def identity_of_a_foreigner(club: Club) -> object:
    return profile(club.tenant, identity_id=a_profile_of_another_tenant(club).pk)


def foreign_share(club: Club) -> object:
    with tenant_scope(club.tenant):
        return ProfileShare.objects.create(
            tenant=club.tenant,
            profile_id=a_profile_of_another_tenant(club).pk,
            lifetime_value_cents=0,
            stage_reached=0,
            tags=[],
            created_at=timezone.now(),
            last_activity_type="",
        )


def kept_apart(*pairs: tuple[str, str]) -> Violation:
    def violate(club: Club) -> object:
        with tenant_scope(club.tenant):
            return [
                CannotLink.objects.create(tenant=club.tenant, first_key=first, second_key=second)
                for first, second in pairs
            ]

    return violate


def a_candidate(**values: Any) -> Violation:
    return lambda club: candidate(club.tenant, profile(club.tenant).pk, profile(club.tenant).pk, **values)


def household(club: Club, **values: Any) -> Household:
    with tenant_scope(club.tenant):
        made: Household = Household.objects.create(tenant=club.tenant, **values)
    return made


def membership(club: Club, household_id: Any, profile_id: Any, **values: Any) -> object:
    with tenant_scope(club.tenant):
        return HouseholdMember.objects.create(
            tenant=club.tenant, household_id=household_id, profile_id=profile_id, **values
        )


def a_member(**values: Any) -> Violation:
    return lambda club: membership(club, household(club).pk, profile(club.tenant).pk, **values)


def two_payers(club: Club) -> object:
    home = household(club).pk
    membership(club, home, profile(club.tenant).pk, is_payer=True)
    return membership(club, home, profile(club.tenant).pk, is_payer=True)


def two_roofs(club: Club) -> object:
    only = profile(club.tenant).pk
    membership(club, household(club).pk, only)
    return membership(club, household(club).pk, only)


def second_household_id(club: Club) -> object:
    """Past the primary key, which says the same: only the pair's own constraint is left to speak."""
    first = household(club)
    connection.check_constraints()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE profiles_household DROP CONSTRAINT profiles_household_pkey CASCADE")
    return household(club, id=first.pk)


def foreign_household(club: Club) -> object:
    other = factories.tenant()
    with tenant_scope(other):
        foreign = Household.objects.create(tenant=other)
    return membership(club, foreign.pk, profile(club.tenant).pk)


def foreign_member(club: Club) -> object:
    return membership(club, household(club).pk, a_profile_of_another_tenant(club).pk)


def one_pair_twice(club: Club) -> object:
    first = candidate(club.tenant, profile(club.tenant).pk, profile(club.tenant).pk)
    return candidate(club.tenant, first.first_profile_id, first.second_profile_id)


def pair_the_wrong_way_round(club: Club) -> object:
    one, other = sorted((profile(club.tenant).pk, profile(club.tenant).pk))
    return candidate(club.tenant, one, other, first_profile_id=other, second_profile_id=one)


def foreign_candidate(column: str) -> Violation:
    def violate(club: Club) -> object:
        own, foreign = sorted((new_profile_id(), new_profile_id()))
        if column == "first_profile_id":
            own, foreign = foreign, own
        profile(club.tenant, id=own)
        profile(factories.tenant(), id=foreign)
        return candidate(club.tenant, own, foreign)

    return violate


def duplicate_pair(club: Club, one: UUID, other: UUID, **values: Any) -> DuplicatePair:
    first, second = sorted((one, other))
    defaults: dict[str, Any] = {
        "first_profile_id": first,
        "second_profile_id": second,
        "match_weight": 4.0,
        "probability": 0.94,
        "comparisons": [],
        "is_certain": False,
        "model_version": "m",
    }
    with tenant_scope(club.tenant):
        row: DuplicatePair = DuplicatePair.objects.create(tenant=club.tenant, **(defaults | values))
    return row


def a_duplicate_pair(**values: Any) -> Violation:
    return lambda club: duplicate_pair(club, profile(club.tenant).pk, profile(club.tenant).pk, **values)


def one_duplicate_twice(club: Club) -> object:
    first = duplicate_pair(club, profile(club.tenant).pk, profile(club.tenant).pk)
    return duplicate_pair(club, first.first_profile_id, first.second_profile_id)


def duplicate_the_wrong_way_round(club: Club) -> object:
    one, other = sorted((profile(club.tenant).pk, profile(club.tenant).pk))
    return duplicate_pair(club, one, other, first_profile_id=other, second_profile_id=one)


def foreign_duplicate(column: str) -> Violation:
    def violate(club: Club) -> object:
        own, foreign = sorted((new_profile_id(), new_profile_id()))
        if column == "first_profile_id":
            own, foreign = foreign, own
        profile(club.tenant, id=own)
        profile(factories.tenant(), id=foreign)
        return duplicate_pair(club, own, foreign)

    return violate


def duplicate_runs(*statuses: str) -> Violation:
    def violate(club: Club) -> object:
        with tenant_scope(club.tenant):
            return [
                DuplicateRun.objects.create(
                    tenant=club.tenant, is_full=True, backend="duckdb", looked_until=NOON, status=status
                )
                for status in statuses
            ]

    return violate


def duplicate_models(*versions: str, **values: Any) -> Violation:
    def violate(club: Club) -> object:
        with tenant_scope(club.tenant):
            return [
                DuplicateModel.objects.create(
                    tenant=club.tenant, version=version, **({"parameters": {}, "trained_on": 1} | values)
                )
                for version in versions
            ]

    return violate


VIOLATIONS: dict[str, list[Violation]] = {
    **SCORE_VIOLATIONS,
    **PRIVACY_VIOLATIONS,
    **IMPORT_VIOLATIONS,
    **DESK_VIOLATIONS,
    "profiles_profile_tenant_uq": [second_id],
    "profiles_profile_status_ck": [a_profile(status="GONE")],
    "profiles_profile_stage_ck": [a_profile(lifecycle_stage="FAN")],
    "profiles_profile_stage_reached_ck": [a_profile(stage_reached=-1), a_profile(stage_reached=6)],
    "profiles_profile_merged_ck": [a_profile(status="MERGED"), a_profile(merged_into_id=new_profile_id())],
    "profiles_profile_engagement_ck": [a_profile(engagement_score=-1), a_profile(engagement_score=101)],
    "profiles_profile_churn_ck": [a_profile(churn_risk_score=-1), a_profile(churn_risk_score=101)],
    "profiles_profile_phone_ck": [
        a_profile(phone_number="082 123 4567"),
        a_profile(phone_number="+0821234567"),
    ],
    "profiles_profile_counts_ck": [
        a_profile(activity_count_30d=-1),
        a_profile(activity_count_90d=-1),
        a_profile(booking_count_30d=-1),
    ],
    "profiles_customerprofile_merged_into_fk": [merged_into_a_foreigner],
    "profiles_customerprofile_identity_fk": [identity_of_a_foreigner],
    "profiles_profileshare_profile_fk": [foreign_share],
    "profiles_cannotlink_pair_uq": [kept_apart(("email:a", "email:b"), ("email:a", "email:b"))],
    "profiles_cannotlink_order_ck": [kept_apart(("email:b", "email:a")), kept_apart(("email:a", "email:a"))],
    "profiles_dupmodel_version_uq": [duplicate_models("a", "a")],
    "profiles_dupmodel_trained_ck": [duplicate_models("a", trained_on=-1)],
    "profiles_duprun_status_ck": [duplicate_runs("GONE")],
    "profiles_duprun_running_uq": [duplicate_runs("RUNNING", "RUNNING")],
    "profiles_duppair_pair_uq": [one_duplicate_twice],
    "profiles_duppair_order_ck": [duplicate_the_wrong_way_round],
    "profiles_duppair_probability_ck": [
        a_duplicate_pair(probability=-0.1),
        a_duplicate_pair(probability=1.1),
    ],
    "profiles_duplicatepair_first_profile_fk": [foreign_duplicate("first_profile_id")],
    "profiles_duplicatepair_second_profile_fk": [foreign_duplicate("second_profile_id")],
    "profiles_identifier_key_uq": [one_key_of_two_people],
    "profiles_identifier_holder_uq": [one_key_twice],
    "profiles_identifier_kind_ck": [an_identifier(kind="shoeSize")],
    "profiles_identifier_value_ck": [an_identifier(value="")],
    "profiles_identifier_confidence_ck": [an_identifier(confidence=-1), an_identifier(confidence=101)],
    "profiles_identifier_profile_fk": [foreign_identifier],
    "profiles_fact_record_uq": [one_fact_twice],
    "profiles_fact_rank_ck": [a_fact(rank=-1), a_fact(rank=3)],
    "profiles_fact_profile_fk": [foreign_fact],
    "profiles_fact_identifier_fk": [fact_of_no_record],
    "profiles_activity_event_uq": [one_activity_twice],
    "profiles_activity_category_ck": [an_activity(category="SLEEP")],
    "profiles_activity_slot_ck": [an_activity(slot=-1), an_activity(slot=256)],
    "profiles_activity_profile_fk": [foreign_activity],
    "profiles_note_body_ck": [empty_note],
    "profiles_note_profile_fk": [foreign_note],
    "profiles_privacy_open_uq": [second_open_request],
    "profiles_privacy_status_ck": [request_of_no_status],
    "profiles_privacyrequest_profile_fk": [foreign_request],
    "profiles_searchdocument_profile_fk": [foreign_document],
    "profiles_merge_loser_uq": [second_merge_of_a_loser],
    "profiles_merge_two_ck": [merge_with_oneself],
    "profiles_merge_kind_ck": [merge_by_a_ghost],
    "profiles_profilemerge_winner_fk": [foreign_winner],
    "profiles_profilemerge_loser_fk": [foreign_loser],
    "profiles_candidate_pair_uq": [one_pair_twice],
    "profiles_candidate_status_ck": [a_candidate(status="LOST")],
    "profiles_candidate_reason_ck": [a_candidate(reason="WHIM")],
    "profiles_household_tenant_uq": [second_household_id],
    "profiles_member_profile_uq": [two_roofs],
    "profiles_member_payer_uq": [two_payers],
    "profiles_member_role_ck": [a_member(role="UNCLE")],
    "profiles_member_child_ck": [a_member(role="CHILD", is_payer=True)],
    "profiles_householdmember_household_fk": [foreign_household],
    "profiles_householdmember_profile_fk": [foreign_member],
    "profiles_candidate_order_ck": [pair_the_wrong_way_round],
    "profiles_reviewcandidate_first_profile_fk": [foreign_candidate("first_profile_id")],
    "profiles_reviewcandidate_second_profile_fk": [foreign_candidate("second_profile_id")],
}


@pytest.mark.parametrize(("name", "violate"), cases(VIOLATIONS))
def test_the_database_itself_refuses_what_must_not_be(fairview: Club, name: str, violate: Violation) -> None:
    check_refused(name, violate, fairview)


def test_every_named_constraint_is_violated_above(db: None) -> None:
    assert constraints_of("profiles") == set(VIOLATIONS)


def test_a_shared_key_may_be_held_by_several_people_and_a_key_by_one_in_each_tenant(
    fairview: Club, kingsmere: Club
) -> None:
    shared = {"value": "family@example.com", "is_shared": True}
    for club in (fairview, kingsmere):
        for _ in range(2):
            identifier(club.tenant, profile(club.tenant).pk, **shared)
        identifier(club.tenant, profile(club.tenant).pk, value="own@example.com")

    with tenant_scope(fairview.tenant):
        assert Identifier.objects.count() == 3


def test_a_request_that_was_closed_makes_room_for_another(fairview: Club) -> None:
    person = profile(fairview.tenant)
    a_request(fairview, person.pk, status="DONE")
    a_request(fairview, person.pk)

    with tenant_scope(fairview.tenant):
        assert PrivacyRequest.objects.filter(profile_id=person.pk).count() == 2


def test_two_sources_and_ranks_of_one_record_may_each_state_a_field(fairview: Club) -> None:
    key = identifier(fairview.tenant, profile(fairview.tenant).pk)
    for source, rank in (("scl", 1), ("scl", 0), ("crm", 1)):
        fact(fairview.tenant, key, source=source, rank=rank)

    with tenant_scope(fairview.tenant):
        assert Fact.objects.count() == 3
        assert Activity.objects.count() == 0
