"""Who gets a message, by which way and when, and who does not and why."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from messaging import planning
from messaging.models import Delivery, MessageClass, Source, Suppression
from messaging.planning import OnCap, OnQuiet, Sending
from profiles.models import ProcessingRestriction, ProfileStatus
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.messaging.people import candidate, ledger, mail, plan, reader, rules, said, sms

# A Wednesday; Johannesburg is two hours ahead all year.
NOW = datetime(2026, 12, 2, 10, tzinfo=UTC)


def test_somebody_who_agreed_is_planned_and_the_others_are_skipped_with_the_reason(fairview: Club) -> None:
    tenant, message = fairview.tenant, mail(fairview.tenant)
    resting = reader(tenant, "Rita")
    with tenant_scope(tenant):
        ProcessingRestriction.objects.create(tenant=tenant, profile_id=resting.pk)
    people = [
        reader(tenant, "Anna"),
        reader(tenant, "Ben", email_opt_in=False),
        reader(tenant, "Cleo", email=None),
        reader(tenant, "Dan", status=ProfileStatus.DELETED),
        resting,
    ]

    outcome = plan(tenant, [candidate(person, message) for person in people], now=NOW)

    assert said(tenant) == {
        "Anna": "PLANNED",
        "Ben": "CONSENT",
        "Cleo": "NO_ADDRESS",
        "Dan": "ERASED",
        "Rita": "RESTRICTED",
    }
    assert (outcome.candidates, outcome.written, outcome.already) == (5, 5, 0)
    assert outcome.reasons() == {"CONSENT": 1, "NO_ADDRESS": 1, "ERASED": 1, "RESTRICTED": 1}
    assert ledger(tenant)["Anna"].history == [{"at": "2026-12-02T10:00:00+00:00", "status": "PLANNED"}]


def test_planning_again_adds_only_who_is_new(fairview: Club) -> None:
    tenant, message = fairview.tenant, mail(fairview.tenant)
    anna, ben = reader(tenant, "Anna"), reader(tenant, "Ben")
    first = plan(tenant, [candidate(anna, message, key="c:1:anna")], now=NOW)

    second = plan(
        tenant, [candidate(anna, message, key="c:1:anna"), candidate(ben, message, key="c:1:ben")], now=NOW
    )

    assert (first.of("PLANNED"), second.of("PLANNED"), second.already) == (1, 1, 1)
    assert said(tenant) == {"Anna": "PLANNED", "Ben": "PLANNED"}


def test_the_first_channel_that_is_allowed_is_taken_and_the_others_are_told_of(fairview: Club) -> None:
    tenant = fairview.tenant
    letter, text = mail(tenant), sms(tenant)
    people = [
        reader(tenant, "Anna", phone_number="+27820000001", sms_opt_in=True),
        reader(tenant, "Ben", email_opt_in=False, phone_number="+27820000002", sms_opt_in=True),
        reader(tenant, "Cleo", email_opt_in=False, sms_opt_in=True),
    ]

    plan(tenant, [candidate(person, letter, text) for person in people], now=NOW)

    rows = ledger(tenant)
    assert {name: row.channel for name, row in rows.items() if row.status == "PLANNED"} == {
        "Anna": "EMAIL",
        "Ben": "SMS",
    }
    assert rows["Ben"].message_id == text.pk
    assert rows["Cleo"].reason == "CONSENT"
    assert rows["Cleo"].history[0]["ways"] == {"EMAIL": "CONSENT", "SMS": "NO_ADDRESS"}


def test_a_family_with_one_mailbox_gets_one_copy_also_when_planned_in_two_goes(fairview: Club) -> None:
    tenant, message = fairview.tenant, mail(fairview.tenant)
    family = [reader(tenant, name, email="family@example.org") for name in ("Dora", "Anna", "Ben", "Cleo")]

    plan(tenant, [candidate(person, message) for person in family[:3]], now=NOW)
    plan(tenant, [candidate(family[3], message)], now=NOW)

    assert said(tenant) == {
        "Dora": "PLANNED",
        "Anna": "SAME_MAILBOX",
        "Ben": "SAME_MAILBOX",
        "Cleo": "SAME_MAILBOX",
    }
    with tenant_scope(tenant):
        Delivery.objects.all().delete()
    plan(tenant, [candidate(family[1], message, occurrence="next week")], now=NOW)
    assert said(tenant) == {"Anna": "PLANNED"}


def test_of_many_sources_in_one_plan_each_has_a_copy_a_mailbox_of_its_own(fairview: Club) -> None:
    tenant, message = fairview.tenant, mail(fairview.tenant)
    family = [reader(tenant, name, email="family@example.org") for name in ("Dora", "Anna")]
    sources = [uuid4(), uuid4()]
    planned = {}
    for turn in ("first", "again"):
        with tenant_scope(tenant), transaction.atomic(), connection.cursor() as cursor:
            planning.open_candidates(cursor)
            planning.stage(
                cursor,
                [candidate(one, message, key=f"{turn}:{one.pk}:{n}") for n in (0, 1) for one in family],
            )
            cursor.execute(
                "UPDATE send_candidate SET source_id = CASE WHEN key LIKE '%%:0' THEN %s ELSE %s END", sources
            )
            outcome = planning.plan(cursor, Sending(Source.JOURNEY, sources=sources), now=NOW)
        planned[turn] = (outcome.of("PLANNED"), outcome.reasons())

    assert planned == {"first": (2, {"SAME_MAILBOX": 2}), "again": (0, {"SAME_MAILBOX": 4})}
    with tenant_scope(tenant):
        copies = Delivery.objects.filter(status="PLANNED").values_list("source_id", "profile_id")
        assert sorted(copies) == sorted((source, family[0].pk) for source in sources)


@pytest.mark.usefixtures("fresh_tables")
def test_whose_mailbox_has_a_copy_is_found_by_the_mailbox_whatever_statistics_say(fairview: Club) -> None:
    tenant, message = fairview.tenant, mail(fairview.tenant)
    people = [reader(tenant, f"P{number}") for number in range(30)]
    source = uuid4()
    sending = Sending(Source.JOURNEY, source_id=source)
    with (
        tenant_scope(tenant),
        transaction.atomic(),
        CaptureQueriesContext(connection) as found,
        connection.cursor() as cursor,
    ):
        for some in (people[:20], people[20:]):
            planning.open_candidates(cursor)
            planning.stage(cursor, [candidate(one, message) for one in some])
            assert planning.plan(cursor, sending, now=NOW).of("PLANNED") == len(some)
        _, decision = [one["sql"] for one in found.captured_queries if "WITH plain" in one["sql"]]
        cursor.execute(f"EXPLAIN {decision}")
        plan_of_it = "\n".join(row[0] for row in cursor.fetchall())

    assert "messaging_delivery_mailbox_uq" in plan_of_it, plan_of_it
    assert "messaging_delivery_source_idx" not in plan_of_it, plan_of_it


def test_where_the_first_of_a_family_may_not_be_written_to_the_next_gets_the_copy(fairview: Club) -> None:
    tenant, message = fairview.tenant, mail(fairview.tenant)
    people = [
        reader(tenant, "Anna", email="f@example.org", email_opt_in=False),
        reader(tenant, "Ben", email="f@example.org"),
    ]

    plan(tenant, [candidate(person, message) for person in people], now=NOW)

    assert said(tenant) == {"Anna": "CONSENT", "Ben": "PLANNED"}


def test_an_address_that_bounced_or_complained_is_left_alone(fairview: Club) -> None:
    tenant, message = fairview.tenant, mail(fairview.tenant)
    kinds: dict[str, dict[str, Any]] = {
        "Anna": {"kind": "BOUNCE"},
        "Ben": {"kind": "COMPLAINT"},
        "Cleo": {"kind": "SOFT_BOUNCE", "strikes": 2},
        "Dan": {"kind": "SOFT_BOUNCE", "strikes": 3, "until": NOW + timedelta(days=1)},
        "Eva": {"kind": "SOFT_BOUNCE", "strikes": 3, "until": NOW - timedelta(days=1)},
    }
    people = [reader(tenant, name) for name in kinds]
    with tenant_scope(tenant), connection.cursor() as cursor:
        for person in people:
            cursor.execute("SELECT hashtextextended(%s, 0)", [person.email])
            Suppression.objects.create(
                tenant=tenant, channel="EMAIL", mailbox=cursor.fetchone()[0], **kinds[person.first_name]
            )

    plan(tenant, [candidate(person, message) for person in people], now=NOW)

    assert said(tenant) == {
        "Anna": "BOUNCE",
        "Ben": "COMPLAINT",
        "Cleo": "PLANNED",
        "Dan": "BOUNCE",
        "Eva": "PLANNED",
    }


def test_the_callers_own_reason_stands(fairview: Club) -> None:
    tenant, message = fairview.tenant, mail(fairview.tenant)

    plan(tenant, [candidate(reader(tenant), message, skip_reason="HOLD_OUT")], now=NOW)

    assert said(tenant) == {"Anna": "HOLD_OUT"}


def test_whom_the_caller_holds_out_or_who_is_restricted_is_not_tried_by_other_ways(fairview: Club) -> None:
    tenant, (letter, text) = fairview.tenant, (mail(fairview.tenant), sms(fairview.tenant))
    held, kept = (
        reader(tenant, name, phone_number="+27820000001", sms_opt_in=True) for name in ("Anna", "Ben")
    )
    with tenant_scope(tenant):
        ProcessingRestriction.objects.create(tenant=tenant, profile_id=kept.pk)

    plan(
        tenant,
        [candidate(held, letter, text, skip_reason="HOLD_OUT"), candidate(kept, letter, text)],
        now=NOW,
    )

    rows = ledger(tenant)
    assert {name: (row.reason, row.history[0].get("ways")) for name, row in rows.items()} == {
        "Anna": ("HOLD_OUT", None),
        "Ben": ("RESTRICTED", None),
    }


def test_a_plan_with_new_keys_comes_in_order_and_after_it_each_key_is_looked_for(fairview: Club) -> None:
    tenant, message = fairview.tenant, mail(fairview.tenant)
    first = [candidate(reader(tenant, name), message, key=f"new:{name}") for name in ("Anna", "Ben")]

    made = plan(tenant, first, now=NOW, one_each=True)
    again = plan(tenant, [*first, candidate(reader(tenant, "Cleo"), message)], now=NOW, one_each=True)

    assert (made.written, again.written, again.already) == (2, 1, 2)
    assert list(ledger(tenant)) == ["Anna", "Ben", "Cleo"]


# --- caps


def test_a_cap_counts_what_other_sources_sent_that_day_and_week(fairview: Club) -> None:
    tenant, message = fairview.tenant, mail(fairview.tenant)
    rules(tenant, caps={"EMAIL": {"day": 1, "week": 2}})
    anna = reader(tenant)

    def go(now: datetime, **sending: Any) -> str:
        key = f"k:{uuid4()}"
        plan(tenant, [candidate(anna, message, key=key)], now=now, source_id=uuid4(), **sending)
        with tenant_scope(tenant):
            row: Delivery = Delivery.objects.get(key=key)
        return row.reason or row.status

    assert go(NOW) == "PLANNED"
    assert go(NOW + timedelta(hours=2), source=Source.JOURNEY) == "CAP"
    # 00:30 on Thursday in Johannesburg, still Wednesday in UTC.
    assert go(NOW.replace(hour=22, minute=30)) == "PLANNED"
    assert go(NOW + timedelta(days=3)) == "CAP"
    assert go(NOW + timedelta(days=5)) == "PLANNED"
    assert go(NOW, message_class=MessageClass.TRANSACTIONAL) == "PLANNED"


def test_a_cap_over_all_channels_and_within_one_plan(fairview: Club) -> None:
    tenant = fairview.tenant
    rules(tenant, caps={"ALL": {"day": 2}})
    anna = reader(tenant, phone_number="+27820000001", sms_opt_in=True)
    letter, text = mail(tenant), sms(tenant)

    outcome = plan(
        tenant,
        [candidate(anna, each, key=f"k{number}") for number, each in enumerate([letter, text, letter])],
        now=NOW,
        one_per_mailbox=False,
    )

    assert outcome.counts == {
        ("PLANNED", "", "EMAIL"): 1,
        ("PLANNED", "", "SMS"): 1,
        ("SKIPPED", "CAP", "EMAIL"): 1,
    }


def test_who_is_capped_on_one_channel_is_written_to_over_the_next(fairview: Club) -> None:
    tenant = fairview.tenant
    rules(tenant, caps={"EMAIL": {"day": 1}})
    anna = reader(tenant, phone_number="+27820000001", sms_opt_in=True)
    plan(tenant, [candidate(anna, mail(tenant))], now=NOW)

    plan(tenant, [candidate(anna, mail(tenant, body="Again"), sms(tenant))], now=NOW, source_id=uuid4())

    assert ledger(tenant)["Anna"].channel == "SMS"


def test_a_capped_message_that_may_wait_is_decided_about_next_morning(fairview: Club) -> None:
    tenant, message = fairview.tenant, mail(fairview.tenant)
    rules(tenant, caps={"EMAIL": {"day": 1}})
    anna = reader(tenant)
    plan(tenant, [candidate(anna, message)], now=NOW)

    plan(tenant, [candidate(anna, message)], now=NOW, source_id=uuid4(), on_cap=OnCap.DEFER)

    row = ledger(tenant)["Anna"]
    assert (row.status, row.reason, row.deferrals) == ("DEFERRED", "CAP", 1)
    assert row.due_at == datetime(2026, 12, 3, 7, tzinfo=UTC)


def test_a_capped_message_that_would_come_too_late_is_skipped(fairview: Club) -> None:
    tenant, message = fairview.tenant, mail(fairview.tenant)
    rules(tenant, caps={"EMAIL": {"day": 1}})
    anna = reader(tenant)
    plan(tenant, [candidate(anna, message)], now=NOW)

    late = candidate(anna, message, expires_at=NOW + timedelta(hours=6))
    plan(tenant, [late], now=NOW, source_id=uuid4(), on_cap=OnCap.DEFER)

    assert said(tenant) == {"Anna": "CAP"}


# --- quiet hours


def at_night(club: Club, **values: object) -> None:
    rules(club.tenant, quiet_from=time(21), quiet_until=time(7, 30), **values)


@pytest.mark.parametrize(
    ("due", "goes"),
    [
        (datetime(2026, 12, 2, 18, 59, tzinfo=UTC), datetime(2026, 12, 2, 18, 59, tzinfo=UTC)),
        (datetime(2026, 12, 2, 19, 0, tzinfo=UTC), datetime(2026, 12, 3, 5, 30, tzinfo=UTC)),
        (datetime(2026, 12, 3, 5, 29, tzinfo=UTC), datetime(2026, 12, 3, 5, 30, tzinfo=UTC)),
        (datetime(2026, 12, 3, 5, 30, tzinfo=UTC), datetime(2026, 12, 3, 5, 30, tzinfo=UTC)),
    ],
)
def test_quiet_hours_move_a_message_to_their_end(fairview: Club, due: datetime, goes: datetime) -> None:
    at_night(fairview)
    tenant = fairview.tenant

    plan(tenant, [candidate(reader(tenant), mail(tenant), due_at=due)], now=NOW)

    row = ledger(tenant)["Anna"]
    assert row.due_at == goes
    assert row.good_until == datetime(2026, 12, goes.day, 19, tzinfo=UTC)


def test_quiet_hours_are_those_of_the_persons_zone(fairview: Club) -> None:
    at_night(fairview, club_zones={"perth": "Australia/Perth"})
    tenant, message = fairview.tenant, mail(fairview.tenant)
    due = datetime(2026, 12, 2, 14, tzinfo=UTC)  # 16:00 in Johannesburg, 22:00 in Perth, 14:00 in London
    people = [reader(tenant, "Anna"), reader(tenant, "Ben", home_club_id="perth"), reader(tenant, "Cleo")]

    plan(
        tenant,
        [
            candidate(people[0], message, due_at=due),
            candidate(people[1], message, due_at=due),
            candidate(people[2], message, due_at=due, zone="Europe/London"),
        ],
        now=NOW,
    )

    rows = ledger(tenant)
    assert rows["Anna"].due_at == rows["Cleo"].due_at == due
    assert rows["Ben"].due_at == datetime(2026, 12, 2, 23, 30, tzinfo=UTC)
    assert rows["Ben"].zone == "Australia/Perth"


@pytest.mark.parametrize(
    ("due", "until", "goes"),
    [
        # Forward on 2027-03-28 at 01:00Z: 07:30 is an hour earlier in UTC than the day before.
        (datetime(2027, 3, 27, 22, tzinfo=UTC), time(7, 30), datetime(2027, 3, 28, 6, 30, tzinfo=UTC)),
        # 01:30 does not exist there: the first instant after the gap.
        (datetime(2027, 3, 27, 22, tzinfo=UTC), time(1, 30), datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        # Back on 2027-10-31 at 01:00Z: 01:30 comes twice, the first counts.
        (datetime(2027, 10, 30, 21, tzinfo=UTC), time(1, 30), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
        (datetime(2027, 10, 30, 21, tzinfo=UTC), time(7, 30), datetime(2027, 10, 31, 7, 30, tzinfo=UTC)),
    ],
)
def test_quiet_hours_on_both_changes_of_the_clock(
    kingsmere: Club, due: datetime, until: time, goes: datetime
) -> None:
    tenant = kingsmere.tenant
    rules(tenant, quiet_from=time(21), quiet_until=until)

    plan(tenant, [candidate(reader(tenant), mail(tenant), due_at=due)], now=due - timedelta(hours=3))

    assert ledger(tenant)["Anna"].due_at == goes


def test_a_message_that_cannot_wait_for_the_morning_is_skipped(fairview: Club) -> None:
    at_night(fairview)
    tenant, message = fairview.tenant, mail(fairview.tenant)
    due = datetime(2026, 12, 2, 20, tzinfo=UTC)
    late = candidate(reader(tenant, "Ben"), message, due_at=due, expires_at=due + timedelta(hours=2))

    plan(tenant, [candidate(reader(tenant, "Anna"), message, due_at=due)], now=NOW, on_quiet=OnQuiet.SKIP)
    plan(tenant, [late], now=NOW)

    assert said(tenant) == {"Anna": "QUIET_HOURS", "Ben": "QUIET_HOURS"}


def test_quiet_hours_do_not_hold_what_is_about_a_booking(fairview: Club) -> None:
    at_night(fairview)
    tenant, due = fairview.tenant, datetime(2026, 12, 2, 20, tzinfo=UTC)
    rules(tenant, needs_consent_always=False)
    one = candidate(reader(tenant, email_opt_in=False), mail(tenant), due_at=due)

    plan(tenant, [one], now=NOW, message_class=MessageClass.TRANSACTIONAL)

    row = ledger(tenant)["Anna"]
    assert (row.status, row.due_at, row.good_until) == ("PLANNED", due, None)


def test_what_expired_is_skipped(fairview: Club) -> None:
    tenant = fairview.tenant
    one = candidate(
        reader(tenant), mail(tenant), due_at=NOW - timedelta(days=2), expires_at=NOW - timedelta(days=1)
    )

    plan(tenant, [one], now=NOW)

    assert said(tenant) == {"Anna": "EXPIRED"}


# --- asking only


def test_a_preview_decides_the_same_and_writes_nothing(fairview: Club) -> None:
    tenant, message = fairview.tenant, mail(fairview.tenant)
    anna, ben = reader(tenant, "Anna"), reader(tenant, "Ben", email_opt_in=False)
    sending = Sending(source=Source.CAMPAIGN, source_id=uuid4())

    with tenant_scope(tenant), transaction.atomic(), connection.cursor() as cursor:
        planning.open_candidates(cursor)
        planning.stage(cursor, [candidate(anna, message, key="a"), candidate(ben, message, key="b")])
        counts = planning.preview(cursor, sending, now=NOW).counts
        each = planning.decisions(cursor, sending, now=NOW)

    assert counts == {("PLANNED", "", "EMAIL"): 1, ("SKIPPED", "CONSENT", "EMAIL"): 1}
    assert [(one.key, one.status, one.reason, one.due_at) for one in each] == [
        ("a", "PLANNED", "", NOW),
        ("b", "SKIPPED", "CONSENT", NOW),
    ]
    assert said(tenant) == {}


def test_one_clubs_plan_sees_nothing_of_anothers(fairview: Club, kingsmere: Club) -> None:
    message = mail(fairview.tenant)
    theirs = reader(kingsmere.tenant)

    outcome = plan(fairview.tenant, [candidate(theirs, message)], now=NOW)

    assert (outcome.written, said(fairview.tenant), said(kingsmere.tenant)) == (0, {}, {})


def test_a_large_plan_sorts_in_memory(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "ANALYZED_FROM", 2)
    found = []
    for size in (1, 2):
        plan(
            fairview.tenant, [candidate(reader(fairview.tenant), mail(fairview.tenant)) for _ in range(size)]
        )
        with connection.cursor() as cursor:
            cursor.execute("SHOW work_mem")
            found.append(cursor.fetchone()[0])

    assert found[0] != found[1] == "64MB"
