"""A mail provider over real HTTP: mails go out with a token, and what it tells of them becomes events of the ledger."""

import base64
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.models import InboxEvent
from messaging import sending
from messaging.models import Delivery, SendPolicy
from messaging.providers import metadata_of
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.messaging.people import candidate, ledger, mail, plan, reader, rules

pytestmark = pytest.mark.django_db
SECRET = "crm:a-long-secret"


class Postmark:
    """Speaks as much of Postmark's API as sending needs; `status` is what it answers with."""

    def __init__(self) -> None:
        self.mails: list[dict[str, Any]] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.mails.append(body)
                code = 0 if outer.status == 200 else 300
                told = {"To": body.get("To", ""), "MessageID": f"pm-{len(outer.mails)}", "ErrorCode": code}
                content = json.dumps(told | {"Message": "OK" if code == 0 else "Not so"}).encode()
                self.send_response(outer.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def postmark(settings: Any, fairview: Club) -> Iterator[Postmark]:
    """The provider, chosen by the settings; the club sends by it."""
    provider = Postmark()
    settings.CRM_MAIL_PROVIDER, settings.CRM_MAIL_WEBHOOK_SECRET = "POSTMARK", SECRET
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {
        "POSTMARK_SERVER_TOKEN": "token",
        "POSTMARK_API_URL": f"http://127.0.0.1:{provider.server.server_address[1]}/",
        "WEBHOOK_SECRET": SECRET,
        "IGNORE_UNSUPPORTED_FEATURES": True,
    }
    rules(fairview.tenant, backend=SendPolicy.Backend.MAIL, sender_email="news@fairview.example")
    yield provider
    provider.server.shutdown()
    provider.server.server_close()


def tell(client: Client, body: dict[str, Any], secret: str = SECRET) -> int:
    """The provider calls; returns the status of our answer."""
    authorization = f"Basic {base64.b64encode(secret.encode()).decode()}"
    answer = client.post("/m/provider", body, "application/json", headers={"authorization": authorization})
    return int(answer.status_code)


def events(club: Club) -> list[tuple[str, dict[str, Any]]]:
    with tenant_scope(club.tenant):
        rows = InboxEvent.objects.exclude(type="messaging.message.sent").order_by("pk")
        return [(row.type, row.envelope["payload"]) for row in rows]


def test_a_mail_goes_out_by_the_provider_with_a_token_of_its_row(fairview: Club, postmark: Postmark) -> None:
    anna = reader(fairview.tenant)
    plan(fairview.tenant, [candidate(anna, mail(fairview.tenant))])

    sending.send_due()

    (sent,) = postmark.mails
    row = ledger(fairview.tenant)["Anna"]
    assert anna.email in sent["To"]
    assert "List-Unsubscribe-Post" in str(sent["Headers"])
    assert (row.status, row.service_id) == ("HANDED_OVER", "pm-1")
    with tenant_scope(fairview.tenant):
        assert sent["Metadata"].keys() == metadata_of(row.pk).keys()


@pytest.mark.parametrize(("status", "expected"), [(422, "FAILED"), (500, "UNKNOWN"), (429, "PLANNED")])
def test_what_the_provider_answers_decides_and_nothing_is_guessed(
    fairview: Club, postmark: Postmark, status: int, expected: str
) -> None:
    postmark.status = status
    plan(fairview.tenant, [candidate(reader(fairview.tenant), mail(fairview.tenant))])

    sending.send_due()
    sending.send_due()

    assert ledger(fairview.tenant)["Anna"].status == expected
    assert len(postmark.mails) == 1


def sent_mail(fairview: Club) -> tuple[Delivery, dict[str, str]]:
    """A mail that went out an hour ago, and its token."""
    plan(fairview.tenant, [candidate(reader(fairview.tenant), mail(fairview.tenant))])
    sending.send_due()
    with tenant_scope(fairview.tenant):
        Delivery.objects.update(handed_over_at=timezone.now() - timedelta(hours=1))
        row = Delivery.objects.get()
        return row, metadata_of(row.pk)


HUMAN = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)"


def test_what_it_tells_becomes_events_of_the_row(fairview: Club, postmark: Postmark, client: Client) -> None:
    row, token = sent_mail(fairview)
    now = timezone.now().isoformat()
    told: list[dict[str, Any]] = [
        {"RecordType": "Delivery", "DeliveredAt": now},
        {"RecordType": "Open", "ReceivedAt": now, "UserAgent": HUMAN},
        {
            "RecordType": "Click",
            "ReceivedAt": now,
            "UserAgent": "Barracuda scanner",
            "OriginalLink": "https://a.example/",
        },
        {"RecordType": "Bounce", "Type": "HardBounce", "ID": 7, "BouncedAt": now},
        {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "BouncedAt": now},
    ]

    statuses = [tell(client, {**one, "MessageID": "pm-1", "Metadata": token}) for one in told]
    again = tell(client, {**told[0], "MessageID": "pm-1", "Metadata": token})

    found = dict(events(fairview))
    assert [*statuses, again] == [200] * 6
    assert len(events(fairview)) == 5
    assert all(payload["idempotencyKey"] == row.key for payload in found.values())
    assert found["messaging.email.opened"]["isMachine"] is False
    assert found["messaging.email.clicked"]["isMachine"] is True
    assert found["messaging.email.clicked"]["url"] == "https://a.example/"
    assert found["messaging.message.bounced"]["bounceType"] == "hard"
    assert "messaging.email.complained" in found


def test_strangers_and_forged_tokens_change_nothing(
    fairview: Club, postmark: Postmark, client: Client, settings: Any
) -> None:
    _, token = sent_mail(fairview)
    delivered = {"RecordType": "Delivery", "MessageID": "pm-1", "DeliveredAt": timezone.now().isoformat()}

    stranger = tell(client, {**delivered, "Metadata": token}, secret="crm:guess")
    forged = tell(client, {**delivered, "Metadata": {"crm": "forged"}})
    settings.CRM_MAIL_WEBHOOK_SECRET = ""
    closed = tell(client, {**delivered, "Metadata": token})

    assert (stranger, forged, closed) == (400, 200, 404)
    assert events(fairview) == []
