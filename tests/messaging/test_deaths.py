"""Messages at which workers die or calls break off: they are parted from the others, tried alone, and given up."""

from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
from django.utils import timezone

from messaging import sending, settling
from messaging.composing import Composer
from messaging.gateway import Outage, Refused, Unclear
from messaging.gateway.client import _fields, by_key
from messaging.models import Delivery, SendPolicy
from messaging.sandbox.faults import Fault
from messaging.sandbox.server import Sandbox
from messaging.settling import MOST_LOST
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.messaging.people import candidate, ledger, mail, plan, reader, rules, said
from tests.messaging.test_breakage import MEANWHILE

pytestmark = pytest.mark.django_db


class Died(BaseException):
    """A worker was killed: nothing more of it runs."""


def kill_at(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A worker that composes a message for this person is killed."""
    compose: Callable[..., Any] = Composer.compose

    def deadly(self: Composer, one: Any, extra: Any) -> Any:
        composed = compose(self, one, extra)
        if name in composed["content"]["text"]:
            raise Died
        return composed

    monkeypatch.setattr(Composer, "compose", deadly)


def turns(tenant: Tenant, most: int = 60) -> int:
    """Turns of workers and sweep, as if minutes passed between, until nothing is open; how many workers died."""
    deaths = 0
    for _ in range(most):
        try:
            sending.send_due()
        except Died:
            deaths += 1
        with tenant_scope(tenant):
            ago = timezone.now() - timedelta(minutes=1)
            open_rows = Delivery.objects.filter(status__in=["PLANNED", "CLAIMED", "UNKNOWN"])
            if not open_rows.exists():
                break
            open_rows.update(due_at=ago, leased_until=ago)
        settling.settle(tenant, believed_after=timedelta(0))
    return deaths


def in_book(sandbox: Sandbox) -> list[str]:
    return sorted(row["text"] for row in sandbox.book.rows("SELECT text FROM message"))


def test_a_message_that_kills_workers_is_given_up_and_costs_no_other(
    fairview: Club, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant, names = fairview.tenant, [f"P{number:02}" for number in range(40)]
    text = mail(tenant, body="For {{ firstName }}")
    plan(tenant, [candidate(reader(tenant, name), text) for name in [*names, "Boom"]])
    kill_at(monkeypatch, "Boom")

    deaths = turns(tenant)

    assert deaths == MOST_LOST
    rows = ledger(tenant)
    boom = rows.pop("Boom")
    assert (boom.status, boom.reason, boom.lost_workers) == ("FAILED", "DEADLY", MOST_LOST)
    assert {row.status for row in rows.values()} == {"HANDED_OVER"}
    assert in_book(sandbox) == [f"For {name}" for name in names]


def test_a_worker_that_lives_ends_the_row_of_deaths(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    plan(tenant, [candidate(reader(tenant), mail(tenant))])
    with tenant_scope(tenant):
        Delivery.objects.update(lost_workers=MOST_LOST - 1)
    sandbox.faults.faults.append(Fault("status", status=429, retry_after=1))

    sending.send_due()

    row = ledger(tenant)["Anna"]
    assert (row.status, row.lost_workers) == ("PLANNED", 0)


def test_those_in_doubt_are_claimed_in_small_companies_and_then_alone(fairview: Club) -> None:
    tenant, text = fairview.tenant, mail(fairview.tenant)
    plan(tenant, [candidate(reader(tenant, f"P{number:03}"), text) for number in range(100)])
    with tenant_scope(tenant):
        ids = list(Delivery.objects.order_by("due_at", "pk").values_list("pk", flat=True))
        Delivery.objects.filter(pk__in=ids[30:80]).update(lost_workers=1)
        Delivery.objects.filter(pk__in=ids[80:83]).update(unclear_calls=2)
    lane, sizes = sending.due_lanes()[0][0], []

    with tenant_scope(tenant):
        while taken := sending.claim(lane, 500)[0]:
            sizes.append(taken)

    assert sizes == [30, 25, 25, 1, 1, 1, 17]


def test_a_message_with_which_each_call_breaks_off_fails_alone(
    fairview: Club, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that breaks down at one message answers 500 to the whole batch."""
    monkeypatch.setattr(settling, "MOST_UNCLEAR", 4)
    tenant, names = fairview.tenant, [f"P{number:02}" for number in range(40)]
    text = mail(tenant, body="For {{ firstName }}")
    plan(tenant, [candidate(reader(tenant, name), text) for name in [*names, "Poison"]])
    sandbox.faults.faults.append(Fault("status", path="/v1/messages/batch", times=0, about="For Poison"))

    turns(tenant)

    rows = ledger(tenant)
    poison = rows.pop("Poison")
    assert (poison.status, poison.reason, poison.unclear_calls) == ("FAILED", "NO_ANSWER", 4)
    assert {row.status for row in rows.values()} == {"HANDED_OVER"}
    assert in_book(sandbox) == [f"For {name}" for name in names]


def test_many_outages_before_one_unclear_call_lose_no_message(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    plan(tenant, [candidate(reader(tenant), mail(tenant))])
    with tenant_scope(tenant):
        Delivery.objects.update(attempts=100)
    sandbox.faults.faults.append(Fault("cut_before"))

    turns(tenant)

    assert said(tenant) == {"Anna": "HANDED_OVER"}


# --- Mails of our own, whose server cannot be asked


def own_server(tenant: Tenant) -> None:
    rules(tenant, backend=SendPolicy.Backend.MAIL, sender_email="news@fairview.example")


def test_after_a_death_only_the_mail_that_was_begun_is_in_doubt(
    fairview: Club, settings: Any, mailoutbox: list[Any]
) -> None:
    tenant = fairview.tenant
    own_server(tenant)
    settings.EMAIL_BACKEND = "tests.messaging.test_breakage.SlowBackend"
    plan(tenant, [candidate(reader(tenant, name), mail(tenant)) for name in ("Anna", "Ben", "Cleo")])

    def die() -> None:
        raise Died

    MEANWHILE.append(die)

    deaths = turns(tenant, most=4)

    assert deaths == 1
    rows = ledger(tenant)
    assert {name: row.status for name, row in rows.items()} == {
        "Anna": "UNKNOWN",
        "Ben": "HANDED_OVER",
        "Cleo": "HANDED_OVER",
    }
    # Staff find it in the server's log by its id.
    assert rows["Anna"].service_id == mailoutbox[0].extra_headers["Message-ID"]
    assert len(mailoutbox) == 3


def test_a_mail_at_whose_text_workers_die_is_given_up(
    fairview: Club, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = fairview.tenant
    own_server(tenant)
    text = mail(tenant, body="For {{ firstName }}")
    plan(tenant, [candidate(reader(tenant, name), text) for name in ("Anna", "Boom", "Cleo")])
    kill_at(monkeypatch, "Boom")

    deaths = turns(tenant)

    assert deaths == MOST_LOST
    assert said(tenant) == {"Anna": "HANDED_OVER", "Boom": "DEADLY", "Cleo": "HANDED_OVER"}
    assert len(mailoutbox) == 2


@pytest.mark.parametrize("meanwhile", [{"reason": "CANCELLED"}, {"status": "PLANNED", "leased_until": None}])
def test_a_mail_that_is_not_ours_any_more_is_not_sent(
    fairview: Club, mailoutbox: list[Any], meanwhile: dict[str, Any]
) -> None:
    """It was called off, or the lease ended while a slow server kept the others waiting."""
    tenant = fairview.tenant
    own_server(tenant)
    plan(tenant, [candidate(reader(tenant), mail(tenant))])
    lane = sending.due_lanes()[0][0]
    with tenant_scope(tenant):
        _, claimed = sending.claim(lane, 500)
        Delivery.objects.update(**meanwhile)
        results = sending.hand_over(lane, claimed)

    assert (results, mailoutbox) == ([], [])


def test_a_slow_server_gives_the_rest_back_to_the_queue(
    fairview: Club, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = fairview.tenant
    own_server(tenant)
    monkeypatch.setattr("messaging.mailing.TURN_SECONDS", 0.0)
    plan(tenant, [candidate(reader(tenant, name), mail(tenant)) for name in ("Anna", "Ben", "Cleo")])

    sending.send_due()

    assert said(tenant) == {"Anna": "HANDED_OVER", "Ben": "PLANNED", "Cleo": "PLANNED"}
    assert {row.lost_workers for row in ledger(tenant).values()} == {0}


def test_a_sandbox_club_asks_the_stand_in_what_became_of_its_mails(fairview: Club, sandbox: Sandbox) -> None:
    """Its mails never go through our own server, whatever its rules say."""
    tenant = fairview.tenant
    own_server(tenant)
    plan(tenant, [candidate(reader(tenant), mail(tenant))])
    with tenant_scope(tenant):
        Delivery.objects.update(status="UNKNOWN", leased_until=timezone.now(), service_id="m-1")
    tenant.is_sandbox = True

    settling.settle(tenant, believed_after=timedelta(0))

    assert said(tenant) == {"Anna": "PLANNED"}


# --- Answers that do not fit the question


@pytest.mark.parametrize("kind", ["partial", "shuffled", "twice", "foreign"])
def test_an_answer_is_read_by_its_keys(fairview: Club, sandbox: Sandbox, kind: str) -> None:
    """Somebody's verdict never becomes another's; whom it does not name is asked about, and nobody gets it twice."""
    tenant, text = fairview.tenant, mail(fairview.tenant, body="For {{ firstName }}")
    names = ["Anna", "Ben", "Cleo", "Dora"]
    refused = {"Ben": "reject@example.org"}
    people = [reader(tenant, name, **({"email": refused[name]} if name in refused else {})) for name in names]
    plan(tenant, [candidate(person, text) for person in people])
    sandbox.faults.faults.append(Fault(kind, path="/v1/messages/batch"))

    turns(tenant)

    assert said(tenant) == {name: "REFUSED" if name in refused else "HANDED_OVER" for name in names}
    ids = {row["text"].removeprefix("For "): row["id"] for row in sandbox.book.rows("SELECT * FROM message")}
    assert {n: row.service_id for n, row in ledger(tenant).items() if n not in refused} == ids


@pytest.mark.parametrize(
    ("rows", "known"),
    [
        (
            [{"idempotencyKey": "a", "status": "rejected"}, {"idempotencyKey": "a", "status": "accepted"}],
            set(),
        ),
        ([{"idempotencyKey": "a", "status": "accepted"}] * 2, {"a"}),
        ([{"status": "accepted"}, "accepted", None, {"idempotencyKey": ["a"]}], set()),
    ],
)
def test_what_an_answer_says_of_a_key_must_be_clear(rows: list[Any], known: set[str]) -> None:
    assert set(by_key({"results": rows}, "results", {"a", "b"})) == known


@pytest.mark.parametrize("answer", [{}, {"results": None}, {"results": {"a": "accepted"}}])
def test_an_answer_without_rows_is_unclear(answer: Any) -> None:
    with pytest.raises(Unclear):
        by_key(answer, "results", {"a"})


@pytest.mark.parametrize(
    ("status", "content", "error"),
    [
        (200, b"[]", Unclear),
        (200, b"null", Unclear),
        (200, b"<html>Maintenance</html>", Unclear),
        (302, b"", Unclear),
        (400, b"[1]", Refused),
        (404, b"<html>Not Found</html>", Refused),
        (413, b'{"error": "too large"}', Refused),
        (422, b'{"error": {"code": 7, "message": null}}', Refused),
        (429, b"", Outage),
        (503, b"", Unclear),
    ],
)
def test_an_odd_answer_is_one_of_four_ends(status: int, content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        _fields(answer(status, content))


def test_patience_may_be_asked_for_until_a_date() -> None:
    until = format_datetime(timezone.now() + timedelta(minutes=2), usegmt=True)
    with pytest.raises(Outage) as asked:
        _fields(answer(429, b"", {"retry-after": until}))
    assert 100 < asked.value.wait_seconds <= 120


def answer(status: int, content: bytes, headers: dict[str, str] | None = None) -> requests.Response:
    made = requests.Response()
    made.status_code, made._content = status, content
    made.headers.update(headers or {})
    return made


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_batch_that_is_refused_because_of_one_harms_no_other(
    fairview: Club, sandbox: Sandbox, status: int
) -> None:
    tenant, text = fairview.tenant, mail(fairview.tenant, body="For {{ firstName }}")
    plan(tenant, [candidate(reader(tenant, name), text) for name in ("Anna", "Odd", "Zoe")])
    sandbox.faults.faults.append(
        Fault("status", path="/v1/messages/batch", times=0, status=status, about="For Odd")
    )

    turns(tenant)

    assert said(tenant) == {"Anna": "HANDED_OVER", "Odd": "REFUSED", "Zoe": "HANDED_OVER"}
    assert in_book(sandbox) == ["For Anna", "For Zoe"]


def test_a_word_that_nobody_knows_is_asked_about() -> None:
    one: Any = type("One", (), {"id": 1, "key": "a"})()
    result = sending._verdict(one, {"idempotencyKey": "a", "status": "queued"})
    assert (result.status, result.reason) == ("UNKNOWN", "")
