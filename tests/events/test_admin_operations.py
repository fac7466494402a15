"""Operations in the back office: inbox, dead letters, repair, consumers, parked entries."""

import json
import re
from typing import Any

import pytest

from events import consumers
from events.models import Consumer, DeadLetter, InboxEvent, ParkedEntry
from profiles.ingest import process_pending
from tenants.models import Role, Tenant, User
from tenants.scope import all_tenants, tenant_scope
from tests import factories
from tests.back_office import (
    BULK,
    CONSUMERS,
    DEAD_LETTERS,
    INBOX,
    JOBS,
    PARKED,
    counted_queries,
    desk,
    text_of,
)
from tests.cast import Club
from tests.profiles import stories

PAGES = [INBOX, DEAD_LETTERS, JOBS, CONSUMERS, PARKED]


def dead_event(tenant: Tenant, number: int = 1) -> InboxEvent:
    """An event that ends dead, because its member number is none."""
    stories.tell(
        tenant, stories.event("scl.member.created", {"id": "x", "firstName": "Late"}, id=f"dead-{number}")
    )
    with tenant_scope(tenant):
        row: InboxEvent = InboxEvent.objects.get(event_id=f"dead-{number}")
    return row


def status_of(row: InboxEvent) -> str:
    """Where the event stands now."""
    with all_tenants():
        status: str = InboxEvent.objects.values_list("status", flat=True).get(pk=row.pk)
    return status


def letter(tenant: Tenant | None, **values: Any) -> DeadLetter:
    """A refused job."""
    defaults: dict[str, Any] = {
        "tenant": tenant,
        "queue": "crm-events",
        "job_id": "job-1",
        "job_name": "scl.member.created",
        "code": "INVALID_TIMESTAMP",
        "field": "timestamp",
        "message": "timestamp must be a time.",
        "body": json.dumps({"id": "j1", "type": "scl.member.created", "timestamp": "yesterday"}),
    }
    with all_tenants():
        row: DeadLetter = DeadLetter.objects.create(**(defaults | values))
    return row


def parked(tenant: Tenant, log_id: int = 1) -> ParkedEntry:
    """An entry that no consumer digested."""
    with tenant_scope(tenant):
        row: ParkedEntry = ParkedEntry.objects.create(
            tenant=tenant,
            consumer="outbound",
            log_id=log_id,
            kind="profile.changed",
            data={},
            at=stories.START,
            error="ValueError: too large",
        )
    return row


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", list(Role))
def test_only_admins_look(fairview: Club, role: Role, path: str) -> None:
    expected = 200 if role is Role.ADMIN else 403

    assert desk(fairview.member(role)).get(path).status_code == expected


@pytest.mark.parametrize("path", PAGES)
def test_the_stranger_may_not_look(fairview: Club, stranger: User, path: str) -> None:
    assert desk(stranger).get(path).status_code == 403


@pytest.mark.parametrize("role", [Role.MARKETING_MANAGER, Role.STAFF, Role.VIEWER])
def test_only_admins_act(fairview: Club, role: Role) -> None:
    row, entry, job = dead_event(fairview.tenant), parked(fairview.tenant), letter(fairview.tenant)
    browser = desk(fairview.member(role))
    everything = {"act": "replay", "ids": [row.pk], "confirmed": "1"}

    answers = [
        browser.get(f"{INBOX}{row.pk}/repair/"),
        browser.post(f"{INBOX}{row.pk}/repair/", {"envelope": "{}"}),
        browser.post(BULK, everything),
        browser.post(f"{PARKED}act/", {"act": "discard", "ids": [entry.pk], "confirmed": "1"}),
        browser.post(f"{JOBS}{job.pk}/", {"act": "dismiss"}),
        browser.post(f"{CONSUMERS}outbound/pause/", {"paused": "1"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 6
    assert status_of(row) == "DEAD"


def test_another_clubs_rows_do_not_exist(fairview: Club, kingsmere: Club) -> None:
    row, job = dead_event(kingsmere.tenant), letter(kingsmere.tenant)
    browser = desk(fairview.admin)

    assert browser.get(f"{INBOX}{row.pk}/").status_code == 404
    assert browser.get(f"{INBOX}{row.pk}/repair/").status_code == 404
    assert browser.get(f"{JOBS}{job.pk}/").status_code == 404
    browser.post(BULK, {"act": "skip", "ids": [row.pk], "confirmed": "1"})
    browser.post(BULK, {"act": "skip", "all": "1", "confirmed": "1"})
    assert status_of(row) == "DEAD"


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("", 2),
        ("?status=DEAD", 1),
        ("?status=SUCCESS", 1),
        ("?type=member.created", 2),
        ("?source=teetime", 0),
        ("?door=FILE", 0),
        ("?event_id=dead-1", 1),
        ("?status=NONSENSE&before=9999999999999999999999", 2),
    ],
)
def test_the_inbox_filters(fairview: Club, query: str, seen: int) -> None:
    dead_event(fairview.tenant)
    stories.tell(fairview.tenant, stories.member(5, firstName="Anna"))

    html = text_of(desk(fairview.admin).get(f"{INBOX}{query}"))

    assert len(re.findall(r"<tr data-href", html)) == seen


def test_the_inbox_goes_on_and_never_counts(fairview: Club) -> None:
    stories.tell(fairview.tenant, *(stories.member(n) for n in range(1, 61)))
    browser = desk(fairview.admin)
    browser.get(INBOX)

    with counted_queries() as first:
        html = text_of(browser.get(INBOX))
    following = re.search(r'rel="next" href="([^"]+)"', html)
    assert following is not None
    with counted_queries() as second:
        rest = text_of(browser.get(f"{INBOX}{following[1]}"))

    assert html.count("<tr data-href") == 50
    assert rest.count("<tr data-href") == 10
    assert first == second


def test_an_event_explains_itself_and_leads_to_its_customer(fairview: Club) -> None:
    dead = dead_event(fairview.tenant)
    stories.tell(fairview.tenant, stories.member(5, firstName="Anna"))
    with tenant_scope(fairview.tenant):
        fine = InboxEvent.objects.get(status="SUCCESS")
    browser = desk(fairview.admin)

    html = text_of(browser.get(f"{INBOX}{dead.pk}/"))

    assert "does not have the form that its type asks for" in html
    assert "payload.id" in html
    assert str(fine.profile_id) in text_of(browser.get(f"{INBOX}{fine.pk}/"))


def test_a_repaired_event_is_applied_and_keeps_its_original(fairview: Club) -> None:
    row = dead_event(fairview.tenant)
    browser = desk(fairview.admin)
    repaired = json.dumps({**row.envelope, "payload": {"id": 77, "firstName": "Late"}})

    answer = browser.post(f"{INBOX}{row.pk}/repair/", {"envelope": repaired})
    waiting, asked = text_of(browser.get(f"{INBOX}{row.pk}/")), browser.get(f"{INBOX}{row.pk}/?waits")
    with tenant_scope(fairview.tenant):
        process_pending()
        after = InboxEvent.objects.get(pk=row.pk)

    assert answer.status_code == 302
    # While it waits the page asks again and again, and is shown anew once it is led elsewhere.
    assert 'data-live="?waits"' in waiting
    assert "unknown fields included" not in waiting
    assert asked.content.decode() in waiting
    assert browser.get(f"{INBOX}{row.pk}/?waits").headers["Location"] == f"{INBOX}{row.pk}/"
    assert "data-live" not in text_of(browser.get(f"{INBOX}{row.pk}/"))
    assert (after.status, after.envelope["payload"]["id"]) == ("SUCCESS", 77)
    assert after.original_envelope["payload"]["id"] == "x"
    assert "Original" in text_of(browser.get(f"{INBOX}{row.pk}/"))


@pytest.mark.parametrize(
    ("envelope", "said"),
    [
        ("{", "JSON"),
        ("[1]", "JSON object"),
        ('{"id": "dead-1"}', "type"),
        (
            '{"id": "other", "type": "scl.member.created", "timestamp": "2026-03-01T10:00:00Z",'
            ' "tenantId": "fairview"}',
            "id",
        ),
    ],
)
def test_a_repair_that_is_none_says_why(fairview: Club, envelope: str, said: str) -> None:
    row = dead_event(fairview.tenant)

    answer = desk(fairview.admin).post(f"{INBOX}{row.pk}/repair/", {"envelope": envelope})

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert status_of(row) == "DEAD"


@pytest.mark.parametrize(("act", "status"), [("replay", "PENDING"), ("skip", "SKIPPED")])
def test_many_are_asked_about_before_anything_happens(fairview: Club, act: str, status: str) -> None:
    rows = [dead_event(fairview.tenant, number) for number in range(1, 4)]
    browser = desk(fairview.admin)

    asked = text_of(browser.post(BULK, {"act": act, "all": "1"}))
    before = {status_of(row) for row in rows}
    browser.post(BULK, {"act": act, "all": "1", "confirmed": "1"})

    assert f"{act.capitalize()} 3 events?" in asked
    assert before == {"DEAD"}
    assert {status_of(row) for row in rows} == {status}


def test_chosen_events_are_replayed_and_the_others_stay(fairview: Club) -> None:
    chosen, other = dead_event(fairview.tenant, 1), dead_event(fairview.tenant, 2)

    desk(fairview.admin).post(BULK, {"act": "replay", "ids": [chosen.pk], "confirmed": "1"})

    assert (status_of(chosen), status_of(other)) == ("PENDING", "DEAD")


def test_all_that_match_means_the_filters_of_the_page(fairview: Club) -> None:
    bad_payload = dead_event(fairview.tenant)
    stories.tell(fairview.tenant, stories.event("scl.member.exploded", {}, id="odd", source="scl"))

    desk(fairview.admin).post(BULK, {"act": "skip", "all": "1", "code": "UNKNOWN_TYPE", "confirmed": "1"})

    assert status_of(bad_payload) == "DEAD"


def test_nothing_chosen_changes_nothing(fairview: Club) -> None:
    row = dead_event(fairview.tenant)

    answer = desk(fairview.admin).post(BULK, {"act": "skip", "confirmed": "1"}, follow=True)

    assert "Choose at least one event first." in text_of(answer)
    assert status_of(row) == "DEAD"


def test_a_job_is_corrected_and_taken_in(fairview: Club) -> None:
    job = letter(fairview.tenant)
    body = {
        "id": "j1",
        "type": "scl.member.created",
        "timestamp": "2026-03-01T10:00:00Z",
        "tenantId": "fairview",
        "payload": {"id": 9, "firstName": "Jo"},
    }
    browser = desk(fairview.admin)

    wrong = browser.post(f"{JOBS}{job.pk}/", {"act": "repair", "body": "{"})
    right = browser.post(f"{JOBS}{job.pk}/", {"act": "repair", "body": json.dumps(body)})

    assert wrong.status_code == 422
    assert right.status_code == 302
    with tenant_scope(fairview.tenant):
        assert InboxEvent.objects.get().event_id == "j1"
        assert DeadLetter.objects.get().handled_by_id == fairview.admin.pk


def test_a_job_is_dismissed(fairview: Club) -> None:
    job = letter(fairview.tenant)
    browser = desk(fairview.admin)

    browser.post(f"{JOBS}{job.pk}/", {"act": "dismiss", "body": job.body})

    assert "Nothing to do" in text_of(browser.get(JOBS))
    assert "job-1" in text_of(browser.get(f"{JOBS}?handled=1"))


def test_jobs_of_no_club_are_for_operators(fairview: Club) -> None:
    job = letter(None, code="UNKNOWN_TENANT", job_id="lost-job")
    operator = desk(factories.user("root", is_superuser=True))

    assert "lost-job" not in text_of(desk(fairview.admin).get(JOBS))
    assert desk(fairview.admin).get(f"{JOBS}{job.pk}/").status_code == 404
    assert "lost-job" in text_of(operator.get(JOBS))
    assert operator.get(f"{JOBS}{job.pk}/").status_code == 200
    assert operator.post(f"{JOBS}{job.pk}/", {"act": "dismiss"}).status_code == 302


def test_only_operators_pause_a_consumer(fairview: Club) -> None:
    consumers.ensure_positions()
    name = Consumer.objects.values_list("name", flat=True)[0]
    operator = desk(factories.user("root", is_superuser=True))

    assert desk(fairview.admin).post(f"{CONSUMERS}{name}/pause/", {"paused": "1"}).status_code == 403
    operator.post(f"{CONSUMERS}{name}/pause/", {"paused": "1"})
    assert Consumer.objects.get(name=name).is_paused
    assert "Paused" in text_of(operator.get(CONSUMERS))
    operator.post(f"{CONSUMERS}{name}/pause/", {"paused": "0"})
    assert not Consumer.objects.get(name=name).is_paused


def test_parked_entries_are_discarded_after_a_question(fairview: Club) -> None:
    first, second = parked(fairview.tenant, 1), parked(fairview.tenant, 2)
    browser = desk(fairview.admin)

    asked = text_of(browser.post(f"{PARKED}act/", {"act": "discard", "ids": [first.pk]}))
    browser.post(f"{PARKED}act/", {"act": "discard", "ids": [first.pk], "confirmed": "1"})

    assert "Discard 1 entry?" in asked
    with tenant_scope(fairview.tenant):
        assert ParkedEntry.objects.get(pk=first.pk).status == "DISCARDED"
        assert ParkedEntry.objects.get(pk=second.pk).status == "PARKED"


def test_dead_letters_take_as_many_queries_for_many_as_for_one(fairview: Club) -> None:
    dead_event(fairview.tenant)
    browser = desk(fairview.admin)
    browser.get(DEAD_LETTERS)
    with counted_queries() as one:
        browser.get(DEAD_LETTERS)
    for number in range(2, 12):
        dead_event(fairview.tenant, number)

    with counted_queries() as many:
        browser.get(DEAD_LETTERS)

    assert many == one
