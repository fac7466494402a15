"""Mentions of a person are found by an index, which finds what the pattern of the person does."""

import json
import re
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_platform.embedded.leftovers import wait_until
from events.identity_hints import IdentityKey
from events.models import DomainLogEntry, InboxEvent
from profiles.models import CustomerProfile, StaleBlock, TextBlock, TextMark
from profiles.privacy import text_index
from profiles.privacy.erasing import erase_customer
from profiles.privacy.matcher import Matcher
from profiles.privacy.mentions import Mentions, find_mentions
from profiles.privacy.person_patterns import Part, Traits
from profiles.privacy.text_index import drop_pruned_blocks, index_texts
from profiles.privacy.tokens import seed_of, tokens_of_texts
from profiles.privacy.word_filter import WordFilter
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.examples import examples
from tests.patience import PATIENCE_SECONDS
from tests.profiles.stories import booking, member, player, tell
from tests.profiles.test_erasing import WORDS, erase, found_in_database, sipho

NAMES = (("José", "Fernández"), ("Mary-Anne", "Clark Jones"), ("Sinéad", "O'Rourke"), ("Zoë", "Müller"))
KEYS = (
    IdentityKey("email", "zoe.muller@example.org"),
    IdentityKey("phoneNumber", "+27821237654"),
    IdentityKey("sclMemberId", "4711"),
    IdentityKey("teetimePlayerId", "t-1"),
)
# How people and programs write them.
WRITTEN = (
    *(
        "José Fernández",
        "FERNANDEZ, JOSE",
        "Jose\u0301 Ferna\u0301ndez",
        "Jose\u2013Fernandez",
        "jose_fernandez",
    ),
    *("Mary Anne Clark-Jones", "Mary\u2010Anne Clark\u2010Jones", "Clark Jones Mary-Anne"),
    *("JoseFernandez", "FernandezJose", "JoséFernández", "MaryAnne ClarkJones", "#ZoeMuller"),
    *(
        "Jose<b>Fernandez</b>",
        "<i>José</i> <b class='x'>Fernández</b>",
        "Jose&nbsp;Fernandez",
        "Jose&#160;<br/>Fernandez",
    ),
    *("Sinead ORourke", "Sinéad O\u2019Rourke's", "O`Rourke Sinead", "Zoe Müller", "ZOË MULLER"),
    *("zoe.muller@example.org", "<Zoe.Muller@Example.org>,", "mailto:zoe.muller@example.org."),
    *("0821237654", "+27 82 123 7654", "0027 (82) 123-7654", "082 123 7654 / 083 222 1111"),
)


def finds(traits: Traits, texts: Sequence[str]) -> bool:
    return Matcher(traits, [], 1).is_named(texts)


def the_person() -> Traits:
    return Traits(frozenset(KEYS), frozenset(NAMES), frozenset())


@pytest.mark.parametrize("written", WRITTEN)
def test_whatever_the_pattern_finds_the_index_finds(written: str) -> None:
    traits = the_person()
    in_json = f'{{"type": "x", "payload": {{"text": "Lunch with {written} today", "n": 3}}}}'

    assert any(re.search(part.pattern, written, re.IGNORECASE) for part in traits.parts)
    assert Matcher(traits, [], 1).redacted_text(f"Lunch with {written} today").count("[erased]") >= 1
    assert finds(traits, [f"Lunch with {written} today"])
    assert finds(traits, [in_json])


@pytest.mark.parametrize("said", ["josefernandez", "another", "Anno Therese", "JOSEFERNANDEZ", "< > " * 40])
def test_words_that_only_hold_the_letters_of_a_name_stay(said: str) -> None:
    traits = Traits(frozenset(), frozenset({*NAMES, ("Ann", "Other")}), frozenset())

    assert (
        Matcher(traits, [], 1).redacted_text(f"Lunch with Ann {said} today") == f"Lunch with Ann {said} today"
    )


@given(st.sampled_from(WRITTEN), st.text(max_size=20), st.text(max_size=20), st.sampled_from(" .,;()\n\t"))
@settings(max_examples=examples(200), deadline=None)
def test_whatever_stands_around_it(written: str, before: str, after: str, gap: str) -> None:
    text = f"{before}{gap}{written}{gap}{after}"

    # An odd letter next to the name may fold into it; then it is another word.
    assert finds(the_person(), [f" {text}"]) or re.search(r"[^\W\d_]", before[-1:] + after[:1])


@pytest.mark.parametrize("before", ["[erased] and ", "[1] ", "{x} ", "[", "[note] see [2], "])
def test_a_text_that_begins_like_json_is_one_in_words(before: str) -> None:
    text = f"{before}José Fernández"

    assert finds(the_person(), [text])
    assert Matcher(the_person(), [], 1).redacted_text(text) == f"{before}[erased]"


@pytest.mark.parametrize("name", ["memberId", "sclMemberId", "playerId", "subjectId"])
def test_ids_of_services_are_found_where_they_stand_for_somebody(name: str) -> None:
    value = "t-1" if name == "playerId" else "4711"

    assert finds(the_person(), [f'{{"payload": {{"{name}": "{value}", "other": 1}}}}'])
    assert finds(the_person(), [f'{{"payload": {{"{name}": {value}, "other": 1}}}}']) == value.isdigit()
    assert not finds(the_person(), [f'{{"payload": {{"amountCents": {value}, "other": "{value}"}}}}'])


def test_tokens_of_two_clubs_have_nothing_in_common() -> None:
    one, other = (tokens_of_texts(["Zoe Müller 0821237654"], seed_of(uuid4())) for _ in range(2))

    assert not one & other


def indexed(tenant: Tenant) -> None:
    """All that there is, in turns: the first only looks how far there is something.

    A transaction anywhere in the cluster, another test's as well, holds the second back until it ends. The third is
    for a mark that somebody else held: a turn leaves it to them.
    """
    with tenant_scope(tenant):
        for _ in range(2):
            index_texts()
            assert wait_until(_is_settled, seconds=PATIENCE_SECONDS)
        index_texts()


def _is_settled() -> bool:
    """Whether everybody sees what this test has committed, or is about to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM profiles_textmark WHERE seen_xid >"
            " pg_snapshot_xmin(pg_current_snapshot()) AND seen_xid <= pg_snapshot_xmax(pg_current_snapshot()))"
        )
        return bool(cursor.fetchone()[0])


def mentions_of(tenant: Tenant, profile_id: UUID) -> Mentions:
    with tenant_scope(tenant):
        parameters: dict[str, Any] = {"tenant": tenant.pk, "survivor": profile_id, "ids": [profile_id]}
        return find_mentions(parameters, Traits.load(parameters))


SAID = st.sampled_from(
    [
        *WRITTEN,
        *(
            "Jose",
            "Fernandez",
            "Anna Clark",
            "Jones",
            "zoe",
            "example.org",
            "4711",
            "t-1",
            "t",
            "1",
            "237654",
        ),
        *('"playerId": "t-1"', '"memberId": 4711}', '"sclMemberId": "4711",', '"clubId": "t-1"'),
        *(
            "josefernandez@x.example",
            "/fernandez.jose85",
            "Jos%C3%A9%20Fern%C3%A1ndez",
            "zoe%40",
            "a<b>n</b>b",
        ),
        *("Jos\\u00e9 Fern\\u00e1ndez", "+27 (82) 123.76.54", "27-82-1237654", "O'Rourke"),
    ]
)


@settings(max_examples=100)
@given(
    st.lists(st.one_of(SAID, st.text(alphabet="abz 017.,-_@'\"{}:\\", max_size=6)), max_size=8), st.booleans()
)
def test_what_the_filter_of_words_leaves_out_names_nobody(said: list[str], is_json: bool) -> None:
    person = uuid4()
    matcher = Matcher(the_person(), [person], 1)
    text = json.dumps({"note": " ".join(said), "said": said}) if is_json else " ".join(said)
    texts = [None, "", text]

    found = matcher.is_named(texts, by_id=True)
    # With nothing to go by the filter leaves every text to the tokens.
    matcher.filter = WordFilter([Part("", ("-",))], [])

    assert found == matcher.is_named(texts, by_id=True)
    assert Matcher(the_person(), [person], 1).is_named([f'{{"customer": "{person}"}}'], by_id=True)


def test_the_filter_of_words_spares_most_texts_their_tokens() -> None:
    parts = [*the_person().parts, *the_person().id_parts]
    others = (
        '{"playerId": "t-17", "players": [{"name": "Anna Jones", "email": "anna@example.org"}]}',
        "083 123 9999",
        "",
    )
    named = (
        "jose fernandez",
        "zoe.muller@example.org",
        '{"playerId": "t-1"}',
        '{"memberId": 4711}',
        "082 123-7654",
    )
    known = WordFilter(parts, [])

    assert [known.may_name([text]) for text in others] == [frozenset()] * 3
    assert all(known.may_name([text]) for text in named)
    # Accents, apostrophes and escapes are left to the tokens.
    assert known.may_name(["José Fernández"]) is None


@pytest.mark.django_db(transaction=True)
def test_no_word_is_left_when_the_index_answers(fairview: Club) -> None:
    profile_id = sipho(fairview.tenant)
    indexed(fairview.tenant)
    with tenant_scope(fairview.tenant):
        last = InboxEvent.objects.latest("pk").pk
        assert TextMark.objects.get(model="events.InboxEvent").indexed_to >= last
        blocks = TextBlock.objects.filter(model="events.InboxEvent")
        tokens = set().union(*blocks.values_list("tokens", flat=True))

    erase(fairview.tenant, profile_id)

    assert found_in_database(*WORDS) == []
    with tenant_scope(fairview.tenant):
        assert StaleBlock.objects.filter(block_id__in=blocks.values("pk")).exists()
        index_texts()
        assert not StaleBlock.objects.exists()
        renewed = set().union(*blocks.values_list("tokens", flat=True))
    name = tokens_of_texts(["Siphokazi Ndlovu-Smythe"], seed_of(fairview.tenant.pk))
    assert name <= tokens
    assert not name & renewed


@pytest.mark.django_db(transaction=True)
def test_the_tail_that_is_not_indexed_yet_is_read(fairview: Club) -> None:
    profile_id = sipho(fairview.tenant)
    indexed(fairview.tenant)
    before = mentions_of(fairview.tenant, profile_id)
    tell(fairview.tenant, booking("t-2", at=9, players=[{"name": "Siphokazi Ndlovu-Smythe"}]))

    after = mentions_of(fairview.tenant, profile_id)

    found = set(after.of("events.InboxEvent")) - set(before.of("events.InboxEvent"))
    with tenant_scope(fairview.tenant):
        assert found == {InboxEvent.objects.latest("pk").pk}


@pytest.mark.django_db(transaction=True)
def test_the_search_has_no_transaction_number_and_changes_nothing(fairview: Club) -> None:
    profile_id = sipho(fairview.tenant)
    statements: list[str] = []

    def seen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(str(sql) + str(params))
        answer = execute(sql, params, many, context)
        if connection.in_atomic_block and "profiles_text_blocks" in str(sql):
            with connection.connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_current_xact_id_if_assigned(), current_setting('transaction_read_only')"
                )
                asked.append(cursor.fetchone())
        return answer

    asked: list[Any] = []
    with tenant_scope(fairview.tenant):
        parameters: dict[str, Any] = {
            "tenant": fairview.tenant.pk,
            "survivor": profile_id,
            "ids": [profile_id],
        }
        traits = Traits.load(parameters)
    with tenant_scope(fairview.tenant), connection.execute_wrapper(seen):
        find_mentions(parameters, traits)

    assert asked == [(None, "on")]
    assert [one for one in statements if "ndlovu" in one.lower() or "siphokazi" in one.lower()] == []


@pytest.mark.django_db(transaction=True)
def test_no_statement_of_an_erasure_names_the_person(fairview: Club) -> None:
    """A statement that fails stands in PostgreSQL's log."""
    profile_id = sipho(fairview.tenant)
    statements: list[str] = []

    def seen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(f"{sql} {params}".lower())
        return execute(sql, params, many, context)

    with tenant_scope(fairview.tenant), connection.execute_wrapper(seen):
        erase_customer(profile_id, reason="gdpr_erasure")

    assert [one for one in statements if any(word in one for word in WORDS)] == []
    assert len(statements) > 50


@pytest.mark.django_db(transaction=True)
def test_the_index_never_passes_an_id_that_a_running_transaction_may_still_bring(fairview: Club) -> None:
    tell(fairview.tenant, member(1, firstName="Ann"))
    other = connection.copy()
    with tenant_scope(fairview.tenant):
        try:
            other.set_autocommit(False)
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_current_xact_id()")
            for _ in range(3):
                index_texts()
            held_back = TextMark.objects.get(model="events.InboxEvent").indexed_to
            other.rollback()
        finally:
            other.close()
        last = InboxEvent.objects.latest("pk").pk
        # Transactions in other databases of the server hold it back as well.
        deadline = time.monotonic() + PATIENCE_SECONDS
        went_on = held_back
        while went_on < last and time.monotonic() < deadline:
            index_texts()
            went_on = TextMark.objects.get(model="events.InboxEvent").indexed_to

    assert held_back < last <= went_on


@pytest.mark.django_db(transaction=True)
def test_many_rows_make_many_blocks_and_a_turn_ends(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_index, "ROWS_OF_A_BLOCK", 3)
    monkeypatch.setattr(text_index, "CHUNK", 4)
    monkeypatch.setattr(text_index, "MOST_OF_A_TURN", 8)
    tell(fairview.tenant, *(member(number, firstName=f"Person{number}") for number in range(1, 11)))
    with tenant_scope(fairview.tenant):
        index_texts()
        assert wait_until(_is_settled, seconds=PATIENCE_SECONDS)
        is_more = index_texts()
        while wait_until(_is_settled, seconds=PATIENCE_SECONDS) and index_texts():
            pass
        blocks = list(
            TextBlock.objects.filter(model="events.InboxEvent")
            .order_by("first_id")
            .values_list("first_id", "last_id")
        )
        ids = list(InboxEvent.objects.order_by("pk").values_list("pk", flat=True))

    assert is_more
    assert blocks == [
        (ids[0], ids[2]),
        (ids[3], ids[3]),
        (ids[4], ids[6]),
        (ids[7], ids[7]),
        (ids[8], ids[9]),
    ]


def test_blocks_of_pruned_rows_go(fairview: Club) -> None:
    tell(fairview.tenant, member(1, firstName="Ann"), player("p-1", name="Ben"))
    indexed(fairview.tenant)
    with tenant_scope(fairview.tenant):
        assert TextBlock.objects.filter(model="events.DomainLogEntry").exists()
        DomainLogEntry.objects.filter(pk__lt=DomainLogEntry.objects.latest("pk").pk).delete()
        drop_pruned_blocks()
        assert TextBlock.objects.filter(model="events.DomainLogEntry").count() == 1
        DomainLogEntry.objects.all().delete()
        tell(fairview.tenant, member(2, firstName="Cas"))
        drop_pruned_blocks()

        assert not TextBlock.objects.filter(model="events.DomainLogEntry").exists()
        assert CustomerProfile.objects.count() == 3
