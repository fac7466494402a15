"""Scores in words: on the customer page, in the list of those who slip away, over REST."""

from typing import Any

import pytest

from profiles.models import CustomerProfile
from tenants.models import Tenant
from tests.back_office import counted_queries, desk, page_of, text_of
from tests.cast import Club
from tests.profiles.api_callers import CUSTOMERS, caller
from tests.profiles.test_scoring import days, endangered, failed, person_with, played, score

SLIPPING = "/admin/customers/slipping-away/"


def known(tenant: Tenant, *acts: Any, value_cents: int = 0) -> CustomerProfile:
    """Somebody with this history, scored; ages count from NOW of the scoring tests."""
    person = person_with(tenant, acts, value_cents)
    score(tenant, person)
    return person


def test_the_page_has_two_dials_with_reasons_and_an_action(fairview: Club) -> None:
    person = known(fairview.tenant, *endangered(), value_cents=250_000)

    text = text_of(desk(fairview.marketing_manager).get(page_of(person.pk)))

    assert "Churn risk 100 of 100, Critical" in text
    assert "Call today: invite them to play." in text
    assert "Activity down 82 %: 7 in 30 days, 116 in the 90 days before" in text
    assert "35 of 35" in text
    assert "2 invoices failed or overdue and not paid since" in text
    assert "<polyline" in text


def test_the_page_of_somebody_who_was_not_scored_says_so(fairview: Club) -> None:
    person = person_with(fairview.tenant, [])

    assert "Not scored yet" in text_of(desk(fairview.viewer).get(page_of(person.pk)))


@pytest.mark.parametrize("acts", [[], [played(days(1))], [played(days(80))]])
def test_somebody_with_little_or_nothing_behind_them_has_a_page_and_scores(
    fairview: Club, acts: list[Any]
) -> None:
    """An imported customer, one of yesterday, one of a single visit long ago."""
    person = known(fairview.tenant, *acts)

    assert "Churn risk 0 of 100" in text_of(desk(fairview.viewer).get(page_of(person.pk)))
    answer = caller(fairview.tenant).get(f"{CUSTOMERS}/{person.pk}/scores")
    assert (answer.status_code, answer.json()["churnRisk"]["reasons"]) == (200, [])


def test_the_list_has_the_most_value_at_risk_first(fairview: Club) -> None:
    small = known(fairview.tenant, *endangered(), value_cents=10_000)
    large = known(fairview.tenant, *endangered(), value_cents=900_000)
    safe = known(fairview.tenant, played(days(1)), value_cents=9_000_000)

    text = text_of(desk(fairview.viewer).get(SLIPPING))

    assert text.index(str(large.pk)) < text.index(str(small.pk))
    assert str(safe.pk) not in text
    assert "Call today: invite them to play" in text


@pytest.mark.parametrize("query", ["?from=x&page=x", "?from=80&page=9999999", "?page=-1", "?from=40&page=2"])
def test_an_address_that_makes_no_sense_still_answers(fairview: Club, query: str) -> None:
    assert desk(fairview.viewer).get(SLIPPING + query).status_code == 200


def test_an_empty_list_says_so(fairview: Club) -> None:
    assert "Nobody is slipping away" in text_of(desk(fairview.viewer).get(SLIPPING))


def test_the_list_asks_the_same_number_of_questions_for_one_and_many(fairview: Club) -> None:
    client, used = desk(fairview.viewer), []
    for more in (1, 6):
        for _ in range(more):
            known(fairview.tenant, *endangered(), value_cents=10_000)
        client.get(SLIPPING)
        with counted_queries() as count:
            client.get(SLIPPING)
        used.append(count[0])

    assert used[0] == used[1]


def test_the_api_explains_the_scores(fairview: Club) -> None:
    person = known(fairview.tenant, failed(days(5)), played(days(40)), value_cents=20_000)

    answer = caller(fairview.tenant).get(f"{CUSTOMERS}/{person.pk}/scores").json()

    assert answer["churnRisk"] == {
        "score": 15,
        "level": "Minimal",
        "reasons": [
            {
                "part": "payments",
                "words": "1 invoice failed or overdue and not paid since",
                "points": 15,
                "most": 25,
            }
        ],
    }
    assert [reason["points"] for reason in answer["engagement"]["reasons"]] == [30, 5, 12, 6, 5.5]
    assert answer["engagement"]["score"] == 59
    assert answer["recommendedAction"] == "All is well"
    assert answer["valueAtRisk"] == 3_000
    assert [day["churnRiskScore"] for day in answer["history"]] == [15]
    assert [(step["before"], step["after"]) for step in answer["stages"]] == [(None, "SUBSCRIBER")]
    assert answer["scoredAt"] == "2026-06-15T12:00:00Z"


def test_the_api_answers_null_before_the_first_scoring(fairview: Club) -> None:
    person = person_with(fairview.tenant, [])

    answer = caller(fairview.tenant).get(f"{CUSTOMERS}/{person.pk}/scores").json()

    assert (answer["engagement"], answer["history"], answer["scoredAt"]) == (None, [], None)
