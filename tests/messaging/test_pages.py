"""Writing to one person, the club's rules, and what readers of mails may do without a login."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.models import InboxEvent
from messaging import sending
from messaging.models import Delivery, SendPolicy
from messaging.sandbox.server import Sandbox
from messaging.tracking import sign
from messaging.writing import ways_to
from profiles.ingest.batch import process_pending
from profiles.models import CustomerProfile, ProcessingRestriction
from profiles.privacy.erasing import erase_customer
from tenants.models import LoggedAction
from tenants.scope import tenant_scope
from tests.back_office import desk, page_of, text_of
from tests.cast import Club
from tests.messaging.people import candidate, ledger, mail, plan, reader, rules, said
from tests.messaging.violations import delivery
from tests.profiles.records import identifier, profile

pytestmark = pytest.mark.django_db


def logged_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def write_address(person: CustomerProfile) -> str:
    return reverse("admin:customer_write", args=[person.pk])


def test_staff_write_to_one_person_and_see_it_on_the_page(fairview: Club, sandbox: Sandbox) -> None:
    anna, client = reader(fairview.tenant), logged_in(fairview.marketing_manager)
    typed = {
        "channel": "EMAIL",
        "EMAIL-subject": "Your lesson",
        "EMAIL-body": "Dear {{ firstName }}, Tuesday at nine?",
    }

    shown = client.post(write_address(anna), typed | {"act": "preview"})
    done = client.post(write_address(anna), typed | {"act": "send"})
    sending.send_due()

    assert "Dear Anna, Tuesday at nine?" in shown.content.decode()
    assert done.status_code == 302
    (sent,) = sandbox.book.rows("SELECT * FROM message")
    assert (sent["subject"], sent["text"]) == ("Your lesson", "Dear Anna, Tuesday at nine?")
    page = client.get(reverse("admin:profiles_customerprofile_change", args=[anna.pk])).content.decode()
    assert "Your lesson" in page
    assert "Written by hand" in page


def test_two_ways_get_a_text_each_or_neither_does(fairview: Club, sandbox: Sandbox) -> None:
    anna, client = (
        reader(fairview.tenant, phone_number="+27820000009", sms_opt_in=True),
        logged_in(fairview.marketing_manager),
    )
    typed = {
        "channel": ["EMAIL", "SMS"],
        "EMAIL-subject": "Your lesson",
        "EMAIL-body": "Dear {{ firstName }}, Tuesday at nine?",
        "SMS-body": "{{ firstName }}: Tuesday, nine?",
        "act": "send",
    }

    lacking = client.post(write_address(anna), typed | {"SMS-body": " "})
    wrong = client.post(write_address(anna), typed | {"SMS-body": "{{ frstName }}"})
    assert (lacking.status_code, wrong.status_code) == (422, 422)
    assert "Write a text for SMS, or choose a template." in lacking.content.decode()
    assert said(fairview.tenant) == {}
    done = client.post(write_address(anna), typed)
    sending.send_due()

    assert done.status_code == 302
    sent = {each["channel"]: each["text"] for each in sandbox.book.rows("SELECT * FROM message")}
    assert sent == {"EMAIL": "Dear Anna, Tuesday at nine?", "SMS": "Anna: Tuesday, nine?"}


def test_a_template_is_chosen_and_shown_before_it_is_sent(fairview: Club, sandbox: Sandbox) -> None:
    anna, client = reader(fairview.tenant), logged_in(fairview.marketing_manager)
    row = [
        str(fairview.tenant.pk),
        "tpl-7",
        "EMAIL",
        "Welcome",
        "Hello {{ firstName }}",
        "Welcome, {{ firstName }}!",
    ]
    sandbox.book.many("INSERT INTO template VALUES (?, ?, ?, ?, ?, ?, '[]')", [row])
    chosen = {"channel": "EMAIL", "EMAIL-template": "tpl-7"}

    offered = client.get(write_address(anna)).content.decode()
    shown = client.post(write_address(anna), chosen | {"act": "preview"}).content.decode()
    gone = client.post(write_address(anna), chosen | {"EMAIL-template": "tpl-8", "act": "send"})
    done = client.post(write_address(anna), chosen | {"act": "send"})
    sending.send_due()

    assert '<option value="tpl-7">Welcome</option>' in offered
    assert "Welcome, Anna!" in shown
    assert "The template that was chosen is gone" in gone.content.decode()
    assert done.status_code == 302
    (sent,) = sandbox.book.rows("SELECT * FROM message")
    assert sent["template"] == "tpl-7"


def test_an_unknown_token_is_told_with_its_place_and_nothing_is_sent(fairview: Club) -> None:
    anna, client = reader(fairview.tenant), logged_in(fairview.marketing_manager)

    refused = client.post(
        write_address(anna),
        {"channel": "EMAIL", "EMAIL-subject": "Hi", "EMAIL-body": "Dear {{ frstName }}", "act": "send"},
    )

    assert refused.status_code == 422
    assert "text, line 1, column 9: “frstName” is not known here." in refused.content.decode()
    assert said(fairview.tenant) == {}


def test_a_way_that_is_closed_says_why(fairview: Club) -> None:
    tenant = fairview.tenant
    anna = reader(tenant, phone_number="+27820000001")
    resting = reader(tenant, "Rita")
    with tenant_scope(tenant):
        ProcessingRestriction.objects.create(tenant=tenant, profile_id=resting.pk)
        hers = {way.channel: (way.is_open, way.why_not) for way in ways_to(anna.pk)}
        ritas = {way.why_not for way in ways_to(resting.pk)}

    assert hers["EMAIL"] == (True, "")
    assert hers["SMS"] == (False, "Has not agreed to be written to this way")
    assert hers["PUSH"] == (False, "There is no address for it")
    assert ritas == {"The use of their data is restricted"}


def test_a_way_that_closed_meanwhile_is_refused(fairview: Club) -> None:
    anna, client = reader(fairview.tenant, email_opt_in=False), logged_in(fairview.marketing_manager)

    refused = client.post(
        write_address(anna), {"channel": "EMAIL", "EMAIL-subject": "Hi", "EMAIL-body": "Hello", "act": "send"}
    )

    assert refused.status_code == 422
    assert "Has not agreed" in refused.content.decode()


def test_the_rules_are_kept_and_wrong_ones_are_refused(fairview: Club) -> None:
    client, address = logged_in(fairview.admin), reverse("admin:send_rules")
    good = {"cap_EMAIL_day": "1", "cap_EMAIL_week": "3", "quiet_from": "21:00", "quiet_until": "07:30"}
    more = {"sender_name": "Fairview", "backend": "MESSAGING", "needs_consent_always": "on"}

    wrong = client.post(address, good | more | {"quiet_until": "", "cap_SMS_day": "-1"})
    kept = client.post(address, good | more)

    assert (wrong.status_code, kept.status_code) == (422, 302)
    with tenant_scope(fairview.tenant):
        policy = SendPolicy.objects.get()
    assert policy.caps == {"EMAIL": {"day": 1, "week": 3}}
    assert (policy.quiet_from, policy.quiet_until, policy.sender_name) == (time(21), time(7, 30), "Fairview")


def test_what_failed_is_listed_with_what_happened(fairview: Club, sandbox: Sandbox) -> None:
    plan(
        fairview.tenant,
        [candidate(reader(fairview.tenant, email="reject@example.org"), mail(fairview.tenant))],
    )
    sending.send_due()

    page = logged_in(fairview.admin).get(reverse("admin:send_troubles")).content.decode()

    assert "INVALID_RECIPIENT" in page


# --- readers


def read_mail(club: Club) -> str:
    """A token of a mail that Anna got from our own server."""
    tenant = club.tenant
    rules(tenant, backend=SendPolicy.Backend.MAIL, sender_email="news@fairview.example")
    anna = reader(tenant)
    identifier(tenant, anna.pk, value=anna.email)
    plan(tenant, [candidate(anna, mail(tenant), key="c:1")])
    sending.send_due()
    with tenant_scope(tenant):
        return sign(ledger(tenant)["Anna"].pk)


def process(club: Club) -> None:
    with tenant_scope(club.tenant):
        process_pending()


def opted_in(club: Club) -> bool:
    with tenant_scope(club.tenant):
        return bool(CustomerProfile.objects.get().email_opt_in)


def events(club: Club) -> list[str]:
    with tenant_scope(club.tenant):
        return list(InboxEvent.objects.exclude(type="messaging.message.sent").values_list("type", flat=True))


def test_fetching_the_way_out_unsubscribes_nobody(fairview: Club) -> None:
    token = read_mail(fairview)

    page = Client().get(f"/m/unsubscribe/{token}")

    assert page.status_code == 200
    assert "What Fairview Golf Club sends you" in page.content.decode()
    assert events(fairview) == []


def test_who_asks_for_the_head_only_finds_the_links_good_and_is_a_machine(fairview: Club) -> None:
    """As security gateways do with every link of a mail."""
    way_out = read_mail(fairview)
    with tenant_scope(fairview.tenant):
        Delivery.objects.update(handed_over_at=timezone.now() - timedelta(hours=1))
        row = Delivery.objects.get()
        click = sign(row.pk, "https://club.example/book")
    agent = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"}

    answers = [
        Client(headers=agent).head(path)
        for path in (f"/m/unsubscribe/{way_out}", f"/m/click/{click}", f"/m/open/{way_out}")
    ]

    assert [answer.status_code for answer in answers] == [200, 302, 200]
    with tenant_scope(fairview.tenant):
        told = InboxEvent.objects.filter(type__in=["messaging.email.clicked", "messaging.email.opened"])
        assert [each.envelope["payload"]["isMachine"] for each in told] == [True, True]
    assert "messaging.message.unsubscribed" not in events(fairview)


def test_one_click_unsubscribes_without_a_cookie(fairview: Club) -> None:
    token = read_mail(fairview)

    done = Client(enforce_csrf_checks=True).post(f"/m/unsubscribe/{token}", {"List-Unsubscribe": "One-Click"})

    assert done.status_code == 200
    assert events(fairview) == ["messaging.message.unsubscribed"]


def test_who_came_back_leaves_again_by_the_same_mail(fairview: Club) -> None:
    address = f"/m/unsubscribe/{read_mail(fairview)}"

    Client().post(address, {"List-Unsubscribe": "One-Click"})
    process(fairview)
    Client().post(address, {"choices": "1", "emailOptIn": "on"})
    process(fairview)
    came_back = opted_in(fairview)
    Client().post(address, {"List-Unsubscribe": "One-Click"})
    process(fairview)

    assert (came_back, opted_in(fairview)) == (True, False)


def test_a_reader_keeps_a_choice(fairview: Club) -> None:
    token = read_mail(fairview)

    Client().post(f"/m/unsubscribe/{token}", {"choices": "1", "smsOptIn": "on"})

    with tenant_scope(fairview.tenant):
        event = InboxEvent.objects.get(type="messaging.contactPreference.updated")
    assert {
        name: event.envelope["payload"].get(name) for name in ("emailOptIn", "smsOptIn", "whatsappOptIn")
    } == {
        "emailOptIn": False,
        "smsOptIn": True,
        "whatsappOptIn": None,
    }


def test_a_forged_link_leads_nowhere(fairview: Club) -> None:
    token = read_mail(fairview)

    assert Client().post(f"/m/unsubscribe/{token}x").status_code == 404
    assert Client().get(f"/m/click/{token}").status_code == 404
    assert events(fairview) == []


def test_a_click_is_counted_and_leads_on_and_machines_are_marked(fairview: Club) -> None:
    read_mail(fairview)
    with tenant_scope(fairview.tenant):
        token = sign(ledger(fairview.tenant)["Anna"].pk, "https://f.example/day")

    gone = Client().get(f"/m/click/{token}", headers={"User-Agent": "GoogleImageProxy"})

    assert (gone.status_code, gone.headers["Location"]) == (302, "https://f.example/day")
    with tenant_scope(fairview.tenant):
        event = InboxEvent.objects.get(type="messaging.email.clicked")
    assert event.envelope["payload"]["isMachine"] is True


def test_each_link_of_a_mail_is_counted_and_each_once(fairview: Club) -> None:
    read_mail(fairview)
    urls = ["https://f.example/day", "https://f.example/night"]
    with tenant_scope(fairview.tenant):
        Delivery.objects.update(handed_over_at=timezone.now() - timedelta(hours=1))
        tokens = [sign(ledger(fairview.tenant)["Anna"].pk, url) for url in urls]

    for token in (*tokens, *tokens):
        Client().get(f"/m/click/{token}", headers={"User-Agent": "Mozilla/5.0 (X11; Linux)"})

    with tenant_scope(fairview.tenant):
        clicks = InboxEvent.objects.filter(type="messaging.email.clicked")
        assert sorted(event.envelope["payload"]["url"] for event in clicks) == urls


def test_an_erased_person_is_in_no_row_of_the_ledger(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    anna = reader(tenant)
    plan(tenant, [candidate(anna, mail(tenant), key="campaign:7:anna", variables={"name": "Anna"})])

    with tenant_scope(tenant):
        erase_customer(anna.pk, reason="gdpr_erasure")
    sending.send_due()

    row = ledger(tenant)[""]
    assert (row.status, row.reason, row.variables, row.key) == ("SKIPPED", "ERASED", None, f"erased:{row.pk}")
    assert sandbox.book.value("SELECT count(*) FROM message") == 0


def unknown(fairview: Club, **policy: Any) -> tuple[Delivery, str]:
    """A message of which nobody knows whether it went out, and the address of its buttons."""
    rules(fairview.tenant, **policy)
    tomorrow = timezone.now() + timedelta(days=1)
    row = delivery(fairview, status="UNKNOWN", leased_until=tomorrow, service_id="<7@fairview.example>")
    return row, reverse("admin:send_settle", args=[row.pk])


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [("sent", "HANDED_OVER", ""), ("again", "PLANNED", ""), ("never", "FAILED", "NO_ANSWER")],
)
def test_a_person_settles_what_the_mail_server_left_unknown_once(
    fairview: Club, answer: str, status: str, reason: str
) -> None:
    row, address = unknown(fairview, backend="MAIL")
    client = logged_in(fairview.admin)

    page = client.get(reverse("admin:send_troubles")).content.decode()
    client.post(address, {"answer": answer})
    again = client.post(address, {"answer": "never"}, follow=True).content.decode()

    assert "It did not: send it" in page
    assert "&lt;7@fairview.example&gt;" in page
    with tenant_scope(fairview.tenant):
        row.refresh_from_db()
        assert LoggedAction.objects.filter(action="message.settled").count() == 1
    assert (row.status, row.reason) == (status, reason)
    assert "It is known meanwhile what became of it." in again


def test_what_the_service_knows_is_asked_and_not_guessed(fairview: Club) -> None:
    row, address = unknown(fairview)
    client = logged_in(fairview.admin)

    page = client.get(reverse("admin:send_troubles")).content.decode()
    client.post(address, {"answer": "again"})
    with tenant_scope(fairview.tenant):
        row.refresh_from_db()
    assert (row.status, "It did not: send it" in page, "Ask now" in page) == ("UNKNOWN", False, True)

    client.post(address, {"answer": "ask"})
    with tenant_scope(fairview.tenant):
        row.refresh_from_db()
    assert row.status == "UNKNOWN"
    assert row.leased_until is not None
    assert row.leased_until <= timezone.now()


def test_from_the_customers_page_one_click_leads_to_the_letter(fairview: Club) -> None:
    one, other = profile(fairview.tenant).pk, profile(fairview.tenant).pk
    browser = desk(fairview.marketing_manager)

    alone = browser.get(f"/admin/customers/write/?ids={one}")
    several = browser.get(f"/admin/customers/write/?ids={one}&ids={other}", follow=True)
    page = text_of(browser.get(page_of(one)))

    assert alone.headers["Location"] == f"/admin/profiles/customerprofile/{one}/write/"
    assert "put them on a list, and send that list a campaign" in text_of(several)
    assert f"/admin/customers/write/?ids={one}" in page
    assert f"/admin/customers/note/?ids={one}" not in page, "notes have a field on the page"
