"""The back office: the wizard from the first click to the last, the campaign's page, recipients, calendar, settings."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from campaigns.actions import pause_campaign, reschedule_campaign, schedule_campaign
from campaigns.calendar import Entry, with_clashes
from campaigns.errors import NotReady
from campaigns.models import Campaign
from campaigns.results import COUNT
from campaigns.settings import settings_of
from campaigns.transitions import note_act
from messaging.models import Delivery
from messaging.sandbox.server import Sandbox
from tenants.admin import formatting
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.back_office import desk, text_of
from tests.campaigns.world import draft, people, segment, step
from tests.cast import Club
from tests.messaging.conftest import sandbox  # noqa: F401 - a fixture

LIST = "/admin/campaigns/"


@pytest.fixture
def browser(fairview: Club) -> Iterator[Client]:
    with tenant_scope(fairview.tenant):
        yield desk(fairview.marketing_manager)


def follow(browser: Client, address: str, form: dict[str, Any]) -> str:
    """Post a step and go where it leads."""
    answer = browser.post(address, form)
    assert answer.status_code == 302, text_of(answer)[:3000]
    return str(answer.headers["Location"])


def test_a_newcomer_goes_from_the_empty_list_to_a_sent_campaign(browser: Client, fairview: Club) -> None:
    members = segment(
        fairview.tenant,
        [*people(fairview.tenant, 3), *people(fairview.tenant, 1, email_opt_in=False)],
        "Members",
    )
    assert "No campaign yet" in text_of(browser.get(LIST))

    who = follow(browser, f"{LIST}new/", {})
    audience = {
        "name": "Spring Open",
        "segmentIds": [str(members.pk)],
        "first": "EMAIL",
        "holdOutPercent": "0",
    }
    live = text_of(browser.post(who.replace("edit/audience", "reach"), audience))
    what = follow(browser, who, audience)
    content = {"EMAIL-subject": "Hello {{ firstName }}", "EMAIL-body": "Come and play."}
    preview = text_of(browser.post(who.replace("edit/audience", "preview"), content))
    test = follow(browser, what, content)
    time = follow(browser, test, {"goal": "ENTERED", "goalDays": "7"})
    review = follow(browser, time, {"type": "ONE_TIME", "at": "", "window": "TOGETHER"})
    last = text_of(browser.get(review))
    done = follow(browser, review.replace("edit/review", "schedule"), {})

    assert "<small>of 4 people</small>" in live
    assert "Has not agreed to be written to this way" in live
    assert "Hello P0" in preview
    assert "3 people of Members will get it by e-mail." in last
    assert "1 will not: has not agreed to be written to this way (1)." in last
    assert "Send now" in last
    campaign = Campaign.objects.get()
    assert campaign.status == "SCHEDULED"
    step(campaign)
    page = text_of(browser.get(done))
    assert Delivery.objects.filter(status="PLANNED").count() == 3
    assert 'aria-label="0 sent, 3 waiting, 0 failed, 1 not sent"' in page
    assert "Pause" in page


def test_an_unknown_token_is_told_with_its_place(browser: Client, fairview: Club) -> None:
    campaign = draft(segment(fairview.tenant, people(fairview.tenant, 1)))

    shown = text_of(
        browser.post(
            f"{LIST}{campaign.pk}/preview/", {"EMAIL-body": "Dear {{ fristName }}", "EMAIL-subject": "x"}
        )
    )

    assert "“fristName” is not known here." in shown
    assert "line 1, column 9" in shown
    assert Campaign.objects.get().content == campaign.content  # a preview keeps nothing


def test_what_names_nothing_that_is_known_is_not_sent(browser: Client, fairview: Club) -> None:
    mail = {"EMAIL": {"subject": "Spring", "body": "Dear {{ firstName }} of {{ cuontry }}"}}
    campaign = draft(segment(fairview.tenant, people(fairview.tenant, 1)), content=mail)

    review = text_of(browser.get(f"{LIST}{campaign.pk}/edit/review/"))
    with tenant_scope(fairview.tenant), pytest.raises(NotReady) as refused:
        schedule_campaign(campaign.pk)

    words = "Correct the text for E-mail: body, line 1, column 28: “cuontry” is not known here. Is “country” meant?"
    assert words in review
    assert [each["message"] for each in refused.value.details] == [words]
    assert not Delivery.objects.exists()


def test_a_step_that_cannot_be_taken_says_why_and_keeps_the_draft(browser: Client, fairview: Club) -> None:
    campaign = draft()

    answer = browser.post(f"{LIST}{campaign.pk}/edit/content/", {"EMAIL-body": "{% if %}"})

    assert answer.status_code == 422
    assert "cannot be read" in text_of(answer)
    assert Campaign.objects.get().version == campaign.version


def test_what_is_missing_stands_on_the_last_page_and_nothing_is_scheduled(browser: Client) -> None:
    campaign = draft(content={})

    shown = text_of(browser.get(f"{LIST}{campaign.pk}/edit/review/"))
    browser.post(f"{LIST}{campaign.pk}/schedule/")

    assert "Choose at least one segment." in shown
    assert "Write the text for E-mail, or choose a template." in shown
    assert Campaign.objects.get().status == "DRAFT"


@pytest.mark.parametrize(
    ("step", "form", "words"),
    [
        ("time", {"at": "tomorrow"}, "Write a day and a time, or leave the field empty."),
        ("time", {"at": "0001-01-01T00:00"}, "Write a day and a time, or leave the field empty."),
        (
            "time",
            {"type": "RECURRING", "recurPattern": "0 9 * * 1", "end": "31.12."},
            "Write a day and a time",
        ),
        ("time", {"window": "SPREAD", "spread": "a few"}, "Write hours as a number, such as 2 or 0.5."),
        ("test", {"tested": "on", "B-EMAIL-subject": "Hi", "hours": "nan"}, "Write hours as a number"),
        ("test", {"tested": "on", "hours": "4"}, "Write what is different in version B"),
    ],
)
def test_what_the_wizard_cannot_read_is_refused_and_never_means_at_once(
    browser: Client, fairview: Club, step: str, form: dict[str, str], words: str
) -> None:
    at = timezone.now() + timedelta(days=3)
    campaign = draft(segment(fairview.tenant, people(fairview.tenant, 2)), scheduled_at=at)

    answer = browser.post(
        f"{LIST}{campaign.pk}/edit/{step}/", {"type": "ONE_TIME", "at": "", "window": "TOGETHER"} | form
    )

    assert answer.status_code == 422
    assert words in text_of(answer)
    kept = Campaign.objects.get()
    assert (kept.scheduled_at, kept.type, kept.variants.count()) == (at, "ONE_TIME", 0)


def test_hours_may_be_written_with_a_comma(browser: Client, fairview: Club) -> None:
    campaign = draft(segment(fairview.tenant, people(fairview.tenant, 2)))

    follow(
        browser,
        f"{LIST}{campaign.pk}/edit/time/",
        {"type": "ONE_TIME", "at": "", "window": "SPREAD", "spread": "1,5"},
    )

    assert Campaign.objects.get().spread_minutes == 90


def test_the_wizard_makes_a_test_and_a_rhythm(browser: Client, fairview: Club) -> None:
    campaign = draft(segment(fairview.tenant, people(fairview.tenant, 2)))
    form = {
        "goal": "NONE", "goalDays": "7", "tested": "on", "B-EMAIL-subject": "Other",
        "D-EMAIL-body": "Short.", "winnerMetric": "OPENS", "testPercent": "40", "hours": "2",
    }  # fmt: skip
    follow(browser, f"{LIST}{campaign.pk}/edit/test/", form)
    follow(
        browser,
        f"{LIST}{campaign.pk}/edit/time/",
        {"type": "RECURRING", "recurPattern": "0 9 * * 1", "at": "2030-01-01T09:00", "window": "TOGETHER"},
    )

    changed = Campaign.objects.get()
    assert [arm.label for arm in changed.variants.order_by("label")] == ["A", "B", "D"]
    assert (changed.test_percent, changed.test_minutes, changed.recur_pattern) == (40, 120, "0 9 * * 1")
    words = text_of(browser.get(f"{LIST}{campaign.pk}/edit/review/"))
    assert "At 09:00 on Monday, on the clock of Africa/Johannesburg" in words
    assert "40 per cent get one of 3 versions. After 2 h the others get the one that did best" in words


def test_recipients_are_found_by_name_with_their_reason(browser: Client, fairview: Club) -> None:
    everybody = [
        *people(fairview.tenant, 2),
        *people(fairview.tenant, 1, email_opt_in=False, last_name="Nel"),
    ]
    campaign = draft(segment(fairview.tenant, everybody))
    schedule_campaign(campaign.pk)
    step(campaign)

    name = re.compile(r">\s*P0\s*<")  # and not within a token
    all_of_them = text_of(browser.get(f"{LIST}{campaign.pk}/recipients/"))
    found = text_of(browser.get(f"{LIST}{campaign.pk}/recipients/?q=nel"))

    assert "Has not agreed to be written to this way" in found
    assert name.search(all_of_them)
    assert not name.search(found)


def test_states_channels_and_acts_are_shown_in_words(browser: Client, fairview: Club) -> None:
    members = segment(fairview.tenant, people(fairview.tenant, 1))
    moved, sent = draft(members), draft(members)
    later = timezone.now() + timedelta(days=2)
    reschedule_campaign(schedule_campaign(moved.pk, at=later - timedelta(days=1)).pk, later)
    schedule_campaign(sent.pk)
    step(sent)
    note_act(sent, "found_late")
    Delivery.objects.update(status="HANDED_OVER", handed_over_at=timezone.now())

    history = text_of(browser.get(f"{LIST}{moved.pk}/"))
    late = text_of(browser.get(f"{LIST}{sent.pk}/"))
    recipients = text_of(browser.get(f"{LIST}{sent.pk}/recipients/"))

    rescheduled = history.partition("<strong>Rescheduled</strong>")[2].partition("</li>")[0]
    assert f">{formatting.moment(later, fairview.tenant)}</span>" in rescheduled
    assert "<strong>Found late</strong>" in late
    assert '<td data-label="State"><span>Sent</span></td>' in recipients
    assert '<td data-label="By"><span>E-mail</span></td>' in recipients


def test_the_buttons_pause_ask_before_cancelling_and_duplicate(browser: Client, fairview: Club) -> None:
    campaign = draft(segment(fairview.tenant, people(fairview.tenant, 2)))
    schedule_campaign(campaign.pk)
    step(campaign)
    act = f"{LIST}{campaign.pk}/act/"

    browser.post(act, {"act": "pause"})
    assert Campaign.objects.get().status == "PAUSED"
    asked = text_of(browser.post(act, {"act": "cancel"}))
    assert "Cancel this campaign?" in asked
    assert Campaign.objects.get().status == "PAUSED"
    browser.post(act, {"act": "cancel", "confirmed": "1"})
    assert Campaign.objects.get().status == "CANCELLED"
    browser.post(act, {"act": "duplicate"})
    assert Campaign.objects.filter(status="DRAFT").count() == 1


def test_the_calendar_shows_moves_and_marks_clashes(browser: Client, fairview: Club) -> None:
    everybody = segment(fairview.tenant, people(fairview.tenant, 1))
    hour = (timezone.now() + timedelta(days=40)).replace(hour=7, minute=0, second=0, microsecond=0)
    for name in ("First", "Second"):
        schedule_campaign(draft(everybody, name=name).pk, hour)
    day = hour.astimezone(fairview.tenant.zone).date()

    shown = text_of(browser.get(f"{LIST}calendar/?day={day}"))
    first = Campaign.objects.get(name="First")
    moved = browser.post(
        f"{LIST}{first.pk}/move/",
        {"day": str(day + timedelta(days=3))},
        headers={"X-Requested-With": "fetch"},
    )
    after = text_of(browser.get(f"{LIST}calendar/?day={day}&view=week"))

    assert "2 sends reach some of the same people" in shown
    assert moved.json()["message"].startswith("Moved. “First” goes out ")
    assert "Moved. “First” goes out" in after
    assert Campaign.objects.get(name="First").scheduled_at == hour + timedelta(days=3)
    assert "reach some of the same people" not in after
    pause = browser.post(
        f"{LIST}{draft().pk}/move/", {"day": str(day)}, headers={"X-Requested-With": "fetch"}
    )
    assert pause.status_code == 409


def test_only_what_reaches_the_same_people_within_a_day_clashes() -> None:
    noon = timezone.now()
    entries = [
        Entry(noon, "A", "x", "/a", reaches=frozenset({"1"})),
        Entry(noon + timedelta(hours=5), "B", "x", "/b", reaches=frozenset({"1", "2"})),
        Entry(noon + timedelta(hours=6), "C", "x", "/c", reaches=frozenset({"3"})),
        Entry(noon + timedelta(days=2), "D", "x", "/d", reaches=frozenset({"1"})),
        Entry(noon, "E", "x", "/e"),
    ]

    assert [entry.clashes_with for entry in with_clashes(entries)] == [("B",), ("A",), (), (), ()]


def test_an_admin_sets_what_counts_for_all_campaigns(fairview: Club) -> None:
    admin = desk(fairview.admin)
    refused = admin.post(
        f"{LIST}settings/", {"hold_out_percent": "80", "grace_minutes": "30", "error_percent": "5"}
    )
    admin.post(
        f"{LIST}settings/",
        {"needs_approval": "on", "hold_out_percent": "3", "grace_minutes": "30", "error_percent": "8"},
    )

    assert refused.status_code == 422
    chosen = settings_of(Tenant.objects.get(pk=fairview.tenant.pk))
    assert (chosen.needs_approval, chosen.hold_out_percent, chosen.grace_minutes) == (True, 3, 30)


def test_a_viewer_reads_and_changes_nothing(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        campaign = draft(segment(fairview.tenant, people(fairview.tenant, 1)))
        schedule_campaign(campaign.pk)
        step(campaign)
        pause_campaign(campaign.pk)
    viewer = desk(fairview.viewer)

    assert "Resume" not in text_of(viewer.get(f"{LIST}{campaign.pk}/"))
    assert viewer.post(f"{LIST}{campaign.pk}/act/", {"act": "resume"}).status_code == 403


def test_a_template_is_chosen_from_the_services_list_and_shown_with_a_members_data(
    browser: Client,
    fairview: Club,
    sandbox: Sandbox,  # noqa: F811 - a fixture
    redis_server: Any,
) -> None:
    template = (
        str(fairview.tenant.pk),
        "open-day",
        "EMAIL",
        "Open day",
        "Hello {{ firstName }}",
        "Come, Gold!",
        "[]",
    )
    sandbox.book.many("INSERT INTO template VALUES (?, ?, ?, ?, ?, ?, ?)", [template])
    campaign = draft(segment(fairview.tenant, people(fairview.tenant, 1)), content={})
    address = f"{LIST}{campaign.pk}/edit/content/"

    choices = text_of(browser.get(address))
    follow(browser, address, {"EMAIL-template": "open-day"})
    shown = text_of(browser.get(address))

    assert '<option value="open-day">Open day</option>' in choices
    assert '<option value="open-day" selected>Open day</option>' in shown
    assert "Template Open day of the Messaging service" in shown
    assert "<strong>Hello P0</strong>" in shown
    assert "Come, Gold!" in shown


def test_without_the_service_the_wizard_says_so_and_takes_an_id(
    browser: Client, settings: Any, redis_server: Any
) -> None:
    settings.CRM_MESSAGING_URL = "http://127.0.0.1:9"
    campaign = draft(content={})

    page = text_of(browser.get(f"{LIST}{campaign.pk}/edit/content/"))

    assert "The Messaging service does not answer, so its templates cannot be listed" in page
    assert 'name="EMAIL-template"' in page


def test_a_segment_that_is_being_counted_anew_is_warned_about(browser: Client, fairview: Club) -> None:
    golfers = segment(fairview.tenant, people(fairview.tenant, 1), "Golfers")
    campaign = draft(golfers)
    review = f"{LIST}{campaign.pk}/edit/review/"
    assert "being counted anew" not in text_of(browser.get(review))

    type(golfers).objects.filter(pk=golfers.pk).update(refresh_error="Too complex")

    assert "Golfers: the members are being counted anew" in text_of(browser.get(review))


def test_the_report_compares_with_the_field_and_tells_channels_apart(browser: Client, fairview: Club) -> None:
    both = [
        *people(fairview.tenant, 2),
        *people(fairview.tenant, 1, email=None, sms_opt_in=True, phone_number="+27820000001"),
    ]
    campaign = draft(
        segment(fairview.tenant, both),
        channels=["EMAIL", "SMS"],
        content={"EMAIL": {"subject": "Hi", "body": "x"}, "SMS": {"body": "x"}},
        goal="BOOKED",
    )
    schedule_campaign(campaign.pk)
    step(campaign)
    Delivery.objects.update(status="DELIVERED", handed_over_at=timezone.now(), delivered_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"tenant": fairview.tenant.pk, "campaign": campaign.pk, "occurrence": "1"})

    page = text_of(browser.get(f"{LIST}{campaign.pk}/"))

    assert "Mails of sports and fitness businesses (MailerLite, 2019)" in page
    assert "22,2\N{NO-BREAK SPACE}%" in page
    assert "<h2>By channel</h2>" in page
    assert "<td>SMS</td>" in page
    assert "Money within" in page
    read = text_of(desk(fairview.viewer).get(f"{LIST}{campaign.pk}/"))
    assert "Reached the goal" in read
    assert "Money within" not in read
