"""Scoring rules in the back office: a form with words at the field, versions, the way back, progress."""

from dataclasses import replace
from typing import Any

import pytest

from profiles.models import ProfileScore, ScoreRun, ScoringRules
from profiles.scoring.foretelling import after_own_people, foretell, rounded
from profiles.scoring.rules import DEFAULT_RULES, ENGAGEMENT_LEVELS, level_of
from profiles.scoring.runs import score_everybody
from profiles.scoring.versions import change_rules, current_rules
from tenants.models import LoggedAction, Tenant
from tenants.scope import tenant_scope
from tests.back_office import counted_queries, desk, text_of
from tests.cast import Club
from tests.profiles.records import profile

pytestmark = pytest.mark.usefixtures("one_scoring_worker")

RULES = "/admin/scoring/"
CHANGE = "/admin/scoring/change/"
FORETELL = "/admin/scoring/foretell/"


def form(**changed: str) -> dict[str, str]:
    """The form as it stands on the page of a club with the product's rules, with some fields typed over."""
    fields: dict[str, str] = {}
    for name, value in DEFAULT_RULES.as_json().items():
        if isinstance(value, dict):
            fields |= {f"{name}-{part}": str(weight) for part, weight in value.items()}
        elif name.endswith("_levels"):
            fields |= {f"{name}-{place}": str(least) for place, least in enumerate(value)}
        else:
            divisor = 100 if name == "monetary_cents" else 1
            fields |= {f"{name}-limit-{place}": str(band[0] // divisor) for place, band in enumerate(value)}
            fields |= {f"{name}-points-{place}": str(band[1]) for place, band in enumerate(value)}
    return fields | {name.replace("__", "-"): value for name, value in changed.items()}


def rules_now(tenant: Tenant) -> Any:
    with tenant_scope(tenant):
        return current_rules()


def test_the_form_as_it_stands_changes_nothing(fairview: Club) -> None:
    answer = desk(fairview.admin).post(CHANGE, form(), follow=True)

    assert "Nothing differs from the present rules" in text_of(answer)
    assert rules_now(fairview.tenant)[0] == 0


def test_a_change_makes_a_version_that_says_who_and_what(fairview: Club) -> None:
    changed = form(engagement_weights__recency="20", engagement_weights__depth="20")
    changed |= {"monetary_cents-limit-0": "2 000.50", "recency_days-limit-4": "", "recency_days-points-4": ""}

    page = text_of(desk(fairview.admin).post(CHANGE, changed, follow=True))

    version, rules = rules_now(fairview.tenant)
    assert (version, rules.engagement_weights["depth"], rules.monetary_cents[0]) == (1, 20, (200_050, 100))
    assert len(rules.recency_days) == 4
    assert "Engagement: weights: recency 30 → 20, depth 10 → 20" in page
    assert "Lifetime value: 1000: 100" in page
    assert "Scoring everybody" in page
    with tenant_scope(fairview.tenant):
        assert LoggedAction.objects.get(action="scoring.changed").details["version"] == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"churn_weights__opens": "30"}, "The weights add up to 110; they must add up to 100."),
        ({"churn_weights__opens": "many"}, "Write whole numbers from 0 to 100."),
        ({"churn_weights__opens": "²"}, "Write whole numbers from 0 to 100."),
        ({"engagement_levels__0": "50"}, "The scores must fall."),
        (
            {"recency_days-limit-0": "15"},
            "Bands go from the best to the least: rising limits, falling scores.",
        ),
        ({"monetary_cents-limit-0": "much"}, "Write the amount as a number, as in 2500.00."),
        ({"monetary_cents-limit-0": "500.005"}, "ZAR has 2 decimals: write the amount as in 2500.00."),
        ({"frequency-points-0": ""}, "Write whole numbers from 0 to 100."),
        ({"monetary_cents-limit-0": "1e99999"}, "Write the amount as a number, as in 2500.00."),
    ],
)
def test_what_makes_no_sense_is_said_at_the_field(
    fairview: Club, changed: dict[str, str], words: str
) -> None:
    answer = desk(fairview.admin).post(CHANGE, form(**changed))

    assert answer.status_code == 422
    assert words in text_of(answer)
    assert next(iter(changed.values())) in text_of(answer)
    assert rules_now(fairview.tenant)[0] == 0


def test_one_can_go_back_to_any_version(fairview: Club) -> None:
    client = desk(fairview.admin)
    client.post(CHANGE, form(churn_levels__0="90"))
    client.post(CHANGE, form(churn_levels__0="95"))

    client.post("/admin/scoring/versions/1/go-back/")
    first = rules_now(fairview.tenant)
    page = text_of(client.post("/admin/scoring/versions/0/go-back/", follow=True))

    assert (first[0], first[1].churn_levels[0]) == (3, 90)
    assert rules_now(fairview.tenant) == (4, DEFAULT_RULES)
    assert "Churn risk: levels: 90, 60, 40, 20 → 80, 60, 40, 20" in page
    assert client.post("/admin/scoring/versions/9/go-back/").status_code == 404
    with tenant_scope(fairview.tenant):
        assert ScoringRules.objects.count() == 4


def test_progress_ends_when_everybody_is_scored(fairview: Club) -> None:
    profile(fairview.tenant)
    client = desk(fairview.viewer)

    waiting = text_of(client.get(RULES + "progress/"))
    with tenant_scope(fairview.tenant):
        score_everybody()
        done = client.get(RULES + "progress/")
        run = ScoreRun.objects.get()
        ScoreRun.objects.update(status="RUNNING", done=1, total=4)
    running = text_of(client.get(RULES + "progress/"))

    assert "as soon as a worker is free" in waiting
    assert run.status == "DONE"
    assert done.status_code == 302
    assert "1 of 4" in running


def test_others_read_the_rules_and_have_nothing_to_press(fairview: Club) -> None:
    page = text_of(desk(fairview.viewer).get(RULES))

    assert "How lately they were active" in page
    assert "Save and score everybody" not in page


def test_the_page_costs_as_many_queries_with_many_versions(fairview: Club) -> None:
    client = desk(fairview.admin)
    client.get(RULES)
    with counted_queries() as few:
        client.get(RULES)
    for least in range(90, 99):
        client.post(CHANGE, form(churn_levels__0=str(least)))
    with counted_queries() as many:
        client.get(RULES)

    assert many == few


def paying(club: Club, cents: int) -> None:
    profile(club.tenant, lifetime_value_cents=cents)


def test_it_is_told_who_would_change_band_before_it_is_saved(fairview: Club) -> None:
    for cents in (0, 30_000, 120_000):
        paying(fairview, cents)
    with tenant_scope(fairview.tenant):
        score_everybody()
    all_for_money = {
        f"engagement_weights__{part}": "0" for part in ("recency", "frequency", "breadth", "depth")
    }
    changed = form(engagement_weights__monetary="100", **all_for_money)

    page = text_of(desk(fairview.admin).post(FORETELL, changed))
    none = text_of(desk(fairview.admin).post(FORETELL, form()))
    refused = desk(fairview.admin).post(FORETELL, form(churn_levels__0="1"))

    assert "2 of 3 people would change band" in page
    assert "Save and score everybody" in page
    assert rules_now(fairview.tenant)[0] == 0, "nothing is saved yet"
    assert "Nobody would change band" in none
    assert refused.status_code == 422


def test_what_is_foretold_comes_true(fairview: Club) -> None:
    for number in range(40):
        paying(fairview, number * 4_000)
    with tenant_scope(fairview.tenant):
        score_everybody()
        before = levels_of_everybody()
        wanted = replace(
            DEFAULT_RULES, monetary_cents=((8_000, 100), (4_000, 50)), engagement_levels=(40, 30, 20, 10)
        )
        told = foretell(DEFAULT_RULES, wanted)
        change_rules(wanted.as_json())
        score_everybody()
        after = levels_of_everybody()

    moved = sum(before[one] != after[one] for one in before)
    assert (told.people, told.moved, told.is_estimate) == (40, moved, False)
    assert moved > 0
    assert sum(move.people for move in told.engagement) == moved


def levels_of_everybody() -> dict[Any, str]:
    _, rules = current_rules()
    return {
        row.pk: level_of(row.engagement, rules.engagement_levels, ENGAGEMENT_LEVELS)
        for row in ProfileScore.objects.all()
    }


def test_limits_are_offered_after_the_clubs_own_people(fairview: Club) -> None:
    for number in range(1, 101):
        paying(fairview, number * 10_000)
    with tenant_scope(fairview.tenant):
        score_everybody()

    offered = text_of(desk(fairview.admin).get(f"{RULES}?own"))
    with tenant_scope(fairview.tenant):
        rules = after_own_people(DEFAULT_RULES)

    assert rules.monetary_cents == (
        (900_000, 100),
        (750_000, 80),
        (500_000, 60),
        (250_000, 40),
        (100_000, 20),
    )
    assert rules.frequency == DEFAULT_RULES.frequency, "too few did anything"
    assert 'value="9000"' in offered
    assert "Nothing is saved yet" in offered
    assert rules_now(fairview.tenant)[0] == 0


def test_a_club_of_two_people_keeps_its_limits(fairview: Club) -> None:
    paying(fairview, 10_000)

    with tenant_scope(fairview.tenant):
        score_everybody()
        assert after_own_people(DEFAULT_RULES) == DEFAULT_RULES


def test_of_a_large_club_every_nth_is_looked_at(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(40):
        paying(fairview, number * 4_000)
    monkeypatch.setattr("profiles.scoring.foretelling.MOST_LOOKED_AT", 20)
    with tenant_scope(fairview.tenant):
        score_everybody()
        told = foretell(DEFAULT_RULES, replace(DEFAULT_RULES, churn_levels=(4, 3, 2, 1)))

    assert (told.people, told.is_estimate) == (40, True)


@pytest.mark.parametrize(("value", "limit"), [(7, 7), (123, 120), (98_765, 98_000), (1_000_000, 1_000_000)])
def test_limits_are_round(value: int, limit: int) -> None:
    assert rounded(value) == limit
