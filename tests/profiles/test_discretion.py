"""What roles that see no payments, values and complaints read of customers over REST, GraphQL and in files."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from django.test import Client

from tenants.expiring_cache import clear_all_caches
from tenants.models import Role, Scope
from tenants.roles import STAFF_SEE_MONEY
from tests import factories
from tests.cast import Club
from tests.profiles import stories
from tests.profiles.api_callers import CUSTOMERS, error_of
from tests.profiles.graphql_callers import ask, data
from tests.profiles.test_score_reading import known
from tests.profiles.test_scoring import endangered

CENTS = 77_777_700
SEES = (Role.ADMIN, Role.MARKETING_MANAGER)
SEES_NOT = (Role.STAFF, Role.VIEWER)
HIDDEN_PARTS = {"monetary", "payments", "complaints"}


@dataclass(frozen=True)
class World:
    """Somebody who paid, failed to pay and complained."""

    club: Club
    person: UUID
    email: str

    def caller(self, role: Role) -> Client:
        """With a token of somebody of the role, which has every scope."""
        subject = self.club.member(role).auth_user_id
        return Client(headers=factories.bearer(self.club.tenant, subject=subject))


@pytest.fixture
def world(fairview: Club) -> World:
    person = known(fairview.tenant, *endangered(), value_cents=CENTS)
    payer = stories.member(4711, firstName="Pay", lastName="Er", email="payer@example.org")
    stories.tell(
        fairview.tenant,
        payer,
        stories.event(
            "scl.payment.received", {"id": "p1", "memberId": 4711, "amountCents": CENTS, "currency": "ZAR"}
        ),
        stories.event(
            "feedback.complaint.opened", {"id": "c1", "topic": "greens"}, identity={"sclMemberId": 4711}
        ),
    )
    return World(fairview, person.pk, "payer@example.org")


def reads(world: World) -> dict[str, Any]:
    """Path → body (None: GET), of everything that tells of customers."""
    return {
        CUSTOMERS: None,
        f"{CUSTOMERS}?search=payer": None,
        f"{CUSTOMERS}?fields=lifetimeValue,lastActivityType": None,
        f"{CUSTOMERS}/{world.person}": None,
        f"{CUSTOMERS}/resolve?email={world.email}": None,
        f"{CUSTOMERS}/resolve": {"keys": [{"email": world.email}]},
        f"{CUSTOMERS}/export?format=csv": None,
        f"{CUSTOMERS}/export?format=ndjson": None,
    }


def text_of_read(caller: Client, path: str, body: Any) -> str:
    answer: Any = caller.get(path) if body is None else caller.post(path, body, "application/json")
    assert answer.status_code == 200, (path, answer.content)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(content.decode())


@pytest.mark.parametrize("role", list(Role))
def test_values_are_told_to_roles_that_see_money(role: Role, world: World) -> None:
    caller = world.caller(role)

    told = {path: text_of_read(caller, path, body) for path, body in reads(world).items()}
    first = caller.get(f"{CUSTOMERS}?take=1").json()["meta"]["nextCursor"]
    told["next"] = text_of_read(caller, f"{CUSTOMERS}?cursor={first}", None)

    assert {path: str(CENTS) in text for path, text in told.items()} == dict.fromkeys(told, role in SEES)
    if role in SEES_NOT:
        assert not [path for path, text in told.items() if "COMPLAINT" in text or "PAYMENT" in text]


def test_a_workbook_has_no_values_either(world: World) -> None:
    for role in (Role.STAFF, Role.ADMIN):
        answer: Any = world.caller(role).get(f"{CUSTOMERS}/export?format=xlsx")
        with ZipFile(BytesIO(b"".join(answer.streaming_content))) as book:
            sheets = b"".join(book.read(name) for name in book.namelist() if "worksheets" in name)
        assert (str(CENTS).encode() in sheets) is (role in SEES)


def test_a_service_is_held_by_its_scopes_alone(world: World) -> None:
    key = factories.api_key(world.club.tenant, scopes=[Scope.READ])

    assert (
        Client(headers={"X-API-Key": key}).get(f"{CUSTOMERS}/{world.person}").json()["lifetimeValue"] == CENTS
    )


def test_a_club_may_let_its_staff_see_money(world: World) -> None:
    world.club.tenant.settings = {STAFF_SEE_MONEY: True}
    world.club.tenant.save()
    clear_all_caches()

    assert world.caller(Role.STAFF).get(f"{CUSTOMERS}/{world.person}").json()["lifetimeValue"] == CENTS
    assert world.caller(Role.VIEWER).get(f"{CUSTOMERS}/{world.person}").json()["lifetimeValue"] is None


def test_who_sees_no_money_changes_a_customer_as_others_do(world: World) -> None:
    """Tags of answers are of what each was told."""
    caller, path = world.caller(Role.STAFF), f"{CUSTOMERS}/{world.person}"
    seen = caller.get(path)
    assert caller.get(path, headers={"If-None-Match": seen["ETag"]}).status_code == 304

    changed = caller.patch(
        path, {"firstName": "Other"}, "application/json", headers={"If-Match": seen["ETag"]}
    )

    assert (changed.status_code, changed.json()["lifetimeValue"]) == (200, None)
    late = caller.patch(path, {"firstName": "Third"}, "application/json", headers={"If-Match": seen["ETag"]})
    assert late.status_code == 412


@pytest.mark.parametrize("role", list(Role))
def test_payments_and_complaints_stand_in_the_timeline_of_who_sees_them(role: Role, world: World) -> None:
    caller = world.caller(role)
    payer = caller.get(f"{CUSTOMERS}/resolve?email={world.email}").json()["id"]

    rest = caller.get(f"{CUSTOMERS}/{payer}/activities").json()["data"]
    asked = caller.get(f"{CUSTOMERS}/{payer}/activities?category=PAYMENT,FEEDBACK").json()["data"]
    graphql = data(
        ask(
            caller,
            "query($i: ID!) { customerTimeline(customerId: $i) { data { type } }"
            " customer(id: $i) { timeline { data { type } } } }",
            i=payer,
        )
    )

    money = {"PAYMENT_RECEIVED", "COMPLAINT_OPENED"}
    lists = [rest, graphql["customerTimeline"]["data"], graphql["customer"]["timeline"]["data"]]
    assert [{each["type"] for each in found} & money for found in lists] == [
        money if role in SEES else set()
    ] * 3
    assert {each["type"] for each in asked} == (money if role in SEES else set())
    assert "MEMBER_CREATED" in {each["type"] for each in rest}


@pytest.mark.parametrize("role", list(Role))
def test_scores_are_told_without_the_parts_about_money(role: Role, world: World) -> None:
    caller = world.caller(role)

    rest = caller.get(f"{CUSTOMERS}/{world.person}/scores").json()
    graphql = data(
        ask(
            caller,
            "query($i: ID!) { customer(id: $i) { scores { valueAtRisk engagement { reasons { part } }"
            " churnRisk { score reasons { part } } } } }",
            i=str(world.person),
        )
    )["customer"]["scores"]

    sees = role in SEES
    for scores in (rest, graphql):
        parts = {each["part"] for name in ("engagement", "churnRisk") for each in scores[name]["reasons"]}
        assert bool(parts & HIDDEN_PARTS) is sees
        assert "recency" in parts
        assert (scores["valueAtRisk"] is not None) is sees
        assert scores["churnRisk"]["score"] == 100


@pytest.mark.parametrize("role", list(Role))
def test_graphql_tells_values_to_the_same_roles(role: Role, world: World) -> None:
    answer = data(
        ask(
            world.caller(role),
            "query($i: ID!, $e: String!) { customer(id: $i) { lifetimeValue }"
            " resolveCustomer(email: $e) { lifetimeValue } customers { data { lifetimeValue lastActivityType } } }",
            i=str(world.person),
            e=world.email,
        )
    )

    values = [answer["customer"]["lifetimeValue"], answer["resolveCustomer"]["lifetimeValue"]]
    values += [each["lifetimeValue"] for each in answer["customers"]["data"]]
    assert values == [CENTS if role in SEES else None] * 4


def test_a_copy_of_all_data_is_whole_or_none(world: World) -> None:
    path = f"{CUSTOMERS}/{world.person}/export"

    assert error_of(world.caller(Role.STAFF).get(path)) == (403, "MONEY_HIDDEN")
    assert world.caller(Role.ADMIN).get(path).json()["customer"]["lifetimeValue"] == CENTS
