"""Scoring rules in the back office: a form with words at the field, versions, the way back, progress."""

from typing import Any

import pytest

from profiles.models import ScoreRun, ScoringRules
from profiles.scoring.rules import DEFAULT_RULES
from profiles.scoring.runs import score_everybody
from profiles.scoring.versions import current_rules
from tenants.models import LoggedAction, Tenant
from tenants.scope import tenant_scope
from tests.back_office import counted_queries, desk, text_of
from tests.cast import Club
from tests.profiles.records import profile

pytestmark = pytest.mark.usefixtures("one_scoring_worker")

RULES = "/admin/scoring/"
CHANGE = "/admin/scoring/change/"


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
        ({"monetary_cents-limit-0": "much"}, "Write amounts as in 500 or 499.50."),
        ({"frequency-points-0": ""}, "Write whole numbers from 0 to 100."),
        ({"monetary_cents-limit-0": "1e99999"}, "Write amounts as in 500 or 499.50."),
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
