"""What is past its period goes, the rest stays."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.models import InboxEvent
from profiles.models import Activity, Note
from profiles.privacy import retention
from profiles.privacy.retention import apply_retention, days_of, periods
from tenants.action_log import log_action
from tenants.models import LoggedAction, Tenant
from tenants.scope import all_tenants, tenant_scope
from tests.back_office import desk, text_of
from tests.cast import Club
from tests.profiles.records import activity, note, profile
from tests.profiles.stories import member, publish, tell

LONG_AGO = timezone.now() - timedelta(days=1500)


def kept(tenant: Tenant, **days: Any) -> Tenant:
    tenant.settings = {**tenant.settings, "retentionDays": days}
    tenant.save()
    return tenant


def test_nothing_of_a_customer_goes_by_default(fairview: Club) -> None:
    someone = profile(fairview.tenant)
    activity(fairview.tenant, someone.pk, occurred_at=LONG_AGO)
    note(fairview.tenant, someone.pk, created_at=LONG_AGO)

    assert apply_retention(fairview.tenant) == {}


def test_old_activities_and_notes_go_and_payments_stay(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)
    someone = profile(fairview.tenant)
    for _ in range(5):
        activity(fairview.tenant, someone.pk, occurred_at=LONG_AGO, category="BOOKING")
    activity(fairview.tenant, someone.pk, occurred_at=LONG_AGO, category="PAYMENT")
    activity(fairview.tenant, someone.pk, occurred_at=timezone.now(), category="BOOKING")
    note(fairview.tenant, someone.pk, created_at=LONG_AGO)

    counts = apply_retention(kept(fairview.tenant, activities=365, notes=730))

    assert counts == {"activities": 5, "notes": 1}
    with tenant_scope(fairview.tenant):
        assert sorted(Activity.objects.values_list("category", flat=True)) == ["BOOKING", "PAYMENT"]
        assert not Note.objects.exists()
        assert LoggedAction.objects.get(action="retention.applied").details == counts


def test_payloads_go_after_a_year_and_their_events_stay_known(fairview: Club) -> None:
    tell(fairview.tenant, member(1, firstName="Ann") | {"id": "e-1"})
    with tenant_scope(fairview.tenant):
        InboxEvent.objects.update(received_at=LONG_AGO)

    assert apply_retention(fairview.tenant) == {"inboxPayloads": 1}
    assert apply_retention(fairview.tenant) == {}
    assert publish(fairview.tenant, member(1) | {"id": "e-1"}).duplicates == 1


def test_rows_that_only_lose_content_are_walked_over_once(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)
    tell(fairview.tenant, *(member(n) for n in range(1, 6)))
    with tenant_scope(fairview.tenant):
        InboxEvent.objects.update(received_at=LONG_AGO)
        ids = list(InboxEvent.objects.order_by("pk").values_list("pk", flat=True))

    with CaptureQueriesContext(connection) as captured:
        assert apply_retention(fairview.tenant) == {"inboxPayloads": 5}

    walks = [each["sql"] for each in captured if "UPDATE events_inboxevent" in each["sql"]]
    assert [after for walk in walks for after in ids if f"id > {after} " in walk] == [ids[1], ids[3]]


def test_the_action_log_has_a_period_of_its_own(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        log_action("customer.viewed", subject_kind="customer")
        log_action("customer.merged", subject_kind="customer")
    with all_tenants():
        LoggedAction.objects.filter(action="customer.viewed").update(at=LONG_AGO)

    assert apply_retention(fairview.tenant) == {"actionLog": 1}
    with tenant_scope(fairview.tenant):
        assert set(LoggedAction.objects.values_list("action", flat=True)) == {
            "customer.merged",
            "retention.applied",
        }


@pytest.mark.parametrize("value", [0, 5, -1, "365", True, None, 10**9])
def test_what_cannot_be_meant_counts_as_the_default(fairview: Club, value: object) -> None:
    tenant = kept(fairview.tenant, inboxPayloads=value)

    assert days_of(tenant, periods()["inboxPayloads"]) == 365


def test_another_clubs_data_is_not_touched(fairview: Club, kingsmere: Club) -> None:
    theirs = profile(kingsmere.tenant)
    activity(kingsmere.tenant, theirs.pk, occurred_at=LONG_AGO, category="BOOKING")

    assert apply_retention(kept(fairview.tenant, activities=365)) == {}
    with tenant_scope(kingsmere.tenant):
        assert Activity.objects.count() == 1


RETENTION = "/admin/privacy/retention/"


def test_a_preview_counts_what_would_go_and_saves_nothing(fairview: Club) -> None:
    someone = profile(fairview.tenant)
    for _ in range(3):
        activity(fairview.tenant, someone.pk, occurred_at=LONG_AGO, category="BOOKING")
    activity(fairview.tenant, someone.pk, occurred_at=LONG_AGO, category="PAYMENT")

    answer = desk(fairview.admin).post(RETENTION, {"act": "preview", "activities": "365"})

    assert "Would go: 3 rows" in text_of(answer)
    assert "Would go: nothing" in text_of(answer)
    fairview.tenant.refresh_from_db()
    assert "retentionDays" not in fairview.tenant.settings


def test_periods_are_saved_and_stand_in_the_action_log(fairview: Club) -> None:
    client = desk(fairview.admin)

    page = client.post(RETENTION, {"activities": "730", "imports": "", "notes": "365"}, follow=True)
    client.post(RETENTION, {"activities": "730", "notes": ""})

    fairview.tenant.refresh_from_db()
    assert 'value="730"' in text_of(page)
    assert fairview.tenant.settings["retentionDays"] == {"activities": 730}
    with tenant_scope(fairview.tenant):
        told = LoggedAction.objects.filter(action="retention.changed").order_by("id")
        assert [one.details for one in told] == [{"activities": 730, "notes": 365}, {"notes": None}]


@pytest.mark.parametrize("days", ["29", "many", "-5", "36501", "²", "1.5"])
@pytest.mark.parametrize("act", ["save", "preview"])
def test_a_period_that_cannot_be_meant_is_refused_at_its_field(fairview: Club, days: str, act: str) -> None:
    answer = desk(fairview.admin).post(RETENTION, {"notes": days, "act": act})

    assert answer.status_code == 422
    assert "Write whole days from 30 to 36,500" in text_of(answer)
    fairview.tenant.refresh_from_db()
    assert "retentionDays" not in fairview.tenant.settings


def test_a_period_that_fails_stops_no_other_and_is_told(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone = profile(fairview.tenant)
    activity(fairview.tenant, someone.pk, occurred_at=LONG_AGO)
    note(fairview.tenant, someone.pk, created_at=LONG_AGO)
    broken = replace(periods()["activities"], end="DELETE FROM profiles_activity WHERE 1 / 0 = 1")
    monkeypatch.setattr(retention, "periods", lambda: {"activities": broken, "notes": periods()["notes"]})

    counts = apply_retention(kept(fairview.tenant, activities=365, notes=730))

    assert counts == {"notes": 1}
    with tenant_scope(fairview.tenant):
        assert Activity.objects.count() == 1
        told = LoggedAction.objects.get(action="retention.applied").details
    assert told == {"notes": 1, "notApplied": ["activities"]}
    page = text_of(desk(fairview.admin).get("/admin/tenants/loggedaction/"))
    assert "not applied: activities" in page


def test_the_end_of_the_night_ends_all_periods(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: Any) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(retention, "_end", late)

    with pytest.raises(SoftTimeLimitExceeded):
        apply_retention(kept(fairview.tenant, activities=365, notes=730))
