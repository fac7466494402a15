"""Customers over GraphQL: the same people, rules and refusals as over REST."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cast import Club
from tests.profiles import stories
from tests.profiles.api_callers import CUSTOMERS, caller, count_customers, happened, thandi
from tests.profiles.graphql_callers import ALL_FIELDS, ask, codes, data


@pytest.fixture
def api(fairview: Club) -> Client:
    return caller(fairview.tenant)


def test_a_customer_has_the_fields_and_values_of_rest(api: Client, fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)

    found = data(ask(api, f"query($id: ID!) {{ customer(id: $id) {{ {ALL_FIELDS} }} }}", id=str(customer_id)))

    assert found["customer"] == api.get(f"{CUSTOMERS}/{customer_id}").json()


def test_a_list_and_a_resolved_customer_have_them_too(api: Client, fairview: Club) -> None:
    thandi(fairview.tenant)

    found = data(
        ask(
            api,
            f"""{{
              customers {{ data {{ {ALL_FIELDS} }} meta {{ total skip take hasMore }} }}
              resolveCustomer(email: "THANDI@example.org") {{ {ALL_FIELDS} }}
            }}""",
        )
    )

    rest = api.get(CUSTOMERS).json()
    assert found["customers"]["data"] == rest["data"]
    assert found["customers"]["meta"].items() <= rest["meta"].items()
    assert [found["resolveCustomer"]] == found["customers"]["data"]


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ("filter: {lifecycleStage: MEMBER}", ["Thandi"]),
        ('filter: {status: ACTIVE, search: "mokoena"}', ["Thandi"]),
        ("filter: {emailOptIn: true}", ["Reader"]),
        ("filter: {engagementMin: 1}", []),
        ("pagination: {take: 1, skip: 1}", ["Thandi"]),
        ('tenantId: "fairview", filter: {lifecycleStage: SUBSCRIBER}', ["Reader"]),
    ],
)
def test_a_list_is_filtered_and_paged(api: Client, fairview: Club, chosen: str, names: list[str]) -> None:
    thandi(fairview.tenant)
    happened(
        fairview.tenant, stories.contact("c-1", firstName="Reader", email="r@example.org", emailOptIn=True)
    )

    found = data(ask(api, f"{{ customers({chosen}) {{ data {{ firstName }} }} }}"))

    assert [row["firstName"] for row in found["customers"]["data"]] == names


def test_a_timeline_goes_on_by_cursor(api: Client, fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)
    happened(fairview.tenant, *(stories.payment(4711, 100, at=60 * number) for number in (1, 2, 3)))
    query = """query($id: ID!, $cursor: String) {
      customerTimeline(customerId: $id, take: 2, cursor: $cursor, filters: {category: [PAYMENT], source: [scl]}) {
        data { id type category source sourceEventId title metadata occurredAt channel }
        meta { take hasMore nextCursor }
      }
    }"""

    first = data(ask(api, query, id=str(customer_id)))["customerTimeline"]
    rest = data(ask(api, query, id=str(customer_id), cursor=first["meta"]["nextCursor"]))["customerTimeline"]

    over_rest = api.get(f"{CUSTOMERS}/{customer_id}/activities?category=PAYMENT").json()["data"]
    rows = first["data"] + rest["data"]
    assert [{**row, "id": int(row["id"])} for row in rows] == over_rest
    assert (first["meta"]["hasMore"], rest["meta"]["hasMore"]) == (True, False)


def test_times_bound_a_timeline(api: Client, fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)
    happened(fairview.tenant, *(stories.payment(4711, 100, at=60 * number) for number in (1, 2, 3)))
    query = """query($id: ID!, $from: DateTime) {
      customerTimeline(customerId: $id, filters: {from: $from}) { data { occurredAt } }
    }"""
    variables: dict[str, Any] = {"id": str(customer_id)}

    found = ask(api, query, **{**variables, "from": "2026-03-01T13:00:00+03:00"})
    naive = ask(api, query, **{**variables, "from": "2026-03-01T13:00:00"})
    # An offset that PostgreSQL would refuse.
    far = ask(api, query, **{**variables, "from": "2026-02-28T12:00:00-22:00"})
    far_over_rest = api.get(
        f"/api/v1/customers/{customer_id}/activities?from=2026-02-28T12:00:00-22:00"
    ).json()

    assert [row["occurredAt"] for row in data(found)["customerTimeline"]["data"]] == [
        "2026-03-01T11:00:00Z",
        "2026-03-01T10:00:00Z",
    ]
    assert codes(naive) == (200, ["INVALID_PARAMETER"])
    assert data(far) == data(found)
    assert [row["occurredAt"] for row in far_over_rest["data"]] == [
        "2026-03-01T11:00:00Z",
        "2026-03-01T10:00:00Z",
    ]


def test_a_customer_is_made_changed_and_noted(api: Client, fairview: Club) -> None:
    made = data(
        ask(
            api,
            "mutation($input: CustomerInput!) { createCustomer(input: $input) { id email tags } }",
            input={"firstName": "Ali", "email": "ALI@example.org", "tags": ["vip"]},
        )
    )["createCustomer"]
    changed = data(
        ask(
            api,
            """mutation($id: ID!) {
              updateCustomer(id: $id, input: {firstName: null, lastName: "علي"}) { firstName lastName }
              addNote(customerId: $id, body: "Called.", isPinned: true) { body isPinned authorName customerId }
            }""",
            id=made["id"],
        )
    )

    assert (made["email"], made["tags"]) == ("ali@example.org", ["vip"])
    assert changed["updateCustomer"] == {"firstName": None, "lastName": "علي"}
    assert changed["addNote"]["customerId"] == made["id"]
    notes = data(
        ask(
            api,
            "query($id: ID!) { customerNotes(customerId: $id) { data { body } meta { total } } }",
            id=made["id"],
        )
    )
    assert notes["customerNotes"] == {"data": [{"body": "Called."}], "meta": {"total": 1}}


def test_of_a_mutation_that_fails_in_one_field_nothing_remains(api: Client, fairview: Club) -> None:
    customer_id = thandi(fairview.tenant)

    answer = ask(
        api,
        """mutation($id: ID!) {
          updateCustomer(id: $id, input: {firstName: "Changed"}) { firstName }
          addNote(customerId: $id, body: " ") { id }
        }""",
        id=str(customer_id),
    )

    assert codes(answer) == (200, ["VALIDATION_ERROR"])
    assert answer.json()["data"] is None
    assert answer.json()["errors"][0]["path"] == ["addNote"]
    assert api.get(f"{CUSTOMERS}/{customer_id}").json()["firstName"] == "Thandi"


def test_a_repeated_mutation_with_a_key_has_one_effect(api: Client, fairview: Club) -> None:
    query = 'mutation { createCustomer(input: {firstName: "Once"}) { id } }'

    first, again = (ask(api, query, headers={"Idempotency-Key": "k-1"}) for _ in range(2))

    assert data(again) == data(first)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count_customers(fairview.tenant) == 1


def test_a_refused_mutation_with_a_key_may_be_tried_again(api: Client, fairview: Club) -> None:
    query = "mutation($name: String) { createCustomer(input: {firstName: $name}) { id } }"
    headers = {"Idempotency-Key": "k-1"}

    refused = ask(api, query, headers=headers, name="")
    done = ask(api, query, headers=headers, name="Now")

    assert codes(refused) == (200, ["VALIDATION_ERROR"])
    assert data(done)["createCustomer"]["id"]


@pytest.mark.parametrize(
    "field", ["emailOptIn", "engagementScore", "handicap", "membershipTier", "lifecycleStage"]
)
def test_what_others_own_is_no_input(api: Client, fairview: Club, field: str) -> None:
    answer = ask(api, f'mutation {{ createCustomer(input: {{firstName: "A", {field}: null}}) {{ id }} }}')

    assert codes(answer) == (400, ["GRAPHQL_VALIDATION_FAILED"])
    assert count_customers(fairview.tenant) == 0


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('{ customer(id: "nobody") { id } }', "RESOURCE_NOT_FOUND"),
        ('{ customer(id: "0199f1c4-6f0a-7c3e-9d55-3f1f5c0c7a11") { id } }', "RESOURCE_NOT_FOUND"),
        (
            '{ customerTimeline(customerId: "0199f1c4-6f0a-7c3e-9d55-3f1f5c0c7a11") { meta { take } } }',
            "RESOURCE_NOT_FOUND",
        ),
        ('{ customerNotes(customerId: "x") { meta { total } } }', "RESOURCE_NOT_FOUND"),
        ("{ resolveCustomer { id } }", "KEY_REQUIRED"),
        ('{ resolveCustomer(email: "noreply@example.org") { id } }', "VALIDATION_ERROR"),
        ("{ customers(pagination: {take: 101}) { meta { total } } }", "INVALID_PARAMETER"),
        ("{ customers(pagination: {skip: -1}) { meta { total } } }", "INVALID_PARAMETER"),
        ("{ customers(filter: {churnRiskMin: 101}) { meta { total } } }", "INVALID_PARAMETER"),
        ('{ customers(filter: {search: "a\\u0000b"}) { meta { total } } }', "VALIDATION_ERROR"),
        ('{ customers(tenantId: "nobody") { meta { total } } }', "RESOURCE_NOT_FOUND"),
        ('mutation { createCustomer(input: {email: "x"}) { id } }', "VALIDATION_ERROR"),
    ],
)
def test_refusals_carry_code_and_request_id(api: Client, fairview: Club, query: str, code: str) -> None:
    answer = ask(api, query, headers={"X-Request-Id": "call-7"})

    assert codes(answer) == (200, [code])
    assert answer.json()["errors"][0]["extensions"]["requestId"] == "call-7"
    assert answer.json()["errors"][0]["message"]


FILTERED = "query($f: CustomerFilter) { customers(filter: $f) { meta { total } } }"
PAGED = "query($p: PaginationInput) { customers(pagination: $p) { meta { total } } }"
MADE = "mutation($i: CustomerInput!) { createCustomer(input: $i) { id } }"


@pytest.mark.parametrize(
    ("query", "variable", "value", "words"),
    [
        (FILTERED, "f", {"statsu": "ACTIVE"}, "is not defined by type 'CustomerFilter'"),
        (FILTERED, "f", {"status": "active"}, "at 'f.status'"),
        (FILTERED, "f", {"churnRiskMin": "80"}, "at 'f.churnRiskMin'"),
        (FILTERED, "f", {"search": 7}, "String cannot represent a non string value"),
        (FILTERED, "f", "all", "to be a mapping"),
        (PAGED, "p", {"take": True}, "Int cannot represent non-integer value"),
        ("query($i: ID!) { customer(id: $i) { id } }", "i", {"a": 1}, "ID cannot represent value"),
        ("query($i: ID!) { customer(id: $i) { id } }", "i", None, "must not be null"),
        (MADE, "i", {"firstName": 7}, "at 'i.firstName'"),
        (MADE, "i", {"tags": [{}]}, "at 'i.tags[0]'"),
    ],
)
def test_a_wrong_variable_is_told_as_what_it_is(  # noqa: PLR0917 - a table
    api: Client, fairview: Club, query: str, variable: str, value: Any, words: str
) -> None:
    answer = ask(api, query, **{variable: value})

    assert codes(answer) == (400, ["GRAPHQL_VALIDATION_FAILED"])
    (error,) = answer.json()["errors"]
    assert words in error["message"]
    assert error["extensions"]["details"][0]["field"] == f"variables.{variable}"
    assert count_customers(fairview.tenant) == 0


def test_a_foreign_customer_is_not_found_and_stays_as_it_was(
    api: Client, fairview: Club, kingsmere: Club
) -> None:
    theirs = str(thandi(kingsmere.tenant))
    queries = [
        "query($id: ID!) { customer(id: $id) { id } }",
        'query($id: ID!) { customer(id: $id, tenantId: "kingsmere") { id } }',
        "query($id: ID!) { customerTimeline(customerId: $id) { meta { take } } }",
        "query($id: ID!) { customerNotes(customerId: $id) { meta { total } } }",
        'mutation($id: ID!) { updateCustomer(id: $id, input: {firstName: "Mine"}) { id } }',
        'mutation($id: ID!) { updateCustomer(id: $id, tenantId: "kingsmere", input: {firstName: "Mine"}) { id } }',
        'mutation($id: ID!) { addNote(customerId: $id, body: "x") { id } }',
    ]

    assert {codes(ask(api, query, id=theirs))[1][0] for query in queries} == {"RESOURCE_NOT_FOUND"}
    assert caller(kingsmere.tenant).get(f"{CUSTOMERS}/{theirs}").json()["firstName"] == "Thandi"


def test_each_field_asks_for_its_own_scope(fairview: Club) -> None:
    reader = caller(fairview.tenant, scopes=["crm:read"])
    writer = caller(fairview.tenant, scopes=["crm:write"])
    make = 'mutation { createCustomer(input: {firstName: "A"}) { id } }'

    assert codes(ask(reader, make)) == (200, ["MISSING_SCOPE"])
    assert count_customers(fairview.tenant) == 0
    assert codes(ask(writer, "{ customers { meta { total } } }")) == (200, ["MISSING_SCOPE"])
    assert data(ask(writer, make))["createCustomer"]["id"]


def test_one_request_may_ask_about_several_tenants(fairview: Club, kingsmere: Club) -> None:
    thandi(kingsmere.tenant)
    both = caller(fairview.tenant, kingsmere.tenant)

    found = data(
        ask(
            both,
            """{ a: customers(tenantId: "fairview") { meta { total } }
                 b: customers(tenantId: "kingsmere-park") { meta { total } } }""",
        )
    )

    assert found == {"a": {"meta": {"total": 0}}, "b": {"meta": {"total": 1}}}
    assert codes(ask(both, "{ customers { meta { total } } }")) == (200, ["TENANT_REQUIRED"])


@pytest.mark.parametrize("count", [1, 12])
def test_rows_never_cost_queries(api: Client, fairview: Club, count: int) -> None:
    happened(
        fairview.tenant, *(stories.member(number, firstName=f"M{number}") for number in range(1, count + 1))
    )
    customer_id = api.get(CUSTOMERS).json()["data"][0]["id"]
    for number in range(count):
        api.post(f"{CUSTOMERS}/{customer_id}/notes", {"body": f"note {number}"}, "application/json")
    query = f"""query($id: ID!) {{
      customers {{ data {{ {ALL_FIELDS} }} }}
      customerTimeline(customerId: $id) {{ data {{ title metadata }} }}
      customerNotes(customerId: $id) {{ data {{ body }} }}
    }}"""
    ask(api, query, id=customer_id)

    with CaptureQueriesContext(connection) as queries:
        found = data(ask(api, query, id=customer_id))

    assert (len(found["customers"]["data"]), len(found["customerNotes"]["data"])) == (count, count)
    assert len(queries) == 4  # customers, timeline, and for the notes the customer and the notes


def test_the_id_of_a_merged_customer_answers_with_the_survivor(api: Client, fairview: Club) -> None:
    anna = merged(fairview)

    found = data(ask(api, "query($id: ID!) { customer(id: $id) { id mergedInto } }", id=str(anna["loser"])))

    assert found["customer"] == {"id": str(anna["winner"]), "mergedInto": str(anna["winner"])}


def merged(club: Club) -> dict[str, UUID]:
    """Two profiles of Anna that became one."""
    happened(club.tenant, stories.member(1, firstName="Anna", email="anna@example.org"))
    happened(club.tenant, stories.player("p-1", name="Anna", phone="+27821110000"))
    update = {"id": "p-1", "changes": ["email"]}
    happened(club.tenant, stories.event("teetime.player.updated", update, identity={"sclMemberId": 1}))
    rows = caller(club.tenant).get(f"{CUSTOMERS}?status=MERGED").json()["data"]
    return {"loser": UUID(rows[0]["id"]), "winner": UUID(rows[0]["mergedInto"])}
