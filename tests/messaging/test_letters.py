"""Writing to one customer over REST: through the ledger to the service's book, and what is refused with its reason."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from messaging import sending
from messaging.models import Delivery
from messaging.sandbox.server import Sandbox
from profiles.models import CustomerProfile
from profiles.privacy.erasing import erase_customer
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.messaging.people import candidate, mail, plan, reader

LETTER = {"channel": "EMAIL", "subject": "Your umbrella", "body": "Dear {{ firstName }}, we have found it."}


@pytest.fixture
def headers(fairview: Club) -> Iterator[dict[str, str]]:
    with tenant_scope(fairview.tenant):
        yield {"X-API-Key": factories.api_key(fairview.tenant, scopes=["crm:read", "crm:write"])}


def write(client: Client, who: CustomerProfile, headers: dict[str, str], path: str = "", **body: Any) -> Any:
    url = f"/api/v1/customers/{who.pk}/messages{path}"
    return client.post(url, LETTER | body, "application/json", headers=headers)


def test_a_letter_goes_through_the_ledger_and_stands_among_the_customers_messages(
    client: Client, fairview: Club, headers: dict[str, str], sandbox: Sandbox
) -> None:
    anna = reader(fairview.tenant)
    plan(fairview.tenant, [candidate(reader(fairview.tenant, "Ben"), mail(fairview.tenant))])

    made = write(client, anna, headers)
    sending.send_due()
    listed = client.get(f"/api/v1/customers/{anna.pk}/messages", headers=headers).json()

    assert made.status_code == 201, made.content
    assert (made.json()["status"], made.json()["source"], made.json()["sourceId"]) == (
        "PLANNED",
        "PERSON",
        None,
    )
    (sent,) = sandbox.book.rows("SELECT * FROM message WHERE address = ?", [anna.email])
    assert (sent["subject"], sent["text"]) == ("Your umbrella", "Dear Anna, we have found it.")
    assert (sent["key"], listed["meta"]["total"]) == (made.json()["id"], 1)
    assert (listed["data"][0]["status"], listed["data"][0]["subject"]) == ("HANDED_OVER", "Your umbrella")


def test_a_preview_tells_which_channels_are_open_and_sends_nothing(
    client: Client, fairview: Club, headers: dict[str, str]
) -> None:
    anna = reader(fairview.tenant, phone_number="+27820000001")

    shown = write(client, anna, headers, "/preview").json()

    assert shown["body"] == "Dear Anna, we have found it."
    ways = {way["channel"]: (way["isOpen"], way["reasonText"]) for way in shown["channels"]}
    assert ways["EMAIL"] == (True, None)
    assert ways["SMS"] == (False, "Has not agreed to be written to this way")
    assert ways["PUSH"] == (False, "There is no address for it")
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"channel": "FAX"}, "channel", "Choose one of EMAIL"),
        ({"body": " "}, "body", "Write a text, or name a template."),
        ({"subject": ""}, "subject", "A mail needs a subject."),
        ({"body": "{{ frstName }}"}, "body", "line 1, column 4: “frstName” is not known here."),
        ({"templateId": "welcome"}, "body", "Send a template or a text, not both."),
        ({"to": "x"}, "to", "There is no field to"),
        ({"subject": 7}, "subject", "Write a text."),
    ],
)
def test_what_cannot_be_sent_is_told_with_its_field(
    body: dict[str, Any], field: str, words: str, client: Client, headers: dict[str, str]
) -> None:
    anna = reader(Tenant.objects.get(slug="fairview"))

    answer = write(client, anna, headers, **body)

    assert answer.status_code == 422, answer.content
    (problem,) = answer.json()["error"]["details"]
    assert problem["field"] == field
    assert words in problem["message"]
    assert not Delivery.objects.exists()


def test_whoever_must_not_be_written_to_is_refused_with_the_reason(
    client: Client, fairview: Club, headers: dict[str, str]
) -> None:
    unwilling, gone = reader(fairview.tenant, email_opt_in=False), reader(fairview.tenant, "Ben")
    erase_customer(gone.pk, reason="gdpr_erasure")

    refused, unknown = write(client, unwilling, headers), write(client, gone, headers)

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "NOT_ALLOWED")
    assert refused.json()["error"]["details"][0]["params"] == {"reason": "CONSENT"}
    assert unknown.status_code in (404, 410)
    assert not Delivery.objects.filter(status="PLANNED").exists()
