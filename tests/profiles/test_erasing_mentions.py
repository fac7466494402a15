"""A name that stands anywhere in a club is nowhere after its erasure."""

from typing import Any, Final

import pytest

from profiles.editing import Author, add_note, create_customer, update_customer
from profiles.models import BulkAct, ColumnChoice, CustomerProfile, MemberImport, Note
from profiles.privacy.erasing import erase_customer
from profiles.search.finding import search_profiles
from profiles.tags import rename_tag
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.importing.acts import brought_in
from tests.profiles.planting import plant
from tests.profiles.stories import member, tell
from tests.profiles.test_erasing import found_in_database

NAME: Final = "Siphokazi Ndlovu-Smythe"
# Columns into which nobody writes words: what the program calls things, ids and sealed secrets, who of the staff acted.
PROGRAMS: Final = """
    account_id account_name act actor_name cause club_id code columns comment_id competition_key connection_ids consumer
    contact_id content_type counts channels caps club_zones rates sender_name sender_email reply_to email event_type
    fingerprint field inputs components key kind links list_id marker messaging_segment_id model model_version
    network_post_id occurrence outcome parameters parent_account_id permalink person_id queue reason reminder_days
    request_hash handle rules scopes sha256 source_id source_event_id sort status step storage_key targets template
    tier_order timezone type types username utm_campaign variant verdict version zone service_id access_sealed
    refresh_sealed sealed repeats problem problem_code closed_reason recur_pattern trigger_event reasons
    email_template_id sms_template_id push_template_id whatsapp_template_id source_key choices event_id created_by_id
    last_activity_type error_field
"""
CODES: Final = frozenset(PROGRAMS.split())
# Of others' rows: their own facts, and logs of one's own run, which hold what the run's own person did.
OWN: Final = frozenset(
    {
        "profiles_customerprofile",
        "profiles_profileshare",
        "journeys_steplog",
        "segments_segmenttransition",
        "profiles_searchdocument",
    }
)
# The key by which steps find a secret; what a service says of the recipient of a message, and its transitions.
KEPT: Final = frozenset(
    {"journeys_journeysecret.name", "messaging_delivery.error", "messaging_delivery.history"}
)


@pytest.mark.django_db
def test_a_name_in_any_worded_column_of_any_table_is_gone(fairview: Club) -> None:
    tell(
        fairview.tenant,
        member(1, firstName="Siphokazi", lastName="Ndlovu-Smythe", email="s@example.org"),
        member(2, firstName="Anna", lastName="Botha", email="anna@example.org"),
    )
    with tenant_scope(fairview.tenant):
        anna = CustomerProfile.objects.get(scl_member_id=2).pk
    planted = plant(fairview.tenant, anna, NAME)

    with tenant_scope(fairview.tenant):
        erase_customer(CustomerProfile.objects.get(scl_member_id=1).pk, reason="popia_erasure")

    left = {row.partition(":")[0] for row in found_in_database("ndlovu-smythe")}
    assert sorted(column for column in left if not is_expected(column)) == []
    # Else the test would prove little.
    assert sum(map(len, planted.values())) > 200
    assert {
        "segments.Segment",
        "campaigns.Campaign",
        "journeys.Task",
        "journeys.JourneyVersion",
        "messaging.Delivery",
        "social.Post",
        "profiles.MemberImport",
    } <= set(planted)


def is_expected(column: str) -> bool:
    table, _, name = column.partition(".")
    return (
        name in CODES or name.endswith("by_name") or name == "author_name" or table in OWN or column in KEPT
    )


@pytest.fixture
def people(fairview: Club) -> tuple[Any, Any]:
    with tenant_scope(fairview.tenant):
        zeb = create_customer({"firstName": "Zeb", "lastName": "Quack", "email": "zeb.quack@example.com"}).pk
        ann = create_customer({"firstName": "Ann", "lastName": "Miller", "email": "ann@example.com"}).pk
    return zeb, ann


def erase(club: Club, profile_id: Any) -> None:
    with tenant_scope(club.tenant):
        erase_customer(profile_id, reason="popia_erasure")


@pytest.mark.django_db
def test_tags_and_the_shown_name_of_others_forget_the_person(fairview: Club, people: tuple[Any, Any]) -> None:
    zeb, ann = people
    with tenant_scope(fairview.tenant):
        update_customer(
            ann,
            {
                "displayName": "Ann, wife of Zeb Quack",
                "tags": ["with Zéb Quack", "zeb.quack@example.com", "VIP"],
            },
        )
        add_note(ann, "Plays with QUACK, Zeb", Author("Lindi"))

    erase(fairview, zeb)

    with tenant_scope(fairview.tenant):
        left = CustomerProfile.objects.get(pk=ann)
        assert (left.display_name, left.tags) == ("Ann, wife of [erased]", ["VIP"])
        assert search_profiles("Quack") == []
    assert found_in_database("quack") == []


@pytest.mark.django_db
def test_a_namesake_keeps_the_name(fairview: Club, people: tuple[Any, Any]) -> None:
    zeb, _ = people
    with tenant_scope(fairview.tenant):
        other = create_customer(
            {"firstName": "Zeb", "lastName": "Quack", "displayName": "Zeb Quack", "email": "z@x.org"}
        )

    erase(fairview, zeb)

    with tenant_scope(fairview.tenant):
        left = CustomerProfile.objects.get(pk=other.pk)
    assert (left.first_name, left.last_name, left.display_name) == ("Zeb", "Quack", "Zeb Quack")


@pytest.mark.django_db
def test_file_names_headers_and_names_of_tags_forget_the_person(
    fairview: Club, people: tuple[Any, Any]
) -> None:
    zeb, ann = people
    with tenant_scope(fairview.tenant):
        update_customer(ann, {"tags": ["friends of Zeb Quack"]})
        rename_tag("friends of Zeb Quack", "old friends of Zeb Quack", Author("Lindi"))
        brought_in("Ann,Miller,x", header="First name,Last name,Sponsored by Zeb Quack")
        MemberImport.objects.update(file_name="list of Zeb Quack.csv")
        assert ColumnChoice.objects.filter(header="sponsored by zeb quack").exists()

    erase(fairview, zeb)

    with tenant_scope(fairview.tenant):
        kept = MemberImport.objects.get()
        assert (kept.file_name, kept.header[2]) == ("list of [erased].csv", "Sponsored by [erased]")
        assert (
            BulkAct.objects.get().title
            == "Renamed the tag “friends of [erased]” to “old friends of [erased]”"
        )
    assert found_in_database("quack") == []


@pytest.mark.parametrize(
    ("first", "last", "spelled"),
    [
        ("Łukasz", "Żółć", "Lukasz Zolc"),
        ("Søren", "Ørsted", "Orsted, Soren"),
        ("Þór", "Guðmundsson", "THOR GUDMUNDSSON"),
        ("Jürgen", "Müller", "Juergen Mueller"),
        ("Ali", "Yıldız", "ALI YILDIZ"),
        # Wide, of mathematicians, in circles, with a Cyrillic letter that looks the same, with a printer's ligature.
        ("Ann", "Nel", "Ａｎｎ　Ｎｅｌ"),
        ("Ann", "Nel", "𝐀𝐧𝐧 𝑁𝑒𝑙"),
        ("Ann", "Nel", "Ⓐⓝⓝ Nel"),
        ("Ann", "Nel", "Аnn Nеl"),
        ("Stella", "Griffin", "Griﬃn, ﬆella"),
        ("Josefina", "Pfeffer", "JOSEﬁNA PfeﬀER"),
    ],
)
def test_a_name_is_erased_as_keyboards_without_its_letters_write_it(
    first: str, last: str, spelled: str, fairview: Club
) -> None:
    tell(
        fairview.tenant,
        member(1, firstName=first, lastName=last),
        member(2, firstName="Anna", lastName="Botha"),
    )
    with tenant_scope(fairview.tenant):
        anna = CustomerProfile.objects.get(scl_member_id=2)
        add_note(anna.pk, f"Plays with {spelled}.", Author("Lindi"))
        erase_customer(CustomerProfile.objects.get(scl_member_id=1).pk, reason="popia_erasure")

        assert [note.body for note in Note.objects.filter(profile_id=anna.pk)] == ["Plays with [erased]."]
