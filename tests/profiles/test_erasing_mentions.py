"""A name that stands anywhere in a club is nowhere after its erasure."""

from typing import Any

import pytest

from profiles.editing import Author, add_note, create_customer, update_customer
from profiles.models import BulkAct, ColumnChoice, CustomerProfile, MemberImport
from profiles.privacy.erasing import erase_customer
from profiles.search.finding import search_profiles
from profiles.tags import rename_tag
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.importing.acts import brought_in
from tests.profiles.test_erasing import found_in_database


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
