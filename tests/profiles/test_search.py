"""Finding people as one types."""

from uuid import UUID

import pytest
from django.db import connection

from profiles.models import CustomerProfile, SearchDocument
from profiles.search import in_order, search_profiles, text_query
from profiles.search_documents import LONGEST_LEXEME, tenant_tag
from tenants.models import Tenant
from tenants.postgresql.base import as_owner
from tenants.scope import all_tenants, tenant_scope
from tests.cast import Club
from tests.profiles.records import profile
from tests.profiles.stories import contact, event, member, player, tell

# Of the open transaction: scans of the index, scans of the whole table.
SCANS = """
SELECT pg_stat_get_xact_numscans('profiles_search_document_idx'::regclass),
       pg_stat_get_xact_numscans('profiles_searchdocument'::regclass), current_user
"""
PLAYER_ID = "6f1b0a52-8a7e-4f0e-9a44-0d8a2f6f0001"


@pytest.fixture
def town(fairview: Club) -> Club:
    """Four people with something in common, so that a search has to tell them apart."""
    tell(
        fairview.tenant,
        member(
            4711,
            firstName="Lindiwe",
            lastName="Nkosi",
            email="lindiwe.nkosi@example.com",
            phoneNumber="082 123 4567",
        ),
        member(4712, at=1, firstName="Zoë", lastName="Müller-Botha", email="zoe@golf.example"),
        player(PLAYER_ID, at=2, name="Sean", surname="O’Brien", phone="083 765 4321"),
        contact("c-9", at=3, firstName="محمد", lastName="Ali", email="o'neil@example.org"),
    )
    return fairview


def found(tenant: Tenant, text: str) -> set[str]:
    with tenant_scope(tenant):
        ids = search_profiles(text)
        return set(CustomerProfile.objects.filter(pk__in=ids).values_list("last_name", flat=True))


FINDS_LINDIWE = [
    "Lindiwe", "lindi", "L", "nkosi lindiwe", "LINDIWE NK", "lindiwe.nkosi@example.com", "lindiwe.nkosi@",
    "lindiwe.nkosi", "example.com", "4711", "082 123 4567", "0821234567", "082 123", "+27 82 123 4567", "+2782",
    "27821234567", "0027 82 123 4567", "82 123 4567", "(082) 123-4567", "Nkosi 0821234567",
]  # fmt: skip
EXACTLY: dict[str, set[str]] = {
    "zoe": {"Müller-Botha"},
    "ZOË": {"Müller-Botha"},
    "muller": {"Müller-Botha"},
    "müller-botha": {"Müller-Botha"},
    "botha": {"Müller-Botha"},
    "golf.example": {"Müller-Botha"},
    "o'brien": {"O’Brien"},
    "O’Brien": {"O’Brien"},
    "obri": {"O’Brien"},
    PLAYER_ID: {"O’Brien"},
    PLAYER_ID.upper(): {"O’Brien"},
    "محم": {"Ali"},
    "o'neil@example.org": {"Ali"},
    "c-9": {"Ali"},
    "lindiwe zoe": set(),
    "ndiwe": set(),
    "example.net": set(),
    "0821234568": set(),
}
STRANGE = [
    "'", "''", "\\", "\\'", ":", ":*", "&", "|", "!", "*", "(", ")", "<->", "' | 'zz':*", "a@'b", "a@\\", "a@':*|",
    "(((a@", "! lindiwe@ |", "%", "_", "$$", "--", ";", "{}", "\x00", "a\x00@b", "\ud800", "a\ud800@b", "\u200b", "🏌️",
    "a@" * 400,
]  # fmt: skip


def test_a_person_is_found_by_the_beginning_of_any_word(town: Club) -> None:
    assert [text for text in FINDS_LINDIWE if "Nkosi" not in found(town.tenant, text)] == []


def test_accents_apostrophes_and_capitals_do_not_matter_but_every_word_does(town: Club) -> None:
    assert {text: found(town.tenant, text) for text in EXACTLY} == EXACTLY


def test_no_character_breaks_the_query_or_finds_anybody_by_accident(town: Club) -> None:
    assert {text: found(town.tenant, text) for text in STRANGE} == {text: set() for text in STRANGE}


def test_characters_of_the_query_language_are_only_gaps_between_words(town: Club) -> None:
    texts = ["Lindiwe'", "(lindiwe)", "lindiwe:*", "!lindiwe", "lindiwe & nkosi", "lindiwe\x00"]

    assert [found(town.tenant, text) for text in texts] == [{"Nkosi"}] * len(texts)


def test_a_text_without_words_finds_nobody_and_asks_nothing(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        for text in ("", "   ", "\t\n", "-", "'"):
            assert text_query(fairview.tenant.pk, text) == ""
            assert search_profiles(text) == []


def test_another_tenants_people_are_never_found(town: Club, kingsmere: Club) -> None:
    assert found(kingsmere.tenant, "lindiwe") == set()


def test_the_function_answers_only_for_the_tenant_in_scope(town: Club, kingsmere: Club) -> None:
    query = text_query(town.tenant.pk, "lindiwe")

    def ask() -> list[UUID]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT profiles_search(%s, %s::tsquery, 10)", [town.tenant.pk, query])
            return [profile_id for (profile_id,) in cursor.fetchall()]

    with tenant_scope(town.tenant):
        assert len(ask()) == 1
    with tenant_scope(kingsmere.tenant):
        assert ask() == []
    with all_tenants():
        assert ask() == []
    assert ask() == []


def test_a_person_is_found_by_a_new_address_and_no_longer_by_a_corrected_name(town: Club) -> None:
    changed = {
        "id": 4711,
        "lastName": "Dlamini",
        "email": "new@example.com",
        "changes": ["lastName", "email"],
    }

    tell(town.tenant, event("scl.member.updated", changed, at=9))

    assert found(town.tenant, "new@example.com") == {"Dlamini"}
    assert found(town.tenant, "dlamini") == {"Dlamini"}
    assert found(town.tenant, "lindiwe.nkosi@example.com") == {"Dlamini"}, (
        "an older address still leads to its owner"
    )
    with tenant_scope(town.tenant):
        document = SearchDocument.objects.get(profile_id=search_profiles("4711")[0]).document
    assert "nkosi" in document, "as part of the older address"


def test_very_long_names_are_found_by_their_beginning(fairview: Club) -> None:
    tell(fairview.tenant, member(1, firstName="㌀" * 200, lastName="x" * 200))

    assert found(fairview.tenant, "x" * 200) == {"x" * 200}
    assert found(fairview.tenant, "㌀" * 10) == {"x" * 200}
    with tenant_scope(fairview.tenant):
        query = text_query(fairview.tenant.pk, "y" * 500)
    assert len(query) == LONGEST_LEXEME + len("('':*)")


def test_active_people_come_first_then_the_lately_active(town: Club) -> None:
    tell(
        town.tenant,
        member(1, firstName="Ann", lastName="Gone", at=20),
        member(2, firstName="Ann", lastName="Early", at=10),
        member(3, firstName="Ann", lastName="Late", at=15),
        event("scl.member.deleted", {"id": 1}, at=30),
    )

    with tenant_scope(town.tenant):
        ids = search_profiles("ann")
        names = [CustomerProfile.objects.get(pk=each).last_name for each in ids]
        assert search_profiles("ann", most=1) == ids[:1]

    assert names == ["Late", "Early", "Gone"]
    assert in_order(ids) == {ids[0]: 0, ids[1]: 1, ids[2]: 2}


def test_under_the_policies_a_search_reads_the_index_and_no_more(fairview: Club) -> None:
    tag = tenant_tag(fairview.tenant.pk)
    with tenant_scope(fairview.tenant):
        people = [profile(fairview.tenant) for _ in range(200)]
        SearchDocument.objects.bulk_create(
            SearchDocument(tenant=fairview.tenant, profile_id=one.pk, document=f"'{tag}surname{number}'")
            for number, one in enumerate(people)
        )
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE profiles_searchdocument")

    with tenant_scope(fairview.tenant), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(SCANS)
        before = cursor.fetchone()
        assert len(search_profiles("surname199")) == 1
        cursor.execute(SCANS)
        after = cursor.fetchone()

    assert [then - earlier for earlier, then in zip(before[:2], after[:2], strict=True)] == [1, 0]
    assert after[2] == "crm_app"
