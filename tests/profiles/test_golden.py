"""The golden row against a plain oracle, and independent of the order in which facts came."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.golden_rows.rules import (
    CONSENT_COLUMNS,
    DATE_COLUMNS,
    EMPTY_ROW,
    FIELD_OWNERS,
    FILLS_GAPS,
    GOLDEN_COLUMNS,
    ORDINARY,
    OWNER,
    TEXT_COLUMNS,
    KnownFact,
    KnownKey,
    changed_columns,
    golden_row,
    rank_of,
    recomputed_row,
    stage_of,
    winners,
)
from tests.profiles.records import NOON

SOURCES = ("scl", "teetime", "messaging", "crm")
TEXTS = st.sampled_from([None, "", "Anna", "Ben", "Cleo"])
DATES = st.sampled_from([None, "1984-05-17", "1990-01-01"])
FLAGS = st.sampled_from([None, True, False])
HANDICAPS = st.sampled_from([None, -4, 0, 142])


def said(
    field: str, value: Any, source: str = "scl", *, rank: int = ORDINARY, minute: int = 0, event: str = "e"
) -> KnownFact:
    return KnownFact(field, value, rank, NOON + timedelta(minutes=minute), source, event)


def values_of(field: str) -> st.SearchStrategy[Any]:
    if field in CONSENT_COLUMNS:
        return FLAGS
    if field in DATE_COLUMNS:
        return DATES
    if field == "handicap":
        return HANDICAPS
    return TEXTS


@st.composite
def any_fact(draw: st.DrawFn) -> KnownFact:
    field = draw(st.sampled_from([*TEXT_COLUMNS, *DATE_COLUMNS, *CONSENT_COLUMNS, "handicap", "email"]))
    return said(
        field,
        draw(values_of(field)),
        draw(st.sampled_from(SOURCES)),
        rank=draw(st.integers(FILLS_GAPS, OWNER)),
        minute=draw(st.integers(0, 3)),
        event=draw(st.sampled_from(["a", "b"])),
    )


FACTS = st.lists(any_fact(), max_size=15)
KEYS = st.lists(
    st.builds(
        KnownKey,
        kind=st.sampled_from(["email", "phoneNumber", "authUserId", "golfRsaId", "sclMemberId"]),
        value=st.sampled_from(["1", "2", "10"]),
        is_active=st.booleans(),
        is_shared=st.booleans(),
        confidence=st.sampled_from([85, 95, 99, 100]),
    ),
    max_size=6,
)


@given(facts=FACTS, keys=KEYS, data=st.data())
def test_any_order_of_facts_and_keys_gives_the_same_row(
    facts: list[KnownFact], keys: list[KnownKey], data: st.DataObject
) -> None:
    shuffled, turned = data.draw(st.permutations(facts)), data.draw(st.permutations(keys))

    assert golden_row(shuffled, turned, 2) == golden_row(facts, keys, 2)


@given(facts=FACTS)
def test_the_standing_fact_is_the_last_when_all_are_sorted(facts: list[KnownFact]) -> None:
    oracle: dict[str, KnownFact] = {}
    for fact in sorted(
        facts, key=lambda one: (one.rank, one.occurred_at, one.source, one.event_id, repr(one.value))
    ):
        oracle[fact.field] = fact

    assert winners(facts) == oracle


@given(facts=FACTS, keys=KEYS)
def test_restating_the_stated_fields_gives_the_row_that_is_computed_anew(
    facts: list[KnownFact], keys: list[KnownKey]
) -> None:
    before = golden_row((), keys, 3)

    assert recomputed_row(before, facts, 3) == golden_row(facts, keys, 3)


@given(facts=FACTS, others=FACTS)
def test_joining_two_records_only_narrows_consent(facts: list[KnownFact], others: list[KnownFact]) -> None:
    one, other, joined = (golden_row(all_of, (), 0) for all_of in (facts, others, facts + others))

    for field, column in CONSENT_COLUMNS.items():
        spoke = [side for side, all_of in ((one, facts), (other, others)) if _has_answer(all_of, field)]
        assert joined[column] == (bool(spoke) and all(side[column] for side in spoke))


def _has_answer(facts: list[KnownFact], field: str) -> bool:
    return any(fact.field == field and fact.value is not None for fact in facts)


def test_the_owner_of_a_field_beats_whoever_spoke_later() -> None:
    facts = [
        said("membershipTier", "Gold", "scl", rank=OWNER, minute=0),
        said("membershipTier", "Silver", "crm", minute=60),
    ]

    assert golden_row(facts, (), 0)["membership_tier"] == "Gold"


@pytest.mark.parametrize(("field", "owner"), FIELD_OWNERS.items())
def test_a_field_has_one_owner_and_the_others_are_ordinary(field: str, owner: str) -> None:
    assert {source: rank_of(field, source) for source in SOURCES} == {
        source: OWNER if source == owner else ORDINARY for source in SOURCES
    }


def test_of_two_ordinary_sources_the_newer_stands() -> None:
    facts = [said("firstName", "Lindi", "teetime", minute=1), said("firstName", "Lindiwe", "scl", minute=0)]

    assert golden_row(facts, (), 0)["first_name"] == "Lindi"


def test_what_only_fills_gaps_gives_way_to_an_older_word_and_even_to_an_emptied_field() -> None:
    filler = said("firstName", "L.", "messaging", rank=FILLS_GAPS, minute=60)

    assert golden_row([filler], (), 0)["first_name"] == "L."
    assert golden_row([filler, said("firstName", "Lindiwe")], (), 0)["first_name"] == "Lindiwe"
    assert golden_row([filler, said("firstName", None)], (), 0)["first_name"] == ""


@pytest.mark.parametrize(
    ("field", "column", "full", "empty"),
    [
        ("firstName", "first_name", "Anna", ""),
        ("dateOfBirth", "date_of_birth", "1984-05-17", None),
        ("handicap", "handicap_tenths", 142, None),
        ("email", "email", "a@example.com", None),
    ],
)
def test_a_field_that_is_emptied_later_is_empty(field: str, column: str, full: Any, empty: Any) -> None:
    facts = [said(field, full), said(field, None, minute=1)]

    assert golden_row(facts, (), 0)[column] == empty


def test_consent_is_given_only_when_every_record_that_still_speaks_agrees() -> None:
    yes, no, gone = (
        said("emailOptIn", answer, "messaging", rank=OWNER, event=str(answer))
        for answer in (True, False, None)
    )

    def has_consent(*facts: KnownFact) -> Any:
        return golden_row(facts, (), 0)["email_opt_in"]

    assert has_consent() is False
    assert has_consent(yes) is True
    assert has_consent(yes, no) is False
    assert has_consent(yes, gone) is True
    assert has_consent(gone) is False


def test_two_records_that_one_event_named_have_one_answer_once_they_are_one_person() -> None:
    facts = [said("firstName", name, "teetime", rank=FILLS_GAPS) for name in ("Bill", "William")]

    assert golden_row(facts, (), 0)["first_name"] == "William"
    assert golden_row(facts[::-1], (), 0)["first_name"] == "William"


def test_an_address_that_nobody_stated_is_taken_from_the_best_key() -> None:
    keys = [
        KnownKey("email", "family@example.com", True, True, 99),
        KnownKey("email", "b@example.com", True, False, 95),
        KnownKey("email", "a@example.com", True, False, 95),
    ]

    assert golden_row((), keys, 0)["email"] == "a@example.com"
    assert golden_row((), keys[:1], 0)["email"] == "family@example.com"
    assert golden_row([said("email", "stated@example.com")], keys, 0)["email"] == "stated@example.com"
    assert golden_row([said("email", None)], keys, 0)["email"] is None


def test_of_several_ids_of_one_service_the_smallest_active_one_stands() -> None:
    keys = [
        KnownKey("sclMemberId", "10", True, False, 100),
        KnownKey("sclMemberId", "9", True, False, 100),
        KnownKey("sclMemberId", "1", False, False, 100),
        KnownKey("golfRsaId", "27", True, False, 100),
        KnownKey("mcaV1ZaId", "5", False, False, 100),
    ]

    row = golden_row((), keys, 0)

    assert row["scl_member_id"] == 9
    assert row["external_ids"] == {"golfRsaId": "27"}


@pytest.mark.parametrize(
    ("status", "stage_rank", "stage"),
    [
        ("", 0, "SUBSCRIBER"),
        ("ACTIVE", 4, "MEMBER"),
        ("LAPSED", 4, "CHURNED"),
        ("CANCELLED", 5, "CHURNED"),
        ("", 5, "ADVOCATE"),
    ],
)
def test_the_stage_is_the_one_reached_unless_the_membership_ended(
    status: str, stage_rank: int, stage: str
) -> None:
    assert stage_of(status, stage_rank) == stage


def test_somebody_of_whom_nothing_is_known_has_an_empty_row() -> None:
    assert golden_row((), (), 0) == {**EMPTY_ROW, "lifecycle_stage": "SUBSCRIBER"}


def test_changed_columns_are_told_in_the_order_of_the_row() -> None:
    before = golden_row((), (), 0)
    after = golden_row([said("handicap", 10), said("firstName", "Anna", "crm")], (), 1)

    assert changed_columns(before, before) == []
    assert changed_columns(before, after) == [
        "first_name",
        "handicap_tenths",
        "handicap_updated_at",
        "lifecycle_stage",
    ]
    assert set(GOLDEN_COLUMNS) == set(before)
