"""Lists on their page: pasted and CSV, by an import, synced; whom a rule means, by composition and overlap."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from messaging.gateway import client as messaging_client
from messaging.sandbox.lists import members as listed
from messaging.sandbox.server import Sandbox
from profiles.models import CustomerProfile
from segments.errors import NotAList
from segments.lists import add_import
from segments.models import Segment
from segments.preview import compose, overlap
from segments.rules import parse
from tenants.scope import tenant_scope
from tests.back_office import counted_queries, desk, text_of
from tests.cast import Club
from tests.profiles.importing.acts import brought_in, checked, taken_back
from tests.profiles.records import identifier, profile
from tests.segments.makers import a_list, all_of, history, leaf, members, segment
from tests.segments.test_api import call

LINES = ("1,Ann,Botha,ann@example.com,,,Gold,9,", "2,Ben,Nel,ben@example.com,,,Silver,,")


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    stand_in = Sandbox().start()
    settings.CRM_MESSAGING_URL = stand_in.url
    yield stand_in
    messaging_client._gateway.cache_clear()
    stand_in.stop()


def act(club: Club, of: Segment, **given: Any) -> str:
    """What the page says after an act."""
    answer = desk(club.marketing_manager).post(f"/admin/segments/{of.pk}/act/", given, follow=True)
    assert answer.status_code == 200
    return text_of(answer)


def test_a_pasted_csv_puts_people_on_the_list_and_says_whom_nobody_knows(fairview: Club) -> None:
    people = [profile(fairview.tenant) for _ in range(3)]
    for number, person in enumerate(people):
        identifier(fairview.tenant, person.pk, value=f"p{number}@example.org")
        identifier(fairview.tenant, person.pk, kind="sclMemberId", value=str(100 + number))
    made = a_list(fairview.tenant)
    file = SimpleUploadedFile(
        "list.csv", b'\xef\xbb\xbfE-mail;Number\r\np0@example.org;\r\n"p9@example.org";100\r\n;102\r\n'
    )

    html = act(fairview, made, act="paste", pasted="P1@example.org", file=file)

    assert members(fairview.tenant, made) == {person.pk for person in people}
    assert "3 added, 0 were on the list already" in html
    assert "Nobody is known by: p9@example.org." in html
    assert "2 added" not in act(fairview, made, act="paste", pasted="p0@example.org")


def test_an_import_fills_a_list_and_its_undoing_empties_it(fairview: Club) -> None:
    known = profile(fairview.tenant, first_name="Ben")
    identifier(fairview.tenant, known.pk, value="ben@example.com")
    made = a_list(fairview.tenant)
    with tenant_scope(fairview.tenant):
        member_import = brought_in(*LINES)
        ann = CustomerProfile.objects.get(first_name="Ann").pk

    html = act(fairview, made, act="import", **{"import": str(member_import.pk)})

    assert "2 customers of the import added" in html
    assert members(fairview.tenant, made) == {ann, known.pk}
    assert {row[2] for row in history(fairview.tenant, made)} == {"IMPORT"}
    with tenant_scope(fairview.tenant):
        assert add_import(made.pk, member_import.pk) == 0
        taken_back(member_import)
    assert members(fairview.tenant, made) == {known.pk}
    assert "Choose an import first" in act(fairview, made, act="import")


def test_the_api_fills_a_list_of_an_import(fairview: Club) -> None:
    status, made = call(fairview, "post", "/segments", {"name": "Spring file", "type": "IMPORT"})
    assert status == 201
    with tenant_scope(fairview.tenant):
        done, unfinished = brought_in(LINES[0]), checked(LINES[1])

    status, changed = call(fairview, "patch", f"/segments/{made['id']}", {"addImportId": str(done.pk)})
    assert (status, changed["memberCount"]) == (200, 1)
    status, changed = call(fairview, "patch", f"/segments/{made['id']}", {"addImportId": str(unfinished.pk)})
    assert (status, changed["memberCount"]) == (200, 1)
    assert call(fairview, "patch", f"/segments/{made['id']}", {"addImportId": str(uuid4())})[0] == 404

    by_rule = segment(fairview.tenant, leaf("membershipTier", "eq", "Gold"))
    with tenant_scope(fairview.tenant), pytest.raises(NotAList):
        add_import(by_rule.pk, done.pk)


def test_the_page_syncs_the_list_and_says_when_the_service_is_away(
    fairview: Club, sandbox: Sandbox, settings: Any
) -> None:
    person = profile(fairview.tenant, messaging_contact_id="c-ann", email_opt_in=True, membership_tier="Gold")
    made = segment(fairview.tenant, leaf("membershipTier", "eq", "Gold"))
    assert members(fairview.tenant, made) == {person.pk}

    html = act(fairview, made, act="sync")

    assert "The list of the Messaging service is up to date" in html
    assert "On the list of the Messaging service as of" in html
    assert listed(sandbox.book, str(made.tenant_id), str(made.pk), "")["contactIds"] == ["c-ann"]
    settings.CRM_MESSAGING_URL = "http://127.0.0.1:9"
    messaging_client._gateway.cache_clear()
    assert "does not answer; this is tried again by itself" in act(fairview, made, act="sync")


def test_the_composition_counts_each_once_and_the_reach_by_consent(fairview: Club) -> None:
    today = timezone.now().astimezone(fairview.tenant.zone).date()
    born = [today - timedelta(days=365 * years + years // 4 + 2) for years in (19, 31, 38)]
    gold = leaf("membershipTier", "in", ["Gold", "Silver"])
    profile(fairview.tenant, membership_tier="Gold", date_of_birth=born[0], handicap_tenths=-5)
    profile(fairview.tenant, membership_tier="Gold", date_of_birth=born[1], email_opt_in=True)
    profile(fairview.tenant, membership_tier="Silver", date_of_birth=born[2], handicap_tenths=129,
            email_opt_in=True, sms_opt_in=True)  # fmt: skip
    profile(fairview.tenant, membership_tier="Bronze")

    with tenant_scope(fairview.tenant):
        found = compose(parse(gold), fairview.tenant, timezone.now())

    assert found.count == 3
    assert found.tiers == [("Gold", 2), ("Silver", 1)]
    assert found.ages == [("10–19", 1), ("30–39", 2)]
    assert found.handicaps == [("Plus", 1), ("10–19.9", 1), ("Not known", 1)]
    assert found.reach == {"email": 2, "sms": 1, "push": 0, "whatsapp": 0}


def test_the_overlap_names_segments_that_share_people(fairview: Club) -> None:
    for handicap in (50, 60, 200):
        profile(fairview.tenant, membership_tier="Gold", handicap_tenths=handicap)
    segment(fairview.tenant, leaf("handicap", "lt", 10), "Good players")
    segment(fairview.tenant, leaf("handicap", "gt", 30), "Beginners")
    gold = leaf("membershipTier", "eq", "Gold")
    segment(fairview.tenant, gold, "Gold")

    with tenant_scope(fairview.tenant):
        found = overlap(parse(gold), fairview.tenant, timezone.now())

    shared = {name: count for _, name, count in found}
    assert (shared["Gold"], shared["Good players"]) == (3, 2)
    assert "Beginners" not in shared


def test_the_builder_shows_numbers_as_the_club_writes_them(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        CustomerProfile.objects.bulk_create(
            CustomerProfile(tenant=fairview.tenant, membership_tier="Gold") for _ in range(1_200)
        )
    criteria = '{"field": "membershipTier", "operator": "=", "value": "Gold"}'
    browser = desk(fairview.viewer)

    answer = browser.post("/admin/segments/build/count/", {"criteria": criteria}).json()
    html = text_of(browser.post("/admin/segments/build/people/", {"criteria": criteria}))

    assert (answer["count"], answer["countTold"]) == (1200, "1\u00a0200")
    assert 'data-rb-told="1\u00a0200"' in html


@pytest.mark.parametrize("address", ["/admin/segments/", "/admin/segments/{}/"])
def test_pages_take_as_many_queries_for_many_as_for_one(fairview: Club, address: str) -> None:
    rule = leaf("membershipTier", "eq", "Gold")
    profile(fairview.tenant, membership_tier="Gold")
    made = segment(fairview.tenant, all_of(rule), "First")
    browser = desk(fairview.marketing_manager)
    browser.get(address.format(made.pk))

    with counted_queries() as one:
        browser.get(address.format(made.pk))
    for number in range(5):
        profile(fairview.tenant, membership_tier="Gold")
        segment(fairview.tenant, all_of(rule, leaf("handicap", "lt", number)), f"More {number}")
    with counted_queries() as many:
        browser.get(address.format(made.pk))

    assert one == many
