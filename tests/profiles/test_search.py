"""Finding people as one types."""

from uuid import UUID

import pytest
from django.db import connection

from profiles.editing import Author, add_note, update_customer
from profiles.golden_rows.documents import DETAIL, LONGEST_LEXEME, lexeme
from profiles.merging.actions import merge_profiles
from profiles.models import CustomerProfile, Note, SearchDocument
from profiles.normalise import folded
from profiles.reading import CustomerFilter, list_customers
from profiles.search.finding import Closeness, in_order, search, search_profiles
from profiles.search.search_query import query, words_of
from profiles.unmerging import unmerge_profiles
from tenants.models import Tenant
from tenants.scope import all_tenants, tenant_scope
from tests.cast import Club
from tests.profiles.stories import contact, event, member, player, tell

FUNCTION = """
SELECT (profiles_search(%(tenant)s, ARRAY['newest', 'index', 'notes'], ARRAY[1, 2, 3], ARRAY[1, 2, 3],
                        array_fill(%(query)s::tsquery, ARRAY[3]), array_fill(%(query)s::tsquery, ARRAY[3]), 10)
       ).profile_id
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
            assert words_of(text) == []
            assert search_profiles(text) == []


def test_another_tenants_people_are_never_found(town: Club, kingsmere: Club) -> None:
    assert found(kingsmere.tenant, "lindiwe") == set()


def test_the_function_answers_only_for_the_tenant_in_scope(town: Club, kingsmere: Club) -> None:
    wanted = query(town.tenant.pk, words_of("lindiwe"), "beginning")

    def ask() -> list[UUID]:
        with connection.cursor() as cursor:
            cursor.execute(FUNCTION, {"tenant": town.tenant.pk, "query": wanted})
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
        wanted = query(fairview.tenant.pk, words_of("y" * 500), "beginning")
    assert len(wanted) == LONGEST_LEXEME + len("('':*)")


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


SLIPS = ["lindwie", "lindiwee", "lindime", "lnidiwe", "indiwe", "lindiwe nkois", "lindiwe nksi", "nkozi lind"]
UNFINISHED = ["lindwi", "indiw", "lindie.", "nkosi lindwi"]


@pytest.mark.parametrize("text", [*SLIPS, *UNFINISHED])
def test_one_slip_of_the_finger_in_a_name_is_forgiven(town: Club, text: str) -> None:
    with tenant_scope(town.tenant):
        [match] = search(text)

    assert match.closeness is Closeness.SLIP
    assert found(town.tenant, text) == {"Nkosi"}


def test_what_fits_as_typed_hides_what_may_have_been_meant_from_lists(town: Club) -> None:
    tell(town.tenant, member(1, firstName="Lindiw", lastName="Other", at=20))

    with tenant_scope(town.tenant):
        closenesses = [match.closeness for match in search("lindiw")]

    assert closenesses == [Closeness.EXACT, Closeness.BEGINNING]
    assert found(town.tenant, "lindwi") == {"Nkosi", "Other"}
    assert found(town.tenant, "lindiwx") == {"Nkosi", "Other"}


def test_exact_names_come_before_longer_ones_and_those_before_slips(town: Club) -> None:
    for number, name in enumerate(("Marietta", "Mariet", "Mariot", "Marie", "Maria")):
        tell(town.tenant, member(100 + number, firstName=name, lastName=f"Of{number}", at=20 - number))

    with tenant_scope(town.tenant):
        ids = [match.profile_id for match in search("mariet")]
        names = [CustomerProfile.objects.get(pk=each).first_name for each in ids]

    assert names == ["Mariet", "Marietta", "Mariot", "Marie"]


def test_people_are_found_by_their_tags_their_club_and_what_notes_say(town: Club) -> None:
    with tenant_scope(town.tenant):
        [lindiwe] = search_profiles("lindiwe")
        [zoe] = search_profiles("zoe")
        update_customer(lindiwe, {"tags": ["Été VIP", "wine-club"]})
        add_note(zoe, "Prefers mornings; slight knee PROBLÈME since May. Müßig’s friend.", Author("Ann"))
    tell(town.tenant, player(PLAYER_ID, at=9, homeClubName="Königstein Links"))

    texts = {
        "vip": {"Nkosi"}, "ete": {"Nkosi"}, "wine": {"Nkosi"}, "nkosi vip": {"Nkosi"}, "zoe vip": set(),
        "knee": {"Müller-Botha"}, "proble": {"Müller-Botha"}, "botha knee mornings": {"Müller-Botha"},
        "mussigs": {"Müller-Botha"}, "konigst": {"O’Brien"}, "sean links": {"O’Brien"}, "lindiwe knee": set(),
    }  # fmt: skip
    assert {text: found(town.tenant, text) for text in texts} == texts
    with tenant_scope(town.tenant):
        update_customer(lindiwe, {"tags": ["gone"]})
        Note.objects.filter(profile_id=zoe).delete()
    assert [found(town.tenant, text) for text in ("vip", "knee", "gone")] == [set(), set(), {"Nkosi"}]


def test_tags_and_notes_follow_a_merge_and_come_back(town: Club) -> None:
    with tenant_scope(town.tenant):
        [lindiwe] = search_profiles("lindiwe")
        [zoe] = search_profiles("zoe")
        update_customer(zoe, {"tags": ["sommelier"]})
        add_note(zoe, "Allergic to peanuts", Author("Ann"))
        merge_profiles(lindiwe, zoe)
        merged = [search_profiles(text) for text in ("zoe", "sommelier", "peanuts", "zoe lindiwe")]
        unmerge_profiles(zoe)
        parted = [search_profiles(text) for text in ("zoe", "sommelier", "peanuts", "zoe lindiwe")]

    assert merged == [[lindiwe]] * 4
    assert parted == [[zoe], [zoe], [zoe], []]


def test_a_merged_name_leads_to_the_survivor_also_after_it_changed(town: Club) -> None:
    with tenant_scope(town.tenant):
        [lindiwe], [sean] = search_profiles("lindiwe"), search_profiles("sean")
        merge_profiles(lindiwe, sean)
        assert search_profiles("sean obrien") == [lindiwe]
        assert search_profiles("sean nkosi") == [lindiwe]
        assert [match.profile_id for match in search("saen obrien")] == [lindiwe]
    tell(town.tenant, player(PLAYER_ID, at=9, name="Séamus", surname="O’Brien"))

    with tenant_scope(town.tenant):
        assert (search_profiles("seamus"), search_profiles("sean")) == ([lindiwe], [])
        unmerge_profiles(sean)
        assert (search_profiles("seamus"), search_profiles("lindiwe")) == ([sean], [lindiwe])
        assert search_profiles("seamus nkosi") == []


def test_words_of_notes_are_the_words_of_names(fairview: Club) -> None:
    """The database folds notes, Python names: a word must come out the same, or it is never found."""
    texts = ["O'Brien’s", "ZOË", "Straße", "Łódź 3½", "Ångström", "ﬁne", "محمد", "été", "x" * 300, "a-b_c"]

    with tenant_scope(fairview.tenant), connection.cursor() as cursor:
        for text in texts:
            cursor.execute(
                "SELECT tsvector_to_array(profiles_note_words(%s, %s))", [fairview.tenant.pk, text]
            )
            (words,) = cursor.fetchone()
            assert set(words) == {
                lexeme(fairview.tenant.pk, DETAIL, word) for word in folded(text).split()
            }, text


@pytest.mark.parametrize("text", ["a", "27", "082", "example.com", "a b", "s 0"])
def test_what_fits_a_large_part_of_a_club_is_known_by_its_shape(text: str) -> None:
    assert all(word.is_broad for word in words_of(text))
    assert not any(word.is_broad for word in words_of("smi 0821234 ann@example.com 123456 müller-botha"))


def test_a_list_with_a_search_comes_in_the_order_of_the_search(fairview: Club) -> None:
    tell(fairview.tenant, member(1, firstName="Mariet"), member(2, at=5, firstName="Marietta"))

    with tenant_scope(fairview.tenant):
        names = [customer.first_name for customer in list_customers(CustomerFilter(search="mariet"))]

    assert names == ["Mariet", "Marietta"]


AS_STAFF_TYPE = {
    "王伟": {"王"},
    "伟王": {"王"},
    "김민준": {"김"},
    "@golf24.example.com": {"王", "김", "van der Bijl", "Þorsdal"},
    "vanderbijl": {"van der Bijl"},
    "vdbijl": {"van der Bijl"},
    "kerneelsvander": {"van der Bijl"},
    "thorsdal": {"Þorsdal"},
    "Þorsdal": {"Þorsdal"},
    "aethel": {"Þorsdal"},
    "552403": {"van der Bijl"},
    "5552403": {"van der Bijl"},
    "555 2403": {"van der Bijl"},
    "2555 2404": {"Þorsdal"},
}


LAST_DIGITS = {
    "0042": ["Two"],
    "00 42": ["Two"],
    "Lindiwe 0042": ["Two"],
    "Zoë 0042": [],
    "10042": ["Two"],
    "4711": ["Number", "One"],
    "0043": [],
    "5588": ["Ends", "Middle"],
    "042": [],
    "+0042": [],
}


@pytest.mark.parametrize(("typed", "names"), LAST_DIGITS.items(), ids=LAST_DIGITS.keys())
def test_the_last_four_digits_of_a_phone_find_its_owner_and_a_member_number_comes_first(
    fairview: Club, typed: str, names: list[str]
) -> None:
    tell(
        fairview.tenant,
        member(1, firstName="Lindiwe", lastName="One", phoneNumber="+27825554711"),
        member(2, firstName="Lindiwe", lastName="Two", phoneNumber="+27825510042"),
        member(4711, firstName="Lindiwe", lastName="Number", phoneNumber="+27825550188"),
        member(4, firstName="Lindiwe", lastName="Middle", phoneNumber="+27825588123", status="ACTIVE"),
        member(5, firstName="Lindiwe", lastName="Ends", phoneNumber="+27833335588"),
    )

    with tenant_scope(fairview.tenant):
        people = CustomerProfile.objects.in_bulk(found_ids := search_profiles(typed))
    assert [people[key].last_name for key in found_ids] == names


@pytest.mark.parametrize(("typed", "names"), AS_STAFF_TYPE.items(), ids=AS_STAFF_TYPE.keys())
def test_names_in_one_word_domains_and_last_digits_find_their_people(
    fairview: Club, typed: str, names: set[str]
) -> None:
    """Trial 24."""
    people = [("伟", "王", "wei"), ("민준", "김", "minjun"), ("Kerneels", "van der Bijl", "kerneels")]
    people.append(("Æthel", "Þorsdal", "aethel"))
    tell(
        fairview.tenant,
        *(
            member(
                number,
                firstName=first,
                lastName=last,
                email=f"{local}@golf24.example.com",
                phoneNumber=f"+2782555240{number}",
            )
            for number, (first, last, local) in enumerate(people, start=1)
        ),
    )

    assert found(fairview.tenant, typed) == names
