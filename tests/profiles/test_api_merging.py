"""Merging over REST, GraphQL and by command: one act, three doors."""

from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command

from profiles.models import CustomerProfile, ProfileMerge
from tenants.models import LoggedAction, Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.api_callers import CUSTOMERS, caller, customers, error_of, happened
from tests.profiles.stories import member, payment, player


def two(tenant: Tenant) -> tuple[UUID, UUID]:
    happened(
        tenant,
        member(1, firstName="Anna", email="anna@example.com", membershipTierName="Gold", at=1),
        player("t-2", name="Ben", handicap=12.4),
        payment(1, 500, at=2),
    )
    people = customers(tenant)
    return people["Anna"].pk, people["Ben"].pk


def post(tenant: Tenant, path: str, body: Any = None) -> Any:
    return caller(tenant).post(f"{CUSTOMERS}/{path}?tenantId={tenant.slug}", body or {}, "application/json")


def statuses(tenant: Tenant) -> dict[UUID, str]:
    with tenant_scope(tenant):
        return dict(CustomerProfile.objects.values_list("pk", "status"))


def test_merging_answers_the_survivor_and_what_changed(fairview: Club) -> None:
    anna, ben = two(fairview.tenant)

    answer = post(fairview.tenant, f"{anna}/merge", {"loserId": str(ben), "reason": "One and the same"})

    body = answer.json()
    assert answer.status_code == 200
    assert (body["customer"]["id"], body["customer"]["handicap"]) == (str(anna), 12.4)
    assert {"name": "handicap", "winner": None, "loser": 12.4, "survivor": 12.4} in body["preview"]["fields"]
    assert body["preview"]["moved"] == {"activities": 1, "notes": 0, "identifiers": 1}
    read = caller(fairview.tenant).get(f"{CUSTOMERS}/{ben}?tenantId=fairview").json()
    assert (read["id"], read["mergedInto"]) == (str(anna), str(anna))


def test_a_dry_run_shows_the_preview_and_changes_nothing(fairview: Club) -> None:
    anna, ben = two(fairview.tenant)
    before = statuses(fairview.tenant)

    body = post(fairview.tenant, f"{anna}/merge", {"loserId": str(ben), "dryRun": True}).json()

    assert body["customer"] is None
    assert "firstName" in {field["name"] for field in body["preview"]["fields"]}
    assert statuses(fairview.tenant) == before
    with tenant_scope(fairview.tenant):
        assert not ProfileMerge.objects.exists()
        assert not LoggedAction.objects.exists()


def test_the_preview_warns_of_what_speaks_against_it(fairview: Club) -> None:
    happened(
        fairview.tenant,
        member(1, firstName="Anna", dateOfBirth="1980-02-03"),
        member(2, firstName="Anne", dateOfBirth="1981-02-03"),
    )
    people = customers(fairview.tenant)

    body = post(
        fairview.tenant, f"{people['Anna'].pk}/merge", {"loserId": str(people["Anne"].pk), "dryRun": True}
    ).json()

    assert body["preview"]["warnings"] == [
        "The two have different member numbers; a person has one.",
        "The two have different dates of birth.",
    ]


def test_unmerging_answers_both(fairview: Club) -> None:
    anna, ben = two(fairview.tenant)
    post(fairview.tenant, f"{anna}/merge", {"loserId": str(ben)})

    body = post(fairview.tenant, f"{ben}/unmerge").json()

    assert (body["winner"]["id"], body["restored"]["id"]) == (str(anna), str(ben))
    assert (body["winner"]["handicap"], body["restored"]["handicap"]) == (None, 12.4)
    assert statuses(fairview.tenant) == {anna: "ACTIVE", ben: "ACTIVE"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "VALIDATION_ERROR"),
        ({"loserId": 7}, 422, "VALIDATION_ERROR"),
        ({"loserId": "nobody"}, 404, "RESOURCE_NOT_FOUND"),
        ({"loserId": str(uuid4())}, 404, "RESOURCE_NOT_FOUND"),
        ({"loserId": "{self}"}, 409, "SAME_CUSTOMER"),
        ({"loserId": "{other}", "dryRun": "yes"}, 422, "VALIDATION_ERROR"),
        ({"loserId": "{other}", "force": True}, 422, "VALIDATION_ERROR"),
        ({"loserId": "{other}", "reason": "x" * 501}, 422, "VALIDATION_ERROR"),
    ],
)
def test_what_is_no_merge_is_refused(fairview: Club, body: Any, status: int, code: str) -> None:
    anna, ben = two(fairview.tenant)
    before = statuses(fairview.tenant)
    names = {"{self}": str(anna), "{other}": str(ben)}

    answer = post(fairview.tenant, f"{anna}/merge", {k: names.get(v, v) for k, v in body.items()})

    assert error_of(answer) == (status, code)
    assert statuses(fairview.tenant) == before


def test_who_was_never_merged_cannot_be_unmerged(fairview: Club) -> None:
    anna, _ = two(fairview.tenant)

    assert error_of(post(fairview.tenant, f"{anna}/unmerge")) == (409, "NOT_MERGED")
    assert error_of(post(fairview.tenant, f"{anna}/unmerge", {"mergeId": "x"})) == (422, "VALIDATION_ERROR")


def test_graphql_does_the_same(fairview: Club) -> None:
    anna, ben = two(fairview.tenant)
    client = caller(fairview.tenant)
    merge = 'mutation { mergeCustomers(tenantId: "fairview", winnerId: "%s", loserId: "%s") { id handicap } }'
    unmerge = 'mutation { unmergeCustomers(tenantId: "fairview", customerId: "%s") { id handicap } }'

    merged = client.post("/graphql", {"query": merge % (anna, ben)}, "application/json").json()
    restored = client.post("/graphql", {"query": unmerge % ben}, "application/json").json()

    assert merged["data"]["mergeCustomers"] == {"id": str(anna), "handicap": 12.4}
    assert restored["data"]["unmergeCustomers"] == {"id": str(ben), "handicap": 12.4}


def test_the_commands_do_the_same(fairview: Club) -> None:
    anna, ben = two(fairview.tenant)
    out = StringIO()

    call_command("merge_profiles", str(anna), str(ben), "--dry-run", stdout=out)
    assert statuses(fairview.tenant) == {anna: "ACTIVE", ben: "ACTIVE"}
    call_command("merge_profiles", str(anna), str(ben), stdout=out)
    assert statuses(fairview.tenant) == {anna: "ACTIVE", ben: "MERGED"}
    call_command("unmerge_profiles", str(ben), stdout=out)
    assert statuses(fairview.tenant) == {anna: "ACTIVE", ben: "ACTIVE"}

    assert "Nothing was changed." in out.getvalue()
    assert "firstName: Anna | Ben → Anna" in out.getvalue()
    with tenant_scope(fairview.tenant):
        actors = set(LoggedAction.objects.values_list("actor_name", flat=True))
    assert actors == {"manage.py merge_profiles", "manage.py unmerge_profiles"}
    with pytest.raises(CommandError, match="There is no customer"):
        call_command("merge_profiles", str(uuid4()), str(ben))
    with pytest.raises(CommandError, match="was not merged"):
        call_command("unmerge_profiles", str(ben))
