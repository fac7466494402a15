"""Scores, rules and privacy over GraphQL, the rules over REST too: one answer, act and permission for all doors."""

import json
from typing import Any

import pytest
from django.test import Client

from profiles.models import CustomerProfile
from profiles.scoring.rules import DEFAULT_RULES
from tenants.models import LoggedAction
from tenants.scope import tenant_scope
from tests.back_office import counted_queries
from tests.cast import Club
from tests.profiles.api_callers import CUSTOMERS, caller, thandi
from tests.profiles.graphql_callers import ask, codes, data
from tests.profiles.test_score_reading import known
from tests.profiles.test_scoring import endangered

RULES = "/api/v1/scoring/rules"
SCORES = """query($id: ID!) { customerScores(customerId: $id) {
  engagement { score level reasons { part words points most } }
  churnRisk { score level reasons { part words points most } }
  recommendedAction valueAtRisk rulesVersion scoredAt
  history { day engagementScore churnRiskScore } stages { before after changedAt } } }"""
READ_RULES = """{ scoringRules { version engagementWeights churnWeights recencyDays frequency monetaryCents breadth
  engagementLevels churnLevels } }"""
ACTS = [
    "mutation { replaceScoringRules(rules: {churnLevels: [90, 60, 40, 20]}) { version } }",
    "mutation($id: ID!) { eraseCustomer(customerId: $id, reason: gdpr_erasure) { customerId } }",
    "mutation($id: ID!) { restrictCustomer(customerId: $id, restricted: true) }",
    "mutation($id: ID!) { exportCustomer(customerId: $id) }",
]
READS = [
    "query($id: ID!) { customerScores(customerId: $id) { valueAtRisk } }",
    "{ scoringRules { version } }",
    "query($id: ID!) { processingRestricted(customerId: $id) }",
]


@pytest.fixture
def api(fairview: Club) -> Client:
    return caller(fairview.tenant)


def given(query: str, customer_id: Any) -> dict[str, Any]:
    return {"id": str(customer_id)} if "$id" in query else {}


def test_scores_are_those_of_rest(api: Client, fairview: Club) -> None:
    person = known(fairview.tenant, *endangered(), value_cents=250_000)

    found = data(ask(api, SCORES, id=str(person.pk)))["customerScores"]

    assert found["churnRisk"]["score"] > 60
    # GraphQL's enumerations have no spaces.
    over_rest = api.get(f"{CUSTOMERS}/{person.pk}/scores").content.decode().replace('"At Risk"', '"AT_RISK"')
    assert found == json.loads(over_rest)


def test_reasons_never_cost_queries(api: Client, fairview: Club) -> None:
    new = thandi(fairview.tenant)
    old = known(fairview.tenant, *endangered(), value_cents=250_000)
    ask(api, SCORES, id=str(new))
    with counted_queries() as scored:
        ask(api, SCORES, id=str(old.pk))
    with counted_queries() as bare:
        ask(api, SCORES, id=str(new))

    # Of somebody with scores also the version of the rules they were made by.
    assert scored[0] <= bare[0] + 1


def test_rules_are_read_and_replaced_alike_through_both_doors(api: Client) -> None:
    before = api.get(RULES).json()
    rest = api.put(RULES, {"churnLevels": [90, 60, 40, 20]}, "application/json").json()
    same = api.put(RULES, {"churnLevels": [90, 60, 40, 20]}, "application/json").json()
    over_graphql = data(
        ask(api, "mutation($r: JSON!) { replaceScoringRules(rules: $r) { version churnLevels } }", r={})
    )

    assert (before["version"], before["engagementWeights"]) == (0, DEFAULT_RULES.engagement_weights)
    assert (rest["version"], rest["churnLevels"], same["version"]) == (1, [90, 60, 40, 20], 1)
    assert over_graphql == {"replaceScoringRules": {"version": 2, "churnLevels": [80, 60, 40, 20]}}
    assert data(ask(api, READ_RULES))["scoringRules"] == api.get(RULES).json()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"churnWeights": {"decline": 100}}, "churnWeights"),
        ({"recencyDays": [[1, 1], [1, 0]]}, "recencyDays"),
        ({"churn_levels": [4, 3, 2, 1]}, "churn_levels"),
        ({"version": 3}, "version"),
    ],
)
def test_rules_that_make_no_sense_are_refused_by_their_names_in_the_api(
    api: Client, body: dict[str, Any], field: str
) -> None:
    answer = api.put(RULES, body, "application/json")
    over_graphql = ask(api, "mutation($r: JSON!) { replaceScoringRules(rules: $r) { version } }", r=body)

    assert answer.status_code == 422
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == [field]
    assert codes(over_graphql) == (200, ["VALIDATION_ERROR"])


@pytest.mark.parametrize("rules", ["3", "null", "[1]"])
def test_rules_that_are_no_object_are_refused(api: Client, rules: str) -> None:
    answer = ask(api, f"mutation {{ replaceScoringRules(rules: {rules}) {{ version }} }}")

    assert "INTERNAL" not in answer.content.decode()
    assert answer.json().get("errors")


@pytest.mark.parametrize("query", ACTS)
def test_acts_ask_for_the_scope_of_administrators(fairview: Club, query: str) -> None:
    customer_id = thandi(fairview.tenant)
    for scope in ("crm:read", "crm:write"):
        less = caller(fairview.tenant, scopes=[scope])
        assert codes(ask(less, query, **given(query, customer_id))) == (200, ["MISSING_SCOPE"])

    data(ask(caller(fairview.tenant, scopes=["crm:admin"]), query, **given(query, customer_id)))


@pytest.mark.parametrize("query", READS)
def test_reading_asks_for_the_scope_of_reading(fairview: Club, query: str) -> None:
    customer_id = thandi(fairview.tenant)

    data(ask(caller(fairview.tenant, scopes=["crm:read"]), query, **given(query, customer_id)))
    refused = ask(caller(fairview.tenant, scopes=["crm:write"]), query, **given(query, customer_id))
    assert codes(refused) == (200, ["MISSING_SCOPE"])


@pytest.mark.parametrize("query", [query for query in [*ACTS, *READS] if "$id" in query])
def test_a_foreign_customer_does_not_exist(api: Client, kingsmere: Club, query: str) -> None:
    theirs = thandi(kingsmere.tenant)

    assert codes(ask(api, query, id=str(theirs))) == (200, ["RESOURCE_NOT_FOUND"])
    with tenant_scope(kingsmere.tenant):
        assert CustomerProfile.objects.get(pk=theirs).first_name == "Thandi"


def test_erasure_is_tried_and_done_with_a_receipt(api: Client, fairview: Club) -> None:
    customer_id = str(thandi(fairview.tenant))
    query = """mutation($id: ID!, $dry: Boolean) {
      eraseCustomer(customerId: $id, reason: gdpr_erasure, dryRun: $dry) { customerId profileIds counts receipt } }"""

    tried = data(ask(api, query, id=customer_id, dry=True))["eraseCustomer"]
    done = data(ask(api, query, id=customer_id))["eraseCustomer"]

    assert (tried["receipt"], tried["counts"], done["profileIds"]) == (None, done["counts"], [customer_id])
    assert done["receipt"]["reason"] == "gdpr_erasure"
    assert api.get(f"{CUSTOMERS}/{customer_id}").status_code == 404


def test_restriction_and_copy_are_those_of_rest(api: Client, fairview: Club) -> None:
    customer_id = str(thandi(fairview.tenant))

    restricted = data(ask(api, ACTS[2], id=customer_id))["restrictCustomer"]
    copy = data(ask(api, ACTS[3], id=customer_id))["exportCustomer"]
    over_rest = api.get(f"{CUSTOMERS}/{customer_id}/export").json()

    assert restricted is data(ask(api, READS[2], id=customer_id))["processingRestricted"] is True
    assert copy["customer"] == over_rest["customer"]
    assert copy["data"].keys() == over_rest["data"].keys()
    with tenant_scope(fairview.tenant):
        assert LoggedAction.objects.filter(action="customer.exported").count() == 2
