"""What an admin sets for posts and promotions is what both then do, and it stands in the action log."""

import re
from typing import Any

import pytest

from social import costs, posts
from social.club_settings import EXAMPLE, settings_of
from social.models import Promotion, Touch
from social.promoting.facts import NAMES, event_values
from tenants.models import LoggedAction, Tenant
from tests.back_office import desk, text_of
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import sandbox
from tests.social.test_promoting import plan

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db
URL = "/admin/social/settings/"
FORM: dict[str, Any] = {
    "approves_posts": "on", "ceiling_dollars": "80", "is_on": "on", "channels": ["POST", "SMS"], "days": "5, 2",
    "hold_out_percent": "10", "tiers": ["Gold"], "words_ANNOUNCE": "Who plays {{ event.name }}?",
}  # fmt: skip


def save(stage: Stage, **changes: Any) -> Any:
    return desk(stage.club.admin).post(URL, {**FORM, **changes}, follow=True)


def club(stage: Stage) -> Tenant:
    return Tenant.objects.get(pk=stage.club.tenant.pk)


def test_what_is_set_is_what_posts_and_plans_do(stage: Stage) -> None:
    stage.club.tenant.settings = {"placeholders": ["x@y.z"]}
    stage.club.tenant.save()

    said = text_of(save(stage))
    made = plan(stage)

    assert "Saved." in said
    assert "Reads: Who plays Spring Cup?" in said
    assert (posts.needs_approval(club(stage)), costs.ceiling(club(stage))) == (True, 80_000)
    assert (made.channels, made.reminder_days) == (["POST", "SMS"], [5, 2])
    assert made.audience == {"membershipTiers": ["Gold"]}
    assert made.template == {"ANNOUNCE": "Who plays {{ event.name }}?", "holdOutPercent": 10}
    assert Touch.objects.filter(kind="REMINDER", channel="SMS").count() == 2
    assert club(stage).settings["placeholders"] == ["x@y.z"], "what others set stays"


def test_old_and_new_stand_in_the_action_log_and_nothing_where_nothing_changed(stage: Stage) -> None:
    save(stage)
    save(stage, days="5", ceiling_dollars="90")
    save(stage, days="5", ceiling_dollars="90")

    rows = list(LoggedAction.objects.filter(action="social.settings").order_by("pk"))
    page = text_of(desk(stage.club.admin).get("/admin/tenants/loggedaction/"))
    assert len(rows) == 2
    assert rows[1].details["changes"] == {"ceiling at x in dollars": [80, 90], "reminder days": [[5, 2], [5]]}
    assert "changed the social settings" in page
    assert "reminder days from 5, 2 to 5" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"channels": []}, "Choose at least one way"),
        ({"ceiling_dollars": "much"}, "Write the ceiling at X as a whole number."),
        ({"ceiling_dollars": "9999999"}, "From 0 to 100,000 dollars"),
        ({"hold_out_percent": "51"}, "From 0 to 50 per cent."),
        ({"days": "91"}, "Days from 0 to 90"),
        ({"statuses": ["KING"]}, "A membership is one of"),
        ({"words_FULL": "Dear {{ firstName }}"}, "Full: waiting list:"),
        ({"words_FULL": "{% if event.name %}Full"}, "Full: waiting list:"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(
    stage: Stage, changes: dict[str, Any], words: str
) -> None:
    answer = save(stage, **changes)

    assert answer.status_code == 422
    assert words in text_of(answer).replace("&#x27;", "'")
    assert club(stage).settings.get("promotion") is None


def test_switched_off_no_competition_makes_a_plan(stage: Stage) -> None:
    desk(stage.club.admin).post(URL, {name: value for name, value in FORM.items() if name != "is_on"})
    stage.club.tenant.refresh_from_db()

    with pytest.raises(Promotion.DoesNotExist):
        plan(stage)


def test_only_an_admin_sets_them(stage: Stage) -> None:
    assert desk(stage.club.marketing_manager).get(URL).status_code == 403
    assert desk(stage.club.admin).get(URL).status_code == 200
    assert settings_of(club(stage)).channels == ["POST", "EMAIL"]


def test_the_example_knows_whatever_words_may_name(stage: Stage) -> None:
    known = set(event_values(plan(stage)))

    assert set(EXAMPLE["event"]) >= known >= set(NAMES)
    assert not re.search(
        r"\{\{|\{%", " ".join(re.findall(r"Reads: [^<]*", text_of(desk(stage.club.admin).get(URL))))
    )
