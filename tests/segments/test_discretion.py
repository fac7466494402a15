"""Rules about payments, values and complaints: refused to roles that do not see them, at every way in."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import orjson
import pytest
from django.test import Client

from campaigns.editing import create_campaign, update_campaign
from profiles.discretion import MoneyHidden
from segments.discretion import is_about_money, money_segments, parse_asked
from segments.models import SavedView, Segment
from segments.rules import parse
from segments.views import save_view
from tenants.actors import acting_as, actor_of_user
from tenants.expiring_cache import clear_all_caches
from tenants.models import Role, Scope, User
from tenants.roles import STAFF_SEE_MONEY
from tenants.scope import tenant_scope
from tests import factories
from tests.back_office import CUSTOMERS, desk, text_of
from tests.cast import Club
from tests.profiles.records import profile
from tests.segments.makers import all_of, leaf, segment

RICH = leaf("lifetimeValue", "gte", 100_000)
GOLD = leaf("membershipTier", "eq", "Gold")
SEES = (Role.ADMIN, Role.MARKETING_MANAGER)
SEES_NOT = (Role.STAFF, Role.VIEWER)
HIDDEN = "MONEY_HIDDEN"


@pytest.fixture(autouse=True)
def furnished_clubs() -> None:
    """Clubs without the segments that come ready."""


@pytest.mark.parametrize(
    "tree",
    [
        RICH,
        leaf("lifetimeValue", "isNull"),
        {"event": {"types": ["PAYMENT_RECEIVED"]}},
        {"event": {"types": ["ROUND_COMPLETED", "INVOICE_OVERDUE"], "never": True}},
        {"event": {"types": ["COMPLAINT_OPENED"], "inLastDays": 30}},
        {"event": {"types": ["FEEDBACK_VOTED"]}},
        {"event": {"types": ["TEETIME_BOOKED"], "sum": {"field": "amountCents", "op": "gte", "value": 1}}},
        {"event": {"types": ["TEETIME_BOOKED"], "where": {"amountCents": {"op": "gt", "value": 5}}}},
        {"event": {"types": ["RESERVATION_CREATED"], "where": {"totalPrice": 12}}},
        leaf("lastActivityType", "eq", "PAYMENT_FAILED"),
        leaf("lastActivityType", "notIn", ["COMPLAINT_OPENED", "ROUND_COMPLETED"]),
        leaf("lastActivityType", "icontains", "ment"),
        all_of(GOLD, {"combinator": "OR", "not": True, "rules": [GOLD, RICH]}),
    ],
)
def test_what_a_rule_about_money_is(tree: Any) -> None:
    assert any_money(tree)


@pytest.mark.parametrize(
    "tree",
    [
        GOLD,
        leaf("churnRiskScore", "gte", 60),
        leaf("lastActivityType", "eq", "ROUND_COMPLETED"),
        leaf("lastActivityType", "isNull"),
        {"event": {"types": ["TEETIME_BOOKED"], "count": {"op": "gte", "value": 3}}},
        {"event": {"types": ["EMAIL_COMPLAINED"]}},
        {"event": {"types": ["ROUND_COMPLETED"], "where": {"clubId": "club-7"}}},
    ],
)
def test_what_it_is_not(tree: Any) -> None:
    assert not any_money(tree)


def any_money(tree: Any) -> bool:
    """Neither needs a segment, so that no database is asked."""
    return is_about_money(parse(tree))


@dataclass(frozen=True)
class World:
    """Somebody rich, and segments that say so: directly, and through two others."""

    club: Club
    person: UUID
    rich: Segment
    far: Segment
    gold: Segment


@pytest.fixture
def world(fairview: Club) -> World:
    person = profile(fairview.tenant, membership_tier="Gold", lifetime_value_cents=500_000)
    rich = segment(fairview.tenant, RICH, "Rich")
    near = segment(fairview.tenant, all_of(GOLD, {"segment": str(rich.pk)}), "Near")
    far = segment(fairview.tenant, {"segment": str(near.pk), "operator": "notIn"}, "Far")
    return World(fairview, person.pk, rich, far, segment(fairview.tenant, GOLD, "Gold"))


def test_a_segment_that_names_one_about_money_through_others_is_about_money(world: World) -> None:
    with tenant_scope(world.club.tenant):
        named = Segment.objects.filter(pk__in=money_segments()).values_list("name", flat=True)
        assert sorted(named) == ["Far", "Near", "Rich"]
        assert is_about_money(parse({"segment": str(world.far.pk)}))
        assert not is_about_money(parse({"segment": str(world.gold.pk)}))


def rest(user: User, world: World, method: str, path: str, body: Any = None) -> tuple[int, str]:
    """Status and code of an answer to the person's token, which has every scope."""
    headers = factories.bearer(world.club.tenant, subject=user.auth_user_id)
    given = {} if body is None else {"data": body, "content_type": "application/json"}
    answer = getattr(Client(headers=headers), method)(f"/api/v1{path}", **given)
    told = answer.json() if answer.content else {}
    return answer.status_code, told["error"]["code"] if answer.status_code >= 400 else ""


def rest_calls(world: World) -> list[tuple[str, str, Any]]:
    rule = urlencode({"rule": orjson.dumps(RICH).decode()})
    through = urlencode({"rule": orjson.dumps({"segment": str(world.far.pk)}).decode()})
    return [
        ("get", f"/customers?{rule}", None),
        ("get", f"/customers?{through}", None),
        ("get", f"/customers?segmentId={world.rich.pk}", None),
        ("get", "/customers?complaint=open", None),
        ("post", "/segments/preview", {"criteria": RICH}),
        ("post", "/segments/preview", {"criteria": {"segment": str(world.far.pk)}, "quick": True}),
        ("post", "/segments", {"name": f"New {uuid4()}", "criteria": RICH}),
        ("patch", f"/segments/{world.gold.pk}", {"criteria": all_of(GOLD, RICH)}),
        ("get", f"/segments/{world.rich.pk}/members", None),
        ("get", f"/segments/{world.far.pk}/members?at=2020-01-01T00:00:00Z", None),
        ("get", f"/segments/{world.rich.pk}/explain?customerId={world.person}", None),
        ("post", "/campaigns", {"name": "Aimed", "type": "ONE_TIME", "rule": RICH}),
        ("post", "/campaigns", {"name": "Aimed", "type": "ONE_TIME", "segmentIds": [str(world.far.pk)]}),
    ]


@pytest.mark.parametrize("role", SEES_NOT)
def test_rest_refuses_whoever_does_not_see_money(role: Role, world: World) -> None:
    user = world.club.member(role)

    answers = [rest(user, world, *each) for each in rest_calls(world)]

    assert answers == [(403, HIDDEN)] * len(answers)
    with tenant_scope(world.club.tenant):
        assert Segment.objects.count() == 4
        assert Segment.objects.get(pk=world.gold.pk).version == 1


@pytest.mark.parametrize("role", SEES)
def test_rest_answers_whoever_sees_money(role: Role, world: World) -> None:
    answers = [rest(world.club.member(role), world, *each)[0] for each in rest_calls(world)]

    assert set(answers) <= {200, 201}, answers


def test_a_club_may_let_its_staff_ask_about_money(world: World) -> None:
    world.club.tenant.settings = {STAFF_SEE_MONEY: True}
    world.club.tenant.save()
    clear_all_caches()

    assert rest(world.club.staff, world, "post", "/segments/preview", {"criteria": RICH})[0] == 200
    assert rest(world.club.viewer, world, "post", "/segments/preview", {"criteria": RICH})[0] == 403


def test_a_service_is_held_by_its_scopes_alone(world: World) -> None:
    headers = {"X-API-Key": factories.api_key(world.club.tenant, scopes=[Scope.READ])}
    answer = Client(headers=headers).post(
        "/api/v1/segments/preview", {"criteria": RICH}, content_type="application/json"
    )

    assert answer.status_code == 200
    assert answer.json()["count"] == 1


QUERIES = (
    ("query($r: JSON!) { segmentPreview(criteria: $r) }", lambda world: {"r": RICH}),
    (
        "query($i: ID!) { segmentMembers(segmentId: $i) { meta { total } } }",
        lambda world: {"i": str(world.far.pk)},
    ),
    (
        "query($i: ID!, $c: ID!) { segmentExplanation(segmentId: $i, customerId: $c) }",
        lambda world: {"i": str(world.rich.pk), "c": str(world.person)},
    ),
    (
        "query($r: String!) { customers(filter: {rule: $r}) { meta { total } } }",
        lambda world: {"r": orjson.dumps(RICH).decode()},
    ),
    (
        "query($i: ID!) { customers(filter: {segmentId: $i}) { meta { total } } }",
        lambda world: {"i": str(world.rich.pk)},
    ),
    (
        'mutation($r: JSON) { createSegment(input: {name: "New", criteria: $r}) { id } }',
        lambda world: {"r": RICH},
    ),
    (
        "mutation($i: ID!, $r: JSON) { updateSegment(id: $i, input: {criteria: $r}) { id } }",
        lambda world: {"i": str(world.gold.pk), "r": RICH},
    ),
)


def graphql(user: User, world: World, query: str, variables: Any) -> list[str]:
    """Codes of the refusals."""
    headers = factories.bearer(world.club.tenant, subject=user.auth_user_id)
    body = {"query": query, "variables": variables}
    answer = Client(headers=headers).post("/graphql", body, content_type="application/json").json()
    return [each["extensions"]["code"] for each in answer.get("errors", [])]


@pytest.mark.parametrize("role", list(Role))
def test_graphql_says_the_same(role: Role, world: World) -> None:
    user = world.club.member(role)

    answers = [graphql(user, world, query, variables(world)) for query, variables in QUERIES]

    assert answers == [[] if role in SEES else [HIDDEN]] * len(QUERIES)


@pytest.mark.parametrize("role", list(Role))
def test_the_builder_offers_what_one_may_ask_for(role: Role, world: World) -> None:
    told: Any = desk(world.club.member(role)).get("/admin/segments/build/fields/")
    answer = told.json()
    names = {each["name"] for each in answer["fields"]}
    types = {each["name"] for each in answer["eventTypes"]}
    segments = {each["label"] for each in answer["segments"]}

    assert ("lifetimeValue" in names) is (role in SEES)
    assert ("PAYMENT_RECEIVED" in types) is (role in SEES)
    assert ("COMPLAINT_OPENED" in types) is (role in SEES)
    assert ({"Rich", "Near", "Far"} <= segments) is (role in SEES)
    assert {"membershipTier", "churnRiskScore"} <= names
    assert "ROUND_COMPLETED" in types
    assert "Gold" in segments


@pytest.mark.parametrize("role", list(Role))
def test_the_back_office_says_the_same(role: Role, world: World) -> None:
    browser = desk(world.club.member(role))
    criteria = {"criteria": orjson.dumps(RICH).decode()}
    person = f"/{world.person}/change/"

    count: Any = browser.post("/admin/segments/build/count/", criteria)
    people = text_of(browser.post("/admin/segments/build/people/", criteria))
    filtered: Any = browser.post("/admin/customers/rule/", criteria)
    listed = text_of(browser.get(f"{CUSTOMERS}?segmentId={world.far.pk}"))
    page = text_of(browser.get(f"/admin/segments/{world.rich.pk}/?why={world.person}"))

    sees = role in SEES
    assert (count.json().get("count") == 1) is sees
    assert (HIDDEN_WORDS in count.content.decode()) is not sees
    assert bool(people) is sees
    assert ("rule=" in filtered.headers["Location"]) is sees
    assert ("does not sort or filter by them" in listed) is not sees
    assert (person in page) is sees
    assert ("is in this segment" in page) is sees
    assert ("so who is in it is not shown" in page) is not sees


HIDDEN_WORDS = "Your role does not see payments"


@pytest.mark.parametrize("role", list(Role))
def test_a_view_about_money_is_saved_only_by_who_sees_it(role: Role, world: World) -> None:
    user = world.club.member(role)
    addresses: list[dict[str, str]] = [
        {"rule": orjson.dumps(RICH).decode()},
        {"segmentId": str(world.far.pk)},
        {"complaint": "open"},
    ]
    refused = 0
    with tenant_scope(world.club.tenant), acting_as(actor_of_user(user)):
        for number, address in enumerate(addresses):
            try:
                save_view(user, f"View {number}", address, ["name"], is_shared=False)
            except MoneyHidden:
                refused += 1

        assert refused == (0 if role in SEES else 3)
        assert SavedView.objects.filter(owner=user).count() == 3 - refused


def test_a_shared_view_about_money_opens_without_that_part(world: World) -> None:
    with tenant_scope(world.club.tenant):
        profile(world.club.tenant, first_name="Poor")
        view = save_view(
            world.club.admin, "Rich ones", {"rule": orjson.dumps(RICH).decode()}, ["name"], is_shared=True
        )
    address = f"{CUSTOMERS}?{urlencode({'rule': orjson.dumps(view.rule).decode(), 'view': str(view.pk)})}"

    assert "Poor" not in text_of(desk(world.club.admin).get(address))
    shown = text_of(desk(world.club.viewer).get(address))

    assert "does not sort or filter by them" in shown
    assert "Poor" in shown


def test_a_preview_names_no_hidden_segment_in_its_overlap(world: World) -> None:
    one = {"criteria": leaf("id", "eq", str(world.person))}
    told: dict[Role, set[str]] = {}
    for role in (Role.ADMIN, Role.VIEWER):
        headers = factories.bearer(world.club.tenant, subject=world.club.member(role).auth_user_id)
        answer = Client(headers=headers).post(
            "/api/v1/segments/preview", one, content_type="application/json"
        )
        told[role] = {each["name"] for each in answer.json()["overlap"]}

    assert told == {Role.ADMIN: {"Gold", "Rich", "Near"}, Role.VIEWER: {"Gold"}}


def test_a_campaign_under_way_of_a_manager_is_not_aimed_anew_by_staff(world: World) -> None:
    with tenant_scope(world.club.tenant):
        made = create_campaign({"name": "Spring", "rule": GOLD})
        with acting_as(actor_of_user(world.club.staff)):
            update_campaign(made.pk, {"name": "Summer"})
            with pytest.raises(MoneyHidden):
                update_campaign(made.pk, {"rule": RICH})
            with pytest.raises(MoneyHidden):
                parse_asked(RICH)
        made.refresh_from_db()
        assert (made.name, made.rule) == ("Summer", GOLD)
