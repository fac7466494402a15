"""What a search reads of the database: one index, and of that a bounded part, whatever the planner believes."""

from typing import Any

import pytest
from django.db import connection

from profiles.editing import Author, add_note
from profiles.golden_rows.documents import tenant_tag
from profiles.models import CustomerProfile, SearchDocument
from profiles.search.finding import search_profiles
from profiles.search.search_query import query, words_of
from tenants.postgresql.base import as_owner
from tenants.scope import tenant_scope
from tests.cast import Club

pytestmark = pytest.mark.usefixtures("fresh_tables")
# Of the open transaction: scans of the index, scans of the whole table.
SCANS = """
SELECT pg_stat_get_xact_numscans('profiles_search_document_idx'::regclass),
       pg_stat_get_xact_numscans('profiles_searchdocument'::regclass), current_user
"""
READ_DOCUMENTS = """
SELECT sum(pg_stat_get_xact_tuples_fetched(indexrelid)) + sum(pg_stat_get_xact_tuples_returned(indexrelid))
FROM pg_index WHERE indrelid = 'profiles_searchdocument'::regclass
"""
BY_NOTES = """
SELECT (profiles_search(%(tenant)s, ARRAY['notes'], ARRAY[1], ARRAY[1], ARRAY[%(query)s::tsquery],
                        ARRAY[%(query)s::tsquery], 10)).profile_id
"""


@pytest.mark.parametrize("statistics", ["none", "of an empty table", "true"])
@pytest.mark.parametrize("waiting", [0, 300])
def test_under_the_policies_a_search_reads_the_index_and_no_more(
    fairview: Club, waiting: int, statistics: str
) -> None:
    """In any state of the table: entries that wait to be sorted into the index make it look dear to the planner."""
    tag = tenant_tag(fairview.tenant.pk)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER INDEX profiles_search_document_idx RESET (gin_pending_list_limit)")
        if statistics == "of an empty table":
            cursor.execute("ANALYZE profiles_searchdocument")
    texts = [f"'{tag}surname{number}'" for number in range(200)]
    texts += [" ".join(f"'{tag}{number}x{part}'" for part in range(40)) for number in range(waiting)]
    with tenant_scope(fairview.tenant):
        SearchDocument.objects.bulk_create(
            SearchDocument(tenant=fairview.tenant, profile_id=person.pk, document=text)
            for person, text in zip(_people(fairview, len(texts)), texts, strict=True)
        )
    if statistics == "true":
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("ANALYZE profiles_searchdocument")

    with tenant_scope(fairview.tenant), connection.cursor() as cursor:
        cursor.execute(SCANS)
        before = cursor.fetchone()
        assert len(search_profiles("surname199")) == 1
        cursor.execute(SCANS)
        after = cursor.fetchone()

    by_index, of_table = (then - earlier for earlier, then in zip(before[:2], after[:2], strict=True))
    assert (by_index > 0, of_table) == (True, 0)
    assert after[2] == "crm_app"


def test_a_note_leads_to_the_document_of_its_customer_and_to_no_other(fairview: Club) -> None:
    tag = tenant_tag(fairview.tenant.pk)
    with tenant_scope(fairview.tenant), connection.cursor() as cursor:
        people = _people(fairview, 100)
        SearchDocument.objects.bulk_create(
            SearchDocument(tenant=fairview.tenant, profile_id=person.pk, document=f"'{tag}word'")
            for person in people
        )
        add_note(people[0].pk, "Knee", Author("Ann"))
        cursor.execute(READ_DOCUMENTS)
        (before,) = cursor.fetchone()
        asked: dict[str, Any] = {
            "tenant": fairview.tenant.pk,
            "query": query(fairview.tenant.pk, words_of("knee"), "noted"),
        }
        cursor.execute(BY_NOTES, asked)
        assert cursor.fetchall() == [(people[0].pk,)]
        cursor.execute(READ_DOCUMENTS)
        (after,) = cursor.fetchone()

    assert after - before == 2, "its entry in the index, and its row"


def test_the_last_digits_of_a_phone_are_looked_up_and_nothing_else_is_read(fairview: Club) -> None:
    stem = tenant_tag(fairview.tenant.pk, "")
    with tenant_scope(fairview.tenant), connection.cursor() as cursor:
        people = _people(fairview, 300)
        SearchDocument.objects.bulk_create(
            SearchDocument(
                tenant=fairview.tenant, profile_id=person.pk, document=f"'{stem}:4711{n}00' '{stem}#{n:04}'"
            )
            for n, person in enumerate(people)
        )
        cursor.execute(READ_DOCUMENTS)
        (before,) = cursor.fetchone()

        assert search_profiles("0123", most=1) == [people[123].pk]

        cursor.execute(READ_DOCUMENTS)
        (after,) = cursor.fetchone()
    assert after - before == 1, "its entry in the index, of 300"


def _people(club: Club, number: int) -> list[CustomerProfile]:
    return CustomerProfile.objects.bulk_create(CustomerProfile(tenant=club.tenant) for _ in range(number))
